"""Fetch args: `[NAME=]VALUE[:TYPE]`, where a value may be read through others.

Linux up to 7.2 parses `+8(+16(%di))` from the outside in, calling itself; 7.3 goes in first, at most 8 deep, and comes
out again, which changes the order of errors and brings casts. Both are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.layout import resolve
from probelang.commands.context import MAX_EVENT_SIZE, MAX_NAME, RESERVED, At, Context, ParsedArg
from probelang.commands.members import (
    implied_type,
    parse_members,
    prepare_string,
    split_field,
    walk_members,
)
from probelang.commands.octets import is_digit, is_good_name, parse_signed
from probelang.commands.types import Code, Typed, finalize
from probelang.commands.values import parse_leaf
from probelang.record import record

if TYPE_CHECKING:
    from probelang.commands.verdict import Log

_MAX_NESTED = 8
_PER_CPU = ("this_cpu_ptr(", "this_cpu_read(")


def parse_arg(word: str, context: Context) -> None:
    """One fetch arg, added to `context.args`. Raises `Refused`."""
    log = context.log
    name, equals, body = word.partition("=")
    if equals:
        if len(name) > MAX_NAME:
            raise log.refuse(0, "ARG_NAME_TOO_LONG")
        if not name:
            raise log.refuse(0, "NO_ARG_NAME")
    else:
        body = word
        name = body.partition(":")[0] if context.target.names else ""
        if not is_good_name(name):
            name = f"arg{len(context.args) + 1}"
    if not is_good_name(name):
        raise log.refuse(0, "BAD_ARG_NAME")
    if name in RESERVED or any(name == arg.name for arg in context.args):
        raise log.refuse(0, "USED_ARG_NAME")
    context.offset = len(word) - len(body)
    context.symbols = []
    context.missing_field = False
    _parse_body(name, body, context)


def _parse_body(name: str, body: str, context: Context) -> None:
    log = context.log
    if len(body) > context.target.max_text:
        raise log.refuse(context.offset, "ARG_TOO_LONG")
    if not body:
        raise log.refuse(context.offset, "NO_ARG_BODY")
    typed = Typed(body, context)
    assert typed.found is not None
    code = Code()
    type = typed.found
    context.forget_type()
    context.cast = None
    if not context.target.names:
        start = context.offset
        _count_size(type.size * (typed.count or 1), context)
        _parse_value(typed.text, code, context)
        context.offset = start
    else:
        _parse_value(typed.text, code, context)
        if context.last_type is not None:
            if typed.type is None:
                type = implied_type(context)
            elif "string" in typed.type:
                prepare_string(typed.type, code, context)
        _count_size(type.size * (typed.count or 1), context)
    finalize(code, typed, type, context)
    context.args.append(ParsedArg(name, body, type, typed.count, code.used))


def _count_size(bytes: int, context: Context) -> None:
    context.size += bytes
    if context.size > MAX_EVENT_SIZE:
        raise context.log.refuse(context.offset, "EVENT_TOO_BIG")


def _parse_value(text: str, code: Code, context: Context) -> None:
    if context.target.loop:
        _parse_inside_out(text, code, context)
    elif text[:1] in ("+", "-"):
        deref = _Deref(text, context)
        _parse_value(deref.inner, code, context)
        context.offset = deref.offset
        _follow(deref, code, context)
    elif text[:1] == "(" and context.target.event_casts:
        _parse_event_cast(text, code, context)
    else:
        parse_leaf(text, code, context)


class _Deref:
    """`+8(`, `-u16(`: what is within, and where it begins by the kernel's count, which forgets the `u`."""

    __slots__ = ("by", "inner", "offset", "op")

    def __init__(self, text: str, context: Context) -> None:
        log = context.log
        sign, rest = text[0], text[1:]
        self.op = "DEREF"
        if rest[:1] == "u":
            self.op, rest = "UDEREF", rest[1:]
        number, brace, inner = rest.partition("(")
        if not brace:
            raise log.refuse(context.offset, "DEREF_NEED_BRACE")
        signed = number if sign == "+" else f"-{number}"
        by = parse_signed(signed)
        if by is None:
            raise log.refuse(context.offset, "BAD_DEREF_OFFS")
        self.by = by
        # a minus that is not the sign in front of it is counted for it
        context.offset = context.moved(len(number) + (1 if sign == "+" and number[0] == "-" else 2))
        close = inner.rfind(")")
        if close < 0:
            raise log.refuse(context.moved(len(inner)), "DEREF_OPEN_BRACE")
        self.inner = inner[:close]
        self.offset = context.offset


