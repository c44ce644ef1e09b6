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
MOST_ANONYMOUS = 1 << 12
"""How many are looked at for one question; the kernel's largest structs have some 300, some 50 of them anonymous."""

_KERNEL_PENDING = 16


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
    for member, start, path in _walk(btf, id):
        yield _place(btf, member, start, path)


def _place(btf: Btf, member: Member, start: int, path: tuple[str, ...]) -> Place:
    offset, size = bits_of(btf, member)
    return Place(start + offset, size, member.type, (*path, member.name))


def _walk(btf: Btf, id: int) -> Iterator[tuple[Member, int, tuple[str, ...]]]:
    """Members that have a name, with bit offset and path of the anonymous struct or union they are in."""
    outer = resolved(btf, id)
    if not isinstance(outer, Struct):
        raise BtfError(f"BTF type {id} is not a struct or union")
    seen = anonymous = 0
    # An explicit stack: generators in generators would cost a call a level for each member.
    stack: list[tuple[Iterator[Member], int, tuple[str, ...]]] = [(iter(outer.members), 0, ())]
    while stack:
        members, start, path = stack[-1]
        for member in members:
            seen += 1
            if member.name:
                yield member, start, path
                continue
            inner = resolved(btf, member.type)
            if isinstance(inner, Struct):
                anonymous += 1
                if len(stack) >= DEEPEST or seen > MOST_MEMBERS or anonymous > MOST_ANONYMOUS:
                    raise BtfError(f"BTF type {id} nests too deep, or contains itself")
                stack.append((iter(inner.members), start + member.bit_offset, (*path, "")))
                break
        else:
            stack.pop()


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
    for member, start, path in _walk(btf, struct_id):
        if member.name == name:
            return _place(btf, member, start, path)
    return None


def member_names(btf: Btf, struct_id: int) -> list[str]:
    """The names that `find_member` finds, in order. Raises BtfError where `struct_id` is no struct or union."""
    return [member.name for member, _, _ in _walk(btf, struct_id)]


def is_found_by_kernel(btf: Btf, struct_id: int, name: str) -> bool:
    """Whether the kernel's own probe parser finds that member by its name.

    Its search (btf_find_struct_member in kernel/trace/trace_btf.c) keeps at most 16 anonymous members for later and
    forgets the others: of the 23 in `struct net_device_stats`, the last seven. Raises BtfError as `find_member`.
    """
    pending = [struct_id]
    for _ in range(MOST_ANONYMOUS):
        if not pending:
            return False
        struct = resolved(btf, pending.pop())
        if not isinstance(struct, Struct):
            return False
        for member in struct.members:
            if member.name == name and name:
                return True
            if not member.name and len(pending) < _KERNEL_PENDING:
                pending.append(member.type)
    raise BtfError(f"BTF type {struct_id} contains itself")


def anonymous_before(btf: Btf, struct_id: int, name: str) -> list[int]:
    """The types of the anonymous members that a member is in, the outermost first; as they are, so that qualifiers show.

    Some tools do not look through all: `vma` of `struct vm_fault` is in a `const struct`, `name` of `struct filename` (Linux 7.3) in a
    struct that has a name of its own. Raises BtfError as `find_member`.
    """
    place = find_member(btf, struct_id, name)
    found: list[int] = []
    for _ in place.path[:-1] if place is not None else ():
        outer = resolved(btf, found[-1] if found else struct_id)
        assert isinstance(outer, Struct)
        found.append(next(one.type for one in outer.members if not one.name and _holds(btf, one.type, name)))
    return found


def _holds(btf: Btf, id: int, name: str) -> bool:
    return isinstance(resolved(btf, id), Struct) and find_member(btf, id, name) is not None


class Alignment:
    """Alignment as a C compiler would choose it, and where only the `packed` attribute explains what BTF says.

    BTF does not tell attributes; the offsets of members tell those that matter. Remembers what it has looked at.
    """

    __slots__ = ("_btf", "_structs")

    def __init__(self, btf: Btf) -> None:
        self._btf = btf
        self._structs: dict[int, tuple[int, bool]] = {}

    def of(self, id: int) -> int:
        """Natural alignment in bytes, 1 for a packed struct. Raises BtfError."""
        return self._of(id, 0)

    def is_packed(self, id: int) -> bool:
        """Whether a struct or union is laid out closer than its members' types allow. Raises BtfError."""
        return self._struct(resolve(self._btf, id), 0)[1]

    def _of(self, id: int, depth: int) -> int:
        for _ in range(DEEPEST):
            id = resolve(self._btf, id)
            match self._btf.type(id):
                case Ptr():
                    return self._btf.pointer_size
                case Int(size=size) | Enum(size=size) | Float(size=size):
                    return size & -size or 1
                case Array(element=element):
                    id = element
                case Struct():
                    return self._struct(id, depth)[0]
                case _:
                    return 1
        raise BtfError(f"BTF type {id} is part of a circle, or too many arrays deep")

    def _struct(self, id: int, depth: int) -> tuple[int, bool]:
        if (known := self._structs.get(id)) is not None:
            return known
        struct = self._btf.type(id)
        if depth > DEEPEST or not isinstance(struct, Struct):
            raise BtfError(f"BTF type {id} nests too deep, or contains itself")
        align, packed = 1, False
        for member in struct.members:
            offset, bits = bits_of(self._btf, member)
            own = self._of(member.type, depth + 1)
            align = max(align, own)
            if bits:
                unit = size_of(self._btf, member.type) * 8
                packed = packed or (unit > 0 and offset // unit != (offset + bits - 1) // unit)
            else:
                packed = packed or offset % (own * 8) != 0
        packed = packed or struct.size % align != 0
        self._structs[id] = (1 if packed else align, packed)
        return self._structs[id]
