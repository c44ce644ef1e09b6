"""Where the parts of an event's commands, its condition and its triggers come from in the spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.probes import Duration
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.backends.tracefs.events import Event
    from probelang.source import Span

#: What a join calls its values (`join`): a letter, and the number of the field.
_OF_JOIN = re.compile(r"(?<!\w)(?:\$?[evwrpqu](\d+)|(\$(?:ts|took)|(?:ts|took)(?==)))(?!\w)")
#: The events of a join whose last one reads on: before it stands the synthetic one.
_WITH_READER = 4


@record
class Written:
    """A text that is written for an event, and from which character on it is of which span of the spec."""

    text: str
    marks: tuple[tuple[int, Span], ...]

    def span_at(self, column: int) -> Span:
        """Where in the spec a character of the text comes from; of one behind the end, the last."""
        found = self.marks[0][1]
        for start, span in self.marks:
            if start > column:
                break
            found = span
        return found


def places(event: Event) -> Iterator[Written]:
    """Every text that is written for an event."""
    probe = event.probe
    fields = {field.name: field.span for field in probe.fields}
    last = len(event.definitions) - 1
    for number, definition in enumerate(event.definitions):
        is_ours = number == last and not definition.name.startswith("synthetic/")
        for command in definition.commands:
            if last and not is_ours and not command.startswith("s:"):
                yield Written(command, _of_join(event, command))
            elif command.startswith("s:"):
                yield Written(command, _of_synthetic(event, command))
            else:
                yield Written(command, tuple(_of_words(event, command, fields)))
    condition = probe.condition_span or probe.point_span
    if event.filter is not None:
        yield Written(event.filter, ((0, condition),))
    for _, text in event.triggers:
        yield Written(text, _of_join(event, text))


def _of_words(event: Event, command: str, fields: dict[str, Span]) -> Iterator[tuple[int, Span]]:
    """`LETTER:EVENT POINT NAME=VALUE… if CONDITION`."""
    probe = event.probe
    at = 0
    conditional = False
    for number, word in enumerate(command.split(" ")):
        conditional = conditional or (number > 1 and word == "if")
        if conditional:
            yield at, probe.condition_span or probe.point_span
            return
        span = fields.get(word.partition("=")[0], probe.point_span) if number > 1 else probe.point_span
        yield at, span
        at += len(word) + 1


def _of_join(event: Event, text: str) -> tuple[tuple[int, Span], ...]:
    """What a join's events and triggers say of fields; all else is of the point."""
    point, fields = event.probe.point_span, event.probe.fields
    duration = next((field.span for field in fields if isinstance(field.access.base, Duration)), point)
    marks = [(0, point)]
    ends = ",:" if text.startswith("hist:") else " "
    for match in _OF_JOIN.finditer(text):
        number = int(match[1]) if match[1] is not None and len(match[1]) < 5 else len(fields)
        if match[2] is None and number >= len(fields):
            continue
        start, end = match.span()
        marks.append((start, duration if match[2] is not None else fields[number].span))
        # what is assigned belongs to the name: `e0=file->f_pos:s64`
        if text[end : end + 1] == "=":
            end = next((at for at in range(end, len(text)) if text[at] in ends), len(text) + 1)
        marks.append((end, point))
    return tuple(marks)


def _of_synthetic(event: Event, command: str) -> tuple[tuple[int, Span], ...]:
    """`s:NAME TYPE FIELD; …`: the fields are the probe's, or have the names of the join where another event reads them."""
    if len(event.definitions) == _WITH_READER:
        return _of_join(event, command)
    point = event.probe.point_span
    fields = {field.name: field.span for field in event.probe.fields}
    marks = [(0, point)]
    for match in re.finditer(r"\S+ (\w+)[^;]*;", command[command.index(" ") + 1 :]):
        start = command.index(" ") + 1 + match.start()
        marks.append((start, fields.get(match[1], point)))
    return tuple(marks)


__all__ = ["Written", "places"]
