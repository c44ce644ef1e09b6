"""`s:NAME TYPE FIELD; …`: synthetic events, in the order of kernel/trace/trace_events_synth.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.octets import is_good_name, is_space, parse_unsigned
from probelang.commands.state import SYNTHETIC, Probe
from probelang.commands.verdict import Declined, LogEntry, Refused, Words

if TYPE_CHECKING:
    from probelang.commands.state import State
    from probelang.commands.target import Target
    from probelang.kernel.tracefs import EventField

_MAX_FIELDS = 64
_MAX_STRING = 256
_SYSTEM = "synthetic"
_SIZES = {
    "s64": 8, "u64": 8, "s32": 4, "u32": 4, "s16": 2, "u16": 2, "s8": 1, "u8": 1,
    "char": 1, "unsigned char": 1, "int": 4, "unsigned int": 4, "long": 8, "unsigned long": 8,
    "bool": 1, "pid_t": 4, "gfp_t": 4,
}  # fmt: skip


class _Command:
    """The command without what stands before it, which is what the log shows."""

    def __init__(self, text: str) -> None:
        self.text = text.lstrip("".join(char for char in map(chr, range(256)) if is_space(char)))
        self.entries: list[LogEntry] = []

    def refuse(self, name: str, at: int = 0) -> Refused:
        self.entries.append(LogEntry("synthetic_events", f"SYNTH_{name}", self.text, at & 0xFFFF, -1, at))
        return Refused()

    def find(self, word: str) -> int:
        """Where the kernel puts the caret for a word: the first place where the text has it."""
        return max(self.text.find(word), 0)


def parse_synthetic(text: str, target: Target, state: State, entries: list[LogEntry]) -> Probe | None:
    """The event, if the kernel takes it; None for an empty command. Raises `Refused`, `Declined`, `Doubtful`."""
    command = _Command(text)
    command.entries = entries
    raw = command.text
    if not raw:
        return None
    if not raw.startswith("s:"):
        raise Declined
    end = next((at for at, char in enumerate(raw) if char in " \t"), None)
    if end is None:
        raise command.refuse("INVALID_CMD")
    start = 2
    if "/" in raw[2:]:
        if not raw.startswith(f"{_SYSTEM}/", 2):
            raise command.refuse("INVALID_DYN_CMD")
        start += len(_SYSTEM) + 1
    if len(Words(raw[start:].partition(";")[0])) < 3 and raw[start : start + 1] != "!":
        raise command.refuse("INVALID_CMD")
    return _create(raw[start:end], raw[end:], command, target, state)


def _create(name: str, body: str, command: _Command, target: Target, state: State) -> Probe:
    if not name:
        raise command.refuse("INVALID_CMD")
    if not is_good_name(name):
        raise command.refuse("BAD_NAME", command.find(name))
    if any(probe.kind == SYNTHETIC for probe in state.probes(_SYSTEM, name)):
        raise command.refuse("EVENT_EXISTS", command.find(name))
    fields: list[EventField] = []
    for part in body.split(";"):
        words = Words(part).texts
        while words:
            field, taken = _field(words, command)
            if len(fields) == _MAX_FIELDS:
                raise command.refuse("TOO_MANY_FIELDS")
            fields.append(field)
            words = words[taken:]
    if not fields:
        raise command.refuse("INVALID_CMD")
    # an event of another kind that has this name is in nobody's way
    if target.has_event(_SYSTEM, name):
        raise Refused("event-exists")
    return Probe(SYNTHETIC, _SYSTEM, name, False, (name,), (), fields=tuple(fields))


def _field(words: list[str], command: _Command) -> tuple[EventField, int]:
    """The first field of `words`, and how many of them it takes."""
    from probelang.kernel.tracefs import EventField, field_kind

    prefix, type, taken = "", words[0], 2
    if type == "unsigned":
        if len(words) < 3:
            raise command.refuse("INCOMPLETE_TYPE", command.find(type))
        prefix, type, taken = "unsigned ", words[1], 3
    if len(words) < taken:
        raise command.refuse("INVALID_FIELD", command.find(type))
    whole = words[taken - 1]
    name, bracket, rest = whole.partition("[")
    array = bracket + rest
    if not is_good_name(name):
        raise command.refuse("BAD_NAME", command.find(whole))
    text = f"{prefix}{type}{array}"
    size = _size(text)
    if size is None:
        if array:
            raise command.refuse("INVALID_ARRAY_SPEC", command.find(whole))
        raise command.refuse("INVALID_TYPE", command.find(type))
    if size == 0:
        if "char[" not in text and "long[" not in text:
            raise command.refuse("INVALID_TYPE", command.find(type))
        text, size = f"__data_loc {text}", 8
    return EventField(
        name, text, 0, size, not text.startswith("u") and text != "gfp_t", field_kind(text)
    ), taken


def _size(text: str) -> int | None:
    """Bytes; 0 for what is of no certain size or no type at all, None for a bad array."""
    if text in _SIZES:
        return _SIZES[text]
    start = text.find("char[")
    if start < 0:
        return 0
    start += len("char[")
    end = text.find("]")
    if end < start or end + 1 < len(text) or end - start > 3:
        return None
    if end == start:
        return 0
    size = parse_unsigned(text[start:end], limit=1 << 32)
    return size if size is not None and size <= _MAX_STRING else None
