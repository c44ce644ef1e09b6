"""Compressed sections, of which a question reads little and must unpack all: what it read is kept in the user's cache.

Kept are windows of the contents, bytes of the file and no conclusions from them, so whoever reads them is as careful as with
the file itself. They belong to one state of one file: another inode, size, time stamp or build-id is another origin. A
file that changed while it was read, or just before, is not kept: its time stamp could stay the same at the next change.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from probelang import __version__
from probelang.kernel import cache
from probelang.kernel.container import ContainerError
from probelang.program.compressed import unpack_section, unpacked_size
from probelang.program.debug_files import read_build_id
from probelang.program.dwarf_wire import WINDOW, DwarfError, Pieces
from probelang.program.elf import FileSource, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.kernel.container import Container
    from probelang.program.elf import Elf, Section

MOST_KEPT = 16 << 20
"""Bytes of one file's windows; where a question reads more, nothing is kept."""
_SETTLED = 2.0
"""Seconds since the last change of a file after which the next one has another time stamp (two, on FAT)."""
_HEAD = struct.Struct("<QI")


class UnpackedSections:
    """The compressed sections of one file. `largest` bounds what all of them together may unpack to, in bytes."""

    def __init__(self, elf: Elf, largest: int) -> None:
        self._elf = elf
        self._left = largest
        self._sections: dict[int, _Section] = {}
        self._origin = _origin(elf)
        self._entry: Container | None = None
        self._asked = False

    def open(self, section: Section) -> Pieces:
        """The contents of a section. Raises ProgramError; what is read of them later raises DwarfError."""
        opened = self._sections.get(section.index)
        if opened is None:
            size = unpacked_size(self._elf, section)
            kept = self._kept(section.index, size)
            opened = self._sections[section.index] = _Section(size, kept, lambda: self._unpack(section))
        return Pieces(opened.size, opened.read)

    def keep(self) -> bool:
        """Write to the cache what was read, unless all of it is there; whether that was done."""
        opened = self._sections
        if (
            not any(one.grown for one in opened.values())
            or self._origin is None
            or not _is_settled(self._elf)
        ):
            return False
        if sum([len(one.windows) for one in opened.values()]) * WINDOW > MOST_KEPT:
            return False
        done = cache.store_entry(self._origin, {str(index): one.pack() for index, one in opened.items()})
        for one in opened.values():
            one.grown = one.grown and not done
        return done

    def _unpack(self, section: Section) -> bytearray:
        try:
            contents = unpack_section(self._elf, section, self._left)
        except ProgramError as error:
            raise DwarfError(str(error)) from None
        self._left -= len(contents)
        return contents

    def _kept(self, index: int, size: int) -> dict[int, bytes]:
        if not self._asked:
            self._asked = True
            self._entry = cache.open_entry(self._origin) if self._origin is not None else None
        try:
            data = self._entry.section(str(index)) if self._entry is not None else None
        except ContainerError:
            return {}
        return unpack_windows(bytes(data), size) if data is not None else {}


class _Section:
    """The contents of a section: windows of them as long as those are enough, else all."""

    __slots__ = ("_unpack", "_whole", "grown", "size", "windows")

    def __init__(self, size: int, windows: dict[int, bytes], unpack: Callable[[], bytearray]) -> None:
        self.size = size
        self.windows = windows
        self.grown = False
        self._unpack = unpack
        self._whole: bytearray | None = None

    def read(self, at: int, length: int) -> bytes:
        numbers = range(at // WINDOW, (at + length - 1) // WINDOW + 1)
        missing = [number for number in numbers if number not in self.windows]
        if missing:
            if self._whole is None:
                self._whole = self._unpack()
            for number in missing:
                self.windows[number] = bytes(self._whole[number * WINDOW : (number + 1) * WINDOW])
            self.grown = True
        first = numbers[0] * WINDOW
        joined = b"".join([self.windows[number] for number in numbers])
        return joined[at - first : at - first + length]

    def pack(self) -> bytes:
        numbers = sorted(self.windows)
        head = _HEAD.pack(self.size, len(numbers)) + struct.pack(f"<{len(numbers)}I", *numbers)
        return b"".join([head, *[self.windows[number] for number in numbers]])


def unpack_windows(data: bytes, size: int) -> dict[int, bytes]:
    """The windows in an entry's section, by their numbers; none where they are not those of contents so long."""
    if len(data) < _HEAD.size:
        return {}
    said, count = _HEAD.unpack_from(data)
    at = _HEAD.size + 4 * count
    most = (size + WINDOW - 1) // WINDOW
    if said != size or count > most or at > len(data):
        return {}
    found: dict[int, bytes] = {}
    for number in struct.unpack_from(f"<{count}I", data, _HEAD.size):
        length = min(WINDOW, size - number * WINDOW)
        if number >= most or number in found or at + length > len(data):
            return {}
        found[number] = data[at : at + length]
        at += length
    return found if at == len(data) else {}


def _origin(elf: Elf) -> str | None:
    """A text that one state of a file has alone; None of what is no file."""
    source = elf.source
    if not isinstance(source, FileSource):
        return None
    status = source.status
    try:
        build_id = (read_build_id(elf) or b"").hex()
    except ProgramError:
        return None
    stamp = f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
    return f"{source.path}|{stamp}|{build_id}|unpacked|{WINDOW}|{__version__}"


def _is_settled(elf: Elf) -> bool:
    """Whether a file is as it was when it was opened, and its next change will show in its time stamps."""
    import time

    source = elf.source
    if not isinstance(source, FileSource):
        return False
    try:
        now, then = os.stat(source.path), source.status
    except OSError:
        return False
    stamps = [(one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns) for one in (now, then)]
    return stamps[0] == stamps[1] and abs(time.time() - max(now.st_mtime, now.st_ctime)) > _SETTLED
