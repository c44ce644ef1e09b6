"""Events of specs in the kernel: defined, filtered, switched on, and removed again.

What is refused raises `Refused`, and nothing here takes anything back by itself: whoever defines has written down before
what is to be defined, and removes that.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from probelang.backends.tracefs.events import Event
    from probelang.tracing.tracefs import Folder, Tracefs

#: How long to wait for events that something still uses, in seconds.
PATIENCE = 5.0


@record
class Defined:
    """An event of tracefs by its name, GROUP/EVENT, and part of how `dynamic_events` lists it."""

    name: str
    listed: str


class Refused(Exception):
    """The kernel refused something: `what` of `event` it was, the text that was written, and what its `error_log` had to say."""

    def __init__(self, event: Event, what: str, text: str, error: OSError | None, log: str) -> None:
        super().__init__(f"the kernel refused {what} of {event.name}")
        self.event = event
        self.what = what
        self.text = text
        self.error = error
        self.log = log


class Interrupted(Exception):
    """Somebody wants an end before all was defined."""


def defined_by(events: Iterable[Event]) -> tuple[Defined, ...]:
    """All that events are in tracefs, in the order in which it is defined."""
    return tuple(
        Defined(definition.name, definition.listed) for event in events for definition in event.definitions
    )


def triggers_of(events: Iterable[Event]) -> tuple[tuple[str, str], ...]:
    """All triggers of events, as (event, text), in the order in which they are set."""
    return tuple(trigger for event in events for trigger in event.triggers)


def define(
    tracefs: Tracefs, folder: Folder, events: Sequence[Event], stop: Callable[[], bool] = lambda: False
) -> None:
    """Define events, and set their filters and triggers in `folder`. None of them is switched on. Raises Refused, Interrupted."""
    for event in events:
        for definition in event.definitions:
            for command in definition.commands:
                if stop():
                    raise Interrupted
                error = tracefs.put("dynamic_events", command)
                if error is not None or not tracefs.exists(definition.name):
                    raise Refused(event, "the event", command, error, tracefs.get("error_log"))
        if event.filter is not None:
            error = folder.put(f"events/{event.name}/filter", event.filter)
            # the kernel keeps the text of a filter that it refused, and lets everything through
            if error is not None or folder.filter_of(event.name) != event.filter:
                raise Refused(event, "the condition", event.filter, error, folder.get("error_log"))
        for name, text in event.triggers:
            error = folder.put(f"events/{name}/trigger", text)
            if error is not None:
                raise Refused(event, "a trigger", text, error, folder.get("error_log"))


def enable(folder: Folder, events: Sequence[Event], stop: Callable[[], bool] = lambda: False) -> None:
    """Switch on what its spec does not disable. Raises Refused, Interrupted."""
    for event in events:
        if event.probe.disabled:
            continue
        if stop():
            raise Interrupted
        error = folder.enable(event.name)
        if error is not None:
            raise Refused(event, "to enable it", event.name, error, "")


def remove(
    tracefs: Tracefs,
    folder: Folder,
    defined: Sequence[Defined],
    triggers: Sequence[tuple[str, str]],
    instance: str | None = None,
) -> list[str]:
    """Remove events, what was set on them in `folder`, and that folder if it is an instance of that name.

    An event is removed only where the kernel lists it as it was defined: another of its name is somebody else's. What something
    else uses is tried again for a while (`PATIENCE`), and switched off in all folders, for it has no other owner. The answer is what is left.
    """
    if tracefs.unreadable() is not None:
        return [*(one.name for one in defined), *([f"instances/{instance}"] if instance is not None else ())]
    ours = listed(tracefs, defined)
    names = {one.name for one in ours}
    if instance is not None:
        folder.put("tracing_on", "0")
        folder.put("events/enable", "0")
    for name, text in reversed(triggers):
        if name in names:
            folder.untrigger(name, text)
    # what feeds a synthetic event goes before it, and so does what sits on it
    left = [one.name for one in reversed(ours)]
    left.sort(key=lambda name: name.startswith("synthetic/"))
    if instance is None:
        for name in left:
            folder.enable(name, on=False)
    until = time.monotonic() + PATIENCE
    while True:
        held = instance is not None and tracefs.remove_instance(instance) is not None
        left = [name for name in left if tracefs.remove(name) is not None and tracefs.exists(name)]
        if not (left or held) or time.monotonic() > until:
            return [*left, *([f"instances/{instance}"] if held else ())]
        for name in left:
            _switch_off(tracefs, name)
        time.sleep(0.05)


def listed(tracefs: Tracefs, defined: Iterable[Defined]) -> list[Defined]:
    """Those of some events that are in the kernel as they were defined."""
    lines: dict[str, str] = {}
    for line in tracefs.defined():
        words = line.partition(":")[2].split(None, 1)
        if words:
            lines[words[0]] = lines.get(words[0], "") + line + "\n"
    return [one for one in defined if one.listed in lines.get(one.name, "")]


def _switch_off(tracefs: Tracefs, name: str) -> None:
    for folder in tracefs.folders():
        if folder.is_enabled(name):
            folder.enable(name, on=False)
        for trigger in folder.triggers_of(name):
            folder.untrigger(name, trigger.rpartition(" [")[0] or trigger)