def _follow(deref: _Deref, code: Code, context: Context) -> None:
    """One more read through what was fetched."""
    if code.op in ("COMM", "DATA"):
        raise context.log.refuse(context.offset, "COMM_CANT_DEREF")
    if not code.advance():
        raise context.log.refuse(context.offset, "TOO_MANY_OPS")
    code.set(deref.op, deref.by)
    context.last_type = None


def _parse_event_cast(text: str, code: Code, context: Context) -> None:
    """`(STRUCT)FIELD->MEMBER` of eprobes in Linux 7.2."""
    log, target = context.log, context.target
    if At.EVENT not in context.at:
        raise log.refuse(context.offset, "TYPECAST_NOT_EVENT")
    name, close, rest = text[1:].partition(")")
    if not close:
        raise log.refuse(context.moved(len(text)), "DEREF_OPEN_BRACE")
    context.cast = target.find_struct(name)
    if context.cast is None:
        raise log.refuse(context.moved(1), "NO_PTR_STRCT")
    context.offset = context.moved(len(name) + 2)
    variable, field, arrow = split_field(rest, context)
    if field is not None and not arrow:
        raise log.refuse(context.moved(len(rest) - len(field)), "NOSUP_DAT_ARG")
    if not any(known.name == variable for known in context.fields):
        raise log.refuse(context.offset, "BAD_ATTACH_ARG")
    code.set("TP_ARG", variable)
    context.last_type = context.cast
    context.last_bit_offset = context.last_bit_size = 0
    if field is not None:
        context.offset = context.moved(len(rest) - len(field))
        parse_members(field, context.cast, code, context)


# ------------------------------------------------------------------------------------------------ Linux 7.3


@record
class _Read:
    """A read through what is within: `op`, `by` how many bytes on, where its text begins, and what the text begins with."""

    op: str
    by: int
    offset: int | None
    first: str
    is_value: bool = False


@record
class _Cast:
    """`(TYPE[,MEMBER])…->MEMBERS`: the text between the parentheses, the members, and where both begin."""

    type: str
    members: str
    offset: int | None
    members_offset: int | None


def _parse_inside_out(text: str, code: Code, context: Context) -> None:
    waiting: list[_Read | _Cast] = []
    while text[:1] in ("+", "-", "(") or text.startswith(_PER_CPU):
        if len(waiting) >= _MAX_NESTED:
            raise context.log.refuse(context.offset, "TOO_MANY_NESTED")
        step: _Read | _Cast
        if text[:1] == "(":
            step, text = _enter_cast(text, context)
        elif text[:1] in ("+", "-"):
            deref = _Deref(text, context)
            text = deref.inner
            step = _Read(deref.op, deref.by, deref.offset, text[:1])
        else:
            step, text = _enter_per_cpu(text, context)
        waiting.append(step)
    parse_leaf(text, code, context)
    while waiting:
        match waiting.pop():
            case _Read() as read:
                _leave_read(read, code, context)
            case cast:
                _leave_cast(cast, code, context)


def _enter_per_cpu(text: str, context: Context) -> tuple[_Read, str]:
    log = context.log
    if At.KERNEL not in context.at or At.EVENT in context.at:
        raise log.refuse(context.offset, "NOSUP_PERCPU")
    prefix = next(prefix for prefix in _PER_CPU if text.startswith(prefix))
    context.offset = context.moved(len(prefix))
    inner = text[len(prefix) :]
    close = inner.rfind(")")
    if close < 0:
        raise log.refuse(context.moved(len(inner)), "DEREF_OPEN_BRACE")
    return _Read("CPU_PTR", 0, context.offset, inner[:close][:1], prefix == _PER_CPU[1]), inner[:close]


