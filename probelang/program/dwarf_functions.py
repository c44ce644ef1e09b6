"""Functions: out of line, and where they were inlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_abi import entry_places
from probelang.program.dwarf_dies import first_number, first_string
from probelang.program.dwarf_types import type_of
from probelang.program.dwarf_variables import DwarfVariable
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.ctypes import TypeRef
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_places import Location, Unavailable
    from probelang.program.dwarf_reader import Reader

_BLOCKS = frozenset({dw.TAG_LEXICAL_BLOCK, dw.TAG_TRY_BLOCK, dw.TAG_CATCH_BLOCK})
_VARIABLES = frozenset({dw.TAG_VARIABLE, dw.TAG_FORMAL_PARAMETER})
_DEEPEST = 64
_MOST_PARAMETERS = 1 << 10


class DwarfFunction:
    """A function's code: the function itself, or with `inlined` one place where it was compiled into `around`.

    Addresses are the file's, `ranges` all of its code, the part with the entry first; `low` is the entry, `high` the
    end of the range that it is in. `linkage_name` is the mangled name, None of C. Questions may raise DwarfError.
    """

    __slots__ = (
        "_chain",
        "_params",
        "_reader",
        "around",
        "die",
        "high",
        "inlined",
        "linkage_name",
        "low",
        "name",
        "ranges",
    )

    def __init__(
        self, reader: Reader, die: Die, ranges: list[tuple[int, int]], around: DwarfFunction | None = None
    ) -> None:
        if not ranges:
            raise DwarfError("a function has no code where its debugging information says")
        self._reader = reader
        self._chain = die.origins()
        self.die = die
        self.around = around
        self.inlined = die.tag == dw.TAG_INLINED_SUBROUTINE
        self.name = first_string(self._chain, dw.AT_NAME) or ""
        self.linkage_name = first_string(self._chain, dw.AT_LINKAGE_NAME, dw.AT_MIPS_LINKAGE_NAME)
        entry = die.address(dw.AT_ENTRY_PC)
        if entry is None:
            entry = ranges[0][0] + (die.number(dw.AT_ENTRY_PC) or 0)
        first = next(((low, high) for low, high in ranges if low <= entry < high), None)
        if first is None:
            # An inlined function may begin at an instruction that belongs to the one around it as well.
            first = ranges[0]
            if around is None or entry not in around:
                entry = first[0]
        self.low = entry
        self.high = first[1]
        self.ranges = (first, *[part for part in ranges if part != first])
        self._params: tuple[DwarfVariable, ...] | None = None

    def __repr__(self) -> str:
        return f"DwarfFunction({self.name!r}, low={self.low:#x}{', inlined' if self.inlined else ''})"

    def __contains__(self, address: int) -> bool:
        return any(low <= address < high for low, high in self.ranges)

    @property
    def decl_file(self) -> str | None:
        """The path of the file that it was written in."""
        for die in self._chain:
            index = die.number(dw.AT_DECL_FILE)
            if index is not None:
                table = self._reader.line_table(die.unit)
                return table.path(index) if table is not None else None
        return None

    @property
    def decl_line(self) -> int | None:
        return first_number(self._chain, dw.AT_DECL_LINE)

    @property
    def returns(self) -> TypeRef | None:
        """None of a function without a value."""
        for die in self._chain:
            if dw.AT_TYPE in die.values:
                return type_of(self._reader.names, die)
        return None

    @property
    def params(self) -> tuple[DwarfVariable, ...]:
        """In the order of the declaration, also those that nothing was left of."""
        if self._params is None:
            self._reader.sections.renew_work()
            self._params = tuple(self._read_params())
        return self._params

    @property
    def has_more_params(self) -> bool:
        """Whether it takes `...` as well."""
        return any(
            child.tag == dw.TAG_UNSPECIFIED_PARAMETERS for die in self._chain[:2] for child in die.children()
        )

    def is_of_go(self) -> bool:
        """Whether it is a function of Go, which takes its parameters by rules of its own."""
        return self.die.unit.root.number(dw.AT_LANGUAGE) == dw.LANG_GO

    def places_at_entry(self) -> list[Location | Unavailable]:
        """For each parameter where it is when the function is entered, also where only its frame slot is described."""
        params = self.params
        self._reader.sections.renew_work()
        places = [param.place_at(self.low) for param in params]
        if self.inlined or not self.die.unit.calls_as_c():
            return places
        early = [param.is_before_prologue(self.low) for param in self.params]
        if any(early):
            machine = self._reader.sections.machine
            types = [param.type for param in self.params]
            pointed = [param.is_pointed_at(self.low) for param in self.params]
            by_rule = entry_places(machine, types, pointed, self.returns)
            places = [rule if use else place for rule, use, place in zip(by_rule, early, places, strict=True)]
        return places

    def _read_params(self) -> list[DwarfVariable]:
        frame = self._frame()
        own = [DwarfVariable(self._reader, die, frame) for die in _params_of(self.die)]
        origin = self.die.reference(dw.AT_ABSTRACT_ORIGIN)
        if origin is None:
            return own
        by_origin = {}
        for variable in own:
            abstract = variable.die.reference(dw.AT_ABSTRACT_ORIGIN)
            if abstract is not None:
                by_origin[abstract.unit, abstract.offset] = variable
        params: list[DwarfVariable] = []
        for die in _params_of(origin):
            known = by_origin.get((die.unit, die.offset))
            params.append(known if known is not None else DwarfVariable(self._reader, die, frame))
        return params + [variable for variable in own if variable not in params]

    def _frame(self) -> Die:
        """The entry of the function whose frame this code runs in."""
        function = self
        while function.inlined and function.around is not None:
            function = function.around
        return function.die

    def inlined_at(self, address: int) -> list[DwarfFunction]:
        """The functions inlined around an address of this one, the innermost first."""
        self._reader.sections.renew_work()
        found: list[DwarfFunction] = []
        outer = self
        block = self.die
        for _ in range(_DEEPEST):
            inner = self._block_at(block, address)
            if inner is None:
                break
            block = inner[0]
            if block.tag == dw.TAG_INLINED_SUBROUTINE:
                outer = DwarfFunction(self._reader, block, inner[1], outer)
                found.insert(0, outer)
        return found

    def variables_at(self, address: int) -> list[DwarfVariable]:
        """Parameters and variables whose block holds the address, those of inner blocks first; inlined code is not
        looked into (ask the inlined function)."""
        self._reader.sections.renew_work()
        frame = self._frame()
        blocks = [self.die]
        for _ in range(_DEEPEST):
            inner = self._block_at(blocks[-1], address)
            if inner is None or inner[0].tag == dw.TAG_INLINED_SUBROUTINE:
                break
            blocks.append(inner[0])
        found: list[DwarfVariable] = []
        for block in reversed(blocks[1:]):
            found += [
                DwarfVariable(self._reader, child, frame)
                for child in block.children()
                if child.tag in _VARIABLES
            ]
        found += [
            DwarfVariable(self._reader, child, frame)
            for child in self.die.children()
            if child.tag == dw.TAG_VARIABLE
        ]
        return found + list(self.params)

    def _block_at(self, outer: Die, address: int) -> tuple[Die, list[tuple[int, int]]] | None:
        for child in outer.children():
            if child.tag in _BLOCKS or child.tag == dw.TAG_INLINED_SUBROUTINE:
                ranges = self._reader.code_of(child)
                if any(low <= address < high for low, high in ranges):
                    return child, ranges
        return None


def _params_of(die: Die) -> list[Die]:
    """Go declares results as parameters too, and marks them. Raises DwarfError."""
    found = [
        child
        for child in die.children()
        if child.tag == dw.TAG_FORMAL_PARAMETER and not child.flag(dw.AT_VARIABLE_PARAMETER)
    ]
    if len(found) > _MOST_PARAMETERS:
        raise DwarfError("a function has too many parameters")
    return found
