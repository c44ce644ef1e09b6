"""The tracefs backend: dynamic events of the kernel, as a shell script, bare commands or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends import DEFAULT_SETTINGS, Output, Settings
from probelang.backends.described import describe_fields, describe_place
from probelang.backends.tracefs.events import emit_events
from probelang.backends.tracefs.lower import find_lack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.backends.tracefs.events import Event
    from probelang.kernel.interface import Kernel

FORMATS = ("script", "commands", "json")

__all__ = ["FORMATS", "emit_events", "find_lack", "render"]


def render(
    events: Sequence[Event],
    format: str,
    names: Sequence[str],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
) -> Output:
    """The output of `probelang compile` in one of FORMATS."""
    if format == "commands":
        text = "".join(f"{command}\n" for event in events for command in event.commands)
        return Output(text, tuple(_beyond_lines(events)))
    if format == "json":
        import json

        described = [describe(event) for event in events]
        whole = {"target": "tracefs", "kernel": kernel.title, "events": described}
        return Output(json.dumps(whole, indent=2) + "\n")
    from probelang.backends.tracefs.script import render_script

    return Output(render_script(events, names, kernel.title))


def _beyond_lines(events: Sequence[Event]) -> Iterator[str]:
    """Conditions and joins are not in the lines of `dynamic_events`, and whoever writes those must know."""
    for event in events:
        texts = [(event.name, "filter", event.filter)] if event.filter is not None else []
        texts += [(name, "trigger", text) for name, text in event.triggers]
        for name, file, text in texts:
            yield f"not in these lines: events/{name}/{file} <- {text}"


def describe(event: Event) -> dict[str, object]:
    """An event as JSON has it."""
    probe = event.probe
    return {
        "group": probe.group,
        "event": probe.event,
        "tracefs": event.name,
        **describe_place(probe),
        "commands": list(event.commands),
        "filter": event.filter,
        "triggers": [{"event": name, "text": text} for name, text in event.triggers],
        "enabled": not probe.disabled,
        "fields": describe_fields(probe),
    }
