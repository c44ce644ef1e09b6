"""What is on, kept outside of the process that put it there: a run that was killed is cleared by whoever comes next.

A run has a file under `/run/probelang`, written before the kernel is asked for anything, and locked (flock) for as long as its process lives:
one whose lock is free belongs to nobody. Its events all bear the run's id, which is in the file's name, too: whatever the file says,
nothing without that id is touched. The folder and its files belong to root and nobody else may write them; a file that is otherwise is not read.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import stat
from typing import TYPE_CHECKING, Any

from probelang.record import record
from probelang.tracing.define import Defined, remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.tracing.tracefs import Tracefs

#: Where the files are; the second for a system without `/run`. What is said there is of this boot.
PLACES = ("/run", "/var/run", "/tmp")
MAX_STATE = 64 << 20
_PART = r"[A-Za-z_][A-Za-z0-9_]{0,62}"
_EVENT = re.compile(rf"{_PART}/{_PART}")
_RUN_FILE = re.compile(r"run-([0-9a-f]{6})\.json")


class StateError(Exception):
    """Nothing can be kept, or what is there cannot be believed; the message is one line."""


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


class StateFolder:
    """The folder of the files. It is there as long as there are any, and locked while one is made or looked for."""

    def __init__(self, path: str | None = None) -> None:
        self.path = (
            path or f"{next((place for place in PLACES if os.path.isdir(place)), PLACES[0])}/probelang"
        )

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Wait until no other process has the folder, and hold it, which makes it. Raises StateError where it is not root's alone."""
        descriptor = self._open_folder()
        try:
            yield
        finally:
            # it is of use no more, unless there is a file in it
            with contextlib.suppress(OSError):
                os.rmdir(self.path)
            os.close(descriptor)

    def _open_folder(self) -> int:
        try:
            while True:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(self.path, 0o700)
                try:
                    descriptor = os.open(
                        self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
                    )
                except FileNotFoundError:
                    continue
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                opened = os.fstat(descriptor)
                if not _is_ours(opened):
                    os.close(descriptor)
                    raise self._foreign()
                try:
                    if os.path.samestat(opened, os.lstat(self.path)):
                        return descriptor
                except FileNotFoundError:
                    pass
                # whoever had it before has removed it
                os.close(descriptor)
        except NotADirectoryError:
            raise self._foreign() from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise self._foreign() from None
            raise StateError(f"cannot use {self.path}: {error.strerror}") from None

    def _check(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            found = os.lstat(self.path)
            if not stat.S_ISDIR(found.st_mode) or not _is_ours(found):
                raise self._foreign()

    def _foreign(self) -> StateError:
        return StateError(f"{self.path} is not a folder of root's alone: look who made it, and remove it")

    def read(self, name: str) -> Any:
        """What a file holds as JSON; None where there is no such file. Raises StateError."""
        self._check()
        try:
            descriptor = self._open(name, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return self._parse(name, file.read(MAX_STATE + 1))

    def write(self, name: str, content: Any) -> None:
        """Replace a file in one step. Raises StateError."""
        os.close(self._write(name, content))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.path}/{name}")

    # ----------------------------------------------------------------------------------------------- runs

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

    # ---------------------------------------------------------------------------------------------- files

    def _open(self, name: str, flags: int) -> int:
        path = f"{self.path}/{name}"
        try:
            descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except FileNotFoundError:
            raise
        except OSError as error:
            # ELOOP is a symbolic link
            if error.errno == errno.ELOOP:
                raise self.strange(name) from None
            raise StateError(f"cannot open {path}: {error.strerror}") from None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or not _is_ours(found):
            os.close(descriptor)
            raise self.strange(name)
        return descriptor

    def _write(self, name: str, content: Any, lock: bool = False) -> int:
        """Replace a file in one step; the answer is a descriptor of it, with its lock if asked for."""
        self.remove(f"{name}.new")
        try:
            descriptor = self._open(f"{name}.new", os.O_RDWR | os.O_CREAT | os.O_EXCL)
            if lock:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            data = json.dumps(content).encode("utf-8", "surrogatepass")
            while data:
                data = data[os.write(descriptor, data) :]
            os.rename(f"{self.path}/{name}.new", f"{self.path}/{name}")
        except OSError as error:
            raise StateError(f"cannot write {self.path}/{name}: {error.strerror}") from None
        return descriptor

    def _parse(self, name: str, data: bytes) -> Any:
        try:
            if len(data) > MAX_STATE:
                raise ValueError
            content = json.loads(data.decode("utf-8", "surrogatepass"))
        except (ValueError, RecursionError):
            raise self.strange(name) from None
        if not isinstance(content, dict):
            raise self.strange(name)
        return content

    def strange(self, name: str) -> StateError:
        """The error of a file that does not hold what it should."""
        return StateError(
            f"{self.path}/{name} is not as probelang writes it, and is left alone: look at it, and remove it"
        )


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


def text_of(value: object) -> str:
    """A text of one line without blanks at its ends, out of a file. Raises TypeError, ValueError."""
    if not isinstance(value, str):
        raise TypeError
    if "\n" in value or "\0" in value:
        raise ValueError
    return value


def is_event(name: str) -> bool:
    """Whether a text can be an event of tracefs, GROUP/EVENT."""
    return _EVENT.fullmatch(name) is not None


def _is_of_run(name: str, run: str) -> bool:
    group, _, event = name.partition("/")
    return is_event(name) and (group.endswith(f"_{run}") or (group == "synthetic" and f"_{run}" in event))


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _file_of(run: str) -> str:
    return f"run-{run}.json"


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
