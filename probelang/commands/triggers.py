"""Triggers of events, as far as joins, tables and stack traces take them: `hist:` with values, variables and `onmatch(…).trace(…)`, and `stacktrace`.

Of all others nothing is said. The order of checks is that of `event_hist_trigger_parse` in kernel/trace/trace_events_hist.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.eprobe import probe_fields
from probelang.commands.filters import UNFINISHED, filter_error, refusal
from probelang.commands.histogram import Histogram, Trigger, Value
from probelang.commands.octets import parse_unsigned
from probelang.commands.state import EPROBE, SYNTHETIC
from probelang.commands.verdict import Doubtful, LogEntry, Refused
from probelang.record import record

if TYPE_CHECKING:
    from probelang.commands.state import Probe, State
    from probelang.commands.target import Target
    from probelang.kernel.tracefs import EventField

MAX_VARIABLES, MAX_ACTIONS, MAX_KEYS, MAX_KEY_SIZE, MAX_PARAMS = 16, 8, 3, 384, 64
STACK_SIZE = 128
_ELSE = ("traceon", "traceoff", "snapshot", "enable_event", "disable_event", "enable_hist", "disable_hist")
MAX_VALUES, MAX_SORT_KEYS = 2, 2
_GIVEN = {
    "key": "keys",
    "keys": "keys",
    "val": "values",
    "vals": "values",
    "values": "values",
    "sort": "sort",
}
_ATTRIBUTES = ("name=", "clock=")
_WORDS = ("pause", "cont", "continue", "clear", "nohitcount", "nohc")


@record
class _Action:
    """`onmatch(EVENT).NAME(PARAMS)`: the synthetic event that it raises, and with what."""

    event: tuple[str, str]
    synthetic: str
    params: tuple[str, ...]


def fields_of(system: str, name: str, target: Target, state: State) -> tuple[EventField, ...]:
    """The fields of an event. Raises `Refused` where there is no such event, `Doubtful`."""
    for probe in state.probes(system, name):
        if probe.kind == SYNTHETIC:
            return probe.fields
        fields = probe_fields(probe)
        return (
            tuple(field for field in fields if not field.name.startswith("__probe_"))
            if probe.kind == EPROBE
            else fields
        )
    static = target.event_fields(system, name)
    if static is None:
        raise Refused("no-such-event-file")
    return static


def write_filter(
    text: str, event: tuple[str, str], target: Target, state: State, entries: list[LogEntry]
) -> None:
    """A condition that is written to an event. Raises `Refused`, `Doubtful`."""
    fields = fields_of(*event, target, state)
    text = text.strip()
    if text == "0":
        return
    _check_filter(text, fields, target, entries, 0)


def _check_filter(
    text: str, fields: tuple[EventField, ...], target: Target, entries: list[LogEntry], before: int
) -> None:
    found = filter_error(text, fields, target)
    if found is not None:
        # before Linux 6.5 nothing is said of the condition of a trigger: 6.1 was seen to be silent
        name, at, place = found
        if before and not target.names and name != UNFINISHED:
            raise Refused("trigger-condition")
        entries.append(
            LogEntry("event filter parse error", name, text, at & 0xFFFF, -1, before + min(place, len(text)))
        )
        raise refusal(name)


def write_trigger(
    text: str, event: tuple[str, str], target: Target, state: State, entries: list[LogEntry]
) -> None:
    """A trigger that is written to an event. Raises `Refused`, `Doubtful`."""
    try:
        _write_trigger(text.strip(), event, target, state, entries)
    except Doubtful:
        state.doubted_triggers.append((event, text))
        raise


def _write_trigger(
    text: str, event: tuple[str, str], target: Target, state: State, entries: list[LogEntry]
) -> None:
    fields = fields_of(*event, target, state)
    at = next((at for at, char in enumerate(text) if char in ": \t"), len(text))
    command, rest = text[:at], text[at + 1 :].lstrip()
    if command[:1] == "!" or command in _ELSE:
        raise Doubtful("trigger")
    if command == "stacktrace":
        _stacktrace(text[at:], fields, target, entries)
        state.triggered.add(event)
        return
    if command != "hist":
        raise Refused("no-such-trigger")
    state.histograms.append(_hist(rest, event, fields, target, state, entries))
    state.triggered.add(event)


def _stacktrace(rest: str, fields: tuple[EventField, ...], target: Target, entries: list[LogEntry]) -> None:
    words = rest.split(None, 1)
    if not words:
        return
    if words[0] != "if" or len(words) < 2:
        raise Doubtful("trigger")
    _check_filter(words[1], fields, target, entries, len("stacktrace if "))


def _split_filter(text: str) -> tuple[str, str | None]:
    """What stands before ` if `, and the condition. Raises `Refused`."""
    at = -1
    while True:
        at = text.find("if", at + 1)
        if at < 0:
            return text, None
        if at == 0:
            raise Refused("trigger-malformed")
        if text[at - 1] not in " \t":
            continue
        if at >= len(text) - 3:
            raise Refused("trigger-malformed")
        if text[at + 2] in " \t":
            return text[: at - 1].strip(), text[at + 3 :].strip()


def _hist(
    text: str,
    event: tuple[str, str],
    fields: tuple[EventField, ...],
    target: Target,
    state: State,
    entries: list[LogEntry],
) -> Histogram:
    if not text:
        raise Refused("trigger-malformed")
    trigger = Trigger(text, event, fields, state.histograms, state.doubted_triggers, entries)
    head, condition = _split_filter(text)
    read = _attributes(head, trigger)
    raised = [_parse_action(action, trigger, target, state) for action in read.actions]
    _read_assignments(read.assignments, trigger)
    counted = _values(read.values, trigger)
    shapes: list[object] = [value.shape for value in counted]
    for number, (name, written) in enumerate(tuple(trigger.assigned)):
        if trigger.has_variable(name):
            raise trigger.refuse("DUPLICATE_VAR", name)
        value = trigger.parse_value(written, [0], number)
        trigger.variables[name] = value
        shapes.append((name, value.shape))
    values = _keys(read.keys, trigger)
    shapes += _sort(read.sort, [*counted, *values], trigger)
    if condition is not None:
        _check_filter(condition, fields, target, entries, len(trigger.command) - len(condition))
    shape = (tuple(shapes), tuple(value.shape for value in values), condition, tuple(read.actions))
    if any(one.shape == shape for one in trigger.on(event)):
        raise trigger.refuse("TRIGGER_EEXIST", None)
    trigger.in_keys = False
    key = tuple((value.type, value.size, value.signed) for value in values)
    for action in raised:
        _raise_event(action, key, trigger, state)
    raises = tuple(("synthetic", action.synthetic) for action in raised)
    return Histogram(event, dict(trigger.variables), key, shape, raises)


@record
class _Read:
    """The parts of a trigger as they stand there; "" for values and sort keys that are not given."""

    keys: str
    values: str
    sort: str
    assignments: list[str]
    actions: list[str]


def _attributes(head: str, trigger: Trigger) -> _Read:
    """The parts between the colons. Raises `Refused`."""
    given: dict[str, str] = {}
    assignments: list[str] = []
    actions: list[str] = []
    for part in head.split(":"):
        name, equals, value = part.partition("=")
        if not equals:
            if part in _WORDS or part.startswith(("onmax(", "onchange(")):
                raise Doubtful("trigger")
            if not part.startswith("onmatch(") or len(actions) == MAX_ACTIONS:
                raise Refused("trigger-malformed")
            actions.append(part)
        elif not value:
            raise trigger.refuse("EMPTY_ASSIGNMENT", part)
        elif name in _GIVEN:
            given[_GIVEN[name]] = value
        elif part.startswith(_ATTRIBUTES):
            raise Doubtful("trigger")
        elif name == "size":
            size = parse_unsigned(value)
            if size is None or not 7 <= max(size - 1, 0).bit_length() <= 17:
                raise Refused("trigger-malformed")
        elif len(assignments) == MAX_VARIABLES:
            raise trigger.refuse("TOO_MANY_VARS", part)
        else:
            assignments.append(part)
    if "keys" not in given:
        raise Refused("trigger-malformed")
    return _Read(given["keys"], given.get("values", ""), given.get("sort", ""), assignments, actions)


def _read_assignments(parts: list[str], trigger: Trigger) -> None:
    for part in parts:
        for written in part.split(",")[:MAX_VARIABLES]:
            name, equals, text = written.partition("=")
            if not equals:
                raise trigger.refuse("MALFORMED_ASSIGNMENT", written)
            if len(trigger.assigned) == MAX_VARIABLES:
                raise trigger.refuse("TOO_MANY_VARS", name)
            trigger.assigned.append((name, text))


def _values(text: str, trigger: Trigger) -> list[Value]:
    """What is summed up beside the number of hits."""
    values: list[Value] = []
    parts = text.split(",") if text else []
    hits = False
    while parts and len(values) < MAX_VALUES:
        part = parts.pop(0)
        if part == "hitcount":
            if hits:
                values.append(Value("u64", 8, False, shape=("hitcount", "", 8, False)))
            hits = True
            continue
        how = part.partition(".")[2]
        trigger.in_keys = True
        value = trigger.parse_value(part, [0])
        trigger.in_keys = False
        if value.kept:
            raise Doubtful("trigger")
        if how in ("sym", "sym-offset", "syscall", "log2") or how.startswith("bucket"):
            raise trigger.refuse("BAD_FIELD_MODIFIER", part)
        values.append(value)
    if parts and parts != ["hitcount"]:
        raise Refused("trigger-malformed")
    return values


def _sort(text: str, values: list[Value], trigger: Trigger) -> list[object]:
    """By what the histogram is sorted: the number of hits, a value or a key, and which way."""
    sorts: list[object] = []
    parts = text.split(",") if text else []
    for number, part in enumerate(parts):
        if not part:
            raise trigger.refuse("EMPTY_SORT_FIELD", "sort=")
        if number == MAX_SORT_KEYS - 1 and len(parts) > MAX_SORT_KEYS:
            raise trigger.refuse("TOO_MANY_SORT_FIELDS", "sort=")
        name, dot, way = part.partition(".")
        if not name:
            raise trigger.refuse("EMPTY_SORT_FIELD", "sort=")
        if name != "hitcount" and name not in [value.shape[0] for value in values if value.is_field]:
            if not all(value.is_field or value.type == "stacktrace" for value in values) or (
                "stacktrace" in name[1:]
            ):
                raise Doubtful("trigger")
            raise trigger.refuse("INVALID_SORT_FIELD", name)
        if dot and way not in ("ascending", "descending"):
            raise trigger.refuse("INVALID_SORT_MODIFIER", way)
        sorts.append((name, way == "descending"))
    return sorts or [("hitcount", False)]


def _keys(text: str, trigger: Trigger) -> list[Value]:
    values = []
    size = 0
    trigger.in_keys = True
    parts = text.split(",")
    for part in parts[:MAX_KEYS]:
        if part == "stacktrace":
            value = Value("stacktrace", STACK_SIZE, False, shape=("stacktrace",))
        else:
            value = trigger.parse_value(part, [0])
            if value.kept:
                raise trigger.refuse("INVALID_REF_KEY", part)
            if value.constant:
                raise Doubtful("trigger")
        size += (value.size + 7) // 8 * 8
        if size > MAX_KEY_SIZE:
            raise Refused("trigger-malformed")
        values.append(value)
    if len(parts) > MAX_KEYS:
        raise Refused("trigger-malformed")
    return values


def _parse_action(text: str, trigger: Trigger, target: Target, state: State) -> _Action:
    """`onmatch(SYSTEM.EVENT).trace(NAME,PARAMS)` or `….NAME(PARAMS)`. Raises `Refused`."""
    inside = text.removeprefix("onmatch(")
    matched, close, rest = inside.partition(")")
    if not close:
        raise trigger.refuse("NO_CLOSING_PAREN", matched)
    system, dot, name = matched.partition(".")
    if not dot:
        raise trigger.refuse("SUBSYS_NOT_FOUND", system)
    try:
        fields_of(system, name, target, state)
    except Refused:
        raise trigger.refuse("INVALID_SUBSYS_EVENT", name) from None
    _, dot, rest = rest.partition(".")
    action, brace, rest = rest.partition("(")
    if not dot or not brace:
        raise trigger.refuse("ACTION_NOT_FOUND", None)
    if action.startswith(("save", "snapshot")):
        raise Doubtful("trigger")
    params = [param.strip() for param in rest.partition(")")[0].split(",")]
    if len(params) > MAX_PARAMS:
        raise Doubtful("trigger")
    for param in params:
        if len(param) < 2:
            raise trigger.refuse("INVALID_PARAM", param)
    trigger.matched.append((system, name))
    if action.startswith("trace"):
        return _Action((system, name), params[0], tuple(params[1:]))
    return _Action((system, name), action, tuple(params))


def _raise_event(
    action: _Action, keys: tuple[tuple[str, int, bool], ...], trigger: Trigger, state: State
) -> None:
    made = [probe for probe in state.probes("synthetic", action.synthetic) if probe.kind == SYNTHETIC]
    if not made:
        raise trigger.refuse("SYNTH_EVENT_NOT_FOUND", action.synthetic)
    taken: dict[str, Value] = {}
    for number, param in enumerate(action.params):
        if "." in param:
            raise Doubtful("trigger")
        if param[0] == "$":
            value = trigger.variables.get(param[1:]) or trigger.find(action.event, param[1:])
            if value is None:
                raise trigger.refuse("PARAM_NOT_FOUND", param[1:])
        else:
            value = _field_variable(param, action, keys, taken, trigger)
        if not _fits(value, made[0], number):
            raise trigger.refuse("SYNTH_TYPE_MISMATCH", param)
    if len(action.params) != len(made[0].fields):
        raise trigger.refuse("SYNTH_COUNT_MISMATCH", action.synthetic)


def _field_variable(
    name: str,
    action: _Action,
    keys: tuple[tuple[str, int, bool], ...],
    taken: dict[str, Value],
    trigger: Trigger,
) -> Value:
    """A field that is handed over: the kernel makes a variable of it."""
    try:
        value = trigger.parse_atom(name)
        if trigger.has_variable(name) or len(trigger.variables) + len(taken) >= MAX_VARIABLES:
            raise trigger.refuse("VAR_CREATE_FIND_FAIL", name)
    except Refused:
        if not trigger.entries:
            raise Doubtful("trigger") from None
        if trigger.entries[-1].name != "HIST_VAR_CREATE_FIND_FAIL":
            trigger.say("FIELD_VAR_PARSE_FAIL", name)
        if any(one.keys == keys for one in trigger.on(action.event)):
            # it makes another histogram there
            raise Doubtful("trigger") from None
        raise trigger.refuse("HIST_NOT_FOUND", name) from None
    if name in taken:
        trigger.say("VAR_CREATE_FIND_FAIL", name)
        raise Doubtful("trigger")
    taken[name] = value
    return value


def _fits(value: Value, event: Probe, number: int) -> bool:
    """Whether a value may be a field of a synthetic event (`check_synth_field`)."""
    if number >= len(event.fields):
        return False
    field = event.fields[number]
    is_text = "char[" in field.type
    dynamic = "__data_loc" in field.type
    if "char[" in value.type and is_text and dynamic:
        return True
    if field.type == value.type:
        return True
    return field.size == value.size and (is_text or field.signed == value.signed)
