"""`probelang run` and `load` on Linux 6.1, which has neither fprobes nor names: the essential scenes, in one boot."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tests.kernels.cases.examples import CASES
from tests.kernels.lab.inside import ROOT, Scene, Told, run_scenes
from tests.kernels.test_run_examples import check_example, scene_of

pytestmark = pytest.mark.kernels

KERNEL = "6.1"
EXAMPLES = [case for case in CASES if case.name in ("example-reads", "example-opens", "example-failed-opens")]

SPEC = b"""
group pair
first = fprobe vfs_read with stacktrace if count == 4321 {
    count
    pos  = *pos
    name = file->f_path.dentry->d_name.name
}
slow  = fprobe vfs_read%return if took > 1 && count == 4321 {
    took   = $duration
    before = entry(file->f_pos)
    count
}
third = kprobe vfs_read if count == 4321 { count }
"""
#: Where instructions begin only the kernel knows: not at each of these.
REFUSED = b"group refused\nfirst = kprobe vfs_read if count == 4321 { count }\n" + b"".join(
    b"at%d = kprobe vfs_read+%d\n" % (offset, offset) for offset in range(11, 19)
)
#: Hits of one read of 4321 bytes.
EACH = 3

SCENES = [
    Scene(
        "interrupted",
        """
        begin one --format json $SHARED/pair.pl
        begin two --raw $SHARED/pair.pl
        two=$pid
        work
        wait_for sh -c '[ $(grep -c 4321 one.out) -ge 6 ]'
        kill -INT $(cat one.pid)
        kill -TERM $two
        ended one
        ended two
        section hits
        cat one.out
        """,
    ),
    Scene(
        "killed",
        """
        begin dead --raw $SHARED/pair.pl
        kill -KILL $pid
        wait_for test -s dead.status
        fact events $(grep -c pair_ $T/dynamic_events)
        head -c 8642 /dev/zero >f
        probelang run --command "dd if=f of=/dev/null bs=4321 count=2" $SHARED/pair.pl >next.out; fact status $?
        fact hits $(grep -c count=4321 next.out)
        fact events_after $(grep -c pair_ $T/dynamic_events)
        """,
    ),
    Scene("refused", "probelang run $SHARED/refused.pl; fact status $?"),
    Scene(
        "load",
        """
        cp $SHARED/pair.pl pair.pl
        probelang load pair.pl; fact load $?
        work; fact hits $(grep -c count=4321 $T/trace)
        probelang status
        probelang unload pair.pl; fact unload $?
        """,
    ),
]


@cache
def told() -> dict[str, Told]:
    shared = {path.name: path.read_bytes() for path in (ROOT / "examples").glob("*.pl")}
    shared |= {"pair.pl": SPEC, "refused.pl": REFUSED}
    return run_scenes(KERNEL, [*SCENES, *(scene_of(case, KERNEL) for case in EXAMPLES)], shared)


@pytest.mark.parametrize("scene", [scene.name for scene in SCENES])
def test_nothing_is_left(scene: str) -> None:
    one = told()[scene]
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    assert one.left == "", one.left + one.output
    assert "Traceback" not in one.output and "waited in vain" not in one.output, one.output


def test_two_runs_until_a_signal() -> None:
    one = told()["interrupted"]
    facts = dict(one.facts)
    assert (facts["one.status"], facts["two.status"], facts["two.hits"]) == ("0", "0", str(2 * EACH)), (
        one.output
    )
    hits = [json.loads(line) for line in one.sections["hits"].splitlines()]
    found = [(hit["event"], hit["fields"]) for hit in hits]
    first = [fields for event, fields in found if event == "pair/first"]
    assert first == [{"count": 4321, "pos": pos, "name": "f"} for pos in (0, 4321)], found
    slow = [fields for event, fields in found if event == "pair/slow"]
    assert [(fields["before"], fields["count"]) for fields in slow] == [(0, 4321), (4321, 4321)], found
    assert all(fields["took"] > 1 for fields in slow), found
    assert all("stack" in hit for hit in hits if hit["event"] == "pair/first"), hits


def test_next_start_clears_what_a_killed_run_left() -> None:
    one = told()["killed"]
    facts = dict(one.facts)
    assert int(facts.pop("events")) > 0
    assert facts == {"status": "0", "hits": str(2 * EACH), "events_after": "0"}, one.output
    assert "note: cleared what was left of a run of pair.pl that was killed" in one.output


def test_a_later_probe_that_is_refused() -> None:
    one = told()["refused"]
    assert dict(one.facts) == {"status": "1"}, one.output
    assert "the kernel refused this: Probe point is not an instruction boundary\n" in one.output, one.output
    assert "/refused.pl:" in one.output, one.output


def test_load() -> None:
    one = told()["load"]
    assert dict(one.facts) == {"load": "0", "hits": str(2 * EACH), "unload": "0"}, one.output
    assert "pair.pl: 3 added" in one.output and "pair.pl: 3 removed" in one.output, one.output


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case.name)
def test_examples(case: object) -> None:
    from tests.kernels.lab.case import Case

    assert isinstance(case, Case)
    check_example(case, KERNEL, told()[case.name])
