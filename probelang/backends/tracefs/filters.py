"""Conditions in the language of the kernel's event filter (kernel/trace/trace_events_filter.c).

The filter has no escapes, and its globs have traps: a leading `!` turns one into its opposite, and one that begins with a
digit is compared to the letter. A backslash before the first character, which only the glob matcher reads, avoids both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.probes import Compare, Condition, EventFieldValue, Field, Junction, Not

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.source import Span

#: MAX_FILTER_STR_VAL, the end of the string not counted.
MAX_TEXT = 255
_COMMON = {"tid": "common_pid", "cpu": "common_cpu"}


class FilterTextError(Exception):
    """A string that no filter can hold; `span` is the comparison's."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


def render_filter(condition: Condition, names: Mapping[str, str] | None = None) -> str:
    """The filter's text; `names` gives other names to fields. Raises FilterTextError."""
    match condition:
        case Junction(op, operands):
            return f" {op} ".join(_inner(operand, names) for operand in operands)
        case Not(operand):
            return f"!({render_filter(operand, names)})"
        case Compare():
            return _compare(condition, names)


def _inner(condition: Condition, names: Mapping[str, str] | None) -> str:
    text = render_filter(condition, names)
    return f"({text})" if isinstance(condition, Junction) else text


def _compare(compare: Compare, names: Mapping[str, str] | None) -> str:
    field = _COMMON[compare.field] if compare.common else (names or {}).get(compare.field, compare.field)
    if isinstance(compare.value, int):
        return f"{field} {compare.op} {compare.value}"
    return f"{field} {compare.op} {_quote(compare)}"


def _quote(compare: Compare) -> str:
    assert isinstance(compare.value, bytes)
    try:
        text = compare.value.decode()
    except UnicodeDecodeError:
        raise FilterTextError("a filter's string is text, and this is not UTF-8", compare.span) from None
    if compare.op == "~" and (text[:1] == "!" or text[:1].isdigit()):
        text = "\\" + text
    wrong = next((char for char in text if ord(char) < 32 or ord(char) == 127), None)
    if wrong is not None:
        raise FilterTextError(
            f"the kernel's filter has no escapes, so its strings cannot have {wrong!r}", compare.span
        )
    if len(text.encode()) > MAX_TEXT:
        raise FilterTextError(f"a filter's string may have {MAX_TEXT} bytes", compare.span)
    for quote in '"', "'":
        if quote not in text:
            return quote + text + quote
    raise FilterTextError(
        "the kernel's filter has no escapes, so its strings cannot have both kinds of quotes", compare.span
    )


def names_in_event(condition: Condition, fields: Mapping[str, Field]) -> dict[str, str] | None:
    """Where a condition compares fields of an eprobe's own event only: the names they have there.

    A field that is recorded narrower than the event has it, or by another sign, is compared as recorded: the event's
    eight bytes of a syscall's `int` are whatever the program left in the register, and unsigned.
    """
    names: dict[str, str] = {}
    return names if _collect(condition, fields, names) else None


def _collect(condition: Condition, fields: Mapping[str, Field], names: dict[str, str]) -> bool:
    match condition:
        case Junction(_, operands):
            return all(_collect(operand, fields, names) for operand in operands)
        case Not(operand):
            return _collect(operand, fields, names)
        case Compare(name, common=common):
            if common:
                return True
            access, fetch = fields[name].access, fields[name].fetch
            if access.derefs or not isinstance(access.base, EventFieldValue):
                return False
            recorded, own = (fetch.bits, fetch.signed), (access.base.size * 8, access.base.signed)
            if not access.base.text and recorded != own:
                return False
            names[name] = access.base.name
            return True
