"""What was said of specs that have not changed since: one file for each project in the user's cache folder.

An entry is found by a digest of all that the answer depends on: the spec and its name, its kernels, the settings, and
this probelang. Each has a checksum, and is checked when it is read; nothing in the file is ever run, and fixes are
never taken from it. The file is written anew and renamed, so that runs at the same time leave one of theirs; it keeps
the entries of both, as far as they saw each other. No failure of the cache is an error.

    probelang lint 1 <stamp>
    <slot> <digest> <checksum> <what `probelang.stored` makes of the diagnostics>
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

from probelang import __version__
from probelang.cache import cache_folder
from probelang.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Entries of one file, its bytes, and files.
MAX_ENTRIES = 20_000
MAX_SIZE = 16 << 20
MAX_FILES = 64
_SUFFIX = ".lint"


class Results:
    """The results of one project: those of earlier runs, and those of this one, which `save` keeps."""

    def __init__(self, project: str) -> None:
        folder = cache_folder()
        self._path = os.path.join(folder, digest((project,), 8) + _SUFFIX) if folder else None
        self._head = f"probelang lint 1 {code_stamp()}"
        self._entries = self._read()
        self._new: dict[str, str] = {}

    def find(self, slot: str, key: str) -> str | None:
        """What was kept under a key; None where there is nothing, or not this."""
        line = self._entries.get(slot)
        if line is None:
            return None
        found, _, rest = line.partition(" ")
        checksum, _, content = rest.partition(" ")
        return content if found == key and checksum == _checksum(key, content) else None

    def keep(self, slot: str, key: str, content: str) -> None:
        """Keep a content, of one line of ASCII, in the place of what the slot had."""
        if content.isascii() and content.isprintable():
            self._new[slot] = f"{key} {_checksum(key, content)} {content}"

    def save(self) -> bool:
        """Write what is new; whether it was."""
        if not self._new or self._path is None:
            return False
        # another run may have written since
        entries = {
            **self._new,
            **{slot: line for slot, line in self._read().items() if slot not in self._new},
        }
        lines = [self._head]
        size = len(self._head)
        for slot, line in entries.items():
            size += len(slot) + len(line) + 2
            if len(lines) > MAX_ENTRIES or size > MAX_SIZE:
                break
            lines.append(f"{slot} {line}")
        return _write(self._path, "\n".join(lines) + "\n")

    def _read(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            with open(self._path, "rb") as file:
                status = os.fstat(file.fileno())
                if status.st_size > MAX_SIZE or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                    return {}
                head, *lines = file.read(MAX_SIZE).decode("ascii").split("\n")
        except (OSError, ValueError):
            return {}
        if head != self._head:
            return {}
        parts = (line.partition(" ") for line in lines)
        return {slot: rest for slot, _, rest in parts if rest}


def _checksum(key: str, content: str) -> str:
    return format(zlib.crc32(content.encode(), zlib.crc32(key.encode())), "08x")


def _write(path: str, text: str) -> bool:
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        try:
            with open(descriptor, "wb") as file:
                file.write(text.encode("ascii"))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError):
        return False
    _drop_oldest(folder)
    return True


def _drop_oldest(folder: str) -> None:
    try:
        with os.scandir(folder) as listing:
            files = sorted(
                (item.stat().st_mtime, item.path) for item in listing if item.name.endswith(_SUFFIX)
            )
        for _, path in files[: max(len(files) - MAX_FILES, 0)]:
            os.unlink(path)
    except OSError:
        pass


def code_stamp() -> str:
    """What tells this probelang from another: its version, and where its code is worked on, the state of its files."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parts = [__version__, package]
    if os.path.exists(os.path.join(os.path.dirname(package), "pyproject.toml")):
        parts += sorted(_files(package))
    else:
        parts += _states([os.path.join(package, "__init__.py")])
    return digest(parts)


def _files(folder: str) -> list[str]:
    found = []
    try:
        with os.scandir(folder) as listing:
            for item in listing:
                if item.name.endswith((".py", ".txt")):
                    status = item.stat()
                    found.append(f"{item.path}|{status.st_size}|{status.st_mtime_ns}")
                elif "." not in item.name and item.name != "__pycache__" and item.is_dir():
                    found += _files(item.path)
    except OSError:
        pass
    return found


def _states(paths: Iterable[str]) -> list[str]:
    made = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            continue
        made.append(f"{path}|{status.st_size}|{status.st_mtime_ns}")
    return made