def _leave_read(read: _Read, code: Code, context: Context) -> None:
    log = context.log
    context.offset = read.offset
    if code.op in ("COMM", "DATA"):
        raise log.refuse(context.offset, "COMM_CANT_DEREF")
    if not (read.op == "CPU_PTR" and read.first == "@") and not code.advance():
        raise log.refuse(context.offset, "TOO_MANY_OPS")
    code.set(read.op, read.by)
    context.last_type = None
    if read.is_value:
        if not code.advance():
            raise log.refuse(context.offset, "TOO_MANY_OPS")
        code.set("DEREF", 0)


def _enter_cast(text: str, context: Context) -> tuple[_Cast, str]:
    log, start = context.log, context.offset
    at = context.at
    if not (At.EVENT in at or at.is_function_entry or at.is_function_return) or not context.target.names:
        raise log.refuse(start, "NOSUP_BTFARG")
    type, close, rest = text[1:].partition(")")
    if not close:
        raise log.refuse(context.moved(len(text)), "DEREF_OPEN_BRACE")
    context.offset = context.moved(len(type) + 2)
    inner, end = _cast_value(rest, context, log)
    members = rest[end:]
    return (
        _Cast(type, members, start, None if start is None else start + len(text) - len(members)),
        inner,
    )


def _cast_value(rest: str, context: Context, log: Log) -> tuple[str, int]:
    """What a cast is of, and where the members behind the arrow begin."""
    if rest[:1] == "(":
        close = _matching(rest, 0)
        if close is None:
            raise log.refuse(context.offset, "DEREF_OPEN_BRACE")
        if rest[close + 1 : close + 3] != "->":
            raise log.refuse(context.moved(close + 1), "TYPECAST_REQ_FIELD")
        context.offset = context.moved(1)
        return rest[1:close], close + 3
    if rest[:1] in ("+", "-") or rest.startswith(_PER_CPU):
        open = rest.find("(", 1)
        if open < 0:
            raise log.refuse(context.offset, "DEREF_NEED_BRACE")
        close = _matching(rest, open)
        if close is None:
            raise log.refuse(context.moved(len(rest)), "DEREF_OPEN_BRACE")
        if rest[close + 1 : close + 3] != "->":
            raise log.refuse(context.moved(close + 1), "TYPECAST_REQ_FIELD")
        return rest[: close + 1], close + 3
    if rest[:1] == "@":
        sign = next((at for at, char in enumerate(rest) if char in "+-"), None)
        if sign is not None and is_digit(rest[sign + 1 : sign + 2]):
            raise log.refuse(context.offset, "TYPECAST_SYM_OFFSET")
    hyphen = rest.find("-")
    if hyphen < 0 or rest[hyphen + 1 : hyphen + 2] != ">":
        raise log.refuse(context.moved(len(rest)), "TYPECAST_REQ_FIELD")
    return rest[:hyphen], hyphen + 2


def _matching(text: str, open: int) -> int | None:
    """Where the parenthesis that opens at `open` closes."""
    depth = 0
    for at in range(open, len(text)):
        if text[at] == "(":
            depth += 1
        elif text[at] == ")":
            depth -= 1
            if depth == 0:
                return at
    return None


def _leave_cast(cast: _Cast, code: Code, context: Context) -> None:
    log, target = context.log, context.target
    context.cast = None
    context.offset = None if cast.offset is None else cast.offset + 1
    name, comma, member = cast.type.partition(",")
    found = target.find_struct(name)
    if found is None:
        raise log.refuse(context.offset, "NO_PTR_STRCT")
    context.cast = found
    prefix = 0
    if comma:
        context.offset = context.moved(len(name) + 1)
        bits, _, left = walk_members(member, *found, context)
        if bits % 8:
            raise log.refuse(context.offset, "TYPECAST_NOT_ALIGNED")
        if left is not None:
            raise log.refuse(context.moved(-2), "TYPECAST_BAD_ARROW")
        prefix = bits // 8
    context.offset = cast.members_offset
    parse_members(cast.members, (found[0], resolve(*found)), code, context, prefix)
