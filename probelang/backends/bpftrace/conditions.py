"""Conditions as expressions of bpftrace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.bpftrace.text import quote
from probelang.probes import Compare, Condition, Junction, Not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.source import Span


class ConditionRefused(Exception):
    """A comparison that bpftrace cannot make; `span` is where it is written."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


def render_condition(condition: Condition, names: Mapping[str, str], dialect: Dialect) -> str:
    """The expression; `names` is what fields are called in the script. Raises ConditionRefused."""
    match condition:
        case Junction(op, operands):
            return f" {op} ".join(_inner(operand, names, dialect) for operand in operands)
        case Not(operand):
            return f"!({render_condition(operand, names, dialect)})"
        case Compare():
            return _compare(condition, names, dialect)


def _inner(condition: Condition, names: Mapping[str, str], dialect: Dialect) -> str:
    text = render_condition(condition, names, dialect)
    return f"({text})" if isinstance(condition, Junction) else text


def _compare(compare: Compare, names: Mapping[str, str], dialect: Dialect) -> str:
    if compare.common:
        left = {"tid": dialect.tid}.get(compare.field, compare.field)
    else:
        left = names[compare.field]
    value = compare.value
    if isinstance(value, bytes):
        return _compare_text(left, compare, value, dialect)
    if compare.op == "&":
        return f"({left} & {value:#x}) != 0"
    return f"{left} {compare.op} {value}"


def _compare_text(left: str, compare: Compare, value: bytes, dialect: Dialect) -> str:
    if b"\0" in value:
        raise ConditionRefused("a string of bpftrace cannot have a NUL in it", compare.span)
    if compare.op != "~":
        _check_length(value, compare, dialect)
        return f"{left} {compare.op} {quote(value)}"
    parts = split_glob(value)
    if parts is None:
        raise ConditionRefused(
            "bpftrace compares whole strings, their beginning, or looks for a part: "
            '`"text"`, `"text*"` and `"*text*"`, without `?` and `[`',
            compare.span,
        )
    before, text, after = parts
    _check_length(text, compare, dialect)
    if not text:
        # `*` fits everything, and the empty pattern the empty string
        return f'{left} == ""' if not before else "1 == 1"
    if before:
        return f"strcontains({left}, {quote(text)})"
    if after:
        return f"strncmp({left}, {quote(text)}, {len(text)}) == 0"
    return f"{left} == {quote(text)}"


def _check_length(text: bytes, compare: Compare, dialect: Dialect) -> None:
    if len(text) >= dialect.max_string:
        raise ConditionRefused(
            f"a string of {dialect.title} has at most {dialect.max_string - 1} bytes", compare.span
        )


def split_glob(pattern: bytes) -> tuple[bool, bytes, bool] | None:
    """A glob as plain text with or without a `*` before and after it; None where it is more than that.

    A `*` before the text alone asks how a string ends, which bpftrace cannot tell.
    """
    text = bytearray()
    stars: list[int] = []
    at = 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"\\" and at + 1 < len(pattern):
            at += 1
            text += pattern[at : at + 1]
        elif char == b"*":
            stars.append(len(text))
        elif char in b"?[":
            return None
        else:
            text += char
        at += 1
    before, after = 0 in stars, len(text) in stars
    if any(0 < star < len(text) for star in stars) or (before and text and not after):
        return None
    return before, bytes(text), after
