"""Which unit an address belongs to: by `.debug_aranges`, else by the ranges in the root of every unit."""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_lists import ranges_of
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.program.dwarf_unit import Unit
    from probelang.program.dwarf_units import Units

_MOST_UNITS = 1 << 17
_MOST_OVERLAPS = 8
"""Ranges looked at for one address; in a sound file they don't overlap."""


class AddressIndex:
    """Units by the addresses of their code. In a file that is not `relocatable`, code at 0 is what the linker dropped."""

    __slots__ = ("_covered", "_mapped", "_relocatable", "_scanned", "_units")

    def __init__(self, units: Units, relocatable: bool) -> None:
        self._units = units
        self._relocatable = relocatable
        self._covered: set[int] = set()
        self._mapped: list[tuple[int, int, int]] | None = None
        self._scanned: list[tuple[int, int, int]] | None = None

    def units_at(self, address: int) -> list[Unit]:
        """The units that say to have code there, almost always one. Raises DwarfError."""
        if self._mapped is None:
            self._mapped = self._read_aranges()
        found = _find(self._mapped, address)
        if not found:
            if self._scanned is None:
                self._scanned = self._scan()
            found = _find(self._scanned, address)
        return [self._units.at(offset) for offset in dict.fromkeys(found)]

    def _read_aranges(self) -> list[tuple[int, int, int]]:
        sections = self._units.sections
        data, order = sections.get(".debug_aranges"), sections.order
        mark = "<" if order == "little" else ">"
        found: list[tuple[int, int, int]] = []
        at = 0
        while at + 12 <= len(data):
            length = int.from_bytes(data[at : at + 4], order)
            head, offset_size = at + 4, 4
            if length == 0xFFFFFFFF:
                length, head, offset_size = int.from_bytes(data[at + 4 : at + 12], order), at + 12, 8
            end = head + length
            if end > len(data) or length < offset_size + 4:
                break
            unit = int.from_bytes(data[head + 2 : head + 2 + offset_size], order)
            size, segment = data[head + 2 + offset_size], data[head + 3 + offset_size]
            first = head + 4 + offset_size
            if size in (4, 8) and segment == 0:
                first += -(first - at) % (2 * size)
                last = first + (end - first) // (2 * size) * (2 * size)
                pairs = struct.iter_unpack(
                    mark + ("QQ" if size == 8 else "II"), data[first:last] if first < last else b""
                )
                new = [
                    (low, low + count, unit) for low, count in pairs if count and (low or self._relocatable)
                ]
                if new:
                    # An empty set is also what a compiler writes that leaves the work to the reader.
                    self._covered.add(unit)
                    if len(self._covered) > _MOST_UNITS:
                        break
                    found += new
            at = end
        sections.spend(len(found))
        found.sort()
        return found

    def _scan(self) -> list[tuple[int, int, int]]:
        """Ranges of the units that no arange told of. A unit that can't be read is left out."""
        found: list[tuple[int, int, int]] = []
        for offset in self._units.offsets():
            if offset in self._covered:
                continue
            try:
                root = self._units.at(offset).root
                if root.tag != dw.TAG_COMPILE_UNIT:
                    continue
                found += [(low, high, offset) for low, high in ranges_of(root) if low or self._relocatable]
            except DwarfError:
                # Raised anew when the work for the whole question is spent.
                self._units.sections.spend(1)
        found.sort()
        return found


def _find(ranges: list[tuple[int, int, int]], address: int) -> list[int]:
    position = bisect_right(ranges, (address, 1 << 65, 0))
    return [
        offset
        for _, high, offset in ranges[max(0, position - _MOST_OVERLAPS) : position][::-1]
        if address < high
    ]
