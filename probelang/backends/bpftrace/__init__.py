"""The bpftrace backend: one script, or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends import DEFAULT_SETTINGS, Output, Settings
from probelang.backends.bpftrace.dialect import dialect_of
from probelang.backends.bpftrace.events import emit_events
from probelang.backends.described import describe_fields, describe_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.backends.bpftrace.events import Event
    from probelang.kernel.interface import Kernel
    from probelang.probes import Base
    from probelang.syntax.tree import Kind

FORMATS = ("script", "json")

__all__ = ["FORMATS", "emit_events", "find_lack", "render"]


def find_lack(base: Base, kind: Kind, kernel: Kernel) -> str | None:
    """Nothing: a BPF program knows its task and its CPU, whatever the kernel's own probes do."""
    return None


def render(
    events: Sequence[Event],
    format: str,
    names: Sequence[str],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
) -> Output:
    """The output of `probelang compile` in one of FORMATS."""
    dialect = dialect_of(settings.bpftrace)
    from probelang.backends.bpftrace.script import render_script, symbols, usage

    if format == "json":
        import json

        whole = {
            "target": "bpftrace",
            "bpftrace": "{}.{}".format(*dialect.version),
            "kernel": kernel.title,
            "usage": usage(events),
            "events": [describe(event) for event in events],
        }
        return Output(json.dumps(whole, indent=2) + "\n")
    notes = []
    if symbols(events) or any(event.unsafe for event in events):
        notes.append(f"to be run as `{usage(events)}`")
    return Output(render_script(events, names, kernel.title, dialect), tuple(notes))


def describe(event: Event) -> dict[str, object]:
    """An event as JSON has it."""
    probe = event.probe
    return {
        "group": probe.group,
        "event": probe.event,
        **describe_place(probe),
        "clauses": [
            {"point": clause.point, "lines": list(clause.lines), "symbol": clause.symbol}
            for clause in event.clauses
        ],
        "maps": list(event.maps),
        "enabled": not probe.disabled,
        "fields": describe_fields(probe),
    }
