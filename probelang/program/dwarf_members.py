"""Members of structs, unions and classes: anonymous ones and base classes looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_wire import DwarfError, read_uleb
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_names import Names

_MOST_MEMBERS = 1 << 16
_DEEPEST = 64
_OPAQUE = (dw.TAG_STRUCTURE_TYPE, dw.TAG_CLASS_TYPE, dw.TAG_UNION_TYPE, dw.TAG_INTERFACE_TYPE)
_THROUGH = (dw.TAG_CONST_TYPE, dw.TAG_VOLATILE_TYPE, dw.TAG_TYPEDEF, dw.TAG_ATOMIC_TYPE)


@record
class Member:
    """A member with its name, in bits from the start of the outermost struct; `bit_size` is 0 but for a bitfield."""

    name: str
    bit_offset: int
    bit_size: int
    die: Die


def find_member(names: Names, struct: Die, name: str) -> Member | None:
    """A member as C's `.` finds it: own ones before those of base classes. Raises DwarfError."""
    for member in _walk(names, struct):
        if member.name == name:
            return member
    return None


def member_names(names: Names, struct: Die) -> list[str]:
    """The names that `find_member` finds. Raises DwarfError."""
    return list(dict.fromkeys([member.name for member in _walk(names, struct)]))


def _walk(names: Names, struct: Die) -> Iterator[Member]:
    """Members that have a name; base classes after all that is the class's own."""
    bases = [(struct, 0)]
    seen = 0
    while bases:
        whole, start = bases.pop(0)
        stack = [(iter(whole.children()), start)]
        while stack:
            children, start = stack[-1]
            for child in children:
                seen += 1
                if seen > _MOST_MEMBERS:
                    raise DwarfError("a struct has too many members, or contains itself")
                if child.tag not in (dw.TAG_MEMBER, dw.TAG_INHERITANCE):
                    continue
                if child.flag(dw.AT_EXTERNAL) or child.flag(dw.AT_DECLARATION):
                    continue  # a static member is in no object
                place = _place(child)
                if place is None:
                    continue
                offset, size = start + place[0], place[1]
                name = child.string(dw.AT_NAME) if child.tag == dw.TAG_MEMBER else None
                if name:
                    yield Member(name, offset, size, child)
                    continue
                inner = _struct_behind(names, child)
                if inner is None:
                    continue
                if child.tag == dw.TAG_INHERITANCE:
                    bases.append((inner, offset))
                    continue
                if len(stack) > _DEEPEST:
                    raise DwarfError("a struct nests too deep, or contains itself")
                stack.append((iter(inner.children()), offset))
                break
            else:
                stack.pop()


def _struct_behind(names: Names, die: Die) -> Die | None:
    found = die.reference(dw.AT_TYPE)
    for _ in range(_DEEPEST):
        if found is None or found.tag not in _THROUGH:
            break
        found = found.reference(dw.AT_TYPE)
    return names.complete(found) if found is not None and found.tag in _OPAQUE else None


def _place(die: Die) -> tuple[int, int] | None:
    """Bit offset in the struct around it, and size if it is a bitfield; None of what only a running program tells.

    (A virtual base class is where the object's own table says.)
    """
    size = die.number(dw.AT_BIT_SIZE) or 0
    bits = die.number(dw.AT_DATA_BIT_OFFSET)
    if bits is not None:
        return bits, size
    start = die.number(dw.AT_DATA_MEMBER_LOCATION)
    if start is None:
        expression = die.block(dw.AT_DATA_MEMBER_LOCATION)
        if expression is None:
            start = 0  # members of a union may say nothing
        elif expression[:1] in (b"\x23", b"\x10"):  # plus_uconst, constu
            start, end = read_uleb(expression, 1)
            if end != len(expression) and expression[end:] != b"\x22":
                return None
        else:
            return None
    old = die.signed(dw.AT_BIT_OFFSET)
    if not size or old is None:
        return start * 8, size
    # DWARF 3 counts from the highest bit of a storage unit, as a big-endian machine does.
    if die.unit.sections.order == "big":
        return start * 8 + old, size
    storage = die.number(dw.AT_BYTE_SIZE)
    if storage is None:
        declared = die.reference(dw.AT_TYPE)
        for _ in range(_DEEPEST):
            if declared is None or declared.number(dw.AT_BYTE_SIZE) is not None:
                break
            declared = declared.reference(dw.AT_TYPE)
        storage = (declared.number(dw.AT_BYTE_SIZE) if declared is not None else None) or 4
    return start * 8 + storage * 8 - old - size, size
