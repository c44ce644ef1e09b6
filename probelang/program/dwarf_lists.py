"""Lists of address ranges, bare or each with a location: `.debug_ranges`, `.debug_rnglists`, `.debug_loc`, `.debug_loclists`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_wire import DwarfError, read_uleb

if TYPE_CHECKING:
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_unit import Unit
    from probelang.program.dwarf_wire import Pieces

_MOST_ENTRIES = 1 << 16


class _Entry:
    """Entries of the lists of DWARF 5, both kinds brought to one numbering."""

    END = 0
    BASE_INDEX = 1
    START_INDEX_END_INDEX = 2
    START_INDEX_LENGTH = 3
    OFFSETS = 4
    BASE = 5
    START_END = 6
    START_LENGTH = 7
    DEFAULT = 8
    VIEWS = 9


_OF_LOCATIONS = (
    0,
    1,
    2,
    3,
    4,
    _Entry.DEFAULT,
    _Entry.BASE,
    _Entry.START_END,
    _Entry.START_LENGTH,
    _Entry.VIEWS,
)
_OF_RANGES = (0, 1, 2, 3, 4, _Entry.BASE, _Entry.START_END, _Entry.START_LENGTH)


def ranges_of(die: Die) -> list[tuple[int, int]]:
    """Where the code of an entry is, as (first address, the one behind the last); empty of what has no code.

    Raises DwarfError.
    """
    unit = die.unit
    found = die.plain(dw.AT_RANGES)
    if found is not None:
        form, value = found
        if form == dw.FORM_RNGLISTX:
            value = unit.list_offset(".debug_rnglists", dw.AT_RNGLISTS_BASE, value)
        section = ".debug_rnglists" if unit.version >= 5 else ".debug_ranges"
        return [(low, high) for low, high, _ in _read(unit, section, value, located=False) if low < high]
    low = die.address(dw.AT_LOW_PC)
    if low is None:
        return []
    high = die.address(dw.AT_HIGH_PC)
    if high is None:
        length = die.number(dw.AT_HIGH_PC)
        if length is None:
            return []
        high = low + length
    return [(low, high)] if low < high else []


def location_list(unit: Unit, form: int, value: int) -> list[tuple[int, int, bytes]]:
    """The list that a location attribute of that form and value leads to: ranges and expressions.

    What holds wherever nothing else does has the range (0, 0). Raises DwarfError.
    """
    if form == dw.FORM_LOCLISTX:
        value = unit.list_offset(".debug_loclists", dw.AT_LOCLISTS_BASE, value)
    section = ".debug_loclists" if unit.version >= 5 else ".debug_loc"
    return _read(unit, section, value, located=True)


def _base_of(unit: Unit) -> int:
    return unit.root.address(dw.AT_LOW_PC) or 0


def _read(unit: Unit, section: str, at: int, *, located: bool) -> list[tuple[int, int, bytes]]:
    data = unit.sections.view(section)
    if not 0 <= at < len(data):
        raise DwarfError(f"{section} has no list at offset {at:#x}")
    found = (_read_new if unit.version >= 5 else _read_old)(unit, data, at, located)
    unit.sections.spend(len(found))
    return found


def _read_old(unit: Unit, data: memoryview | Pieces, at: int, located: bool) -> list[tuple[int, int, bytes]]:
    size, order = unit.address_size, unit.sections.order
    top = (1 << (8 * size)) - 1
    base = _base_of(unit)
    found: list[tuple[int, int, bytes]] = []
    for _ in range(_MOST_ENTRIES):
        if at + 2 * size > len(data):
            raise DwarfError("a list of ranges has no end")
        low = int.from_bytes(data[at : at + size], order)
        high = int.from_bytes(data[at + size : at + 2 * size], order)
        at += 2 * size
        if low == high == 0:
            return found
        if low == top:
            base = high
            continue
        expression = b""
        if located:
            length = int.from_bytes(data[at : at + 2], order)
            expression = bytes(data[at + 2 : at + 2 + length])
            at += 2 + length
        found.append((base + low, base + high, expression))
    raise DwarfError("a list of ranges is too long")


def _read_new(unit: Unit, data: memoryview | Pieces, at: int, located: bool) -> list[tuple[int, int, bytes]]:
    size, order = unit.address_size, unit.sections.order
    kinds = _OF_LOCATIONS if located else _OF_RANGES
    base = _base_of(unit)
    found: list[tuple[int, int, bytes]] = []

    def address() -> int:
        nonlocal at
        at += size
        if at > len(data):
            raise DwarfError("a list of ranges is cut off")
        return int.from_bytes(data[at - size : at], order)

    def number() -> int:
        nonlocal at
        value, at = read_uleb(data, at)
        return value

    for _ in range(_MOST_ENTRIES):
        if at >= len(data):
            raise DwarfError("a list of ranges has no end")
        entry = data[at]
        at += 1
        match kinds[entry] if entry < len(kinds) else None:
            case _Entry.END:
                return found
            case _Entry.BASE_INDEX:
                base = unit.indexed_address(number())
                continue
            case _Entry.START_INDEX_END_INDEX:
                low, high = unit.indexed_address(number()), unit.indexed_address(number())
            case _Entry.START_INDEX_LENGTH:
                low = unit.indexed_address(number())
                high = low + number()
            case _Entry.OFFSETS:
                low, high = base + number(), base + number()
            case _Entry.BASE:
                base = address()
                continue
            case _Entry.START_END:
                low, high = address(), address()
            case _Entry.START_LENGTH:
                low = address()
                high = low + number()
            case _Entry.DEFAULT:
                low = high = 0
            case _Entry.VIEWS:
                number(), number()
                continue
            case _:
                raise DwarfError(f"a list of ranges has an entry of unknown kind {entry}")
        expression = b""
        if located:
            length = number()
            expression = bytes(data[at : at + length])
            at += length
        found.append((low, high, expression))
    raise DwarfError("a list of ranges is too long")
