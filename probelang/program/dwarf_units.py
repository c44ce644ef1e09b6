"""The units of a file, each read when it is asked for."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.program.dwarf_abbrevs import AbbrevTable
from probelang.program.dwarf_unit import Unit
from probelang.program.dwarf_wire import WINDOW, DwarfError

if TYPE_CHECKING:
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_wire import Sections

_MOST_UNITS = 1 << 19
"""A kernel has some thousand, a browser some ten thousand."""


class Units:
    """The units of a file, each read when it is asked for. `alternate` are those of the file that dwz moved things to."""

    __slots__ = ("_abbrevs", "_by_offset", "_offsets", "_signatures", "alternate", "sections")

    def __init__(self, sections: Sections, alternate: Units | None = None) -> None:
        self.sections = sections
        self.alternate = alternate
        self._by_offset: dict[tuple[str, int], Unit] = {}
        self._offsets: dict[str, list[int]] = {}
        self._abbrevs: dict[tuple[int, int, int, int], AbbrevTable] = {}
        self._signatures: dict[int, Unit] | None = None

    def at(self, offset: int, section: str = ".debug_info") -> Unit:
        """The unit whose header is there. Raises DwarfError."""
        found = self._by_offset.get((section, offset))
        if found is None:
            found = self._by_offset[section, offset] = Unit(self, section, offset)
        return found

    def abbrevs(self, unit: Unit) -> AbbrevTable:
        key = unit.abbrev_offset, unit.version, unit.offset_size, unit.address_size
        if key not in self._abbrevs:
            self._abbrevs[key] = AbbrevTable(self.sections, *key)
        return self._abbrevs[key]

    def offsets(self, section: str = ".debug_info") -> list[int]:
        """Where units start, as far as their lengths lead; what is behind a damaged one is not found."""
        known = self._offsets.get(section)
        if known is None:
            known = []
            data, order = self.sections.view(section), self.sections.order
            at, end = 0, len(data)
            while at + 11 <= end:
                length = int.from_bytes(data[at : at + 4], order)
                head = 4
                if length == 0xFFFFFFFF:
                    length, head = int.from_bytes(data[at + 4 : at + 12], order), 12
                if at + head + length > end:
                    break
                if not length:
                    # Linkers may leave gaps, and a hostile file nothing else.
                    piece = bytes(data[at : at + WINDOW])
                    at += max(4, len(piece) - len(piece.lstrip(b"\0")) & ~3)
                    continue
                known.append(at)
                at += head + length
                if len(known) >= _MOST_UNITS:
                    break
            self.sections.spend(len(known))
            self._offsets[section] = known
        return known

    def containing(self, section: str, offset: int) -> Unit:
        """The unit that an offset of the section lies in. Raises DwarfError."""
        starts = self.offsets(section)
        position = bisect_right(starts, offset) - 1
        if position < 0:
            raise DwarfError(f"{section} has no unit at {offset:#x}")
        return self.at(starts[position], section)

    def die_at(self, section: str, offset: int) -> Die:
        """Raises DwarfError."""
        unit = self.containing(section, offset)
        return unit.die(offset - unit.offset)

    def type_of_signature(self, signature: int) -> Die | None:
        """The type of a type unit; None where the file has no such unit."""
        if self._signatures is None:
            self._signatures = {}
            for section in (".debug_types", ".debug_info"):
                for offset in self.offsets(section):
                    try:
                        unit = self.at(offset, section)
                    except DwarfError:
                        continue
                    if unit.type_offset:
                        self._signatures[unit.signature] = unit
        found = self._signatures.get(signature)
        return found.die(found.type_offset) if found is not None else None
