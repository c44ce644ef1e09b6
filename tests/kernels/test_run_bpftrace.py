"""`probelang run --backend bpftrace` with the real bpftrace, in a guest that has a Python, too."""

from __future__ import annotations

import re
from functools import cache

import pytest

from tests.kernels.lab.boot import Machine
from tests.kernels.lab.inside import Scene, Told, run_scenes

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")
BOTH = Machine(tools="python+current")

SPEC = b"""
group both
rd = fprobe vfs_read if count == 4321 {
    count
    pos  = *pos
    name = file->f_path.dentry->d_name.name
}
"""
TICKS = b"group both\nticks = watch jiffies_64 w { $comm }\n"

#: What bpftrace does not do by itself is refused before it is started.
REFUSED = ("--duration 1s", "--max-hits 1", "--pid 1", "--format json", "--raw", "--top", "--buffer-size 1M")

# bpftrace says that it has attached its probes, and by then it has
_UNTIL = """
(exec probelang run --backend bpftrace $SHARED/rd.pl >{0}.out 2>{0}.err) &
pid=$!
wait_for grep -q Attach {0}.out {0}.err
work
wait_for grep -q pos=4321 {0}.out
kill -{0} $pid
wait $pid
fact {0} $?
fact {0}.hits "$(grep -c count=4321 {0}.out)"
cat {0}.err
"""

SCENES = [
    Scene(
        "signals",
        "".join(_UNTIL.format(name) for name in ("INT", "TERM")) + "section hits\ncat INT.out TERM.out",
    ),
    Scene(
        "commands",
        """
        head -c 8642 /dev/zero >f
        fact inode $(stat -c %i f)
        probelang run --backend bpftrace --command "dd if=f of=/dev/null bs=4321 count=2" $SHARED/rd.pl >one.out; fact plain $?
        fact plain.hits $(grep -c ' rd: .*count=4321' one.out)
        probelang run -q --backend bpftrace --command 'for x in "a b"; do dd if=f of=/dev/null bs=4321 count=2; done' $SHARED/rd.pl >two.out
        fact shell $?
        fact shell.hits $(grep -c ' rd: .*count=4321' two.out)
        probelang run --backend bpftrace --command no-such-program $SHARED/rd.pl; fact none $?
        section hits
        cat one.out
        """,
    ),
    Scene(
        "address",
        """
        # a CPU that is idle has no ticks
        probelang run --backend bpftrace --command 'n=0; while [ $n -lt 100000 ]; do n=$((n + 1)); done' $SHARED/ticks.pl >ticks.out; fact status $?
        grep -q ' ticks: ' ticks.out; fact ticks $?
        head -n 5 ticks.out
        """,
    ),
    Scene(
        "refused",
        "".join(
            f"probelang run --backend bpftrace {option} $SHARED/rd.pl; fact {option.split()[0][2:]} $?\n"
            for option in REFUSED
        ),
    ),
]


@cache
def told(kernel: str) -> dict[str, Told]:
    return run_scenes(kernel, SCENES, {"rd.pl": SPEC, "ticks.pl": TICKS}, BOTH)


def scene(kernel: str, name: str) -> Told:
    one = told(kernel)[name]
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    assert one.left == "", one.left + one.output
    assert "Traceback" not in one.output and "waited in vain" not in one.output, one.output
    return one


def positions(text: str) -> list[tuple[str, str]]:
    return re.findall(r' rd: .* count=4321 pos=(\d+) name="(\w+)"', text)


@pytest.mark.parametrize("kernel", KERNELS)
def test_signals_end_it(kernel: str) -> None:
    one = scene(kernel, "signals")
    assert dict(one.facts) == {"INT": "0", "INT.hits": "2", "TERM": "0", "TERM.hits": "2"}, one.output
    assert positions(one.sections["hits"]) == [("0", "f"), ("4321", "f")] * 2, one.output


@pytest.mark.parametrize("kernel", KERNELS)
def test_commands(kernel: str) -> None:
    """One that takes a shell gets one, whatever bpftrace makes of quotes."""
    one = scene(kernel, "commands")
    facts = dict(one.facts)
    assert (facts["plain"], facts["plain.hits"], facts["shell"], facts["shell.hits"]) == (
        "0",
        "2",
        "0",
        "2",
    ), one.output
    assert positions(one.sections["hits"]) == [("0", "f"), ("4321", "f")], one.output
    assert facts["none"] == "2" and "there is no program `no-such-program`" in one.output, one.output


@pytest.mark.parametrize("kernel", KERNELS)
def test_addresses_are_looked_up(kernel: str) -> None:
    one = scene(kernel, "address")
    assert dict(one.facts) == {"status": "0", "ticks": "0"}, one.output


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_bpftrace_does_not_do_is_refused(kernel: str) -> None:
    one = scene(kernel, "refused")
    assert dict(one.facts) == {option.split()[0][2:]: "2" for option in REFUSED}, one.output
    for option in REFUSED:
        assert f"{option.split()[0]} is for --backend tracefs" in one.output, one.output
