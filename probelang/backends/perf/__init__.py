"""The perf backend: `perf probe` and `perf record`, as a shell script, bare commands or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends import DEFAULT_SETTINGS, Output, Settings
from probelang.backends.described import describe_fields, describe_place
from probelang.backends.perf.events import emit_events
from probelang.backends.perf.model import spell_names
from probelang.backends.perf.names import RETURN
from probelang.backends.tracefs import lower
from probelang.probes import Thread
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.backends.perf.model import Event, Selection
    from probelang.kernel.interface import Kernel
    from probelang.probes import Base

FORMATS = ("script", "commands", "json")

__all__ = ["FORMATS", "emit_events", "find_lack", "render"]


def find_lack(base: Base, kind: Kind, kernel: Kernel) -> str | None:
    """What the kernel's own probes lack; of an event the head of each line tells the process."""
    if kind in (Kind.EPROBE, Kind.TPROBE) and base == Thread("pid"):
        return None
    return lower.find_lack(base, kind, kernel)


def render(
    events: Sequence[Event],
    format: str,
    names: Sequence[str],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
) -> Output:
    """The output of `probelang compile` in one of FORMATS."""
    events = spell_names(events)
    if format == "json":
        import json

        whole = {"target": "perf", "kernel": kernel.title, "events": [describe(event) for event in events]}
        return Output(json.dumps(whole, indent=2) + "\n")
    from probelang.backends.perf.script import render_commands, render_script

    if format == "commands":
        return Output(render_commands(events), (*_other_names(events), *_beyond_lines(events)))
    return Output(render_script(events, names, kernel.title, settings.debuginfo), tuple(_other_names(events)))


def _other_names(events: Sequence[Event]) -> Iterator[str]:
    """A trace event has names of its own, and perf shows no others; and some names it does not take."""
    for event in events:
        name = f"{event.probe.group}/{event.probe.event}"
        wanted = (name, name + RETURN)
        if event.definitions:
            called = [one.name.replace("/", ":") for one in event.definitions]
            if len(called) > 1 or event.names[0] not in wanted:
                yield f"{name} is called {', '.join(called)}"
            continue
        for selection in event.selections:
            if selection.watch is None:
                hidden = {"", *(field.name for field in event.probe.fields if field.auto)}
                own = [
                    f"`{name}` as `{shown}`"
                    for name, shown in event.shown
                    if shown not in ("", name) and name not in hidden
                ]
                fields = f"; {', '.join(own)}" if own else ""
                yield f"{name} is recorded as {selection.event.replace('/', ':')}{fields}"


def _beyond_lines(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        for selection in event.selections:
            filter = f" --filter {selection.filter}" if selection.filter is not None else ""
            yield f"not in these lines: perf record -e {_plain(selection)}{filter}"


def _plain(selection: Selection) -> str:
    """As `perf record -e` takes it; a watch by the name of its symbol, for which perf wants the address."""
    watch = selection.watch
    if watch is None:
        return selection.text
    place = f"{watch.address:#x}" if watch.symbol is None else watch.symbol
    return (
        f"mem:{place}{watch.address:+d}" + selection.text
        if watch.symbol and watch.address
        else f"mem:{place}{selection.text}"
    )


def describe(event: Event) -> dict[str, object]:
    """An event as JSON has it."""
    probe = event.probe
    shown = dict(event.shown)
    return {
        "group": probe.group,
        "event": probe.event,
        **describe_place(probe),
        "definitions": [
            {"event": one.name, "program": one.program, "module": one.module, "probe": one.text}
            for one in event.definitions
        ],
        "record": [
            {"event": _plain(selection), "filter": selection.filter} for selection in event.selections
        ],
        "enabled": not probe.disabled,
        "fields": [
            {"name": field["name"], "shown_as": shown.get(str(field["name"])) or None, **field}
            for field in describe_fields(probe)
        ],
    }
