"""Variables where DWARF has them at one instruction: as values that a probe there can fetch, or why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.values import ADDRESS, LVALUE, Value
from probelang.ctypes import CInt, CPointer, CStruct
from probelang.probes import Access, Deref, Immediate, RegisterValue
from probelang.program import dwarf_places as places

if TYPE_CHECKING:
    from probelang.ctypes import CType, TypeRef
    from probelang.program.dwarf_variables import DwarfVariable

_MOST_LINES = 4


def value_at(
    variable: DwarfVariable, place: places.Location | places.Unavailable, ref: TypeRef, *, entry: bool
) -> Value | str:
    """A variable of a type in its place, or the end of the sentence "it …"; `entry` is where its function is entered.

    Raises DwarfError.
    """
    type = ref.describe()
    match place:
        case places.InRegister(register):
            return Value(Access(RegisterValue(register)), type, ref)
        case places.InMemory(register, offset, steps):
            derefs, pending = [], offset
            for step in steps:
                derefs.append(Deref(pending, False, None))
                pending = step
            return Value(Access(RegisterValue(register), tuple(derefs)), type, ref, LVALUE, pending)
        case places.RegisterPlus(register, offset) if isinstance(type, CPointer):
            return Value(Access(RegisterValue(register)), type, ref, ADDRESS, offset)
        case places.RegisterPlus(register, offset):
            return f"is `%{register}` and {offset}, and a probe adds nothing"
        case places.EntryValue(register, 0) if entry:
            return Value(Access(RegisterValue(register)), type, ref)
        case places.EntryValue():
            return "was in a register when the function was entered, and is no longer" + _alive(
                variable.alive_ranges()
            )
        case places.Constant(value) if isinstance(type, CInt | CPointer):
            return Value(Access(Immediate(value)), type, ref)
        case places.InPieces():
            return _first_piece(place, type, ref)
        case places.Unavailable(reason, alive, _):
            return reason + _alive(alive)
        case _:
            return "is in no register and no memory that a probe can read there"


def _alive(ranges: tuple[places.AliveRange, ...]) -> str:
    lines = [str(line) for line in dict.fromkeys(part.line for part in ranges) if line is not None][
        :_MOST_LINES
    ]
    if not lines:
        return ""
    return f" (it is still there at line{'s' if len(lines) > 1 else ''} {', '.join(lines)})"


def _first_piece(place: places.InPieces, type: CType, ref: TypeRef) -> Value | str:
    """A struct in registers: what is in the first of them can be told."""
    first = place.pieces[0] if place.pieces else None
    if (
        first is not None
        and first.start == 0
        and isinstance(first.place, places.InRegister)
        and isinstance(type, CStruct)
    ):
        return Value(Access(RegisterValue(first.place.register)), type, ref)
    return "is spread over several places there"
