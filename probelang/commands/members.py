"""Names out of BTF in fetch args: parameters, `->` and `.`, and what their C types mean for the value.

The kernel walks structs as kernel/trace/trace_btf.c does, and believes some things of types that C does not: see
`points_to_char`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf import types as btf_types
from probelang.btf.layout import resolve
from probelang.commands.context import At, Context, FetchType
from probelang.commands.types import DEFAULT, Code, find_type

if TYPE_CHECKING:
    from probelang.btf.blob import Btf

_ANONYMOUS_MAX = 16


def split_field(text: str, context: Context) -> tuple[str, str | None, bool]:
    """What stands before the first `->` or `.`, what behind it (None: nothing), and whether it is an arrow.

    Raises `Refused` for a hyphen alone.
    """
    for at, char in enumerate(text):
        if char == ".":
            return text[:at], text[at + 1 :], False
        if char == "-":
            if text[at + 1 : at + 2] == ">":
                return text[:at], text[at + 2 :], True
            raise context.log.refuse(context.moved(at), "BAD_HYPHEN")
    return text, None, False


def parse_name(text: str, code: Code, context: Context) -> None:
    """A parameter, `$retval` or `$current`, with its members. Raises `Refused`."""
    log, target = context.log, context.target
    if not target.names:
        raise log.refuse(context.offset, "NOSUP_BTFARG")
    name, field, arrow = split_field(text, context)
    at_field = len(text) - len(field) if field is not None else 0
    if field is not None and not arrow:
        raise log.refuse(context.moved(at_field), "NOSUP_DAT_ARG")
    if target.current and name == "$current":
        code.op = "CURRENT"
        context.cast = target.find_struct("task_struct")
        if context.cast is None:
            raise log.refuse(context.offset, "NO_BTF_ENTRY")
        _found(context.cast, field, at_field, code, context)
        return
    if At.RETURN in context.at and name == "$retval":
        code.op = "RETVAL"
        proto = context.proto
        if proto is None:
            if field is not None:
                raise log.refuse(context.moved(at_field), "NO_BTF_ENTRY")
            return
        context.is_known = True
        if proto.returns == 0:
            raise log.refuse(context.offset, "NO_RETVAL")
        _found((proto.btf, resolve(proto.btf, proto.returns)), field, at_field, code, context)
        return
    proto = context.proto
    if proto is None or (not context.is_known and not context.params):
        context.is_known = proto is not None
        raise log.refuse(context.offset, "NO_BTF_ENTRY")
    context.is_known = True
    for number, (param, type_id) in enumerate(context.params):
        if param == name:
            if context.at.is_function_entry:
                code.set("ARG", number)
            elif context.at.is_function_return:
                code.set("EDATA", number)
                context.save_param(number)
            _found((proto.btf, resolve(proto.btf, type_id)), field, at_field, code, context)
            return
    raise log.refuse(context.offset, "NO_BTFARG")


def _found(start: tuple[Btf, int], field: str | None, at_field: int, code: Code, context: Context) -> None:
    context.last_type = start
    context.last_bit_offset = context.last_bit_size = 0
    if field is not None:
        context.offset = context.moved(at_field)
        parse_members(field, start, code, context)


def parse_members(path: str, start: tuple[Btf, int], code: Code, context: Context, prefix: int = 0) -> None:
    """The members behind a pointer, or behind a cast, which names the struct itself. Raises `Refused`.

    `prefix` is what a cast takes off the first offset, in bytes.
    """
    log = context.log
    btf, id = start
    is_struct = context.cast is not None
    field: str | None = path
    while field is not None:
        if not is_struct:
            pointer = btf.type(id)
            if not isinstance(pointer, btf_types.Ptr):
                raise log.refuse(context.offset, "NO_PTR_STRCT")
            id = resolve(btf, pointer.target)
        is_struct = False
        bits, id, field = walk_members(field, btf, id, context)
        if not code.advance():
            raise log.refuse(context.offset, "TOO_MANY_OPS")
        code.set("DEREF", bits // 8 - prefix)
        prefix = 0
        context.last_bit_offset = bits % 8
        context.last_type = (btf, id)


def walk_members(path: str, btf: Btf, id: int, context: Context) -> tuple[int, int, str | None]:
    """Members joined by `.`, up to an arrow or the end: bits from the start, the last one's type, what is left.

    Raises `Refused`.
    """
    log = context.log
    bits = 0
    arrow = False
    field: str | None = path
    while field is not None and not arrow:
        name, rest, arrow = split_field(field, context)
        if not isinstance(btf.type(id), btf_types.Struct):
            raise log.refuse(context.offset, "BAD_BTF_TID")
        found = find_member(btf, id, name)
        if found is None:
            raise log.refuse(context.offset, "NO_BTF_FIELD")
        member, offset = found
        bits += offset + member.bit_offset
        context.last_bit_size = member.bit_size
        id = resolve(btf, member.type)
        if rest is not None:
            context.offset = context.moved(len(field) - len(rest))
        elif not context.target.loop:
            context.offset = None
        field = rest
    return bits, id, field


def find_member(btf: Btf, id: int, name: str) -> tuple[btf_types.Member, int] | None:
    """A member by name, and the bits from the start of the struct to the anonymous one that holds it.

    Sixteen anonymous members wait at most, and the latest comes first; those beyond are not looked into.
    """
    waiting = [(id, 0)]
    while waiting:
        id, start = waiting.pop()
        struct = btf.type(id)
        if not isinstance(struct, btf_types.Struct):
            continue
        for member in struct.members:
            if member.name:
                if member.name == name:
                    return member, start
            elif len(waiting) < _ANONYMOUS_MAX:
                inner = resolve(btf, member.type)
                if isinstance(btf.type(inner), btf_types.Struct):
                    waiting.append((inner, start + member.bit_offset))
    return None


def implied_type(context: Context) -> FetchType:
    """The fetch type of a value by its type in C, where none is written."""
    if context.last_type is None:
        return DEFAULT
    btf, id = context.last_type
    name: str | None = None
    match btf.type(id):
        case btf_types.Enum(size=size):
            name = "s64" if size == 8 else "s32"
        case btf_types.Int(bits=bits, signed=signed, bit_offset=bit_offset):
            if bits in (8, 16, 32, 64):
                name = f"{'s' if signed else 'u'}{bits}"
            elif not signed:
                context.last_bit_size = bits
                context.last_bit_offset += bit_offset
                name = "u64"
    return find_type(name, context.target, context.at) or DEFAULT


def prepare_string(type_text: str, code: Code, context: Context) -> None:
    """A string by name: an array of char as it lies there, a pointer to char through the pointer. Raises `Refused`."""
    if context.last_type is None:
        return
    btf, id = context.last_type
    found = btf.type(id)
    if isinstance(found, btf_types.Array) and _is_char(btf, found.element):
        return
    if points_to_char(btf, found):
        if code.at + 1 >= Code.END:
            raise context.log.refuse(context.offset, "TOO_MANY_OPS")
        code.at += 1
        code.set("UDEREF" if type_text[:1] == "u" else "DEREF", 0)
        return
    raise context.log.refuse(context.offset, "BAD_TYPE4STR")


def points_to_char(btf: Btf, found: btf_types.Type) -> bool:
    """Whether the kernel takes a type for a pointer to char.

    It looks at the word of the record that holds a pointer's target without asking whether it is a pointer. In the
    records of integers, structs, enums and floats that word is their size in bytes.
    """
    match found:
        case btf_types.Ptr(target=target):
            return _is_char(btf, target)
        case (
            btf_types.Int(size=size)
            | btf_types.Struct(size=size)
            | btf_types.Enum(size=size)
            | btf_types.Float(size=size)
        ):
            return size < len(btf) and _is_char(btf, size)
        case btf_types.FuncProto(returns=returns):
            return _is_char(btf, returns)
    return False


def _is_char(btf: Btf, id: int) -> bool:
    found = btf.type(resolve(btf, id))
    return isinstance(found, btf_types.Int) and not found.signed and found.bits == 8
