"""The names of the kernel's fetch-arg types, which of them suits a type of C, and what somebody means who writes others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.report import near_names, suggest
from probelang.check.rules import types
from probelang.ctypes import CArray, CInt, CPointer, CString, CStruct, CType, pointed
from probelang.probes import Fetch

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.values import Value
    from probelang.syntax import tree

INTEGERS = tuple(f"{sign}{bits}" for sign in "usx" for bits in (8, 16, 32, 64))
FETCH_TYPES = (*INTEGERS, "char", "string", "ustring", "symbol", "symstr", "%pd", "%pD")

#: Types of C, and formats of printf.
_MEANT = {
    "int": "s32", "long": "s64", "short": "s16", "unsigned": "u32", "signed": "s32", "hex": "x64", "ptr": "x64",
    "pointer": "x64", "str": "string", "char*": "string", "text": "string", "bool": "u8", "size_t": "u64", "ssize_t": "s64",
    "pid_t": "s32", "loff_t": "s64", "sector_t": "u64", "gfp_t": "u32", "umode_t": "u16", "int8": "s8", "int16": "s16",
    "int32": "s32", "int64": "s64", "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64", "int8_t": "s8",
    "int16_t": "s16", "int32_t": "s32", "int64_t": "s64", "uint8_t": "u8", "uint16_t": "u16", "uint32_t": "u32",
    "uint64_t": "u64", "i8": "s8", "i16": "s16", "i32": "s32", "i64": "s64", "x": "x64", "u": "u64", "d": "s64",
    "s": "string", "%d": "s32", "%i": "s32", "%u": "u32", "%x": "x32", "%ld": "s64", "%lu": "u64", "%lx": "x64",
    "%lld": "s64", "%llu": "u64", "%llx": "x64", "%s": "string", "%p": "x64", "%c": "char", "sym": "symbol", "ksym": "symbol",
}  # fmt: skip


#: Formats of addresses, and what shows the same bytes in their order.
_ADDRESSES = {
    **dict.fromkeys(("%pI4", "%pi4", "ipv4", "ip4", "ip", "inet", "addr", "in_addr", "ntop"), "u8[4]"),
    **dict.fromkeys(("%pI6", "%pI6c", "%pi6", "ipv6", "ip6", "inet6", "in6_addr"), "x8[16]"),
    **dict.fromkeys(("%pM", "%pm", "mac", "macaddr"), "x8[6]"),
}


def near_types(name: str) -> list[str]:
    """The types that somebody who wrote `name` may mean, the likeliest first."""
    if name in _ADDRESSES:
        return [_ADDRESSES[name]]
    if name in _MEANT:
        return [_MEANT[name]]
    if name.lower() in FETCH_TYPES:
        return [name.lower()]
    # no type is near to one with more bits than the kernel has
    return [] if name[1:] in ("128", "256", "512") else near_names(name, FETCH_TYPES)


def natural_fetch(type: CType) -> Fetch | None:
    """How a value of this type is recorded when nothing else is asked; None of what cannot be."""
    match type:
        case CInt(size, signed) if size in (1, 2, 4, 8):
            return Fetch(f"{'s' if signed else 'u'}{size * 8}")
        case CPointer(target, user):
            if target is not None and target.is_text():
                return Fetch("ustring" if user else "string")
            return Fetch("x64")
        case CString():
            return Fetch("string")
        case CArray(element, count):
            if element.is_text():
                return Fetch("string")
            inner = natural_fetch(element.describe())
            if inner is None or inner.is_string or inner.count is not None or count == 0:
                return None
            return Fetch(inner.name, count)
        case _:
            return None


#: Where the name is that somebody wants who asks for a string of it.
_NAMES = {
    "file": "f_path.dentry->d_name.name",
    "path": "dentry->d_name.name",
    "dentry": "d_name.name",
    "qstr": "name",
    "task_struct": "comm",
}


def refuse_struct(report: Report, value: Value, asked: tree.FetchType) -> bool:
    """Report a string of a pointer to a struct; whether it is one."""
    struct = pointed(value.type)
    texts = text_members(struct) if isinstance(struct, CStruct) and struct.defined else None
    if texts is None:
        return False
    report.add(
        types.TYPE_MISMATCH,
        asked.span,
        f"`{value.text}` does not point to characters, but to a struct",
        label=suggest("->" + name for name in texts),
        help="what its first bytes happen to be would be recorded as characters",
        kernel_error="BAD_TYPE4STR",
    )
    return True


def text_members(struct: CStruct) -> list[str] | None:
    """The ways to strings of a struct; None of one that begins with characters itself."""
    names = struct.ref.member_names()
    found = [(name, struct.ref.find_member(name)) for name in names[:400]]
    texts = []
    for name, member in found:
        type = member.type.describe() if member is not None else None
        if isinstance(type, CArray) and type.element.size() == 1:
            if member is not None and member.bit_offset == 0:
                return None
            if type.element.is_text():
                texts.append(name)
        elif isinstance(type, CInt) and type.size == 1 and member is not None and member.bit_offset == 0:
            return None
        elif isinstance(type, CPointer) and type.target is not None and type.target.is_text():
            texts.append(name)
    return [_NAMES[struct.name]] if struct.name in _NAMES else texts
