"""What `probelang load` has put into the kernel, where it stays: the record of it, and how the kernel has it.

The record is one file beside those of runs. Who changes anything holds the folder's lock, and writes down first what is about to be
defined (`pending`): where that is still there, whoever wrote it was killed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from probelang.digest import digest
from probelang.record import record
from probelang.tracing.define import Defined, listed, remove
from probelang.tracing.state import is_event
from probelang.tracing.state_files import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.backends.tracefs.events import Event
    from probelang.tracing.state import StateFolder
    from probelang.tracing.tracefs import Tracefs

FILE = "loaded.json"


@record
class LoadedEvent:
    """One event of a spec, with all that was written to have it: the commands of each of its events of tracefs, in order."""

    name: str
    definitions: tuple[tuple[Defined, tuple[str, ...]], ...]
    filter: str | None
    triggers: tuple[tuple[str, str], ...]
    enabled: bool

    @property
    def defined(self) -> tuple[Defined, ...]:
        """Its events of tracefs."""
        return tuple(one for one, _ in self.definitions)

    @property
    def recorded(self) -> str:
        """The event of tracefs that is read."""
        return self.definitions[-1][0].name


@record
class LoadedSpec:
    """A spec that is loaded: its path, a digest of its text, and its events."""

    file: str
    digest: str
    events: tuple[LoadedEvent, ...]


@record
class Record:
    """All that is loaded, and what somebody who was killed was about to define."""

    specs: tuple[LoadedSpec, ...] = ()
    pending: tuple[LoadedEvent, ...] = ()

    def find(self, file: str) -> LoadedSpec | None:
        """The spec of that path."""
        return next((spec for spec in self.specs if spec.file == file), None)


def describe_event(event: Event) -> LoadedEvent:
    """An event as it will be recorded."""
    definitions = tuple(
        (Defined(definition.name, definition.listed), definition.commands) for definition in event.definitions
    )
    name = f"{event.probe.group}/{event.probe.event}"
    return LoadedEvent(name, definitions, event.filter, event.triggers, not event.probe.disabled)


def digest_of(text: str) -> str:
    """Of the text of a spec."""
    return digest((text,))


# ------------------------------------------------------------------------------------------------ the file


def read_record(states: StateFolder) -> Record:
    """What is loaded; of another boot nothing is. Raises StateError."""
    content = states.read(FILE)
    if content is None or content.get("boot") != _boot():
        return Record()
    try:
        specs = tuple(
            LoadedSpec(text_of(one["file"]), text_of(one["digest"]), _parse_events(one["events"]))
            for one in content["specs"]
        )
        return Record(specs, _parse_events(content["pending"]))
    except (LookupError, TypeError, ValueError):
        raise states.strange(FILE) from None


def write_record(states: StateFolder, kept: Record) -> None:
    """Write down what is loaded, or nothing where nothing is. Raises StateError."""
    if not kept.specs and not kept.pending:
        states.remove(FILE)
        return
    specs = [
        {"file": spec.file, "digest": spec.digest, "events": _write_events(spec.events)}
        for spec in kept.specs
    ]
    states.write(FILE, {"boot": _boot(), "specs": specs, "pending": _write_events(kept.pending)})


def _write_events(events: Iterable[LoadedEvent]) -> list[dict[str, Any]]:
    return [
        {
            "name": event.name,
            "definitions": [[one.name, one.listed, list(commands)] for one, commands in event.definitions],
            "filter": event.filter,
            "triggers": [list(one) for one in event.triggers],
            "enabled": event.enabled,
        }
        for event in events
    ]


def _parse_events(content: Any) -> tuple[LoadedEvent, ...]:
    """Raises LookupError, TypeError, ValueError."""
    found = []
    for one in content:
        definitions = tuple(
            (Defined(_name_of(name), text_of(listed)), tuple(text_of(command) for command in commands))
            for name, listed, commands in one["definitions"]
        )
        triggers = tuple((_name_of(name), text_of(text)) for name, text in one["triggers"])
        filter = None if one["filter"] is None else text_of(one["filter"])
        if not definitions:
            raise ValueError
        found.append(
            LoadedEvent(_name_of(one["name"]), definitions, filter, triggers, one["enabled"] is True)
        )
    return tuple(found)


def _name_of(value: object) -> str:
    text = text_of(value)
    if not is_event(text):
        raise ValueError
    return text


def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read(64).strip()
    except OSError:
        return ""


# ---------------------------------------------------------------------------------------------- the kernel


def recover(tracefs: Tracefs, states: StateFolder) -> list[str]:
    """Remove what a killed `load` had defined; the names of it, none where there was nothing. Raises StateError."""
    if not os.path.lexists(f"{states.path}/{FILE}"):
        return []
    with states.locked():
        kept = read_record(states)
        if not kept.pending:
            return []
        there = lines_of(tracefs, kept.pending)
        remove_events(tracefs, kept.pending)
        write_record(states, Record(kept.specs))
        return [event.name for event in kept.pending if any(one.name in there for one in event.defined)]


def is_intact(tracefs: Tracefs, event: LoadedEvent) -> bool:
    """Whether the kernel has an event as it was loaded."""
    return condition_of(tracefs, event, lines_of(tracefs, (event,))) == ("on" if event.enabled else "off")


def lines_of(tracefs: Tracefs, events: Iterable[LoadedEvent]) -> set[str]:
    """The names of the events of tracefs that are there, of some that were loaded."""
    return {one.name for one in listed(tracefs, [one for event in events for one in event.defined])}


def condition_of(tracefs: Tracefs, event: LoadedEvent, there: set[str]) -> str:
    """`on`, `off` if its spec says so, `switched off` or `switched on` by somebody, `changed` by somebody, or `missing`."""
    if not all(one.name in there for one in event.defined):
        return "missing"
    if tracefs.filter_of(event.recorded) != (event.filter or "none"):
        return "changed"
    for name in {name for name, _ in event.triggers}:
        if len(tracefs.triggers_of(name)) < sum(name == other for other, _ in event.triggers):
            return "changed"
    enabled = tracefs.is_enabled(event.recorded)
    if enabled == event.enabled:
        return "on" if enabled else "off"
    return "switched on" if enabled else "switched off"


def remove_events(tracefs: Tracefs, events: Sequence[LoadedEvent]) -> list[str]:
    """Remove loaded events from the kernel; the answer is what is left of them."""
    defined = [one for event in events for one in event.defined]
    triggers = [trigger for event in events for trigger in event.triggers]
    return remove(tracefs, tracefs, defined, triggers)


def restore_events(tracefs: Tracefs, events: Sequence[LoadedEvent]) -> list[str]:
    """Define loaded events once more, as they were; the answer is those that the kernel does not take any more."""
    lost = []
    for event in events:
        errors = [
            tracefs.put("dynamic_events", command)
            for _, commands in event.definitions
            for command in commands
        ]
        if event.filter is not None:
            errors.append(tracefs.put(f"events/{event.recorded}/filter", event.filter))
        errors += [tracefs.put(f"events/{name}/trigger", text) for name, text in event.triggers]
        if event.enabled and not any(errors):
            errors.append(tracefs.enable(event.recorded))
        if any(errors):
            lost.append(event.name)
    return lost
