"""The function that starts at an address, by where that address stands in a unit's bytes.

Walking the entries of a unit costs a second for each ten megabytes of it, and units of Rust, of C++ and of whole-program
optimisation get larger. Bytes that look like the entry by accident are told by what else they would have to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_lists import ranges_of
from probelang.program.dwarf_wire import DwarfError, read_uleb, write_uleb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_names import Names
    from probelang.program.dwarf_unit import Unit

_SUBPROGRAMS = frozenset({dw.TAG_SUBPROGRAM})
_MOST_CANDIDATES = 1 << 12
_SEARCHED = 16
"""Bytes that are searched through in the time of one step."""
_NO_TYPES = frozenset(
    {
        *(
            dw.TAG_COMPILE_UNIT,
            dw.TAG_PARTIAL_UNIT,
            dw.TAG_SUBPROGRAM,
            dw.TAG_INLINED_SUBROUTINE,
            dw.TAG_VARIABLE,
        ),
        *(dw.TAG_FORMAL_PARAMETER, dw.TAG_MEMBER, dw.TAG_LEXICAL_BLOCK, dw.TAG_NAMESPACE, dw.TAG_ENUMERATOR),
    }
)


def starting_at(names: Names, unit: Unit, address: int) -> Die | None:
    """The function whose code starts there; None where no entry, or more than one, looks like it. Raises DwarfError."""
    found: Die | None = None
    for count, start in enumerate(_candidates(names, unit, address)):
        if count > _MOST_CANDIDATES:
            return None
        try:
            die = unit.die(start)
            ranges = ranges_of(die)
            if not ranges or ranges[0][0] != address or not _is_sound(die):
                continue
        except DwarfError:
            continue
        if found is not None and not found.same_as(die):
            return None
        found = die
    return found


def referring_in_unit(names: Names, origin: Die, tags: frozenset[int]) -> list[Die] | None:
    """Entries of the unit of an abstract function that are instances of it, by where its offset stands in the unit's bytes.

    What looks so by accident may be among them. None where the unit's kinds of entries don't allow it. Raises DwarfError.
    """
    wanted = (dw.AT_ABSTRACT_ORIGIN, dw.FORM_REF4)
    for abbrev in origin.unit.abbrevs.all():
        refers = abbrev.has(dw.AT_SPECIFICATION) or abbrev.has(dw.AT_ABSTRACT_ORIGIN)
        if abbrev.tag in tags and refers and abbrev.offset_of(*wanted) is None:
            return None
    return _referring(names, origin, tags, dw.AT_ABSTRACT_ORIGIN)


def definitions_in_unit(names: Names, declaration: Die) -> list[Die]:
    """The entries of a variable that is declared before in its unit, as a header does. Raises DwarfError."""
    return _referring(names, declaration, frozenset({dw.TAG_VARIABLE}), dw.AT_SPECIFICATION)


def _referring(names: Names, origin: Die, tags: frozenset[int], attribute: int) -> list[Die]:
    """Entries of a unit that name another one of it by four bytes, found by those."""
    unit = origin.unit
    layouts = names.layouts_of(unit, dw.FORM_REF4, tags, attribute)
    found: list[Die] = []
    if not layouts:
        return found
    stored = origin.offset.to_bytes(4, unit.sections.order)
    data = unit.data
    unit.sections.spend(len(data) // _SEARCHED)
    at = data.find(stored, unit.first)
    while at >= 0 and len(found) < _MOST_CANDIDATES:
        for code, distance in layouts:
            start = at - distance - len(code)
            if start >= unit.first and data.startswith(code, start):
                try:
                    die = unit.die(start)
                    if origin.same_as(die.reference(attribute)):
                        found.append(die)
                except DwarfError:
                    continue
        at = data.find(stored, at + 1)
    return found


def _candidates(names: Names, unit: Unit, address: int) -> Iterator[int]:
    """Offsets where bytes are as those of a function's entry with that address. Raises DwarfError."""
    size, order = unit.address_size, unit.sections.order
    if not 0 < address < 1 << (8 * size):
        return
    data = unit.data
    stored = address.to_bytes(size, order)
    layouts = names.layouts_of(unit, dw.FORM_ADDR, _SUBPROGRAMS, dw.AT_LOW_PC)
    at = data.find(stored) if layouts else -1
    while at >= 0:
        for code, distance in layouts:
            start = at - distance - len(code)
            if start >= unit.first and data.startswith(code, start):
                yield start
        at = data.find(stored, at + 1)
    # By number in .debug_addr: what is looked for is short, so code and number are taken together.
    together = [
        code
        for code, distance in names.layouts_of(unit, dw.FORM_ADDRX, _SUBPROGRAMS, dw.AT_LOW_PC)
        if distance == 0
    ]
    for index in unit.indexes_of(stored) if together else ():
        for code in together:
            wanted = code + write_uleb(index)
            at = data.find(wanted, unit.first)
            while at >= 0:
                yield at
                at = data.find(wanted, at + 1)


def _is_sound(die: Die) -> bool:
    """Whether all that a function's entry refers to is there, and an entry behind it. Raises DwarfError."""
    unit = die.unit
    name = None
    for origin in die.origins():
        if origin.tag != dw.TAG_SUBPROGRAM:
            return False
        for attribute in (dw.AT_NAME, dw.AT_LINKAGE_NAME, dw.AT_MIPS_LINKAGE_NAME):
            name = origin.string(attribute) or name
    target = die.reference(dw.AT_TYPE)
    if name is None or (target is not None and target.tag in _NO_TYPES):
        return False
    code, _ = read_uleb(unit.data, die.next)
    return code == 0 or unit.die(die.next).tag != dw.TAG_COMPILE_UNIT
