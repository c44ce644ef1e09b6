"""A run against a folder that behaves as tracefs: what it defines, in which order, and that all of it goes again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings as Names
from probelang.backends.tracefs.events import Event
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.buffer_size import choose_size
from probelang.tracing.define import Interrupted, Refused
from probelang.tracing.refusal import diagnose
from probelang.tracing.session import NoRoom, Session, Settings, new_run
from probelang.tracing.state import StateFolder
from probelang.tracing.tracefs import Folder
from tests.support.tracefs import FakeTracefs

RUN = "a1b2c3"
SPEC = """\
group io
sw    = tprobe sched_switch { prev->comm }
on    = eprobe io:sw { comm }
big   = fprobe vfs_read with stacktrace if count > 4096 { count }
slow  = fprobe vfs_read%return if took > 100 { took = $duration, before = entry(file->f_pos) }
quiet = fprobe vfs_write with disabled { count }
"""
#: What SPEC is in the kernel, in the order in which it can be defined.
DEFINED = ["io/sw", "io/on", "io/big", "io/slow__entry", "io/slow__return", "synthetic/slow", "io/quiet"]


def compiled(text: str = SPEC, run: str = RUN, kernel: str = "6.12") -> tuple[Event, ...]:
    analysis = analyse(Source("io.pl", text), load_kernel(kernel), settings=Names(run=run))
    assert not analysis.failed, analysis.diagnostics
    return analysis.events


def snapshot(folder: str) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else ""
        for path in sorted(Path(folder).rglob("*"))
    }


def session(tracefs: FakeTracefs, states: StateFolder, **options: object) -> Session:
    return Session(tracefs, states, RUN, compiled(), ["io.pl"], Settings(), **options)  # type: ignore[arg-type]


def test_names_of_a_run() -> None:
    names = [name for event in compiled() for name in event.names]
    assert names == [
        f"{name}_{RUN}" if name.startswith("synthetic") else name.replace("io/", f"io_{RUN}/")
        for name in DEFINED
    ]
    commands = "\n".join(command for event in compiled() for command in event.commands)
    assert f"e:io_{RUN}/on io_{RUN}.sw comm=" in commands
    assert f"s:slow_{RUN} u64 took; s64 before;" in commands
    triggers = str([event.triggers for event in compiled()])
    assert f"onmatch(io_{RUN}.slow__entry).trace(slow_{RUN}," in triggers
    assert [event.probe.group for event in compiled()] == ["io"] * 5


def test_names_of_a_run_are_never_too_long() -> None:
    groups = ("g" * 63, "g" * 62 + "h")
    text = "".join(f"{group}/{'e' * 63} = fprobe vfs_read%return {{ $duration }}\n" for group in groups)
    for kernel in ("6.1", "6.12"):
        names = [name for event in compiled(text, kernel=kernel) for name in event.names]
        assert len(set(names)) == 6
        for name in names:
            group, event = name.split("/")
            assert len(group) <= 63 and len(event) <= 63 and RUN in name


def test_a_run_and_what_is_left_of_it(tracefs: FakeTracefs, states: StateFolder) -> None:
    before = snapshot(tracefs.path)
    with session(tracefs, states) as run:
        assert [state.id for state in states.runs()] == [RUN]
        run.enable()
        folder = run.folder
        assert folder.is_enabled(f"io_{RUN}/big") and not folder.is_enabled(f"io_{RUN}/quiet")
        assert not tracefs.is_enabled(f"io_{RUN}/big")
        assert folder.filter_of(f"io_{RUN}/big") == "count > 4096"
        assert tracefs.filter_of(f"io_{RUN}/big") == "none"
        assert folder.triggers_of(f"io_{RUN}/big") == ["stacktrace if count > 4096"]
    assert run.left == []
    assert snapshot(tracefs.path) == before
    assert not os.path.exists(states.path)


def test_nothing_is_on_before_all_is_defined_and_filtered(tracefs: FakeTracefs, states: StateFolder) -> None:
    with session(tracefs, states) as run:
        run.enable()
    files = [name.rpartition("/")[2] for name, text in tracefs.log if not text.startswith(("-", "!", "0"))]
    first = files.index("enable")
    assert {"filter", "trigger", "dynamic_events"} <= set(files[:first])
    assert set(files[first:]) == {"enable"}


@pytest.mark.parametrize("number", range(22))
def test_an_interrupted_start_leaves_nothing(number: int, tracefs: FakeTracefs, states: StateFolder) -> None:
    before = snapshot(tracefs.path)
    left = iter(range(number))
    try:
        with session(tracefs, states, stop=lambda: next(left, None) is None) as run:
            run.enable()
    except Interrupted:
        assert number < 12
    else:
        assert number >= 11
    assert snapshot(tracefs.path) == before
    assert not os.path.exists(states.path)


@pytest.mark.parametrize(
    "refused",
    ["f:io_a1b2c3/big", "s:slow", "count > 4096", "hist:keys", "stacktrace", "took > 100", "e:"],
)
def test_a_refused_start_leaves_nothing_and_says_where(
    refused: str, tracefs: FakeTracefs, states: StateFolder
) -> None:
    before = snapshot(tracefs.path)
    tracefs.refused = {refused}
    with pytest.raises(Refused) as caught, session(tracefs, states):
        pass
    assert snapshot(tracefs.path) == before
    assert not os.path.exists(states.path)
    said = diagnose(caught.value)
    assert "Invalid argument" in said.message and said.notes[0].startswith("it was written as `")
    assert SPEC[said.label.span.start : said.label.span.end] in (
        "vfs_read", "vfs_read%return", "count > 4096", "took > 100", "io:sw"
    )  # fmt: skip


def test_a_filter_that_the_kernel_only_seems_to_take(
    tracefs: FakeTracefs, states: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.tracefs.FakeFolder.filter_of", lambda self, event: "none")
    with pytest.raises(Refused, match="the condition"), session(tracefs, states):
        pass


def test_what_the_error_log_says_is_at_its_place(tracefs: FakeTracefs, states: StateFolder) -> None:
    command = next(command for event in compiled() for command in event.commands if "/quiet" in command)
    column = command.index("count=") + len("count=")
    log = f"[   12.345678] trace_fprobe: error: This variable is not found at this probe point\n  Command: {command}\n{' ' * (11 + column)}^\n"
    Path(tracefs.file("error_log")).write_text(log)
    tracefs.refused = {"/quiet"}
    with pytest.raises(Refused) as caught, session(tracefs, states):
        pass
    said = diagnose(caught.value)
    assert SPEC[said.label.span.start : said.label.span.end] == "count"
    assert said.rule.code == "PRB101" and said.kernel_error is None


def test_ids_of_runs_are_new(
    tracefs: FakeTracefs, states: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = iter((b"\x12\x34\x56", b"\xab\xcd\xef", b"\xa1\xb2\xc3", b"\xde\xad\x00"))
    monkeypatch.setattr(os, "urandom", lambda size: next(given))
    tracefs.define("p:io_abcdef/x vfs_read")
    os.close(session(tracefs, states).states.begin(session(tracefs, states)._state).descriptor)
    # a number, one that an event bears, and one that has a file are passed over
    assert new_run(tracefs, states) == "dead00"


def test_buffers_are_counted(tracefs: FakeTracefs, states: StateFolder) -> None:
    with session(tracefs, states) as run:
        for cpu in range(2):
            folder = Path(run.folder.file(f"per_cpu/cpu{cpu}"))
            folder.mkdir(parents=True)
            (folder / "stats").write_text(
                "entries: 5\noverrun: 3\ncommit overrun: 1\nbytes: 240\ndropped events: 2\nread events: 7\n"
            )
        buffers = run.buffers()
    assert (buffers.read, buffers.waiting, buffers.lost) == (14, 10, 12)


HISTOGRAM = """\
# event histogram
#
# trigger info: hist:keys=stack.buckets=16384:vals=hitcount:v1=e1:sort=hitcount:size=8192 [active]
#

