"""The folder of files that say what probelang has in the kernel: root's alone, locked while one is made or looked for.

The folder and its files belong to root and nobody else may write them; a file that is otherwise is not read, nor is a link followed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where the files are; the others for a system without `/run`. What is said there is of this boot.
PLACES = ("/run", "/var/run", "/tmp")
MAX_STATE = 64 << 20


class StateError(Exception):
    """Nothing can be kept, or what is there cannot be believed; the message is one line."""


class Files:
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


def text_of(value: object) -> str:
    """A text of one line without blanks at its ends, out of a file. Raises TypeError, ValueError."""
    if not isinstance(value, str):
        raise TypeError
    if "\n" in value or "\0" in value:
        raise ValueError
    return value


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022
