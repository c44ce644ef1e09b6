"""The values of hist triggers: fields, variables and sums of them, in the order of kernel/trace/trace_events_hist.c.

Everything here raises `Refused`, after it has put into the log what the kernel says, or `Doubtful` for what no trigger of ours has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.octets import is_digit, parse_unsigned
from probelang.commands.verdict import Doubtful, LogEntry, Refused
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.kernel.tracefs import EventField

MAX_COMMAND = 249
"""What the kernel keeps of a trigger for its log; of what is longer releases differ."""
MAX_TERMS = 3
STRING_SIZE = 256

_COMMON = {
    "common_type": (2, False),
    "common_flags": (1, False),
    "common_preempt_count": (1, False),
    "common_pid": (4, True),
}
_CPU = ("common_cpu", "cpu", "CPU")
_PLAIN = ("hex", "sym", "sym-offset", "syscall", "log2", "usecs")
_LATER = (
    "percent",
    "graph",
    "hitcount",
    "nohitcount",
    "stacktrace",
    "common_stacktrace",
    "STACKTRACE",
    "COMM",
    "comm",
    "common_comm",
)
"""Words of later releases, or of other triggers."""


@record
class Value:
    """What is counted, kept or compared: its C type and width, and what two of them are told by (`shape`).

    `text` is whether it is a string that is at hand, `kept` whether it is, or has, a variable, `micro` a time in microseconds.
    """

    type: str
    size: int
    signed: bool
    text: bool = False
    kept: bool = False
    micro: bool = False
    constant: bool = False
    shape: tuple[object, ...] = ()

    @property
    def is_field(self) -> bool:
        """Whether it is a field, which a histogram can be sorted by under its name."""
        return len(self.shape) == 4


@record
class Histogram:
    """One hist trigger of an event: its variables, its keys, what tells it from others, and the events that it raises."""

    event: tuple[str, str]
    variables: Mapping[str, Value]
    keys: tuple[tuple[str, int, bool], ...]
    shape: tuple[object, ...]
    raises: tuple[tuple[str, str], ...] = ()


class Trigger:
    """A hist trigger as it is read: its text, the event it is for, and all others."""

    def __init__(
        self,
        text: str,
        event: tuple[str, str],
        fields: Sequence[EventField],
        others: Sequence[Histogram],
        doubted: Sequence[tuple[tuple[str, str], str]],
        entries: list[LogEntry],
    ) -> None:
        self.command = f"hist:{text}"
        self.event = event
        self.fields = {field.name: field for field in fields}
        self.others = others
        self.doubted = doubted
        self.entries = entries
        self.in_keys = False
        #: The events of `onmatch(…)`.
        self.matched: list[tuple[str, str]] = []
        #: Assignments, names and texts, and the variables that have been made of them.
        self.assigned: list[tuple[str, str]] = []
        self.variables: dict[str, Value] = {}

    def say(self, name: str, part: str | None) -> None:
        """Put an error into the log; the kernel's caret is at the first place that has the text in question."""
        if len(self.command) > MAX_COMMAND:
            raise Doubtful("trigger", "of a long trigger the kernel forgets the end")
        at = max(self.command.find(part), 0) if part else 0
        where = "hist:{}:{}".format(*self.event)
        self.entries.append(LogEntry(where, f"HIST_{name}", self.command, at, -1, at))

    def refuse(self, name: str, part: str | None) -> Refused:
        """An error that ends it; the exception is for the caller to raise."""
        self.say(name, part)
        return Refused()

    # ------------------------------------------------------------------------------------------- variables

    def on(self, event: tuple[str, str]) -> list[Histogram]:
        """The histograms of an event."""
        if any(event == other for other, _ in self.doubted):
            raise Doubtful("earlier")
        return [one for one in self.others if one.event == event]

    def has_variable(self, name: str) -> bool:
        """Whether this trigger, or another of its event, has a variable."""
        return name in self.variables or any(name in one.variables for one in self.on(self.event))

    def find(self, event: tuple[str, str] | None, name: str) -> Value | None:
        """A variable of an event, or of the one that is matched, or of any."""
        if event is None:
            matched = [value for one in self.matched if (value := self._of_event(one, name)) is not None]
            if len(matched) > 1:
                self.say("VAR_NOT_UNIQUE", name)
                return None
            if matched:
                return matched[0]
            if any(f"{name}=" in text for _, text in self.doubted):
                raise Doubtful("earlier")
            events = list(dict.fromkeys(one.event for one in self.others if name in one.variables))
            if len(events) > 1:
                self.say("VAR_NOT_UNIQUE", name)
                return None
            if not events:
                return None
            event = events[0]
        return self._of_event(event, name)

    def _of_event(self, event: tuple[str, str], name: str) -> Value | None:
        return next((one.variables[name] for one in self.on(event) if name in one.variables), None)

    # ---------------------------------------------------------------------------------------------- values

    def parse_value(self, text: str, terms: list[int], assigned: int | None = None) -> Value:
        """A sum or difference, or what is none; `terms` counts how often it was split.

        `assigned` is the number of the assignment that it begins: the kernel cuts that in place, and later finds what is left.
        """
        if terms[0] > MAX_TERMS:
            raise self.refuse("TOO_MANY_SUBEXPR", text)
        at = max(text.rfind("-"), text.rfind("+"))
        if at < 0:
            if "/" in text or "*" in text:
                raise Doubtful("trigger")
            return self.parse_atom(text)
        if text.rfind("-") == 0:
            raise Doubtful("trigger")
        terms[0] += 1
        left, right = text[:at], text[at + 1 :]
        if not left or not right:
            raise Refused("trigger-malformed")
        if assigned is not None:
            self.assigned[assigned] = (self.assigned[assigned][0], left)
        first = self.parse_value(left, terms, assigned)
        if first.text:
            raise self.refuse("INVALID_STR_OPERAND", left)
        second = self.parse_value(right, terms)
        if second.text:
            raise self.refuse("INVALID_STR_OPERAND", right)
        if first.micro != second.micro:
            raise self.refuse("TIMESTAMP_MISMATCH", None)
        if first.constant and second.constant:
            return Value("u64", 8, False, constant=True, shape=("constant",))
        shape = ("sum", first.size, first.signed)
        return replace(first, constant=False, kept=first.kept or second.kept, shape=shape)

    def parse_atom(self, text: str) -> Value:
        """A number, a field, or `$variable`, each of another event by `SYSTEM.EVENT.`."""
        if is_digit(text[:1]):
            if parse_unsigned(text) is None:
                raise self.refuse("EXPECT_NUMBER", text)
            return Value("u64", 8, False, constant=True, shape=("constant",))
        event = None
        name = text
        if text.count(".") > 1:
            system, event_name, name = text.split(".", 2)
            event = (system, event_name)
            text = name
        if len(name) > 1 and name[0] == "$":
            plain = self._plain_text(name[1:]) if event in (None, self.event) else None
            if plain is None:
                found = self.find(event, name[1:])
                if found is not None:
                    # what is behind a variable is not at hand
                    return replace(found, text=False, kept=True, shape=("variable", found.size, found.signed))
                self.say("VAR_NOT_FOUND", name[1:])
            else:
                text = plain
        return self.parse_field(text)

    def _plain_text(self, name: str) -> str | None:
        """The field that a variable of this trigger stands for."""
        for known, text in self.assigned:
            is_plain = not any(char in text for char in "+-*/") and not (len(text) > 1 and text[0] == "$")
            if known == name and is_plain:
                return text
        return None

    def parse_field(self, text: str) -> Value:
        """A field of the event, with what it is made of behind a dot."""
        name, dot, how = text.partition(".")
        micro = bucket = False
        if dot:
            if how.startswith("bucket"):
                self._check_bucket(how)
                bucket = True
                if not self.in_keys:
                    raise Doubtful("trigger")
            elif how == "log2" and not self.in_keys:
                raise Doubtful("trigger")
            elif how == "execname" and name == "common_pid":
                return Value("char[]", STRING_SIZE, False, True, shape=(name, how, STRING_SIZE, False))
            elif how not in _PLAIN:
                if how in _LATER:
                    raise Doubtful("trigger")
                raise self.refuse("BAD_FIELD_MODIFIER", how)
            micro = how == "usecs"
        if name in _LATER:
            raise Doubtful("trigger")
        made = self._look_up(name, micro)
        if bucket or how == "log2":
            made = replace(made, signed=False)
        return replace(made, shape=(name, how.partition("=")[0], made.size, made.signed))

    def _check_bucket(self, how: str) -> None:
        rest = how.removeprefix("bucket").removeprefix("s")
        if rest[:1] == "=":
            rest = rest[1:]
            if parse_unsigned(rest):
                return
        raise self.refuse("BAD_FIELD_MODIFIER", rest)

    def _look_up(self, name: str, micro: bool) -> Value:
        if name == "common_timestamp":
            return Value("u64", 8, False, micro=micro)
        if name in _COMMON:
            size, signed = _COMMON[name]
            return Value(name, size, signed, micro=micro)
        field = self.fields.get(name)
        if field is None:
            if name in _CPU:
                return Value("unsigned int", 4, False, micro=micro)
            raise self.refuse("FIELD_NOT_FOUND", name)
        if field.kind in ("string", "dynamic_string"):
            return Value(field.type, field.size if field.kind == "string" else STRING_SIZE, False, True)
        if field.size not in (1, 2, 4, 8):
            raise Refused("trigger-malformed")
        # `x64` is a way to show `u64`
        hexadecimal = field.type[:1] == "x" and field.type[1:].isdecimal()
        type = f"u{field.type[1:]}" if hexadecimal else field.type
        return Value(type, field.size, field.signed, micro=micro)
