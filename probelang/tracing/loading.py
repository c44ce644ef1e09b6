"""`probelang load` and `unload`: from what is loaded to what is wanted, by no more changes than that takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record
from probelang.tracing.define import Interrupted, Refused, define, enable
from probelang.tracing.loaded import (
    LoadedEvent,
    LoadedSpec,
    Record,
    describe_event,
    is_intact,
    read_record,
    remove_events,
    restore_events,
    write_record,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.backends.tracefs.events import Event
    from probelang.tracing.state import StateFolder
    from probelang.tracing.tracefs import Tracefs


class NotLoaded(Exception):
    """It cannot be, and nothing was changed; the message is one line."""


@record
class Wanted:
    """A spec to load: its path, the digest of its text, and its events."""

    file: str
    digest: str
    events: tuple[Event, ...]


@record
class Change:
    """What became of one spec: the names of events, in the order of the spec."""

    file: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def load(
    tracefs: Tracefs, states: StateFolder, wanted: Sequence[Wanted], stop: Callable[[], bool] = lambda: False
) -> list[Change]:
    """Have specs loaded. Raises NotLoaded, Refused, Interrupted and StateError; then all is as it was before."""
    with states.locked():
        kept = read_record(states)
        plans = [_plan(tracefs, kept.find(spec.file), spec) for spec in wanted]
        _check_names(tracefs, kept, wanted)
        old = [event for plan in plans for event in plan.old]
        new = [event for plan in plans for event in plan.new]
        if new or old:
            _replace(tracefs, states, kept, old, new, stop)
        specs = {spec.file: spec for spec in kept.specs}
        for spec in wanted:
            specs[spec.file] = LoadedSpec(spec.file, spec.digest, tuple(map(describe_event, spec.events)))
        write_record(states, Record(tuple(specs.values())))
        return [plan.change for plan in plans]


def unload(
    tracefs: Tracefs, states: StateFolder, files: Sequence[str] | None
) -> tuple[list[Change], list[str]]:
    """Remove the specs of some files, or all; what could not be removed stays loaded, and is the second answer. Raises StateError, NotLoaded."""
    changes, left = [], []
    with states.locked():
        kept = read_record(states)
        specs = list(kept.specs)
        found = specs if files is None else [spec for spec in specs if spec.file in files]
        for file in files or ():
            if kept.find(file) is None:
                raise NotLoaded(
                    f"{file} is not loaded (`probelang status` shows what is); nothing was changed"
                )
        for spec in tuple(found):
            still = set(remove_events(tracefs, spec.events))
            events = tuple(event for event in spec.events if any(one.name in still for one in event.defined))
            left += [event.name for event in events]
            specs.remove(spec)
            if events:
                specs.append(LoadedSpec(spec.file, spec.digest, events))
            gone = tuple(event.name for event in spec.events if event not in events)
            changes.append(Change(spec.file, (), (), gone, tuple(event.name for event in events)))
            write_record(states, Record(tuple(specs)))
    return changes, left


@record
class _Plan:
    old: tuple[LoadedEvent, ...]
    new: tuple[Event, ...]
    change: Change


def _plan(tracefs: Tracefs, spec: LoadedSpec | None, wanted: Wanted) -> _Plan:
    """What to remove and what to define for one spec."""
    loaded = {event.name: event for event in spec.events} if spec is not None else {}
    new = {
        described.name: (described, event)
        for event in wanted.events
        for described in (describe_event(event),)
    }
    kept = {
        name
        for name, event in loaded.items()
        if name in new and new[name][0] == event and is_intact(tracefs, event)
    }
    # an eprobe goes with the event that it sits on
    while True:
        bases = {
            one.name.replace("/", ".")
            for name, event in loaded.items()
            if name not in kept
            for one in event.defined
        }
        sitting = {
            name
            for name in kept
            if bases & {_base_of(command) for _, commands in loaded[name].definitions for command in commands}
        }
        if not sitting:
            break
        kept -= sitting
    change = Change(
        wanted.file,
        added=tuple(name for name in new if name not in loaded),
        changed=tuple(name for name in new if name in loaded and name not in kept),
        removed=tuple(name for name in loaded if name not in new),
        kept=tuple(name for name in new if name in kept),
    )
    return _Plan(
        tuple(event for name, event in loaded.items() if name not in kept),
        tuple(event for name, (_, event) in new.items() if name not in kept),
        change,
    )


def _base_of(command: str) -> str:
    """The event that an eprobe's command sits on, SYSTEM.EVENT; "" of others."""
    words = command.split()
    return words[1].replace("/", ".") if command.startswith("e") and len(words) > 1 else ""


def _check_names(tracefs: Tracefs, kept: Record, wanted: Sequence[Wanted]) -> None:
    """Raises NotLoaded where a name is somebody else's."""
    files = {spec.file for spec in wanted}
    others = {
        one.name: spec.file
        for spec in kept.specs
        if spec.file not in files
        for event in spec.events
        for one in event.defined
    }
    ours = {
        one.name
        for spec in kept.specs
        if spec.file in files
        for event in spec.events
        for one in event.defined
    }
    for spec in wanted:
        for event in spec.events:
            for name in event.names:
                if name in others:
                    raise NotLoaded(
                        f"the event {name} is loaded already, from {others[name]}; nothing was changed"
                    )
                if name not in ours and tracefs.exists(name):
                    raise NotLoaded(
                        f"there is an event {name} already, which probelang did not load; nothing was changed"
                    )


def _replace(
    tracefs: Tracefs,
    states: StateFolder,
    kept: Record,
    old: Sequence[LoadedEvent],
    new: Sequence[Event],
    stop: Callable[[], bool],
) -> None:
    """Some events for others, or all as it was."""
    described = tuple(map(describe_event, new))
    write_record(states, Record(kept.specs, described))
    left = remove_events(tracefs, old)
    taken = left or [name for event in new for name in event.names if tracefs.exists(name)]
    try:
        if left:
            raise NotLoaded(
                f"cannot replace {', '.join(left)}: in use by something else; nothing was changed"
            )
        if taken:
            raise NotLoaded(
                f"there is an event {taken[0]} already, which probelang did not load; nothing was changed"
            )
        define(tracefs, tracefs, new, stop)
        enable(tracefs, new, stop)
    except (Refused, Interrupted, NotLoaded) as error:
        if not isinstance(error, NotLoaded):
            remove_events(tracefs, described)
        restore_events(
            tracefs, [event for event in old if not any(one.name in taken for one in event.defined)]
        )
        write_record(states, kept)
        raise
