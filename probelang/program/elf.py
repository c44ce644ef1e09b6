"""The ELF container: headers, sections, segments and notes, by System V's gABI, read piece by piece.

pyelftools makes an object of every symbol and believes every size; a probe in a program of 100 MB wants one symbol of
200,000, at once. Files are read with pread and not mapped: a program that is rebuilt meanwhile shortens its file, and
touching what a map no longer has kills the process.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import TYPE_CHECKING

from probelang.program import ProgramFileError
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_SECTIONS = 1 << 16
MOST_SEGMENTS = 1 << 12
LARGEST_SECTION = 512 << 20
"""No section is read or unpacked that is longer; those of a large browser's debug file get near it."""
LONGEST_SECTION_NAMES = 16 << 20
MOST_NOTES = 100_000
LONGEST_SHORT_NAME = 256
"""Bytes of a section's, library's or version's name; the rest is cut."""
_MOST_NOTE_SECTIONS = 64
_LARGEST_SMALL_NOTE = 1 << 16

ET_EXEC, ET_DYN = 2, 3
SHT_SYMTAB, SHT_STRTAB, SHT_NOTE, SHT_NOBITS, SHT_DYNSYM = 2, 3, 7, 8, 11
SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_GNU_VERSYM = 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF
SHF_COMPRESSED = 0x800
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
PF_X = 1
_PN_XNUM = _SHN_XINDEX = 0xFFFF
_MACHINES = {3: "i386", 40: "arm", 62: "x86-64", 183: "arm64", 243: "riscv", 258: "loongarch"}
_MACHINES_OF_SEVERAL = {21: "powerpc64", 22: "s390"}


class ProgramError(ProgramFileError):
    """The program that was named can't be had; the message is one line for the user."""


class Source:
    """Bytes to read at a place: a file, or what was unpacked from one."""

    size: int

    def read(self, at: int, length: int) -> bytes:
        """Exactly `length` bytes. Raises ProgramError where they are not there."""
        raise NotImplementedError


class FileSource(Source):
    """A regular file, open until it is closed or forgotten."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = -1
        try:
            # Opening a FIFO would wait for its writer.
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            self._fd = fd
            self.status = os.fstat(fd)
        except OSError as error:
            raise ProgramError(f"{path}: {error.strerror or error}") from None
        except ValueError:
            raise ProgramError(f"{path}: no name of a file can hold a NUL") from None
        if not stat.S_ISREG(self.status.st_mode):
            self.close()
            raise ProgramError(f"{path}: not a file")
        self.size = self.status.st_size

    def read(self, at: int, length: int) -> bytes:
        if at + length > self.size:
            raise ProgramError("damaged ELF file: it is cut off")
        try:
            data = os.pread(self._fd, length, at)
        except (OSError, OverflowError) as error:
            raise ProgramError(f"the file can't be read: {error}") from None
        if len(data) != length:
            raise ProgramError("the file was cut off while it was read")
        return data

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        self.close()


class BytesSource(Source):
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, at: int, length: int) -> bytes:
        if at + length > self.size:
            raise ProgramError("damaged ELF file: it is cut off")
        return self._data[at : at + length]


class PartSource(Source):
    """`size` bytes of another source, from a place on: a member of an archive."""

    def __init__(self, whole: Source, at: int, size: int) -> None:
        self._whole = whole
        self._at = at
        self.size = size

    def read(self, at: int, length: int) -> bytes:
        if at + length > self.size:
            raise ProgramError("damaged ELF file: it is cut off")
        return self._whole.read(self._at + at, length)


@record
class Section:
    index: int
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    entry_size: int


@record
class Segment:
    """A program header; sizes in bytes, `file_size` of them from the file."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int


@record
class Note:
    type: int
    owner: bytes
    description: bytes