{ stack: ~ 0xffffc90000010000-0xffffc90000013fff } hitcount:         12  v1:       4096

Totals:
    Hits: %s
    Entries: 8192
    Dropped: %s
"""


def test_calls_that_were_not_joined_are_counted(tracefs: FakeTracefs, states: StateFolder) -> None:
    with session(tracefs, states) as run:
        assert run.count_unjoined() == 0
        for event, hits, dropped in (("slow__entry", 9500, 1308), ("slow__return", 9400, 1208)):
            Path(run.folder.file(f"events/io_{RUN}/{event}/hist")).write_text(HISTOGRAM % (hits, dropped))
        assert run.folder.totals_of(f"io_{RUN}/slow__entry") == (9500, 1308)
        assert run.count_unjoined() == 1308


@pytest.mark.parametrize(("kernel", "head"), [("6.1", "r"), ("6.12", "f1024"), ("7.3", "f")])
def test_a_run_has_room_for_calls_where_what_is_missed_is_not_counted(kernel: str, head: str) -> None:
    text = "fprobe vfs_read%return { $retval }\nfprobe vfs_write%return with maxactive=7 { $retval }\nfprobe vfs_open { $comm }\n"
    heads = [event.commands[0].partition(":")[0] for event in compiled(text, kernel=kernel)]
    assert heads == [head, "f" if kernel == "7.3" else f"{head[0]}7", "p" if kernel == "6.1" else "f"]
    stays = [event.commands[0].partition(":")[0] for event in compiled(text, run="", kernel=kernel)]
    assert stays[0] == head[0]


@pytest.mark.parametrize(
    ("own", "cpus", "available", "chosen"),
    [
        ("1408", 1, 8 << 20, 8192),
        ("7 (expanded: 1408)", 4, 8 << 20, 8192),
        # a small machine with many CPUs, or a kernel that has more by itself
        ("1408", 8, 1 << 20, 2048),
        ("1408", 64, 1 << 20, None),
        ("65536", 1, 8 << 20, None),
        # nothing is known
        ("X", 1, 8 << 20, None),
        ("1408", 0, 8 << 20, None),
        ("1408", 1, None, None),
    ],
)
def test_buffers_fit_the_machine(
    own: str, cpus: int, available: int | None, chosen: int | None, tmp_path: Path
) -> None:
    (tmp_path / "buffer_size_kb").write_text(own + "\n")
    for cpu in range(cpus):
        (tmp_path / "per_cpu" / f"cpu{cpu}").mkdir(parents=True)
    meminfo = "MemTotal:       16000000 kB\n" + (f"MemAvailable:    {available} kB\n" if available else "")
    assert choose_size(Folder(str(tmp_path)), meminfo) == chosen


def test_no_room_for_what_was_asked_for(tracefs: FakeTracefs, states: StateFolder) -> None:
    before = snapshot(tracefs.path)
    tracefs.refused = {"16777216"}
    wanted = Session(tracefs, states, RUN, compiled(), ["io.pl"], Settings(16 << 20))
    with (
        pytest.raises(NoRoom, match=r"cannot make buffers of 16G for .* \(a smaller --buffer-size\?\)"),
        wanted,
    ):
        pass
    assert snapshot(tracefs.path) == before


def test_what_cannot_be_looked_at_is_left(tracefs: FakeTracefs, states: StateFolder) -> None:
    """A kernel that is locked down while a run goes on opens no file of tracefs any more."""
    with session(tracefs, states) as run:
        listed = Path(tracefs.file("dynamic_events"))
        listed.rename(listed.with_name("hidden"))
    assert set(run.left) == {
        *(name for event in compiled() for name in event.names),
        f"instances/probelang-{RUN}",
    }
    assert [state.id for state in states.runs()] == [] and states.has_run(RUN)
