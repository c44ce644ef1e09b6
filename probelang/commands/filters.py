"""Conditions of events, as kernel/trace/trace_events_filter.c reads them: of an eprobe's `if`, and of an event's `filter`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.octets import (
    is_digit,
    is_letter_or_digit,
    is_space,
    parse_signed,
    parse_unsigned,
)
from probelang.commands.verdict import Doubtful, LogEntry, Refused
from probelang.kernel.tracefs import EventField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.target import Target
    from probelang.commands.verdict import Log

UNFINISHED = "FILT_INVALID_FILTER"
"""A condition that ends behind `&&` or `||`."""

_OPERATORS = ("~", "!=", "==", "<=", "<", ">=", ">", "&")
_MAX_NUMBER = 24
_MAX_STRING = 256

_GENERIC = {
    "CPU": EventField("CPU", "int", 0, 4, True, "cpu"),
    "cpu": EventField("cpu", "int", 0, 4, True, "cpu"),
    "common_cpu": EventField("common_cpu", "int", 0, 4, True, "cpu"),
    "COMM": EventField("COMM", "char *", 0, 0, True, "comm"),
    "comm": EventField("comm", "char *", 0, 0, True, "comm"),
    "stacktrace": EventField("stacktrace", "char *", 0, 0, True, "stack"),
    "STACKTRACE": EventField("STACKTRACE", "char *", 0, 0, True, "stack"),
}
_COMMON = {
    "common_type": EventField("common_type", "unsigned short", 0, 2, False, "int"),
    "common_flags": EventField("common_flags", "unsigned char", 2, 1, False, "int"),
    "common_preempt_count": EventField("common_preempt_count", "unsigned char", 3, 1, False, "int"),
    "common_pid": EventField("common_pid", "int", 4, 4, True, "int"),
}


class _Wrong(Exception):
    """An error (None: nothing is said), its offset by the kernel's count, and where it is."""

    def __init__(self, name: str | None, at: int = 0, place: int | None = None) -> None:
        super().__init__(name)
        self.name = name
        self.at = at
        self.place = at if place is None else place


def check_filter(text: str, fields: Sequence[EventField], log: Log, target: Target) -> None:
    """Raises `Refused`, with what the kernel says of a condition that it does not take; `Doubtful`."""
    found = filter_error(text, fields, target)
    if found is not None:
        name, at, place = found
        log.entries.append(
            LogEntry("event filter parse error", name, text, at & 0xFFFF, log.index, min(place, len(text)))
        )
        raise refusal(name)


def refusal(name: str) -> Refused | Doubtful:
    """What becomes of a condition with an error, which `filter_error` found.

    Debian's 6.1.176 and 7.2.13 take `a == 1 &&` and leave the `&&` out, 6.12.117 and 7.3.4 refuse it. It is the same
    few lines within one function, so neither BTF nor the symbols differ.
    """
    return Doubtful("condition", UNFINISHED) if name == UNFINISHED else Refused()


def filter_error(text: str, fields: Sequence[EventField], target: Target) -> tuple[str, int, int] | None:
    """The error of a condition, its column by the kernel's count, and its place; None if the kernel takes it."""
    try:
        _Condition(text, fields, target).check()
    except _Wrong as wrong:
        return (wrong.name, wrong.at, wrong.place) if wrong.name is not None else ("FILT_ERRNO", 0, 0)
    return None