class Elf:
    """One ELF file. Raises ProgramError where its headers are damaged."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.path = source.path if isinstance(source, FileSource) else ""
        if source.size < 16:
            raise ProgramError("not an ELF file")
        ident = source.read(0, 16)
        if ident[:4] != b"\x7fELF":
            raise ProgramError("not an ELF file" if ident[:2] != b"#!" else "a script, not a program in ELF")
        if ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise ProgramError("damaged ELF file: neither 32 nor 64 bit, or of no byte order")
        self.wide = ident[4] == 2
        self.order = "<" if ident[5] == 1 else ">"
        head = struct.Struct(self.order + ("HH4xQQQ4x6H" if self.wide else "HH4xIII4x6H"))
        fields = head.unpack(source.read(16, head.size))
        self.type, machine, self.entry, self._phoff, self._shoff = fields[:5]
        self._phentsize, self._phnum, self._shentsize, self._shnum, self._shstrndx = fields[6:]
        named = _MACHINES if self.order == "<" else _MACHINES_OF_SEVERAL
        self.machine = named.get(machine) or f"machine {machine}"
        self._raw_sections = self._read_sections()
        self.segments = self._read_segments()
        self._sections: tuple[Section, ...] | None = None

    @property
    def pointer_size(self) -> int:
        return 8 if self.wide else 4

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in the file's order; none where the section headers were stripped too."""
        if self._sections is None:
            raw = self._raw_sections
            names = b""
            index = raw[0][6] if raw and self._shstrndx == _SHN_XINDEX else self._shstrndx
            if 0 < index < len(raw) and raw[index][1] == SHT_STRTAB:
                _, _, _, _, at, size, *_ = raw[index]
                names = self.source.read(at, min(size, LONGEST_SECTION_NAMES))
            self._sections = tuple(
                [
                    Section(
                        index,
                        read_string(names, name),
                        kind,
                        flags,
                        address,
                        at,
                        size,
                        link,
                        info,
                        entry_size,
                    )
                    for index, (
                        name,
                        kind,
                        flags,
                        address,
                        at,
                        size,
                        link,
                        info,
                        _,
                        entry_size,
                    ) in enumerate(raw)
                ]
            )
        return self._sections

    def find_section(self, name: str) -> Section | None:
        """The first section of a name."""
        for section in self.sections:
            if section.name == name:
                return section
        return None

    def read_section(self, section: Section, largest: int = LARGEST_SECTION) -> bytes:
        """The bytes of a section, unpacked where it is compressed; none of one without bytes in the file.

        Raises ProgramError where they lie outside the file or are more than `largest`.
        """
        if section.type == SHT_NOBITS:
            return b""
        if section.size > largest:
            raise ProgramError(f"the {section.name} section is too large")
        if not section.flags & SHF_COMPRESSED:
            return self.source.read(section.offset, section.size)
        from probelang.program.compressed import unpack_section

        return bytes(unpack_section(self, section, largest))

    def has_raw(self, section: Section) -> bool:
        """Whether the bytes of a section lie in the file as they are, so that a part of them can be read."""
        inside = section.offset + section.size <= self.source.size
        return section.type != SHT_NOBITS and not section.flags & SHF_COMPRESSED and inside

    def notes(self, section: Section, largest: int = 16 << 20) -> Iterator[Note]:
        """The notes of a section, up to the first damaged one."""
        data = self.read_section(section, largest)
        head = struct.Struct(self.order + "III")
        at = 0
        for _ in range(MOST_NOTES):
            if at + head.size > len(data):
                return
            name_size, size, kind = head.unpack_from(data, at)
            start = at + head.size
            after_name = start + name_size + 3 & ~3
            end = after_name + size
            if end > len(data):
                return
            yield Note(kind, data[start : start + name_size].rstrip(b"\0"), data[after_name:end])
            at = end + 3 & ~3

    def read_note(self, owner: bytes, kind: int) -> bytes | None:
        """The description of the first note of an owner and type, in any short note section."""
        for section in [section for section in self.sections if section.type == SHT_NOTE][
            :_MOST_NOTE_SECTIONS
        ]:
            if section.size <= _LARGEST_SMALL_NOTE:
                for note in self.notes(section):
                    if note.owner == owner and note.type == kind:
                        return note.description
        return None

    def offset_of(self, address: int, flags: int = 0, length: int = 1) -> int | None:
        """Where in the file the bytes of a virtual address are, by a loaded segment that has all of `flags`."""
        for segment in self.segments:
            if segment.type == PT_LOAD and segment.flags & flags == flags:
                into = address - segment.address
                if 0 <= into and into + length <= segment.file_size:
                    offset = segment.offset + into
                    return offset if offset + length <= self.source.size else None
        return None

    def address_of(self, offset: int, flags: int = 0) -> int | None:
        """The virtual address that a place in the file is loaded at: the inverse of `offset_of`."""
        for segment in self.segments:
            if segment.type == PT_LOAD and segment.flags & flags == flags:
                into = offset - segment.offset
                if 0 <= into < segment.file_size and offset < self.source.size:
                    return segment.address + into
        return None

    def _read_sections(self) -> list[tuple[int, ...]]:
        if not self._shoff:
            return []
        entry = struct.Struct(self.order + ("IIQQQQIIQQ" if self.wide else "IIIIIIIIII"))
        if self._shentsize < entry.size:
            raise ProgramError("damaged ELF file: its section headers are too short")
        # A count or index that does not fit its field is in the first section header (gABI, "Section Header").
        count = self._shnum or entry.unpack(self.source.read(self._shoff, entry.size))[5]
        if count > MOST_SECTIONS:
            raise ProgramError("damaged ELF file: its section count is impossible")
        raw = self.source.read(self._shoff, count * self._shentsize)
        return [entry.unpack_from(raw, at) for at in range(0, len(raw), self._shentsize)]

    def _read_segments(self) -> tuple[Segment, ...]:
        count = self._phnum
        if count == _PN_XNUM and self._raw_sections:
            count = self._raw_sections[0][7]
        if not self._phoff or not count:
            return ()
        entry = struct.Struct(self.order + ("IIQQ8xQQ8x" if self.wide else "IIIIIIII"))
        if self._phentsize < entry.size or count > MOST_SEGMENTS:
            raise ProgramError("damaged ELF file: its program headers are impossible")
        raw = self.source.read(self._phoff, count * self._phentsize)
        segments = []
        for at in range(0, len(raw), self._phentsize):
            fields = entry.unpack_from(raw, at)
            if self.wide:
                kind, flags, offset, address, file_size, memory_size = fields
            else:
                kind, offset, address, _, file_size, memory_size, flags, _ = fields
            segments.append(Segment(kind, flags, offset, address, file_size, memory_size))
        return tuple(segments)


def read_string(table: bytes, at: int) -> str:
    end = table.find(b"\0", at, at + LONGEST_SHORT_NAME)
    return table[at : end if end >= 0 else at + LONGEST_SHORT_NAME].decode("utf-8", "backslashreplace")
