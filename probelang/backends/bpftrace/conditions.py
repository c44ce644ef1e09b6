"""Conditions as expressions of bpftrace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.bpftrace.text import quote
from probelang.probes import Compare, Condition, Junction, Not
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.source import Span


class ConditionRefused(Exception):
    """A comparison that bpftrace cannot make; `span` is where it is written."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


@record
class Named:
    """What a field is called in the script; of a string in memory, the string at an address behind it: `str($at{0})`."""

    text: str
    at: str | None = None


def render_condition(condition: Condition, names: Mapping[str, Named], dialect: Dialect) -> str:
    """The expression; `names` is what fields are called in the script. Raises ConditionRefused."""
    match condition:
        case Junction(op, operands):
            return f" {op} ".join(_inner(operand, names, dialect) for operand in operands)
        case Not(operand):
            return f"!({render_condition(operand, names, dialect)})"
        case Compare():
            return _compare(condition, names, dialect)


def _inner(condition: Condition, names: Mapping[str, Named], dialect: Dialect) -> str:
    text = render_condition(condition, names, dialect)
    return f"({text})" if isinstance(condition, Junction) else text


def _compare(compare: Compare, names: Mapping[str, Named], dialect: Dialect) -> str:
    if compare.common:
        named = Named({"tid": dialect.tid}.get(compare.field, compare.field))
    else:
        named = names[compare.field]
    left, value = named.text, compare.value
    if isinstance(value, bytes):
        return _compare_text(named, compare, value, dialect)
    if compare.op == "&":
        return f"({left} & {value:#x}) != 0"
    return f"{left} {compare.op} {value}"


def _compare_text(named: Named, compare: Compare, value: bytes, dialect: Dialect) -> str:
    left = named.text
    if b"\0" in value:
        raise ConditionRefused("a string of bpftrace cannot have a NUL in it", compare.span)
    if compare.op != "~":
        _check_length(value, compare, dialect)
        return f"{left} {compare.op} {quote(value)}"
    parts = split_glob(value)
    if parts is None:
        raise ConditionRefused(
            "bpftrace can tell how a string begins, how it ends and what is in it, but knows no patterns: "
            '`"text"`, `"text*"`, `"*text"`, `"*text*"` and `"some*text"` work, `?` and `[` do not',
            compare.span,
        )
    for part in parts:
        _check_length(part, compare, dialect)
    match parts:
        case [whole]:
            return f"{left} == {quote(whole)}"
        case [b"", *_, b""] if len(parts) < 4:
            inner = parts[1] if len(parts) == 3 else b""
            return f"strcontains({left}, {quote(inner)})" if inner else "1 == 1"
        case [before, after]:
            if after and not dialect.strlen:
                raise ConditionRefused(
                    f"{dialect.title} cannot tell how a string ends: `--bpftrace-version 0.27` can",
                    compare.span,
                )
            if after and named.at is None:
                raise ConditionRefused(
                    "bpftrace can tell how a string in memory ends, and not this one", compare.span
                )
            length = len(before) + len(after)
            texts = [f"strlen({left}) >= {length}"] if after else []
            if before:
                texts.append(f"strncmp({left}, {quote(before)}, {len(before)}) == 0")
            if after and named.at is not None:
                end = named.at.format(f" + (int64)strlen({left}) - {len(after)}")
                texts.append(f"{end} == {quote(after)}")
            return " && ".join(texts) if len(texts) == 1 else f"({' && '.join(texts)})"
        case _:
            raise ConditionRefused(
                "bpftrace can look for one text between two `*`, or on both sides of one", compare.span
            )


def _check_length(text: bytes, compare: Compare, dialect: Dialect) -> None:
    if len(text) >= dialect.max_string:
        raise ConditionRefused(
            f"a string of {dialect.title} has at most {dialect.max_string - 1} bytes", compare.span
        )


def split_glob(pattern: bytes) -> list[bytes] | None:
    """The plain texts between the `*` of a glob, None where it has `?` or `[`. Several `*` in a row are one."""
    parts = [bytearray()]
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"\\" and at + 1 < len(pattern):
            at += 1
            parts[-1] += pattern[at : at + 1]
        elif char == b"*":
            if at == 0 or pattern[at - 1 : at] != b"*" or len(parts) == 1 or parts[-1]:
                parts.append(bytearray())
        elif char in (b"?", b"["):
            return None
        else:
            parts[-1] += char
        at += 1
    return [bytes(part) for part in parts]
