"""Debugging information of a program, a library, a module or a kernel: functions, types, lines and places of variables.

DWARF 2 to 5. Nothing is read before it is asked for, and of a unit no more than the question needs: an address leads to
its unit by `.debug_aranges`, to its function by the bytes of the address, to types by references. Not read: `.dwo`
files and packages of them (their skeletons say so by an error), and macros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_dies import first_number, first_string
from probelang.program.dwarf_functions import DwarfFunction
from probelang.program.dwarf_reader import Reader
from probelang.program.dwarf_sources import (
    AmbiguousFile,
    LineAnswer,
    LineFound,
    NoCode,
    NoFile,
    find_function_line,
    find_line,
)
from probelang.program.dwarf_starts import definitions_in_unit
from probelang.program.dwarf_types import DwarfType
from probelang.program.dwarf_units import Units
from probelang.program.dwarf_variables import DwarfVariable
from probelang.program.dwarf_wire import DwarfError, Pieces, Sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_unit import Unit

__all__ = [
    "AmbiguousFile",
    "Dwarf",
    "DwarfError",
    "DwarfFunction",
    "DwarfType",
    "DwarfVariable",
    "LineAnswer",
    "LineFound",
    "NoCode",
    "NoFile",
]

_MOST_FUNCTIONS = 1 << 12
_SUBPROGRAMS = frozenset({dw.TAG_SUBPROGRAM})
_TYPES = {
    "struct": frozenset({dw.TAG_STRUCTURE_TYPE, dw.TAG_CLASS_TYPE}),
    "union": frozenset({dw.TAG_UNION_TYPE}),
    "enum": frozenset({dw.TAG_ENUMERATION_TYPE}),
    "typedef": frozenset({dw.TAG_TYPEDEF}),
    "int": frozenset({dw.TAG_BASE_TYPE}),
}
#: DW_OP_addr, DW_OP_addrx and DW_OP_GNU_addr_index.
_ADDRESSES = (b"\x03", b"\xa1", b"\xfb")


class Dwarf:
    """The debugging information in the sections that `sections` gives by name (`.debug_info`), None of what is not there.

    Sections are decompressed and, of a `.o` or `.ko`, relocated by whoever gives them. `address_of` tells where
    `.eh_frame` and `.eh_frame_hdr` are loaded. `machine`: `x86_64`, `i386` or `aarch64`. `alternate` is the file that
    `.gnu_debugaltlink` names. All questions raise DwarfError where what they need is damaged.
    """

    __slots__ = ("_reader",)

    def __init__(
        self,
        sections: Callable[[str], memoryview | bytes | Pieces | None],
        *,
        machine: str = "x86_64",
        address_size: int = 8,
        little_endian: bool = True,
        address_of: Callable[[str], int | None] | None = None,
        relocatable: bool = False,
        alternate: Dwarf | None = None,
    ) -> None:
        known = Sections(sections, machine, address_size, little_endian, address_of)
        others = alternate._reader.units if alternate is not None else None
        known.alternate = others.sections if others is not None else None
        self._reader: Reader = Reader(known, Units(known, others), relocatable)

    def is_there(self) -> bool:
        """Whether the file has any."""
        return len(self._reader.sections.view(".debug_info")) > 0

    def _begin(self) -> Reader:
        """A new question, with work of its own."""
        self._reader.sections.renew_work()
        return self._reader

    # Functions.

    def function_at(self, address: int) -> DwarfFunction | None:
        """The function whose code holds an address, not one inlined there (`DwarfFunction.inlined_at` tells those)."""
        reader = self._begin()
        die = reader.subprogram_at(address)
        if die is None:
            self._complain_of_split(address)
            return None
        return DwarfFunction(reader, die, reader.code_of(die))

    def find_function(self, name: str, address: int | None = None) -> list[DwarfFunction]:
        """Functions of a name, plain or mangled, and the places where such were inlined; empty where there is none.

        With the `address` that a symbol told, the one there, whatever DWARF calls it. Without, all the file is searched.
        """
        if address is not None:
            at = self.function_at(address)
            return [at] if at is not None else []
        reader = self._begin()
        found: dict[tuple[Unit, int], DwarfFunction] = {}
        for attribute in (dw.AT_NAME, dw.AT_LINKAGE_NAME, dw.AT_MIPS_LINKAGE_NAME):
            for die in reader.names.search(name, _SUBPROGRAMS, attribute):
                own = reader.code_of(die)
                if own:
                    found[die.unit, die.offset] = DwarfFunction(reader, die, own)
                elif not die.flag(dw.AT_DECLARATION) or die.unit.leaves_out_keywords():
                    # In C a declaration alone is of a function defined elsewhere.
                    for instance in reader.instances_of(die):
                        key = instance.unit, instance.offset
                        if key not in found:
                            found[key] = self._instance(instance)
                if len(found) > _MOST_FUNCTIONS:
                    return list(found.values())
            if found:
                break
        return list(found.values())

    def _instance(self, die: Die) -> DwarfFunction:
        reader = self._reader
        ranges = reader.code_of(die)
        if die.tag == dw.TAG_INLINED_SUBROUTINE and ranges:
            outer = reader.subprogram_at(ranges[0][0])
            if outer is not None:
                around = DwarfFunction(reader, outer, reader.code_of(outer))
                for inner in around.inlined_at(ranges[0][0]):
                    if inner.die.same_as(die):
                        return inner
                return DwarfFunction(reader, die, ranges, around)
        return DwarfFunction(reader, die, ranges)

    def copies_of(self, function: DwarfFunction) -> list[DwarfFunction]:
        """A function and the places where it was inlined, as far as its own file was compiled with them."""
        reader = self._begin()
        origin = function.die.reference(dw.AT_ABSTRACT_ORIGIN)
        if origin is None:
            return [function]
        found = [self._instance(die) for die in reader.instances_of(origin)[:_MOST_FUNCTIONS]]
        return [function, *[copy for copy in found if not copy.die.same_as(function.die)]]

    def functions_at(self, address: int) -> list[DwarfFunction]:
        """What is inlined at an address, the innermost first, then the function itself; empty where nothing is known."""
        function = self.function_at(address)
        return [*function.inlined_at(address), function] if function is not None else []

    def prologue_end(self, function: DwarfFunction) -> int | None:
        """Where parameters are in their frame slots, in a program that was not optimised; None if nothing tells."""
        return self._begin().prologue_end(function.die.unit, function.low, function.high)

    def _complain_of_split(self, address: int) -> None:
        for unit in self._reader.index.units_at(address):
            for attribute in (dw.AT_DWO_NAME, dw.AT_GNU_DWO_NAME):
                name = unit.root.string(attribute)
                if name is not None:
                    raise DwarfError(f"its debugging information is in {name}; such files are not read")

    # Lines.

    def addresses_of_line(self, file: str, line: int) -> LineAnswer:
        """The code of a line of a file, which is named by the end of its path."""
        return find_line(self._begin(), file, line)

    def addresses_of_function_line(self, function: DwarfFunction, line: int) -> LineAnswer:
        """The code of a line within a function, counted from the line of its name, as `perf probe` counts."""
        return find_function_line(self._begin(), function, line)

    def line_at(self, address: int) -> tuple[str, int] | None:
        """File and line of an address; None where no table tells."""
        reader = self._begin()
        die = reader.subprogram_at(address)
        parts = reader.code_of(die) if die is not None else []
        code = next(((low, high) for low, high in parts if low <= address < high), None)
        for unit in reader.index.units_at(address):
            found = reader.line_at(unit, address, code)
            table = reader.line_table(unit)
            path = table.path(found[0]) if found is not None and table is not None else None
            if found is not None and path is not None and found[1]:
                return path, found[1]
        return None

    # Types and variables.

    def find_type(self, kind: str, name: str) -> DwarfType | None:
        """A type by name; `kind` is `struct` (a class, too), `union`, `enum`, `typedef` or `int` (any base type)."""
        reader = self._begin()
        for die in reader.names.search(name, _TYPES[kind]):
            whole = die.reference(dw.AT_SIGNATURE) or die
            if not whole.flag(dw.AT_DECLARATION):
                return DwarfType(reader.names, whole)
        return None

    def find_variable(self, name: str) -> list[DwarfVariable]:
        """Variables of a name that have an address of their own: global ones, and static ones of files and functions."""
        reader = self._begin()
        found: list[DwarfVariable] = []
        for named in reader.names.search(name, frozenset({dw.TAG_VARIABLE})):
            is_declared = named.flag(dw.AT_DECLARATION)
            for die in definitions_in_unit(reader.names, named) if is_declared else (named,):
                expression = die.block(dw.AT_LOCATION)
                if expression is not None and expression[:1] in _ADDRESSES:
                    found.append(DwarfVariable(reader, die, None))
        return found

    def find_declaration(self, name: str) -> DwarfVariable | None:
        """A global variable as some file declares it, which says its type wherever it is defined: in assembly, a library."""
        reader = self._begin()
        for die in reader.names.search(name, frozenset({dw.TAG_VARIABLE})):
            mangled = first_string([die], dw.AT_LINKAGE_NAME, dw.AT_MIPS_LINKAGE_NAME)
            if die.flag(dw.AT_DECLARATION) and die.flag(dw.AT_EXTERNAL) and mangled in (None, name):
                return DwarfVariable(reader, die, None)
        return None

    def find_enumerator(self, name: str) -> int | None:
        """The value of an enumerator."""
        for die in self._begin().names.search(name, frozenset({dw.TAG_ENUMERATOR})):
            value = first_number([die], dw.AT_CONST_VALUE)
            if value is not None:
                return value
        return None
