"""Where a function's parameters are when it is entered: the System V ABI of x86-64.

The kernel's `$argN` counts registers, and so does its look-up of a parameter's name: it takes the N-th parameter to be
in the N-th register. A struct of 9 to 16 bytes passed by value takes two registers, a larger one and an empty one none, so
every parameter behind one is found under another number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import COther, CStruct, TypeRef

if TYPE_CHECKING:
    from collections.abc import Sequence

REGISTERS = 6


def assign_slots(params: Sequence[TypeRef], returns: TypeRef | None = None) -> list[int | None]:
    """For each parameter the N of the `$argN` that holds it; None where it is not in one register or stack slot.

    A function that returns more than two registers hold is given, before its parameters, where to put it.
    """
    slots: list[int | None] = []
    used = 1 if returns is not None and _in_memory(returns) else 0
    behind: list[int] = []
    for position, param in enumerate(params):
        type = param.describe()
        size = param.size() or (0 if isinstance(type, CStruct) else 8)
        if not size or (isinstance(type, COther) and type.what.startswith("a float")):
            slots.append(None)
            continue
        words = 1 if size <= 8 else 2 if size <= 16 else 0
        if isinstance(type, CStruct) and words == 0:
            slots.append(None)
            continue
        if words and used + words <= REGISTERS:
            slots.append(used + 1 if words == 1 else None)
            used += words
        else:
            slots.append(None)
            behind.append(position)
    _assign_stack(params, slots, behind)
    return slots


def _in_memory(type: TypeRef) -> bool:
    return type.size() > 16 and isinstance(type.describe(), CStruct)


def _assign_stack(params: Sequence[TypeRef], slots: list[int | None], behind: list[int]) -> None:
    """What did not fit in registers lies on the stack in order, structs passed in memory among them."""
    word = REGISTERS + 1
    for position, param in enumerate(params):
        size = param.size() or 8
        if position in behind and size <= 8:
            slots[position] = word
        if position in behind or _in_memory(param):
            word += (size + 7) // 8
