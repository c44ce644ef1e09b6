"""One unit: its header, its bytes when somebody needs them, and the tables that its entries look things up in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_abbrevs import BLOCK, BLOCK1, BLOCK2, BLOCK4, INDIRECT, STRING, AbbrevTable
from probelang.program.dwarf_dies import Die, read_die
from probelang.program.dwarf_wire import DwarfError, read_uleb

if TYPE_CHECKING:
    from probelang.program.dwarf_abbrevs import Abbrev
    from probelang.program.dwarf_units import Units

_HEAD = 4096
"""Bytes read of a unit when only its root is asked for."""
_SHORT = 1 << 13
"""Bytes of a unit that is walked to tell entries from bytes that look like one; in a longer one few look so."""
_DEEPEST = 1 << 12
"""Levels of entries in entries."""


class Unit:
    """One unit of `.debug_info` or `.debug_types`; offsets of its entries count from its header at `offset`."""

    __slots__ = (
        *(
            "_abbrevs",
            "_data",
            "_dies",
            "_root",
            "_starts",
            "abbrev_offset",
            "address_size",
            "first",
            "length",
            "offset",
        ),
        *("offset_size", "section", "sections", "signature", "type_offset", "units", "version"),
    )

    def __init__(self, units: Units, section: str, offset: int) -> None:
        """Reads the header at `offset`. Raises DwarfError."""
        sections = units.sections
        self.units = units
        self.sections = sections
        self.section = section
        self.offset = offset
        self._data: bytes | None = None
        self._abbrevs: AbbrevTable | None = None
        self._root: Die | None = None
        self._dies: dict[int, Die] = {}
        self._starts: set[int] | None = None
        at = offset + 4
        length = sections.number(section, offset, 4)
        self.offset_size = 4
        if length == 0xFFFFFFFF:
            length = sections.number(section, at, 8)
            at += 8
            self.offset_size = 8
        self.length = at - offset + length
        """With the header."""
        if length < 7 or offset + self.length > len(sections.view(section)):
            raise DwarfError(f"the unit at {offset:#x} of {section} is longer than the section")
        self.version = sections.number(section, at, 2)
        at += 2
        if not 2 <= self.version <= 5:
            raise DwarfError(f"the unit at {offset:#x} is of DWARF {self.version}, which is not known")
        kind = dw.UT_TYPE if section == ".debug_types" else dw.UT_COMPILE
        if self.version == 5:
            kind = sections.number(section, at, 1)
            self.address_size = sections.number(section, at + 1, 1)
            self.abbrev_offset = sections.number(section, at + 2, self.offset_size)
            at += 2 + self.offset_size
        else:
            self.abbrev_offset = sections.number(section, at, self.offset_size)
            self.address_size = sections.number(section, at + self.offset_size, 1)
            at += self.offset_size + 1
        if self.address_size not in (4, 8):
            raise DwarfError(f"the unit at {offset:#x} has addresses of {self.address_size} bytes")
        self.signature = self.type_offset = 0
        if kind in (dw.UT_TYPE, dw.UT_SPLIT_TYPE):
            self.signature = sections.number(section, at, 8)
            self.type_offset = sections.number(section, at + 8, self.offset_size)
            at += 8 + self.offset_size
        elif kind in (dw.UT_SKELETON, dw.UT_SPLIT_COMPILE):
            at += 8
        self.first = at - offset
        if self.first > self.length:
            raise DwarfError(f"the unit at {offset:#x} is cut off")

    @property
    def data(self) -> bytes:
        if self._data is None:
            self._data = bytes(self.sections.view(self.section)[self.offset : self.offset + self.length])
        return self._data

    @property
    def abbrevs(self) -> AbbrevTable:
        """Raises DwarfError."""
        if self._abbrevs is None:
            self._abbrevs = self.units.abbrevs(self)
        return self._abbrevs

    @property
    def root(self) -> Die:
        """The unit's own entry. Raises DwarfError."""
        if self._root is None:
            if self._data is None and self.length > _HEAD:
                # Not the whole unit for the sake of one entry.
                self._data = bytes(self.sections.view(self.section)[self.offset : self.offset + _HEAD])
                try:
                    self._root = read_die(self, self.first)
                except DwarfError:
                    pass
                finally:
                    self._data = None
            if self._root is None:
                self._root = read_die(self, self.first)
        return self._root

    def die(self, offset: int) -> Die:
        """The entry at that offset. Raises DwarfError where there is none."""
        found = self._dies.get(offset)
        if found is None:
            found = self._dies[offset] = read_die(self, offset)
        return found

    def may_start_at(self, offset: int) -> bool:
        """Whether an entry starts there, as far as that is cheap to tell: in a long unit every place may be one."""
        if self.length > _SHORT:
            return True
        if self._starts is None:
            try:
                self._starts = {start for start, _, _ in self.collect(self.first, None, None)}
            except DwarfError:
                self._starts = set()
        return not self._starts or offset in self._starts

    def calls_as_c(self) -> bool:
        """Whether functions take their parameters by the rules for C. Raises DwarfError."""
        language = self.root.number(dw.AT_LANGUAGE)
        return language in dw.C_LANGUAGES or language in dw.CXX_LANGUAGES

    def leaves_out_keywords(self) -> bool:
        """Whether `struct T` is just `T` in the unit's language: in all but C. Raises DwarfError."""
        language = self.root.number(dw.AT_LANGUAGE)
        return language is not None and language not in dw.C_LANGUAGES

    def _base(self, *attributes: int) -> int | None:
        for attribute in attributes:
            found = self.root.values.get(attribute)
            if found is not None and isinstance(found[1], int):
                return found[1]
        return None

    def string_offset(self, index: int) -> int:
        """Where in .debug_str the string of that number is. Raises DwarfError."""
        base = self._base(dw.AT_STR_OFFSETS_BASE)
        if base is None:
            base = 2 * self.offset_size if self.version >= 5 else 0
        return self.sections.number(".debug_str_offsets", base + index * self.offset_size, self.offset_size)

    def indexed_address(self, index: int) -> int:
        """An address of .debug_addr by its number. Raises DwarfError."""
        base = self._base(dw.AT_ADDR_BASE, dw.AT_GNU_ADDR_BASE)
        if base is None:
            base = 8 if self.version >= 5 else 0
        return self.sections.number(".debug_addr", base + index * self.address_size, self.address_size)

    def indexes_of(self, stored: bytes) -> list[int]:
        """Numbers in .debug_addr of an address, as it is stored; no more than a few are there. Raises DwarfError."""
        base = self._base(dw.AT_ADDR_BASE, dw.AT_GNU_ADDR_BASE)
        data = self.sections.get(".debug_addr")
        if base is None or base > len(data):
            return []
        end = len(data)
        if self.version >= 5 and base >= 8:
            # The table says how long it is, right before it starts.
            end = min(end, base - 4 + self.sections.number(".debug_addr", base - 8, 4))
        table = bytes(data[base:end])
        found: list[int] = []
        at = table.find(stored)
        while at >= 0 and len(found) < 16:
            if at % self.address_size == 0:
                found.append(at // self.address_size)
            at = table.find(stored, at + 1)
        return found

    def list_offset(self, section: str, attribute: int, index: int) -> int:
        """Where a list is that .debug_rnglists or .debug_loclists has by number. Raises DwarfError."""
        base = self._base(attribute)
        if base is None:
            base = 8 + self.offset_size
        return base + self.sections.number(section, base + index * self.offset_size, self.offset_size)

    def collect(
        self, start: int, wanted: frozenset[int] | None, enter: frozenset[int] | None
    ) -> list[tuple[int, Abbrev, int]]:
        """Entries of the list of siblings that starts at `start`, and of those within entries tagged in `enter`.

        Those whose tag is in `wanted` (None: all) as (offset, abbreviation, level); `enter` of None enters everything.
        Raises DwarfError.
        """
        data, order = self.data, self.sections.order
        known: dict[int, Abbrev] = {}
        get = self.abbrevs.get
        found: list[tuple[int, Abbrev, int]] = []
        at, end = start, len(data)
        level = 0
        hidden = 0
        """Levels below an entry that is not entered and doesn't say where it ends."""
        steps = 0
        while at < end:
            code = data[at]
            steps += 1
            if code == 0:
                at += 1
                if hidden:
                    hidden -= 1
                elif level == 0:
                    break
                else:
                    level -= 1
                continue
            here = at
            at += 1
            if code >= 0x80:
                code, at = read_uleb(data, here)
            abbrev = known.get(code)
            if abbrev is None:
                abbrev = known[code] = get(code)
            if not hidden and (wanted is None or abbrev.tag in wanted):
                found.append((here, abbrev, level))
            if abbrev.children:
                if hidden:
                    hidden += 1
                elif enter is None or abbrev.tag in enter:
                    level += 1
                    if level > _DEEPEST:
                        raise DwarfError("entries are nested too deep")
                elif abbrev.sibling is not None:
                    plan, size = abbrev.sibling
                    at = skip(data, at, plan, order) if plan else at
                    target = int.from_bytes(data[at : at + size], order)
                    if not at < target <= end:
                        raise DwarfError(f"the sibling of the entry at {self.offset + here:#x} is nowhere")
                    at = target
                    continue
                else:
                    hidden = 1
            at = at + abbrev.size if abbrev.size is not None else skip(data, at, abbrev.plan, order)
        self.sections.spend(steps)
        if at > end:
            raise DwarfError(f"the unit at {self.offset:#x} is cut off")
        return found


_WIDTHS = {BLOCK1: 1, BLOCK2: 2, BLOCK4: 4}


def skip(data: bytes, at: int, plan: tuple[int, ...], order: str) -> int:
    """The offset behind the attributes of a plan. Raises DwarfError where they are cut off."""
    try:
        for step in plan:
            if step > 0:
                at += step
            elif step == STRING:
                at = data.index(0, at) + 1
            elif step == BLOCK:
                length, at = (data[at], at + 1) if data[at] < 0x80 else read_uleb(data, at)
                at += length
            elif step in _WIDTHS:
                width = _WIDTHS[step]
                at += width + int.from_bytes(data[at : at + width], "little" if order == "little" else "big")
            elif step == INDIRECT:
                raise DwarfError("indirect forms are not read")
            else:
                while data[at] >= 0x80:
                    at += 1
                at += 1
    except (IndexError, ValueError):
        raise DwarfError("an entry is cut off") from None
    return at
