"""Entries by name, where no index has them: their strings are looked for in the sections' bytes.

A linker keeps each name once in `.debug_str`; where its offset stands in `.debug_info` as some entry's name can be
found at the speed of memory, and what stands before it tells whether that is an entry of the kind looked for. No unit
is walked for that, but where names are numbers (DW_FORM_strx).
"""

from __future__ import annotations

from bisect import bisect_right
from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Literal

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_dies import read_die
from probelang.program.dwarf_wire import DwarfError, write_uleb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_unit import Unit
    from probelang.program.dwarf_units import Units
    from probelang.program.dwarf_wire import Pieces

_CHUNK = 1 << 20
_MOST_STRINGS = 16
"""Places of a name in .debug_str that are tried."""
_MOST_ENDS = 1 << 14
_LONGEST_BEFORE = 512
_MOST_PLACES = 1 << 16
_MOST_DECLARED = 64
"""Units looked into for the definition of a type that is only declared."""


class Names:
    """The units of a file by the names of what is in them."""

    __slots__ = ("_alternate", "_completed", "_forms", "_layouts", "_string_bases", "units")

    def __init__(self, units: Units) -> None:
        self.units = units
        self._alternate: Names | None = None
        self._forms: dict[tuple[int, int], bool] = {}
        self._completed: dict[tuple[int, str], Die | None] = {}
        self._layouts: dict[tuple[str, int, frozenset[int], int], list[tuple[bytes, int]]] = {}
        self._string_bases: list[tuple[int, int]] | None = None

    def complete(self, die: Die) -> Die:
        """The definition of a struct that an entry only declares, wherever it is; else the entry. Raises DwarfError."""
        found = die.reference(dw.AT_SIGNATURE)
        if found is not None or not die.flag(dw.AT_DECLARATION):
            return found or die
        name = die.string(dw.AT_NAME)
        if not name:
            return die
        key = die.tag, name
        if key not in self._completed:
            self._completed[key] = None
            tags = frozenset({die.tag})
            if die.tag != dw.TAG_UNION_TYPE:
                tags = frozenset({dw.TAG_STRUCTURE_TYPE, dw.TAG_CLASS_TYPE})
            units: set[int] = set()
            for candidate in self.search(name, tags):
                whole = candidate.reference(dw.AT_SIGNATURE) or candidate
                if not whole.flag(dw.AT_DECLARATION):
                    self._completed[key] = whole
                    break
                units.add(candidate.unit.offset)
                if len(units) > _MOST_DECLARED:
                    break
        return self._completed[key] or die

    def search(self, name: str, tags: frozenset[int], attribute: int = dw.AT_NAME) -> Iterator[Die]:
        """Entries tagged so that have the name themselves, in the order of the file. Raises DwarfError."""
        wanted = name.encode() + b"\0"
        if len(wanted) < 2 or b"\0" in wanted[:-1]:
            return
        any_found = False
        for raw, is_end in self._offsets(self.units, wanted):
            if is_end and any_found:
                break
            for section in (".debug_info", ".debug_types"):
                for die in self._named_at(section, raw, dw.FORM_STRP, tags, attribute, name):
                    any_found = True
                    yield die
            for die in self._numbered(raw, tags, attribute, name):
                any_found = True
                yield die
        alternate = self.units.alternate
        if alternate is not None:
            for raw, _ in self._offsets(alternate, wanted):
                for form in (dw.FORM_GNU_STRP_ALT, dw.FORM_STRP_SUP):
                    for die in self._named_at(".debug_info", raw, form, tags, attribute, name):
                        any_found = True
                        yield die
            if self._alternate is None:
                self._alternate = Names(alternate)
            for die in self._alternate.search(name, tags, attribute):
                any_found = True
                yield die
        if not any_found:
            yield from self._named_at(".debug_info", wanted, dw.FORM_STRING, tags, attribute, name)

    @staticmethod
    def _offsets(units: Units, wanted: bytes) -> Iterator[tuple[bytes, bool]]:
        """Where in `.debug_str` a string stands, as entries store that, and whether it is the end of a longer one.

        A linker puts a string into one that ends in it: of several into the first, where they are sorted from their ends.
        Raises DwarfError.
        """
        order = units.sections.order
        strings = units.sections.view(".debug_str")
        ends: list[tuple[bytes, int]] = []
        wholes = 0
        for offset in islice(_find_all(strings, wanted), _MOST_ENDS):
            before = bytes(strings[max(0, offset - _LONGEST_BEFORE) : offset])
            before = before[before.rfind(0) + 1 :]
            if not before:
                yield _stored(offset, order), False
                wholes += 1
                if wholes >= _MOST_STRINGS:
                    return
            else:
                ends.append((before[::-1], offset))
        for _, offset in nsmallest(_MOST_STRINGS, ends):
            yield _stored(offset, order), True

    def _named_at(
        self, section: str, raw: bytes, form: int, tags: frozenset[int], attribute: int, name: str
    ) -> Iterator[Die]:
        """Entries that have the name, which is stored as `raw`."""
        for unit, offset in self._storing(section, raw, form, tags, attribute):
            die = _named(unit, offset, attribute, name)
            if die is not None:
                yield die

    def referring(self, target: Die, tags: frozenset[int], attribute: int) -> Iterator[Die]:
        """Entries whose attribute names an entry of another unit, or of the file that several share. Raises DwarfError."""
        where = target.unit.offset + target.offset
        shared = target.unit.units is self.units.alternate
        if target.unit.section != ".debug_info" or not (shared or target.unit.units is self.units):
            return
        for form in (dw.FORM_GNU_REF_ALT, dw.FORM_REF_SUP4) if shared else (dw.FORM_REF_ADDR,):
            if not self._is_ever(attribute, form):
                continue
            size = 4 if form == dw.FORM_REF_SUP4 else target.unit.offset_size
            if where >= 1 << (8 * size):
                continue
            raw = where.to_bytes(size, self.units.sections.order)
            for unit, offset in self._storing(".debug_info", raw, form, tags, attribute):
                try:
                    if target.same_as(unit.die(offset).reference(attribute)):
                        yield unit.die(offset)
                except DwarfError:
                    continue

    def _is_ever(self, attribute: int, form: int) -> bool:
        """Whether some kind of entry may have an attribute in that form: units of C hardly ever refer to each other."""
        known = self._forms.get((attribute, form))
        if known is None:
            written = write_uleb(attribute) + write_uleb(form)
            abbrevs = self.units.sections.view(".debug_abbrev")
            known = self._forms[attribute, form] = next(_find_all(abbrevs, written), None) is not None
        return known

    def _storing(
        self, section: str, raw: bytes, form: int, tags: frozenset[int], attribute: int
    ) -> Iterator[tuple[Unit, int]]:
        """Where bytes are as those of an entry whose attribute is stored as `raw`."""
        data = self.units.sections.view(section)
        for count, at in enumerate(_find_all(data, raw)):
            if count > _MOST_PLACES:
                return
            try:
                unit = self.units.containing(section, at)
                candidates = self.layouts_of(unit, form, tags, attribute)
            except DwarfError:
                continue
            for code, distance in candidates:
                start = at - distance - len(code)
                if start < unit.offset + unit.first or data[start : start + len(code)] != code:
                    continue
                if unit.may_start_at(start - unit.offset):
                    yield unit, start - unit.offset

    def layouts_of(
        self, unit: Unit, form: int, tags: frozenset[int], attribute: int
    ) -> list[tuple[bytes, int]]:
        """For each kind of entry that may bear the name so: its code, and how far behind that the name is stored."""
        key = unit.section, unit.abbrev_offset, tags, form * 0x10000 + attribute
        known = self._layouts.get(key)
        if known is None:
            known = self._layouts[key] = []
            for abbrev in unit.abbrevs.all():
                if abbrev.tag in tags:
                    distance = abbrev.offset_of(attribute, form)
                    if distance is not None:
                        known.append((write_uleb(abbrev.code), distance))
        return known

    def _numbered(self, raw: bytes, tags: frozenset[int], attribute: int, name: str) -> Iterator[Die]:
        """Entries whose name is the number of a string in `.debug_str_offsets`."""
        data = self.units.sections.get(".debug_str_offsets")
        if not data:
            return
        bases = self._bases()
        seen: set[int] = set()
        for at in _find_all(data, raw):
            position = bisect_right(bases, (at, 1 << 64)) - 1
            if at % 4 or position < 0 or bases[position][1] in seen:
                continue
            # Units may share one table: those of a linker's optimisation do.
            while position >= 0 and bases[position][0] == bases[bisect_right(bases, (at, 1 << 64)) - 1][0]:
                unit = self.units.at(bases[position][1])
                position -= 1
                seen.add(unit.offset)
                for offset, abbrev, _ in unit.collect(unit.first, tags, None):
                    if abbrev.has(attribute):
                        die = _named(unit, offset, attribute, name)
                        if die is not None:
                            yield die

    def _bases(self) -> list[tuple[int, int]]:
        """Where the strings of each unit start in `.debug_str_offsets`, in order."""
        if self._string_bases is None:
            found = []
            for offset in self.units.offsets():
                try:
                    base = self.units.at(offset).root.values.get(dw.AT_STR_OFFSETS_BASE)
                except DwarfError:
                    continue
                if base is not None and isinstance(base[1], int):
                    found.append((base[1], offset))
            self._string_bases = sorted(found)
        return self._string_bases


def _stored(offset: int, order: Literal["little", "big"]) -> bytes:
    raw = offset.to_bytes(8, order)
    return raw[:4] if order == "little" else raw[4:]


def _named(unit: Unit, offset: int, attribute: int, name: str) -> Die | None:
    """The entry there, if it has that name."""
    try:
        die = read_die(unit, offset)
        return unit.die(offset) if die.string(attribute) == name else None
    except DwarfError:
        return None


def _find_all(data: memoryview | Pieces, wanted: bytes) -> Iterator[int]:
    """Where bytes stand in a section. A piece at a time is copied."""
    for start in range(0, len(data), _CHUNK):
        piece = bytes(data[start : start + _CHUNK + len(wanted) - 1])
        at = piece.find(wanted)
        while at >= 0:
            yield start + at
            at = piece.find(wanted, at + 1)
