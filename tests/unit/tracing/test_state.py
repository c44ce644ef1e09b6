"""What is kept of runs: found again when their process is dead, and believed only where it can be."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from probelang.tracing.define import Defined
from probelang.tracing.state import RunState, StateFolder, instance_of
from probelang.tracing.state_files import StateError
from probelang.tracing.tracefs import Tracefs
from tests.support.tracefs import FakeTracefs

RUN = "a1b2c3"
STATE = RunState(
    RUN,
    4242,
    ("/root/io.pl",),
    (
        Defined(f"io_{RUN}/big", f":io_{RUN}/big vfs_read"),
        Defined(f"synthetic/slow_{RUN}", f":synthetic/slow_{RUN}\t"),
    ),
    ((f"io_{RUN}/big", "stacktrace"),),
)


@pytest.fixture
def states(tmp_path: Path) -> StateFolder:
    return StateFolder(str(tmp_path / "probelang"))


@pytest.fixture
def tracefs(tmp_path: Path) -> FakeTracefs:
    made = FakeTracefs(tmp_path / "tracing")
    made.define(f"f:io_{RUN}/big vfs_read")
    made.define(f"s:synthetic/slow_{RUN}\tu64 took")
    made.define("p:bystanders/idle do_nanosleep")
    return made


def test_a_run_that_is_on_is_left_alone(states: StateFolder, tracefs: FakeTracefs) -> None:
    lock = states.begin(STATE)
    assert states.runs() == [STATE]
    assert states.clear(tracefs) == ([], [])
    assert len(tracefs.defined()) == 3
    lock.end(done=True)
    assert states.runs() == [] and not os.path.exists(states.path)


def test_one_that_is_dead_is_cleared_and_nothing_besides(states: StateFolder, tracefs: FakeTracefs) -> None:
    tracefs.make_instance(instance_of(RUN))
    tracefs.make_instance("somebody")
    os.close(states.begin(STATE).descriptor)
    (cleared,), strange = states.clear(tracefs)
    assert (cleared.state, cleared.left, strange) == (STATE, (), [])
    assert tracefs.defined() == ["p:bystanders/idle do_nanosleep"]
    assert tracefs.names("instances") == ["somebody"]
    assert not os.path.exists(states.path)


def test_what_is_in_use_stays_known(
    states: StateFolder, tracefs: FakeTracefs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probelang.tracing.define.PATIENCE", 0.01)
    tracefs.busy = {f"io_{RUN}/big"}
    os.close(states.begin(STATE).descriptor)
    (cleared,), _ = states.clear(tracefs)
    assert cleared.left == (f"io_{RUN}/big",)
    tracefs.busy = set()
    (cleared,), _ = states.clear(tracefs)
    assert cleared.left == () and tracefs.defined() == ["p:bystanders/idle do_nanosleep"]


def test_an_event_of_that_name_at_another_point_is_somebody_elses(
    states: StateFolder, tmp_path: Path
) -> None:
    tracefs = FakeTracefs(tmp_path / "other")
    tracefs.define(f"p:io_{RUN}/big do_nanosleep")
    os.close(states.begin(STATE).descriptor)
    states.clear(tracefs)
    assert tracefs.defined() == [f"p:io_{RUN}/big do_nanosleep"]


def write(states: StateFolder, name: str, content: object) -> Path:
    folder = Path(states.path)
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    path.chmod(0o600)
    return path


def content(events: object, triggers: object = (), **others: object) -> dict[str, object]:
    return {"pid": 1, "files": [], "events": events, "triggers": triggers, **others}


@pytest.mark.parametrize(
    "hostile",
    [
        content([["bystanders/idle", ":bystanders/idle do_nanosleep"]]),
        content([[f"io_{RUN}/../../bystanders/idle", ":bystanders/idle do_nanosleep"]]),
        content([[f"io_{RUN}/big\n-:bystanders/idle", ""]]),
        content([["synthetic/others", ""]]),
        content([], [["bystanders/idle", "stacktrace"]]),
        content([], [[f"io_{RUN}/big", "stacktrace\n0"]]),
        content([["io_a1b2c4/big", ""]]),
        content("abc"),
        content([[1, 2]]),
        content([[f"io_{RUN}/big"]]),
        content([], pid="x"),
        [],
        "",
        "[" * 100_000,
        "{",
        "\ufeff{}",
        {},
    ],
    ids=str,
)
def test_a_file_that_says_more_than_it_may_is_not_believed(
    hostile: object, states: StateFolder, tracefs: FakeTracefs
) -> None:
    path = write(states, f"run-{RUN}.json", hostile)
    before = tracefs.defined()
    cleared, strange = states.clear(tracefs)
    assert cleared == [] and len(strange) == 1 and str(path) in strange[0]
    assert tracefs.defined() == before and path.exists()


def test_links_pipes_and_files_that_others_may_write_are_not_read(
    states: StateFolder, tracefs: FakeTracefs, tmp_path: Path
) -> None:
    good = json.dumps(content([[f"io_{RUN}/big", f":io_{RUN}/big vfs_read"]]))
    (tmp_path / "elsewhere").write_text(good)
    folder = Path(write(states, "run-ffffff.json", "x").parent)
    (folder / "run-ffffff.json").unlink()
    (folder / f"run-{RUN}.json").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "run-a1b2c4.json", 0o600)
    write(states, "run-a1b2c5.json", good).chmod(0o666)
    (folder / "run-a1b2c6.json").mkdir()
    (folder / "run-zzz.json").write_text(good)
    cleared, strange = states.clear(tracefs)
    assert cleared == [] and len(strange) == 4
    assert len(tracefs.defined()) == 3


@pytest.mark.parametrize("name", ["link", "file", "open"])
def test_a_folder_of_somebody_else_is_not_used(name: str, tmp_path: Path, tracefs: FakeTracefs) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    states = StateFolder(str(tmp_path / name))
    asks = (lambda: states.begin(STATE), states.runs, lambda: states.clear(tracefs), lambda: states.read("x"))
    for ask in asks:
        with pytest.raises(StateError, match="not a folder of root's alone"):
            ask()


def test_half_written_files_are_cleared(states: StateFolder, tracefs: FakeTracefs) -> None:
    write(states, f"run-{RUN}.json.new", "{")
    assert states.clear(tracefs) == ([], [])
    assert not os.path.exists(states.path)


def test_files_are_for_their_owner_only(states: StateFolder) -> None:
    before = os.umask(0)
    try:
        lock = states.begin(STATE)
    finally:
        os.umask(before)
    (name,) = os.listdir(states.path)
    modes = [stat.S_IMODE(os.stat(path).st_mode) for path in (states.path, f"{states.path}/{name}")]
    assert modes == [0o700, 0o600]
    lock.end(done=True)


def test_an_instance_is_made_nowhere_else() -> None:
    assert Tracefs("/t").instance(instance_of(RUN)).path == f"/t/instances/probelang-{RUN}"
