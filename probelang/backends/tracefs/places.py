"""Where the words of an event's commands, its condition and its triggers come from in the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.backends.tracefs.events import Event
    from probelang.source import Span


def places(event: Event) -> Iterator[tuple[str, tuple[Span, ...]]]:
    """Every text that is written for an event, and a span of the spec for each of its words."""
    probe = event.probe
    fields = {field.name: field.span for field in probe.fields}
    for command in event.commands:
        words = command.split()
        args = [fields.get(word.partition("=")[0], probe.point_span) for word in words[2:]]
        yield command, (probe.point_span, probe.point_span, *args)
    condition = probe.condition_span or probe.point_span
    if event.filter is not None:
        yield event.filter, (condition,) * len(event.filter.split())
    for _, text in event.triggers:
        yield text, (probe.point_span,) * len(text.split())
