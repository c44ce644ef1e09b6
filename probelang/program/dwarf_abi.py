"""Where parameters are at a function's first instruction by the rules for calls, which hold also where nothing says so.

A compiler that does not optimise describes the frame slots only, which are filled after the first instructions. Rules:
the processor supplements of the System V ABI for x86-64 (3.2.3) and the Procedure Call Standard for the Arm 64-bit
Architecture (6.8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CArray, CInt, COther, CPointer, CStruct
from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_places import InMemory, InPieces, InRegister, Piece, Unavailable
from probelang.program.dwarf_types import DwarfType, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.ctypes import TypeRef
    from probelang.program.dwarf_places import Location

_REGISTERS = {
    "x86_64": ("di", "si", "dx", "cx", "r8", "r9"),
    "aarch64": ("x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"),
}
_MOST_FIELDS = 64
_BY_REFERENCE = 4
"""DW_CC_pass_by_reference, of classes that can't be copied as bytes."""
_FLOATING = Unavailable("is in a register that probes can't fetch, one of floating point or vectors")


def entry_places(
    machine: str, params: Sequence[TypeRef], pointed: Sequence[bool], returns: TypeRef | None
) -> list[Location | Unavailable]:
    """For each parameter of a C or C++ function its place at the entry. Raises DwarfError of damaged types.

    `pointed` are those in whose place the caller hands over an address (of C++ objects that can't be copied as bytes).
    """
    registers = list(_REGISTERS.get(machine, ()))
    if not registers:
        return [Unavailable("is where the rules of an unknown machine put it")] * len(params)
    if machine == "x86_64" and returns is not None and _words(returns) is None:
        registers.pop(0)  # where the caller wants the result
    # Behind the return address, where the caller pushes that.
    stack = 8 if machine == "x86_64" else 0
    places: list[Location | Unavailable] = []
    for type, by_reference in zip(params, pointed, strict=True):
        by_reference = by_reference or _is_reference(type)
        words = ["int"] if by_reference else _words(type)
        if machine == "aarch64" and words is not None and "int" in words:
            words = ["int"] * len(words)  # there a struct is all floating point, or none of it
        place: Location | Unavailable | None
        if words is None and machine == "aarch64":
            # A copy of the caller's, and its address as the parameter.
            if registers:
                place = InMemory(registers.pop(0), 0)
            else:
                place, stack = InMemory("sp", stack, (0,)), stack + 8
            places.append(place)
            continue
        place = _in_registers(words, registers, by_reference) if words is not None else None
        if place is None:
            size = type.size() or 8
            if words is not None and machine == "aarch64":
                registers.clear()  # nothing is taken from registers behind what did not fit
            place, stack = InMemory("sp", stack), stack + -(-size // 8) * 8
        places.append(place)
    return places


def _in_registers(
    words: list[str], registers: list[str], by_reference: bool
) -> Location | Unavailable | None:
    """Takes what is needed; None where too few are left."""
    if words.count("int") > len(registers):
        return None
    if "float" not in words and len(words) == 1:
        register = registers.pop(0)
        return InMemory(register, 0) if by_reference else InRegister(register)
    if "int" not in words:
        return _FLOATING
    return InPieces(
        tuple(
            [
                Piece(InRegister(registers.pop(0)) if word == "int" else _FLOATING, 8 * number, 8)
                for number, word in enumerate(words)
            ]
        )
    )


def _is_reference(type: TypeRef) -> bool:
    """Whether the caller hands over the address of an object in its place."""
    die = resolve(type.die) if isinstance(type, DwarfType) else None
    return die is not None and die.number(dw.AT_CALLING_CONVENTION) == _BY_REFERENCE


def _words(type: TypeRef) -> list[str] | None:
    """What is in each eight bytes, `int` or `float`; None of what goes through memory."""
    size = type.size() or 8
    if size > 16:
        return None
    if isinstance(type.describe(), COther) and size == 16:
        return None  # long double, and complex numbers of them
    words = ["float"] * (-(-size // 8))
    for offset, is_int in _fields(type, 0, [0]):
        if is_int and offset // 8 < len(words):
            words[offset // 8] = "int"
            if size == 16 and not isinstance(type.describe(), CStruct):
                words[1] = "int"
    return words


def _fields(type: TypeRef, start: int, seen: list[int]) -> list[tuple[int, bool]]:
    """Every scalar of a type: its byte, and whether it is an integer or a pointer."""
    seen[0] += 1
    if seen[0] > _MOST_FIELDS:
        return []
    match type.describe():
        case CInt() | CPointer():
            return [(start, True)]
        case CStruct(ref, _, _, _):
            found: list[tuple[int, bool]] = []
            for name in ref.member_names()[:_MOST_FIELDS]:
                member = ref.find_member(name)
                if member is not None:
                    inner = [(start + member.bit_offset // 8, True)]
                    found += (
                        inner
                        if member.bit_size
                        else _fields(member.type, start + member.bit_offset // 8, seen)
                    )
            return found
        case CArray(element, count):
            size = element.size()
            found = []
            for number in range(min(count, 16)):
                found += _fields(element, start + number * size, seen)
            return found
        case _:
            return [(start, False)]
