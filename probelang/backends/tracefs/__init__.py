"""The tracefs backend: dynamic events of the kernel, as a shell script, bare commands or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.tracefs.events import Plan, emit_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.backends.tracefs.events import Event
    from probelang.kernel.interface import Kernel

FORMATS = ("script", "commands", "json")

__all__ = ["FORMATS", "Plan", "emit_events", "render"]


def render(events: Sequence[Event], format: str, names: Sequence[str], kernel: Kernel) -> str:
    """The output of `probelang compile` in one of FORMATS."""
    if format == "commands":
        return "".join(f"{command}\n" for event in events for command in event.commands)
    if format == "json":
        import json

        described = [describe(event) for event in events]
        return json.dumps({"target": "tracefs", "kernel": kernel.title, "events": described}, indent=2) + "\n"
    from probelang.backends.tracefs.script import render_script

    return render_script(events, names, kernel.title)


def describe(event: Event) -> dict[str, object]:
    """An event as JSON has it."""
    probe = event.probe
    line, column = probe.source.position(probe.span.start)
    return {
        "group": probe.group,
        "event": probe.event,
        "tracefs": event.name,
        "kind": probe.kind.value,
        "file": probe.source.name,
        "line": line,
        "column": column,
        "commands": list(event.commands),
        "filter": event.filter,
        "triggers": [{"event": name, "text": text} for name, text in event.triggers],
        "enabled": not probe.disabled,
        "fields": [
            {
                "name": field.name,
                "type": field.fetch.text,
                "c_type": field.c_type,
                "for_condition": field.auto,
            }
            for field in probe.fields
        ],
    }
