"""One file's debugging information with all that has been read of it so far; `Dwarf` puts the questions."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_frames import Frames
from probelang.program.dwarf_index import AddressIndex
from probelang.program.dwarf_lines import END, LineTable, prologue_end
from probelang.program.dwarf_lists import ranges_of
from probelang.program.dwarf_names import Names
from probelang.program.dwarf_starts import referring_in_unit, starting_at
from probelang.program.dwarf_units import Units
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_lines import Row
    from probelang.program.dwarf_unit import Unit
    from probelang.program.dwarf_wire import Sections

_OUTER = frozenset({dw.TAG_COMPILE_UNIT, dw.TAG_PARTIAL_UNIT, dw.TAG_NAMESPACE, dw.TAG_MODULE})
_SUBPROGRAMS = frozenset({dw.TAG_SUBPROGRAM})
_DEEPEST_ORIGINS = 4
_WITH_CODE = frozenset({dw.TAG_SUBPROGRAM, dw.TAG_INLINED_SUBROUTINE})
_WITH_BLOCKS = frozenset(
    {dw.TAG_INLINED_SUBROUTINE, dw.TAG_LEXICAL_BLOCK, dw.TAG_TRY_BLOCK, dw.TAG_CATCH_BLOCK}
)
_MOST_BLOCKS = 256


class Reader:
    """What the answers share. `relocatable` is of a file whose code starts at 0, a `.o` or `.ko`."""

    __slots__ = (
        *("_functions", "_instances", "_outer", "_prologues", "_tables"),
        *("frames", "index", "names", "relocatable", "sections", "units"),
    )

    def __init__(self, sections: Sections, units: Units, relocatable: bool) -> None:
        self.sections = sections
        self.units = units
        self.relocatable = relocatable
        self.names = Names(units)
        self.index = AddressIndex(units, relocatable)
        self.frames = Frames(sections)
        self._outer: dict[Unit, list[tuple[int, int, int]]] = {}
        self._functions: dict[Unit, list[tuple[int, int, int]]] = {}
        self._instances: dict[Unit, dict[tuple[Unit, int], list[int]]] = {}
        self._tables: dict[Unit, LineTable | None] = {}
        self._prologues: dict[int, int | None] = {}

    # Functions.

    def subprogram_at(self, address: int) -> Die | None:
        """The function whose code holds an address. Raises DwarfError."""
        for unit in self.index.units_at(address):
            found = starting_at(self.names, unit, address) or self._walked(unit, address)
            if found is not None:
                return found
        return None

    def _walked(self, unit: Unit, address: int) -> Die | None:
        for cache, enter in ((self._outer, _OUTER), (self._functions, None)):
            known = cache.get(unit)
            if known is None:
                known = cache[unit] = self._list_functions(unit, enter)
            position = bisect_right(known, (address, 1 << 65, 0))
            for _, high, offset in known[max(0, position - 16) : position][::-1]:
                if address < high:
                    return unit.die(offset)
        return None

    def _list_functions(self, unit: Unit, enter: frozenset[int] | None) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []
        for offset, abbrev, _ in unit.collect(unit.first, _SUBPROGRAMS, enter):
            if abbrev.has(dw.AT_LOW_PC) or abbrev.has(dw.AT_RANGES):
                die = unit.die(offset)
                found += [(low, high, offset) for low, high in self.code_of(die)]
        found.sort()
        return found

    def code_of(self, die: Die) -> list[tuple[int, int]]:
        """Ranges of an entry's code, without what a linker dropped. Raises DwarfError.

        gcc leaves an inlined function whose instructions all serve the function around it as well with its entry alone.
        """
        found = [(low, high) for low, high in ranges_of(die) if low or self.relocatable]
        if not found and die.tag == dw.TAG_INLINED_SUBROUTINE:
            entry = die.address(dw.AT_ENTRY_PC)
            return [(entry, entry + 1)] if entry else []
        return found

    def instances_of(self, origin: Die, depth: int = 0) -> list[Die]:
        """Entries that have code and are instances of an abstract function, or define a declared one. Raises DwarfError."""
        found = self._instances_in_unit(origin) if origin.unit.units is self.units else []
        # From other units, where a whole program was optimised or what units share was put into one.
        for attribute in (dw.AT_ABSTRACT_ORIGIN, dw.AT_SPECIFICATION):
            for die in self.names.referring(origin, _WITH_CODE, attribute):
                if self.code_of(die):
                    found.append(die)
                elif die.number(dw.AT_INLINE) and depth < _DEEPEST_ORIGINS:
                    found += self.instances_of(die, depth + 1)
        return found

    def _instances_in_unit(self, origin: Die) -> list[Die]:
        found = referring_in_unit(self.names, origin, _WITH_CODE)
        if found is not None:
            return [die for die in found if self._is_where_it_says(die)]
        unit = origin.unit
        known = self._instances.get(unit)
        if known is None:
            known = self._instances[unit] = {}
            for offset, abbrev, _ in unit.collect(unit.first, _WITH_CODE, None):
                if abbrev.has(dw.AT_LOW_PC) or abbrev.has(dw.AT_RANGES) or abbrev.has(dw.AT_ENTRY_PC):
                    instance = unit.die(offset)
                    for die in instance.origins()[1:] if self.code_of(instance) else ():
                        known.setdefault((die.unit, die.offset), []).append(offset)
        return [unit.die(offset) for offset in known.get((unit, origin.offset), [])]

    def _is_where_it_says(self, die: Die) -> bool:
        """Whether the way down from the unit to the code of an entry meets it: bytes may look like one by accident."""
        try:
            code = self.code_of(die)
            below = [self.subprogram_at(code[0][0])] if code else []
            for _ in range(_MOST_BLOCKS):
                around = below.pop() if below else None
                if around is None or around.same_as(die):
                    return around is not None
                # Code may belong to several that lie beside each other.
                below += [
                    child
                    for child in around.children()
                    if child.tag in _WITH_BLOCKS
                    and any(low <= code[0][0] < high for low, high in self.code_of(child))
                ]
        except DwarfError:
            self.sections.spend(1)
        return False

    # Lines.

    def line_table(self, unit: Unit) -> LineTable | None:
        """A unit's line table; None where it has none. Raises DwarfError."""
        if unit not in self._tables:
            root = unit.root
            offset = root.section_offset(dw.AT_STMT_LIST)
            self._tables[unit] = (
                LineTable(
                    unit.sections,
                    offset,
                    root.string(dw.AT_COMP_DIR) or "",
                    unit.address_size,
                    self.relocatable,
                )
                if offset is not None
                else None
            )
        return self._tables[unit]

    def prologue_end(self, unit: Unit, low: int, high: int) -> int | None:
        """Where the frame of the function at `low` is set up; None where nothing tells. Raises DwarfError."""
        if low not in self._prologues:
            table = self.line_table(unit)
            rows = table.rows_between(low, high) if table is not None else []
            self._prologues[low] = prologue_end(rows, low, high)
        return self._prologues[low]

    def line_at(self, unit: Unit, address: int, code: tuple[int, int] | None) -> tuple[int, int] | None:
        """Number of the file and line of an address; None where the table doesn't tell. Raises DwarfError.

        `code` is the part of a function around the address, if it is known.
        """
        table = self.line_table(unit)
        if table is None:
            return None
        rows = [row for row in table.rows_between(*(code or (0, 1 << 64))) if row[0] <= address]
        last = max(rows, key=_by_address, default=None)
        # From the end of a sequence on nothing is known, up to the start of another.
        return (last[1], last[2]) if last is not None and not last[3] & END else None


def _by_address(row: Row) -> tuple[int, bool]:
    """What holds at an address comes last: the end of a sequence yields to the start of another."""
    return row[0], not row[3] & END
