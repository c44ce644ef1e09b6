"""`load` and `unload` against a folder that behaves as tracefs: no more changes than it takes, and all as before where one is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.define import Interrupted, Refused
from probelang.tracing.loaded import digest_of, read_record, recover
from probelang.tracing.loading import Change, NotLoaded, Wanted, load, unload
from probelang.tracing.state import StateFolder
from probelang.tracing.state_files import StateError
from probelang.tracing.status import Counts, count_hits, find_status
from tests.support.tracefs import FakeTracefs

FILE = "/specs/io.pl"
SPEC = """\
group io
sw   = tprobe sched_switch { prev->comm }
on   = eprobe io:sw { comm }
big  = kprobe vfs_read if count > 4096 { count }
slow = fprobe vfs_read%return { $duration }
"""
NAMES = ("io/sw", "io/on", "io/big", "io/slow")


def wanted(text: str = SPEC, file: str = FILE) -> Wanted:
    analysis = analyse(Source(file, text), load_kernel("6.12"))
    assert not analysis.failed, analysis.diagnostics
    return Wanted(file, digest_of(text), analysis.events)


def snapshot(tracefs: FakeTracefs) -> tuple[list[str], dict[str, str]]:
    files = {
        str(path.relative_to(tracefs.path)): path.read_text()
        for path in sorted(Path(tracefs.path, "events").rglob("*"))
        if path.is_file()
    }
    return sorted(tracefs.defined()), files


def test_twice_is_once(tracefs: FakeTracefs, states: StateFolder) -> None:
    assert load(tracefs, states, [wanted()]) == [Change(FILE, NAMES, (), (), ())]
    assert all(tracefs.is_enabled(name) for name in ("io/sw", "io/on", "io/big", "synthetic/slow"))
    assert tracefs.filter_of("io/big") == "count > 4096"
    before, done = snapshot(tracefs), len(tracefs.log)
    assert load(tracefs, states, [wanted()]) == [Change(FILE, (), (), (), NAMES)]
    assert snapshot(tracefs) == before and len(tracefs.log) == done


def test_only_what_differs_is_changed(tracefs: FakeTracefs, states: StateFolder) -> None:
    load(tracefs, states, [wanted()])
    done = len(tracefs.log)
    text = SPEC.replace("> 4096", "> 5000").replace(
        "slow = fprobe vfs_read%return { $duration }", "new = fprobe vfs_write"
    )
    assert load(tracefs, states, [wanted(text)]) == [
        Change(FILE, ("io/new",), ("io/big",), ("io/slow",), ("io/sw", "io/on"))
    ]
    assert not any("io/sw" in text or "io/on" in text for _, text in tracefs.log[done:])
    assert tracefs.filter_of("io/big") == "count > 5000"
    # a comment is no change of the events
    assert load(tracefs, states, [wanted(text + "# more\n")]) == [
        Change(FILE, (), (), (), ("io/sw", "io/on", "io/big", "io/new"))
    ]


def test_an_eprobe_goes_with_its_event(tracefs: FakeTracefs, states: StateFolder) -> None:
    load(tracefs, states, [wanted()])
    (change,) = load(tracefs, states, [wanted(SPEC.replace("prev->comm", "prev->comm, prev->pid"))])
    assert change.changed == ("io/sw", "io/on") and change.kept == ("io/big", "io/slow")


@pytest.mark.parametrize("by", ["enable", "filter", "trigger", "removed"])
def test_what_somebody_changed_is_mended(by: str, tracefs: FakeTracefs, states: StateFolder) -> None:
    load(tracefs, states, [wanted()])
    before = snapshot(tracefs)
    if by == "removed":
        tracefs.remove_event("io/big")
    elif by == "trigger":
        tracefs.put("events/io/slow__entry/trigger", "!" + tracefs.triggers_of("io/slow__entry")[0])
    else:
        tracefs.put(f"events/io/big/{by}", "0" if by == "enable" else "none")
    (change,) = load(tracefs, states, [wanted()])
    assert change.changed == (("io/slow",) if by == "trigger" else ("io/big",))
    assert snapshot(tracefs) == before


@pytest.mark.parametrize("refused", ["vfs_write", "count > 5000"])
@pytest.mark.parametrize("first", [True, False])
def test_a_refused_change_leaves_all_as_it_was(
    refused: str, first: bool, tracefs: FakeTracefs, states: StateFolder
) -> None:
    if not first:
        load(tracefs, states, [wanted()])
    before, known = snapshot(tracefs), read_record(states)
    tracefs.refused = {refused}
    with pytest.raises(Refused):
        load(tracefs, states, [wanted(SPEC.replace("> 4096", "> 5000") + "new = fprobe vfs_write\n")])
    assert snapshot(tracefs) == before
    assert read_record(states) == known


@pytest.mark.parametrize("number", range(4))
def test_an_interrupted_load_leaves_all_as_it_was(
    number: int, tracefs: FakeTracefs, states: StateFolder
) -> None:
    load(tracefs, states, [wanted()])
    before = snapshot(tracefs)
    left = iter(range(number))
    changed = wanted(SPEC.replace("prev->comm", "prev->pid").replace("{ comm", "{ pid"))
    with pytest.raises(Interrupted):
        load(tracefs, states, [changed], lambda: next(left, None) is None)
    assert snapshot(tracefs) == before


def test_names_of_others(tracefs: FakeTracefs, states: StateFolder) -> None:
    tracefs.define("p:io/big do_nanosleep")
    before = snapshot(tracefs)
    with pytest.raises(NotLoaded, match="there is an event io/big already, which probelang did not load"):
        load(tracefs, states, [wanted()])
    assert snapshot(tracefs) == before
    tracefs.remove_event("io/big")
    load(tracefs, states, [wanted()])
    with pytest.raises(NotLoaded, match=r"the event io/sw is loaded already, from /specs/io\.pl"):
        load(tracefs, states, [wanted(file="/specs/other.pl")])
    # somebody takes the name while it is ours by the record
    tracefs.remove_event("io/big")
    tracefs.define("p:io/big do_nanosleep")
    with pytest.raises(NotLoaded, match="there is an event io/big already"):
        load(tracefs, states, [wanted()])
    assert "p:io/big do_nanosleep" in tracefs.defined()


def test_unload(tracefs: FakeTracefs, states: StateFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.tracing.define.PATIENCE", 0.01)
    before = snapshot(tracefs)
    load(tracefs, states, [wanted()])
    with pytest.raises(NotLoaded, match=r"/specs/other\.pl is not loaded"):
        unload(tracefs, states, ["/specs/other.pl"])
    tracefs.busy = {"io/big"}
    assert unload(tracefs, states, [FILE]) == (
        [Change(FILE, (), (), ("io/sw", "io/on", "io/slow"), ("io/big",))],
        ["io/big"],
    )
    tracefs.busy = set()
    assert unload(tracefs, states, None) == ([Change(FILE, (), (), ("io/big",), ())], [])
    assert snapshot(tracefs) == before and not os.path.exists(states.path)
    assert unload(tracefs, states, None) == ([], [])


def test_a_killed_load_is_cleared(
    tracefs: FakeTracefs, states: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(tracefs, states, [wanted("group a\nx = kprobe vfs_read\n", "/specs/a.pl")])
    before = snapshot(tracefs)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr("probelang.tracing.loading.enable", die)
    with pytest.raises(Killed):
        load(tracefs, states, [wanted()])
    assert snapshot(tracefs) != before
    assert recover(tracefs, states) == list(NAMES)
    assert snapshot(tracefs) == before
    assert recover(tracefs, states) == []
    assert [spec.file for spec in read_record(states).specs] == ["/specs/a.pl"]


@pytest.mark.parametrize(
    "change",
    [
        {"specs": 7},
        {"specs": [{"file": "/x", "digest": "y", "events": [{}]}]},
        {"pending": None},
        {"specs": [{"file": "/x", "digest": "y", "events": [{"name": "a/b", "definitions": [], "filter": None, "triggers": [], "enabled": True}]}]},
        {"specs": [{"file": "/x", "digest": "y", "events": [{"name": "a/../b", "definitions": [["a/b", "", []]], "filter": None, "triggers": [], "enabled": True}]}]},
        {"specs": [{"file": "/x\n", "digest": "y", "events": []}]},
    ],
    ids=lambda change: str(change)[:40],
)  # fmt: skip
def test_a_record_that_is_not_ours_is_not_believed(
    change: dict[str, object], tracefs: FakeTracefs, states: StateFolder
) -> None:
    load(tracefs, states, [wanted()])
    path = Path(states.path, "loaded.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(StateError, match="not as probelang writes it"):
        read_record(states)


def test_after_the_next_boot_nothing_is_loaded(tracefs: FakeTracefs, states: StateFolder) -> None:
    load(tracefs, states, [wanted()])
    path = Path(states.path, "loaded.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"boot": "another"}))
    assert read_record(states).specs == ()


def test_profiles_are_told_apart_by_their_order(tracefs: FakeTracefs) -> None:
    for name, text in (
        ("kprobe_events", "p:a/one vfs_read\nr10:a/two vfs_read\np:b/one vfs_write\np:a/one vfs_readv\n"),
        ("kprobe_profile", "  one    3   0\n  two   4   1\n  one   5   2\n  one  6  3\n"),
        ("uprobe_events", "p:u/one /bin/a b:0x0000000000001000\n"),
        ("uprobe_profile", "  /bin/a b one      7\n"),
    ):
        Path(tracefs.file(name)).write_text(text)
    assert count_hits(tracefs) == {
        "a/one": Counts(9, 3),
        "a/two": Counts(4, 1),
        "b/one": Counts(5, 2),
        "u/one": Counts(7, None),
    }
    Path(tracefs.file("kprobe_profile")).write_text("  one 3 0\n")
    assert count_hits(tracefs) == {"u/one": Counts(7, None)}


def test_status(tracefs: FakeTracefs, states: StateFolder) -> None:
    load(tracefs, states, [wanted()])
    (spec,) = read_record(states).specs
    tracefs.remove_event("io/big")
    tracefs.put("events/io/on/enable", "0")
    same = find_status(tracefs, spec, lambda file: SPEC, lambda file: None)
    assert same.spec == "same"
    assert [(one.event.name, one.condition, one.spec) for one in same.events] == [
        ("io/sw", "on", "same"),
        ("io/on", "switched off", "same"),
        ("io/big", "missing", "same"),
        ("io/slow", "on", "same"),
    ]
    assert find_status(tracefs, spec, lambda file: None, lambda file: None).spec == "gone"
    assert find_status(tracefs, spec, lambda file: "", lambda file: None).spec == "broken"
    now = [event for event in spec.events if event.name != "io/sw"]
    changed = find_status(tracefs, spec, lambda file: "", lambda file: now)
    assert changed.spec == "changed" and changed.events[0].spec == "gone" and changed.events[1].spec == "same"
