"""Runs that are on, kept outside of their processes: one that was killed is cleared by whoever comes next.

A run has a file under `/run/probelang`, written before the kernel is asked for anything, and locked (flock) for as long as its process lives:
one whose lock is free belongs to nobody. Its events all bear the run's id, which is in the file's name, too: whatever the file says,
nothing without that id is touched.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from typing import TYPE_CHECKING

from probelang.record import record
from probelang.tracing.define import Defined, remove
from probelang.tracing.state_files import MAX_STATE, Files, StateError, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.tracing.tracefs import Tracefs

_PART = r"[A-Za-z_][A-Za-z0-9_]{0,62}"
_EVENT = re.compile(rf"{_PART}/{_PART}")
_RUN_FILE = re.compile(r"run-([0-9a-f]{6})\.json")


@record
class RunState:
    """A run: its id, its process, its specs, and all that it has or is about to have in the kernel."""

    id: str
    pid: int
    files: tuple[str, ...]
    events: tuple[Defined, ...]
    triggers: tuple[tuple[str, str], ...]

    @property
    def instance(self) -> str:
        """The tracing instance of the run."""
        return instance_of(self.id)


@record
class Cleared:
    """A run that had been killed, and what could not be removed of it."""

    state: RunState
    left: tuple[str, ...]


def instance_of(run: str) -> str:
    """The name of the tracing instance of a run."""
    return f"probelang-{run}"


class StateFolder(Files):
    """The folder of the files, and what it says of runs."""

    def begin(self, state: RunState) -> RunLock:
        """Write down a run, before the kernel is asked for anything of it. Raises StateError."""
        content = {
            "pid": state.pid,
            "files": list(state.files),
            "events": [[one.name, one.listed] for one in state.events],
            "triggers": [list(one) for one in state.triggers],
        }
        with self.locked():
            return RunLock(self, state.id, self._write(_file_of(state.id), content, lock=True))

    def has_run(self, run: str) -> bool:
        """Whether there is a file of that run."""
        return os.path.lexists(f"{self.path}/{_file_of(run)}")

    def runs(self) -> list[RunState]:
        """The runs that are on. What is not to be believed is left out. Raises StateError."""
        self._check()
        found = []
        for run, descriptor in self._run_files([]):
            try:
                if not _try_lock(descriptor):
                    found.append(self._read_run(run, descriptor))
            except StateError:
                pass
            finally:
                os.close(descriptor)
        return found

    def clear(self, tracefs: Tracefs) -> tuple[list[Cleared], list[str]]:
        """Remove what killed runs have left, and their files; what is not to be believed is said, a line each. Raises StateError."""
        cleared: list[Cleared] = []
        strange: list[str] = []
        dead: list[tuple[str, int]] = []
        if not os.path.lexists(self.path):
            return cleared, strange
        with self.locked():
            for name in os.listdir(self.path):
                # nobody is writing one now
                if name.endswith(".new"):
                    self.remove(name)
            for run, descriptor in self._run_files(strange):
                if _try_lock(descriptor):
                    dead.append((run, descriptor))
                else:
                    os.close(descriptor)
        for run, descriptor in dead:
            try:
                state = self._read_run(run, descriptor)
                name = state.instance
                left = remove(tracefs, tracefs.instance(name), state.events, state.triggers, name)
                RunLock(self, run, descriptor).end(done=not left)
                cleared.append(Cleared(state, tuple(left)))
            except StateError as error:
                os.close(descriptor)
                strange.append(str(error))
        return cleared, strange

    def _run_files(self, strange: list[str]) -> Iterator[tuple[str, int]]:
        """The files of runs, open; what is wrong with others is added to `strange`."""
        try:
            names = sorted(os.listdir(self.path))
        except OSError:
            return
        for name in names:
            match = _RUN_FILE.fullmatch(name)
            if match is None:
                continue
            try:
                yield match[1], self._open(name, os.O_RDWR)
            except FileNotFoundError:
                continue
            except StateError as error:
                strange.append(str(error))

    def _read_run(self, run: str, descriptor: int) -> RunState:
        name = _file_of(run)
        content = self._parse(name, os.pread(descriptor, MAX_STATE + 1, 0))
        try:
            events = tuple(Defined(text_of(one[0]), text_of(one[1])) for one in content["events"])
            triggers = tuple((text_of(one[0]), text_of(one[1])) for one in content["triggers"])
            files = tuple(text_of(one) for one in content["files"])
            state = RunState(run, int(content["pid"]), files, events, triggers)
        except (LookupError, TypeError, ValueError):
            raise self.strange(name) from None
        for event in (*(one.name for one in events), *(one[0] for one in triggers)):
            if not _is_of_run(event, run):
                raise self.strange(name)
        return state


class RunLock:
    """The file of a run that is on."""

    def __init__(self, folder: StateFolder, run: str, descriptor: int) -> None:
        self.folder = folder
        self.run = run
        self.descriptor = descriptor

    def end(self, done: bool) -> None:
        """Let go; the file is removed if nothing of the run is left (`done`)."""
        if done:
            with contextlib.suppress(StateError), self.folder.locked():
                self.folder.remove(_file_of(self.run))
        os.close(self.descriptor)


def is_event(name: str) -> bool:
    """Whether a text can be an event of tracefs, GROUP/EVENT."""
    return _EVENT.fullmatch(name) is not None


def _is_of_run(name: str, run: str) -> bool:
    group, _, event = name.partition("/")
    return is_event(name) and (group.endswith(f"_{run}") or (group == "synthetic" and f"_{run}" in event))


def _file_of(run: str) -> str:
    return f"run-{run}.json"


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
