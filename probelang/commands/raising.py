"""Fetch args as expressions of the language: names for offsets, where the C types in BTF tell what lies there.

Nothing here is certain: what a text means is compared with what the command means by whoever asks (`importing`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.btf.layout import resolve, size_of
from probelang.btf.types import Array, BtfError, Int, Ptr, Struct
from probelang.check.btf_ctypes import BtfType
from probelang.check.convention import assign_slots
from probelang.commands.context import At
from probelang.commands.meaning import REGISTERS_OF_PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.btf.blob import Btf
    from probelang.commands.context import Context, ParsedArg
    from probelang.commands.target import Proto

_DEREF = re.compile(r"([+-])(u?)([0-9a-fA-Fx]+)\((.*)\)", re.DOTALL)
_PER_CPU = re.compile(r"(this_cpu_(?:read|ptr))\((.*)\)", re.DOTALL)
_MAX_PATHS = 40


class Raised:
    """A text, the type id that its value has in C and its BTF (None: not known)."""

    __slots__ = ("btf", "text", "type")

    def __init__(self, text: str, btf: Btf | None = None, type: int | None = None) -> None:
        self.text = text
        self.btf = btf
        self.type = type


def raise_value(text: str, context: Context, size: int, *, names: bool) -> str | None:
    """A fetch arg, without name and type, in the language's words; None for what it has no words for.

    `size` is how many bytes are recorded; with `names` offsets become members where that is possible.
    """
    try:
        raised = _raise(text, context, size, names)
    except (BtfError, RecursionError, ValueError):
        return None
    return raised.text if raised is not None else None


def _raise(text: str, context: Context, size: int, names: bool) -> Raised | None:
    match = _DEREF.fullmatch(text)
    if match is not None:
        sign, user, digits, inside = match.groups()
        inner = _raise(inside, context, 8, names)
        if inner is None:
            return None
        by = int(digits, 0) if digits[:1] != "0" or digits[1:2] in ("x", "X", "") else int(digits, 8)
        if sign == "-":
            by = -by
        member = _member(inner, by, size) if names and not user else None
        return member or Raised(f"{sign}{user}{abs(by)}({inner.text})")
    match = _PER_CPU.fullmatch(text)
    if match is not None:
        inner = _raise(match[2], context, 8, names)
        return Raised(f"{match[1]}({inner.text})") if inner is not None else None
    return _leaf(text, context, names)


def _leaf(text: str, context: Context, names: bool) -> Raised | None:
    first, rest = text[:1], text[1:]
    if first == "$" and At.EVENT in context.at:
        if any(field.name == rest for field in context.fields):
            return Raised(rest)
        return Raised("$comm") if rest in ("comm", "COMM") else None
    if text in ("$comm", "$COMM"):
        return Raised("$comm")
    if first == "$" and rest.startswith("arg") and rest[3:].isdecimal():
        return _parameter(int(rest[3:]) - 1, context, names) or Raised(text)
    if first == "%" and rest in REGISTERS_OF_PARAMETERS and context.at.is_function_entry:
        return _parameter(REGISTERS_OF_PARAMETERS.index(rest), context, names) or Raised(text)
    if first == "$" and rest == "retval" and context.proto is not None:
        return Raised(text, context.proto.btf, context.proto.returns)
    if first == "\\":
        return Raised(rest)
    if first in ("$", "%", "@"):
        return Raised(text)
    if re.fullmatch(r"[A-Za-z_]\w*((->|\.)[A-Za-z_]\w*)*", text):
        return Raised(text)
    return None


def _parameter(number: int, context: Context, names: bool) -> Raised | None:
    proto = context.proto
    if not names or proto is None:
        return None
    found = parameter_at(number, proto, context.params)
    return Raised(found[0], proto.btf, found[1]) if found is not None else None


def parameter_at(number: int, proto: Proto, params: Sequence[tuple[str, int]]) -> tuple[str, int] | None:
    """The parameter that is in the register with this number, from 0, and its type id: a struct passed by value takes two."""
    refs = [BtfType(proto.btf, type) for _, type in params]
    slots = assign_slots(refs, BtfType(proto.btf, proto.returns) if proto.returns else None)
    return next(
        (param for param, slot in zip(params, slots, strict=True) if slot == number + 1 and param[0]), None
    )


def raise_reads(arg: ParsedArg, context: Context) -> str | None:
    """What an arg reads from memory as raw dereferences of a value, with its type; None for what it does not so read."""
    base, *reads = arg.ops
    if base[0] == "SYMBOL":
        # the address, and the read that the language does by itself
        reads = reads[1:]
        if reads[:1] != [("DEREF", 0)]:
            return None
        reads = reads[1:]
    type = arg.type.name
    if reads and reads[-1][0] == "LP_ARRAY":
        type += f"[{arg.count}]"
        reads.pop()
    if reads and reads[-1][0] == "MOD_BF":
        (width, offset), bits = _pair(reads.pop()[1]), arg.type.size * 8
        type = type.replace(arg.type.name, f"b{width}@{offset}/{bits}")
    if not reads or reads[-1][0] not in ("ST_MEM", "ST_UMEM", "ST_STRING", "ST_USTRING"):
        return None
    stored, (by, _) = reads[-1][0], _pair(reads[-1][1])
    text = _base(*base, context)
    for op, offset in [*reads[:-1], ("UDEREF" if stored == "ST_UMEM" else "DEREF", by)]:
        if op not in ("DEREF", "UDEREF") or not isinstance(offset, int) or text is None:
            return None
        text = f"{'-' if offset < 0 else '+'}{'u' if op == 'UDEREF' else ''}{abs(offset)}({text})"
    return f"{text}: {type}" if text is not None else None


def _pair(operand: object) -> tuple[object, object]:
    return operand if isinstance(operand, tuple) and len(operand) == 2 else (None, None)


def _base(op: str, operand: object, context: Context) -> str | None:
    """A value that others are read through, in the language's words."""
    match op:
        case "ARG" | "EDATA" if isinstance(operand, int):
            raised = _parameter(operand, context, names=True)
            return raised.text if raised is not None else f"$arg{operand + 1}"
        case "REG":
            return f"%{operand}"
        case "RETVAL":
            return "$retval"
        case "STACK":
            return f"$stack{operand}"
        case "STACKP":
            return "$stack"
        case "SYMBOL":
            return f"@{operand}"
        case "TP_ARG":
            return str(operand)
        case "CURRENT":
            return "$current"
    return None


