"""Compressed sections, of which a question reads little and must unpack all: what it read is kept in the user's cache.

Kept are windows of the contents, bytes of the file and no conclusions from them, so whoever reads them is as careful as with
the file itself. They belong to one state of one file: another inode, size, time stamp or build-id is another origin. A
file that changed while it was read, or just before, is not kept: its time stamp could stay the same at the next change.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from probelang import __version__, cache
from probelang.container import ContainerError
from probelang.program.compressed import unpack_section, unpacked_size
from probelang.program.debug_files import read_build_id
from probelang.program.dwarf_wire import WINDOW, DwarfError, Pieces
from probelang.program.elf import FileSource, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.container import Container
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
        return Pieces(opened.size, opened.read, opened.read_all)

    def keep(self) -> bool:
        """Write to the cache what was read, unless all of it is there; whether that was done."""
        opened = self._sections
        if (
            not any(one.grown for one in opened.values())
            or self._origin is None
            or not _is_settled(self._elf)
        ):
            return False
        if sum([len(one.read_windows) for one in opened.values()]) * WINDOW > MOST_KEPT:
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

    __slots__ = ("_kept", "_unpack", "_whole", "grown", "read_windows", "size")

    def __init__(self, size: int, kept: dict[int, bytes], unpack: Callable[[], bytearray]) -> None:
        self.size = size
        self.read_windows = set(kept)
        self.grown = False
        self._kept = kept
        self._unpack = unpack
        self._whole: memoryview | None = None

    def read(self, at: int, length: int) -> bytes:
        numbers = range(at // WINDOW, (at + length - 1) // WINDOW + 1)
        if self._whole is None and all(number in self._kept for number in numbers):
            joined = b"".join([self._kept[number] for number in numbers])
            first = numbers.start * WINDOW
            return joined[at - first : at - first + length]
        return bytes(self._contents(numbers)[at : at + length])

    def read_all(self) -> memoryview | bytes:
        numbers = range((self.size + WINDOW - 1) // WINDOW)
        if self._whole is None and len(self._kept) == len(numbers):
            return b"".join([self._kept[number] for number in numbers])
        return self._contents(numbers)

    def _contents(self, numbers: range) -> memoryview:
        if self._whole is None:
            self._whole = memoryview(self._unpack()).toreadonly()
        if not self.read_windows.issuperset(numbers):
            self.read_windows.update(numbers)
            self.grown = True
        return self._whole

    def pack(self) -> bytes:
        numbers = sorted(self.read_windows)
        head = _HEAD.pack(self.size, len(numbers)) + struct.pack(f"<{len(numbers)}I", *numbers)
        return b"".join([head, *[self.read(number * WINDOW, self._length(number)) for number in numbers]])

    def _length(self, number: int) -> int:
        return min(WINDOW, self.size - number * WINDOW)


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