class _Condition:
    def __init__(self, text: str, fields: Sequence[EventField], target: Target) -> None:
        self.text = text
        self.fields = {field.name: field for field in reversed(fields)}
        self.target = target

    def char(self, at: int) -> str:
        return self.text[at : at + 1]

    def check(self) -> None:
        parens, predicates = self._count()
        if not predicates:
            raise _Wrong(None)
        self._parse(parens, predicates)

    def _count(self) -> tuple[int, int]:
        """How deep parentheses go, and how many comparisons there are, by a first look."""
        text = self.text
        inside = False
        predicates = 0
        depth = deepest = 1
        quote, quote_at = "", 0
        at = 0
        while at < len(text):
            char = text[at]
            at += 1
            if is_space(char):
                continue
            if quote:
                if char == quote:
                    quote = ""
                continue
            if char in "'\"":
                quote, quote_at = char, at - 1
            elif char in "|&" and self.char(at) == char:
                inside = False
                continue
            elif char == "(":
                inside = False
                depth += 1
                deepest = max(deepest, depth)
                continue
            elif char == ")":
                inside = False
                if depth == 1:
                    raise _Wrong("FILT_TOO_MANY_CLOSE", at - 1)
                depth -= 1
                continue
            if not inside:
                predicates += 1
                inside = True
        if quote:
            raise _Wrong("FILT_MISSING_QUOTE", quote_at)
        if depth != 1:
            raise _Wrong("FILT_TOO_MANY_OPEN", self._bad_open(depth))
        return deepest, predicates

    def _bad_open(self, depth: int) -> int:
        """The parenthesis that does not close, looked for from the end."""
        level, quote = depth, ""
        for at in range(len(self.text) - 1, 0, -1):
            char = self.text[at]
            if quote:
                if char == quote:
                    quote = ""
            elif char == "(":
                if level == depth:
                    return at
                level -= 1
            elif char == ")":
                level += 1
            elif char in "'\"":
                quote = char
        return 0

    def _parse(self, parens: int, predicates: int) -> None:
        text = self.text
        depth = 0
        count = 0
        at = 0
        while at < len(text):
            start = at
            at += 1
            char = text[start]
            if is_space(char):
                continue
            if char == "(":
                if depth >= parens - 1:
                    raise _Wrong(None)
                depth += 1
                continue
            if char == "!" and self.char(start + 1) not in ("=", "~"):
                continue
            if count >= predicates:
                raise _Wrong("FILT_TOO_MANY_PREDS", start)
            at = self._comparison(start, at)
            count += 1
            while True:
                start = at
                at += 1
                char = self.char(start)
                if char and is_space(char):
                    continue
                if char in ("&", "|") and self.char(start + 1) == char:
                    at += 1
                elif char not in (")", ""):
                    raise _Wrong("FILT_TOO_MANY_PREDS", start)
                if char in ("&", "|"):
                    break
                if not char:
                    if depth:
                        raise _Wrong("FILT_TOO_MANY_OPEN", at)
                    return
                if not depth:
                    raise _Wrong("FILT_TOO_MANY_CLOSE", at)
                depth -= 1
        if count:
            raise _Wrong(UNFINISHED, at)
        if depth:
            raise _Wrong("FILT_TOO_MANY_OPEN", at)
        if not count:
            raise _Wrong("FILT_NO_FILTER", at)

    def _find(self, name: str) -> EventField | None:
        generic = _GENERIC.get(name)
        if generic is not None and generic.kind == "stack" and not self.target.names:
            # Linux 6.1 was seen not to know it
            generic = None
        return self.fields.get(name) or generic or _COMMON.get(name)

    def _skip_spaces(self, at: int) -> int:
        while self.char(at) and is_space(self.char(at)):
            at += 1
        return at

    def _comparison(self, start: int, base: int) -> int:
        """One comparison, which begins at `start`; the kernel counts from `base`. Returns its end."""
        shift = base - start
        at = self._skip_spaces(start)
        begin = at
        while is_letter_or_digit(self.char(at)) or self.char(at) == "_":
            at += 1
        if at == begin:
            raise _Wrong(None)
        field = self._find(self.text[begin:at])
        if field is None:
            raise _Wrong("FILT_FIELD_NOT_FOUND", at + shift, at)
        if self.text.startswith(".ustring", at):
            at += len(".ustring")
        of_function = self.target.names and self.text.startswith(".function", at)
        if of_function:
            at += len(".function")
        at = self._skip_spaces(at)
        operator = next((op for op in _OPERATORS if self.text.startswith(op, at)), None)
        if operator is None:
            raise _Wrong("FILT_INVALID_OP", at + shift, at)
        at = self._skip_spaces(at + len(operator))
        if of_function:
            return self._function(field, operator, at, shift)
        char = self.char(at)
        if self.target.names and self.text.startswith("CPUS", at):
            return self._cpus(field, operator, at, shift)
        if char in ("'", '"'):
            return self._string(field, operator, at, shift)
        if is_digit(char) or char == "-":
            return self._number(field, operator, at, shift)
        raise _Wrong("FILT_INVALID_VALUE", at + shift, at)

    def _function(self, field: EventField, operator: str, at: int, shift: int) -> int:
        if field.size != 8:
            raise _Wrong("FILT_ILLEGAL_FIELD_OP", at + shift, at)
        if operator not in ("!=", "=="):
            raise _Wrong("FILT_INVALID_OP", at + shift, at)
        if is_digit(self.char(at)):
            raise Doubtful("address")
        begin = at
        while self.char(at) and not is_space(self.char(at)):
            at += 1
        if not self.target.count_symbols(self.text[begin:at]):
            raise _Wrong("FILT_NO_FUNCTION", at + shift, at)
        return at

    def _cpus(self, field: EventField, operator: str, at: int, shift: int) -> int:
        if _kind(field) not in ("cpumask", "cpu", "other"):
            raise _Wrong("FILT_ILLEGAL_FIELD_OP", at + shift, at)
        if operator not in ("==", "!=", "&"):
            raise _Wrong("FILT_ILLEGAL_FIELD_OP", at + shift, at)
        at += 4
        if self.char(at) != "{":
            raise _Wrong("FILT_MISSING_BRACE_OPEN", at + 1 + shift, at + 1)
        at += 1
        begin = at
        while self.char(at) and self.char(at) != "}":
            at += 1
        if not self.char(at):
            raise _Wrong("FILT_MISSING_BRACE_CLOSE", at + shift, at)
        if begin == at:
            raise _Wrong("FILT_INVALID_CPULIST", at + shift, at)
        for part in self.text[begin:at].split(","):
            low, dash, high = part.partition("-")
            if not low.isdecimal() or (dash and not high.isdecimal()):
                raise Doubtful("address")
            if int(low) or (dash and int(high)):
                raise Doubtful("address")
        return at + 1

    def _string(self, field: EventField, operator: str, at: int, shift: int) -> int:
        if operator not in ("!=", "~", "=="):
            raise _Wrong("FILT_ILLEGAL_FIELD_OP", at + shift, at)
        if not _is_string(field):
            raise _Wrong("FILT_EXPECT_DIGIT", at + shift, at)
        begin = at + 1
        end = self.text.find(self.char(at), begin)
        if end < 0:
            raise _Wrong("FILT_MISSING_QUOTE", len(self.text) + shift, len(self.text))
        if end - begin >= _MAX_STRING:
            raise _Wrong("FILT_OPERAND_TOO_LONG", end + shift, end)
        return end + 1

    def _number(self, field: EventField, operator: str, at: int, shift: int) -> int:
        if _is_string(field):
            raise _Wrong("FILT_EXPECT_STRING", at + shift, at)
        if operator == "~":
            raise _Wrong("FILT_ILLEGAL_FIELD_OP", at + shift, at)
        begin = at
        if self.char(at) == "-":
            at += 1
        while is_letter_or_digit(self.char(at)):
            at += 1
        text = self.text[begin:at]
        if len(text) >= _MAX_NUMBER:
            raise _Wrong("FILT_OPERAND_TOO_LONG", at + shift, at)
        value = parse_signed(text) if field.signed else parse_unsigned(text)
        if value is None:
            raise _Wrong("FILT_ILLEGAL_INTVAL", begin + shift, begin)
        return at


def _kind(field: EventField) -> str:
    """What the kernel makes of a field by its C type (`filter_assign_type`)."""
    if field.kind in ("cpu", "comm", "stack"):
        return field.kind
    text = field.type
    if "__data_loc" in text and "cpumask_t" in text and "char" not in text:
        return "cpumask"
    if "char" in text and ("__data_loc" in text or "__rel_loc" in text or "[" in text):
        return "string"
    return "pointer string" if text in ("char *", "const char *") else "other"


def _is_string(field: EventField) -> bool:
    return _kind(field) in ("string", "pointer string", "comm")