def _member(inner: Raised, by: int, size: int) -> Raised | None:
    """What lies `by` bytes behind a pointer, by its name: of the size that is recorded, best of all."""
    if inner.btf is None or inner.type is None:
        return None
    btf = inner.btf
    pointer = btf.type(resolve(btf, inner.type))
    if not isinstance(pointer, Ptr):
        return None
    target = resolve(btf, pointer.target)
    found = btf.type(target)
    if not isinstance(found, Struct):
        if by == 0 and isinstance(found, Int | Ptr):
            return Raised(f"*{inner.text}", btf, pointer.target)
        return None
    paths = list(_paths(btf, target, by, 0))[:_MAX_PATHS]
    if not paths:
        return None
    path, type = min(paths, key=lambda pair: _cost(btf, pair[1], size))
    return Raised(f"{_grouped(inner.text)}->{path}", btf, type)


def _grouped(text: str) -> str:
    return f"({text})" if text[:1] in "*+-" else text


def _cost(btf: Btf, type: int, size: int) -> tuple[bool, bool]:
    found = btf.type(resolve(btf, type))
    try:
        fits = size_of(btf, type) == size
    except BtfError:
        fits = False
    return not fits, isinstance(found, Struct | Array)


def _paths(btf: Btf, struct: int, by: int, depth: int) -> Iterator[tuple[str, int]]:
    """The members at a byte of a struct, by their path, with their types."""
    found = btf.type(struct)
    if not isinstance(found, Struct) or depth > 8:
        return
    for member in found.members:
        if member.bit_size or member.bit_offset % 8:
            continue
        start = member.bit_offset // 8
        if start > by:
            continue
        inner = resolve(btf, member.type)
        kind = btf.type(inner)
        if isinstance(kind, Struct) and by < start + max(kind.size, 1):
            for path, type in _paths(btf, inner, by - start, depth + 1):
                yield (f"{member.name}.{path}" if member.name else path), type
        elif start == by and member.name:
            yield member.name, member.type
