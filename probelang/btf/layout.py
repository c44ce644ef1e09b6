"""Where things lie: sizes, members and their offsets, by pure functions over a blob and ids.

BTF carries the compiler's own offsets, so nothing of the C layout rules is redone here. Every search is bounded: in a
damaged blob a typedef may name itself and a struct contain itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.types import (
    Array,
    BtfError,
    DataSec,
    Enum,
    Float,
    Func,
    Fwd,
    Int,
    Ptr,
    Qualifier,
    Struct,
    Typedef,
    TypeTag,
    Unknown,
    Var,
    Void,
)
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.btf.blob import Btf
    from probelang.btf.types import Member, Type

DEEPEST = 64
"""Steps from a type to what it stands for, and levels of anonymous members; the kernel's own limit is 32."""
MOST_MEMBERS = 1 << 17
"""Members looked at for one question, anonymous ones included."""


@record
class Place:
    """Where a member lies in the struct that was asked about; `bit_size` is 0 but for a bitfield.

    `path` names the members from the outermost on, anonymous ones as empty strings.
    """

    bit_offset: int
    bit_size: int
    type: int
    path: tuple[str, ...]


def resolve(btf: Btf, id: int) -> int:
    """The id behind typedefs, qualifiers and type tags. Raises BtfError."""
    for _ in range(DEEPEST):
        match btf.type(id):
            case Typedef(target=target) | Qualifier(target=target) | TypeTag(target=target):
                id = target
            case _:
                return id
    raise BtfError(f"BTF type {id} is part of a circle, or too many typedefs deep")


def resolved(btf: Btf, id: int) -> Type:
    """The type behind typedefs, qualifiers and type tags. Raises BtfError."""
    return btf.type(resolve(btf, id))


def size_of(btf: Btf, id: int) -> int:
    """Size in bytes, as `sizeof`. Raises BtfError where the type has none (void, a function, only declared)."""
    count = 1
    for _ in range(DEEPEST):
        id = resolve(btf, id)
        match btf.type(id):
            case Int(size=size) | Struct(size=size) | Enum(size=size) | Float(size=size) | DataSec(size=size):
                return count * size
            case Ptr():
                return count * btf.pointer_size
            case Array(element=element, count=elements):
                count *= elements
                id = element
            case Var(type=target):
                id = target
            case Fwd(name=name, is_union=is_union):
                raise BtfError(f"{'union' if is_union else 'struct'} {name} has no size: it is only declared")
            case other:
                raise BtfError(f"BTF type {id} has no size: it is {_noun(other)}")
    raise BtfError(f"BTF type {id} is part of a circle, or too many arrays deep")


def _noun(type: Type) -> str:
    match type:
        case Void():
            return "void"
        case Func():
            return "a function"
        case Unknown(kind=kind):
            return f"of unknown kind {kind}"
        case _:
            return "not a type of data"


def members_of(btf: Btf, id: int) -> Iterator[Place]:
    """All members that have a name, as C's `.` finds them: in order, anonymous structs and unions looked through.

    Raises BtfError where `id` is no struct or union.
    """
    outer = resolved(btf, id)
    if not isinstance(outer, Struct):
        raise BtfError(f"BTF type {id} is not a struct or union")
    seen = 0
    # An explicit stack: a hostile blob nests deeper than Python recurses.
    stack: list[tuple[Iterator[Member], int, tuple[str, ...]]] = [(iter(outer.members), 0, ())]
    while stack:
        members, start, path = stack[-1]
        member = next(members, None)
        if member is None:
            stack.pop()
            continue
        seen += 1
        if seen > MOST_MEMBERS:
            raise BtfError(f"BTF type {id} has too many members")
        if not member.name:
            inner = resolved(btf, member.type)
            if isinstance(inner, Struct):
                if len(stack) >= DEEPEST:
                    raise BtfError(f"BTF type {id} nests too deep, or contains itself")
                stack.append((iter(inner.members), start + member.bit_offset, (*path, "")))
            continue
        offset, size = bits_of(btf, member)
        yield Place(start + offset, size, member.type, (*path, member.name))


def bits_of(btf: Btf, member: Member) -> tuple[int, int]:
    """Bit offset in its struct and bit size (0: not a bitfield) of a member, in the old style too. Raises BtfError.

    Before the `kind_flag` of structs (pahole 1.13), a bitfield was a member of an integer type of its own, which says
    how many of its bits it takes, and from which on.
    """
    if not member.bit_size:
        type = resolved(btf, member.type)
        if isinstance(type, Int) and (type.bits != type.size * 8 or type.bit_offset):
            return member.bit_offset + type.bit_offset, type.bits
    return member.bit_offset, member.bit_size


def find_member(btf: Btf, struct_id: int, name: str) -> Place | None:
    """The member of that name, anonymous structs and unions looked through; offsets from the outermost struct.

    Raises BtfError where `struct_id` is no struct or union.
    """
    if not name:
        return None
    for place in members_of(btf, struct_id):
        if place.path[-1] == name:
            return place
    return None


def member_names(btf: Btf, struct_id: int) -> list[str]:
    """The names that `find_member` finds, in order. Raises BtfError where `struct_id` is no struct or union."""
    return [place.path[-1] for place in members_of(btf, struct_id)]
