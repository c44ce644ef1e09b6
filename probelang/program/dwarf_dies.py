"""Entries of a unit: what attributes hold, and the way from one entry to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_abbrevs import (
    BLOCK,
    BLOCK1,
    BLOCK2,
    BLOCK4,
    INDIRECT,
    SLEB,
    STRING,
    ULEB,
    size_of_form,
)
from probelang.program.dwarf_wire import DwarfError, read_sleb, read_string, read_uleb, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.program.dwarf_abbrevs import Abbrev
    from probelang.program.dwarf_unit import Unit

_BLOCKS = {BLOCK1: 1, BLOCK2: 2, BLOCK4: 4}
_LONGEST_CHAIN = 16
"""Of an instance to its abstract origin to its declaration: three steps in sound files."""

_INDEXED_STRINGS = frozenset(
    {dw.FORM_STRX, dw.FORM_STRX1, dw.FORM_STRX2, dw.FORM_STRX3, dw.FORM_STRX4, dw.FORM_GNU_STR_INDEX}
)
_INDEXED_ADDRESSES = frozenset(
    {dw.FORM_ADDRX, dw.FORM_ADDRX1, dw.FORM_ADDRX2, dw.FORM_ADDRX3, dw.FORM_ADDRX4, dw.FORM_GNU_ADDR_INDEX}
)
_LOCAL_REFERENCES = frozenset({dw.FORM_REF1, dw.FORM_REF2, dw.FORM_REF4, dw.FORM_REF8, dw.FORM_REF_UDATA})
_CONSTANTS = frozenset(
    {
        *(dw.FORM_DATA1, dw.FORM_DATA2, dw.FORM_DATA4, dw.FORM_DATA8, dw.FORM_DATA16),
        *(dw.FORM_UDATA, dw.FORM_SDATA, dw.FORM_IMPLICIT_CONST),
    }
)
#: Where a location list, a range list or a line table is: before DWARF 4 these were plain constants.
_SECTION_OFFSETS = frozenset({dw.FORM_SEC_OFFSET, dw.FORM_DATA4, dw.FORM_DATA8})


class Die:
    """A debugging information entry; `offset` counts from the start of its unit, `next` is behind its attributes."""

    __slots__ = ("abbrev", "next", "offset", "unit", "values")

    def __init__(
        self, unit: Unit, offset: int, abbrev: Abbrev, values: dict[int, tuple[int, int | bytes]], next: int
    ) -> None:
        self.unit = unit
        self.offset = offset
        self.abbrev = abbrev
        self.values = values
        self.next = next

    @property
    def tag(self) -> int:
        return self.abbrev.tag

    def same_as(self, other: Die | None) -> bool:
        return other is not None and self.offset == other.offset and self.unit is other.unit

    def children(self) -> list[Die]:
        """The entries directly below. Raises DwarfError."""
        if not self.abbrev.children:
            return []
        unit = self.unit
        return [read_die(unit, at) for at, _, _ in unit.collect(self.next, None, _NOTHING)]

    def number(self, attribute: int) -> int | None:
        """A constant; None where there is none, or something else than a constant."""
        found = self.plain(attribute)
        return found[1] if found is not None and found[0] in _CONSTANTS else None

    def signed(self, attribute: int) -> int | None:
        """A constant of a form that does not tell its sign, taken as negative where its highest bit is set."""
        value = self.number(attribute)
        if value is None:
            return None
        bits = {dw.FORM_DATA1: 8, dw.FORM_DATA2: 16, dw.FORM_DATA4: 32, dw.FORM_DATA8: 64}.get(
            self.values[attribute][0], 0
        )
        return value - (1 << bits) if bits and value >> (bits - 1) else value

    def flag(self, attribute: int) -> bool:
        found = self.values.get(attribute)
        return found is not None and (found[0] == dw.FORM_FLAG_PRESENT or bool(found[1]))

    def block(self, attribute: int) -> bytes | None:
        found = self.values.get(attribute)
        return (
            found[1]
            if found is not None and isinstance(found[1], bytes) and found[0] != dw.FORM_STRING
            else None
        )

    def plain(self, attribute: int) -> tuple[int, int] | None:
        """The form and value of what is no block and no text: a number, an offset, a reference, an index."""
        found = self.values.get(attribute)
        if found is None:
            return None
        form, value = found
        return None if isinstance(value, bytes) else (form, value)

    def section_offset(self, attribute: int) -> int | None:
        """Where something starts in a section of its own; None of what is something else, or a number in a list."""
        found = self.plain(attribute)
        if found is None or found[0] not in _SECTION_OFFSETS:
            return None
        if found[0] != dw.FORM_SEC_OFFSET and self.unit.version >= 4:
            return None
        return found[1]

    def string(self, attribute: int) -> str | None:
        """Raises DwarfError where the string is nowhere."""
        found = self.values.get(attribute)
        if found is None:
            return None
        form, value = found
        if isinstance(value, bytes):
            return to_text(value) if form == dw.FORM_STRING else None
        sections = self.unit.sections
        if form == dw.FORM_STRP:
            return to_text(sections.string(".debug_str", value))
        if form == dw.FORM_LINE_STRP:
            return to_text(sections.string(".debug_line_str", value))
        if form in _INDEXED_STRINGS:
            return to_text(sections.string(".debug_str", self.unit.string_offset(value)))
        if form in (dw.FORM_GNU_STRP_ALT, dw.FORM_STRP_SUP):
            alternate = self.unit.units.alternate
            return to_text(alternate.sections.string(".debug_str", value)) if alternate is not None else None
        return None

    def address(self, attribute: int) -> int | None:
        """Raises DwarfError where the address is in a table that does not hold it."""
        found = self.plain(attribute)
        if found is None:
            return None
        form, value = found
        if form == dw.FORM_ADDR:
            return value
        return self.unit.indexed_address(value) if form in _INDEXED_ADDRESSES else None

    def reference(self, attribute: int) -> Die | None:
        """The entry that an attribute names; None where it names none, or one in a file that is not here.

        One that only stands for a type in a unit of its own is looked through. Raises DwarfError where it leads nowhere.
        """
        found = self.plain(attribute)
        target = self._follow(*found) if found is not None else None
        if target is not None and attribute != dw.AT_SIGNATURE and dw.AT_SIGNATURE in target.values:
            return target.reference(dw.AT_SIGNATURE) or target
        return target

    def _follow(self, form: int, value: int) -> Die | None:
        unit = self.unit
        if form in _LOCAL_REFERENCES:
            return unit.die(value)
        if form == dw.FORM_REF_ADDR:
            return unit.units.die_at(unit.section, value)
        if form == dw.FORM_REF_SIG8:
            return unit.units.type_of_signature(value)
        if form in (dw.FORM_GNU_REF_ALT, dw.FORM_REF_SUP4, dw.FORM_REF_SUP8):
            alternate = unit.units.alternate
            return alternate.die_at(".debug_info", value) if alternate is not None else None
        return None

    def origins(self) -> list[Die]:
        """This entry, the abstract one it is an instance of, and what declared that: the first that has a thing wins."""
        chain = [self]
        die: Die | None = self
        while die is not None and len(chain) < _LONGEST_CHAIN:
            die = die.reference(dw.AT_ABSTRACT_ORIGIN) or die.reference(dw.AT_SPECIFICATION)
            if die is not None:
                chain.append(die)
        return chain


_NOTHING: frozenset[int] = frozenset()


def first_string(chain: Sequence[Die], *attributes: int) -> str | None:
    """The first string that one of the entries has. Raises DwarfError."""
    for die in chain:
        for attribute in attributes:
            found = die.string(attribute)
            if found is not None:
                return found
    return None


def first_number(chain: Sequence[Die], attribute: int) -> int | None:
    for die in chain:
        found = die.number(attribute)
        if found is not None:
            return found
    return None


def read_die(unit: Unit, offset: int) -> Die:
    """The entry at an offset of a unit. Raises DwarfError where none can be."""
    if not unit.first <= offset < unit.length:
        raise DwarfError(f"a reference leads out of its unit, to {unit.offset + offset:#x}")
    data, order = unit.data, unit.sections.order
    code, at = read_uleb(data, offset)
    if code == 0:
        raise DwarfError(f"there is no entry at {unit.offset + offset:#x} of {unit.section}")
    abbrev = unit.abbrevs.get(code)
    values: dict[int, tuple[int, int | bytes]] = {}
    for attribute, form, size, constant in abbrev.attributes:
        if size == INDIRECT:
            form, at = read_uleb(data, at)
            size = size_of_form(form, unit.version, unit.offset_size, unit.address_size)
            if size == INDIRECT or form == dw.FORM_IMPLICIT_CONST:
                raise DwarfError("a form is indirect twice")
        value: int | bytes
        if size > 0:
            value = int.from_bytes(data[at : at + size], order)
            at += size
        elif size == 0:
            value = constant
        elif size == ULEB:
            value, at = read_uleb(data, at)
        elif size == STRING:
            value, at = read_string(data, at)
        elif size == SLEB:
            value, at = read_sleb(data, at)
        else:
            if size == BLOCK:
                length, at = read_uleb(data, at)
            else:
                width = _BLOCKS[size]
                length = int.from_bytes(data[at : at + width], order)
                at += width
            value = data[at : at + length]
            at += length
        values[attribute] = form, value
    if at > len(data):
        raise DwarfError(f"the entry at {unit.offset + offset:#x} of {unit.section} is cut off")
    return Die(unit, offset, abbrev, values, at)
