"""Versions of dynamic symbols: `memcpy@GLIBC_2.2.5` and `memcpy@@GLIBC_2.14` (LSB, "Symbol Versioning")."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.program.elf import (
    LONGEST_SHORT_NAME,
    SHT_GNU_VERDEF,
    SHT_GNU_VERNEED,
    SHT_GNU_VERSYM,
    ProgramError,
    Section,
    read_string,
)
from probelang.record import record

if TYPE_CHECKING:
    from probelang.program.elf import Elf

_HIDDEN = 0x8000
_MOST_VERSIONS = 1 << 15
_LARGEST = 16 << 20


@record
class Version:
    """A version's name; `library` is the file it is to come from, None where the program itself defines it."""

    name: str
    library: str | None


class SymbolVersions:
    """The versions of a .dynsym, by the index of a symbol. A damaged table knows fewer."""

    def __init__(self, elf: Elf) -> None:
        self._elf = elf
        self._indices: Section | None = None
        self._versions: dict[int, Version] = {}
        for section in elf.sections:
            try:
                if section.type == SHT_GNU_VERSYM:
                    self._indices = section
                elif section.type == SHT_GNU_VERDEF:
                    self._read_definitions(section)
                elif section.type == SHT_GNU_VERNEED:
                    self._read_needs(section)
            except (ProgramError, struct.error):
                continue

    def find(self, index: int) -> tuple[Version, bool] | None:
        """The version of a symbol and whether it is the default one; None for one without."""
        section = self._indices
        if section is None or 2 * index + 2 > section.size:
            return None
        try:
            raw = self._elf.source.read(section.offset + 2 * index, 2)
        except ProgramError:
            return None
        (number,) = struct.unpack(self._elf.order + "H", raw)
        version = self._versions.get(number & ~_HIDDEN)
        # 0 is local, 1 the base version: the name of the file.
        return (version, not number & _HIDDEN) if version and number & ~_HIDDEN > 1 else None

    def _name(self, section: Section, place: int) -> str:
        names = self._elf.sections[section.link]
        length = min(LONGEST_SHORT_NAME, names.size - place)
        return read_string(self._elf.source.read(names.offset + place, length), 0) if length > 0 else ""

    def _read(self, section: Section) -> bytes:
        if not 0 < section.link < len(self._elf.sections):
            raise ProgramError("versions without names")
        return self._elf.read_section(section, _LARGEST)

    def _read_definitions(self, section: Section) -> None:
        data = self._read(section)
        entry = struct.Struct(self._elf.order + "4xHH4xII")
        at = 0
        for _ in range(_MOST_VERSIONS):
            index, _count, first, following = entry.unpack_from(data, at)
            (name,) = struct.unpack_from(self._elf.order + "I", data, at + first)
            self._versions[index & ~_HIDDEN] = Version(self._name(section, name), None)
            if not following:
                return
            at += following

    def _read_needs(self, section: Section) -> None:
        data = self._read(section)
        need, version = struct.Struct(self._elf.order + "2xHIII"), struct.Struct(self._elf.order + "6xHII")
        at = 0
        left = _MOST_VERSIONS
        while left > 0:
            count, file, first, following = need.unpack_from(data, at)
            library = self._name(section, file)
            place = at + first
            left -= 1
            for _ in range(min(count, left)):
                other, name, after = version.unpack_from(data, place)
                self._versions[other & ~_HIDDEN] = Version(self._name(section, name), library)
                left -= 1
                if not after:
                    break
                place += after
            if not following:
                return
            at += following
