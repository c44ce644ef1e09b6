"""Abbreviations: how the entries of a unit are laid out, and how to step over one without reading it.

A table is read as far as its codes are asked for: who only wants the root of each of a kernel's 3,000 units would else
spend seconds on tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_wire import DwarfError, read_sleb, read_uleb

if TYPE_CHECKING:
    from probelang.program.dwarf_wire import Sections

# Sizes of what has no fixed one.
ULEB = -1
STRING = -2
BLOCK = -3
BLOCK1 = -4
BLOCK2 = -5
BLOCK4 = -6
INDIRECT = -7
SLEB = -8

_SIZES = {
    **dict.fromkeys((dw.FORM_DATA1, dw.FORM_FLAG, dw.FORM_REF1, dw.FORM_STRX1, dw.FORM_ADDRX1), 1),
    **dict.fromkeys((dw.FORM_DATA2, dw.FORM_REF2, dw.FORM_STRX2, dw.FORM_ADDRX2), 2),
    **dict.fromkeys((dw.FORM_STRX3, dw.FORM_ADDRX3), 3),
    **dict.fromkeys((dw.FORM_DATA4, dw.FORM_REF4, dw.FORM_REF_SUP4, dw.FORM_STRX4, dw.FORM_ADDRX4), 4),
    **dict.fromkeys((dw.FORM_DATA8, dw.FORM_REF8, dw.FORM_REF_SIG8, dw.FORM_REF_SUP8), 8),
    dw.FORM_DATA16: 16,
    dw.FORM_FLAG_PRESENT: 0,
    dw.FORM_IMPLICIT_CONST: 0,
    **dict.fromkeys(
        (
            *(dw.FORM_UDATA, dw.FORM_REF_UDATA, dw.FORM_STRX, dw.FORM_ADDRX, dw.FORM_LOCLISTX),
            *(dw.FORM_RNGLISTX, dw.FORM_GNU_ADDR_INDEX, dw.FORM_GNU_STR_INDEX),
        ),
        ULEB,
    ),
    dw.FORM_SDATA: SLEB,
    dw.FORM_STRING: STRING,
    dw.FORM_BLOCK: BLOCK,
    dw.FORM_EXPRLOC: BLOCK,
    dw.FORM_BLOCK1: BLOCK1,
    dw.FORM_BLOCK2: BLOCK2,
    dw.FORM_BLOCK4: BLOCK4,
    dw.FORM_INDIRECT: INDIRECT,
}
_OFFSETS = frozenset(
    {
        *(dw.FORM_STRP, dw.FORM_LINE_STRP, dw.FORM_SEC_OFFSET, dw.FORM_STRP_SUP),
        *(dw.FORM_GNU_REF_ALT, dw.FORM_GNU_STRP_ALT),
    }
)
_REFERENCES = frozenset({dw.FORM_REF1, dw.FORM_REF2, dw.FORM_REF4, dw.FORM_REF8})
_MOST_ATTRIBUTES = 1 << 10


def size_of_form(form: int, version: int, offset_size: int, address_size: int) -> int:
    """Bytes that a value takes, or one of the negative numbers above. Raises DwarfError of an unknown form."""
    size = _SIZES.get(form)
    if size is not None:
        return size
    if form in _OFFSETS:
        return offset_size
    if form == dw.FORM_ADDR:
        return address_size
    if form == dw.FORM_REF_ADDR:
        return address_size if version == 2 else offset_size
    raise DwarfError(f"unknown form {form:#x}")


class Abbrev:
    """One layout: `attributes` are (attribute, form, size or kind, implicit constant).

    `size` is that of all attributes where it is always the same, else None and `plan` tells how to step over them.
    """

    __slots__ = ("attributes", "children", "code", "plan", "sibling", "size", "tag")

    def __init__(
        self, code: int, tag: int, children: bool, attributes: tuple[tuple[int, int, int, int], ...]
    ) -> None:
        self.code = code
        self.tag = tag
        self.children = children
        self.attributes = attributes
        plan = make_plan(attributes)
        self.plan = plan
        self.size = sum(plan) if all(step >= 0 for step in plan) else None
        #: The way to DW_AT_sibling and its size, where there is one.
        self.sibling: tuple[tuple[int, ...], int] | None = None
        for position, (attribute, form, size, _) in enumerate(attributes):
            if attribute == dw.AT_SIBLING and form in _REFERENCES:
                self.sibling = make_plan(attributes[:position]), size

    def offset_of(self, attribute: int, form: int) -> int | None:
        """Where an attribute of that form starts behind the code, if always at the same place."""
        offset = 0
        for candidate, its_form, size, _ in self.attributes:
            if candidate == attribute:
                return offset if its_form == form else None
            if size < 0:
                return None
            offset += size
        return None

    def has(self, attribute: int) -> bool:
        return any(entry[0] == attribute for entry in self.attributes)


def make_plan(attributes: tuple[tuple[int, int, int, int], ...]) -> tuple[int, ...]:
    """Steps over attributes: bytes to skip, neighbours taken together, and kinds of what must be looked at."""
    plan: list[int] = []
    for _, _, size, _ in attributes:
        if size > 0 and plan and plan[-1] > 0:
            plan[-1] += size
        elif size:
            plan.append(size)
    return tuple(plan)


class AbbrevTable:
    """The abbreviations of a unit, by code; several units may share one."""

    __slots__ = ("_at", "_known", "_sections", "_shape")

    def __init__(
        self, sections: Sections, offset: int, version: int, offset_size: int, address_size: int
    ) -> None:
        if offset >= len(sections.get(".debug_abbrev")):
            raise DwarfError(f".debug_abbrev has no table at offset {offset:#x}")
        self._sections = sections
        self._shape = version, offset_size, address_size
        self._known: dict[int, Abbrev] = {}
        self._at = offset

    def get(self, code: int) -> Abbrev:
        """Raises DwarfError of a code that the table has not."""
        found = self._known.get(code)
        while found is None:
            abbrev = self._read_next()
            if abbrev is None:
                raise DwarfError(f"there is no abbreviation {code}")
            if abbrev.code == code:
                found = abbrev
        return found

    def all(self) -> list[Abbrev]:
        """Every abbreviation of the table. Raises DwarfError."""
        while self._read_next() is not None:
            pass
        return list(self._known.values())

    def _read_next(self) -> Abbrev | None:
        if self._at < 0:
            return None
        data, at = self._sections.get(".debug_abbrev"), self._at
        if at >= len(data):
            self._at = -1
            return None
        code, at = read_uleb(data, at)
        if code == 0:
            self._at = -1
            return None
        tag, at = read_uleb(data, at)
        if at >= len(data):
            raise DwarfError(".debug_abbrev is cut off")
        children = data[at] != 0
        at += 1
        attributes: list[tuple[int, int, int, int]] = []
        while True:
            attribute, at = read_uleb(data, at)
            form, at = read_uleb(data, at)
            constant = 0
            if form == dw.FORM_IMPLICIT_CONST:
                constant, at = read_sleb(data, at)
            if not attribute and not form:
                break
            attributes.append((attribute, form, size_of_form(form, *self._shape), constant))
            if len(attributes) > _MOST_ATTRIBUTES:
                raise DwarfError(f"abbreviation {code} has too many attributes")
        self._sections.spend(1 + len(attributes))
        abbrev = Abbrev(code, tag, children, tuple(attributes))
        self._at = at
        return self._known.setdefault(code, abbrev)
