"""Hits that `run --format json` wrote: one JSON object a line, read back for a report.

A line knows neither the types nor the units of its values, so numbers are plain numbers there.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from probelang.probes import AddressTarget, Probe, Site
from probelang.source import Source, Span
from probelang.syntax.tree import Kind
from probelang.tracing.hits import Column, Hit, Traced

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.tracing.hits import Value

    _Told = dict[str, Any]

#: The longest line, in bytes, and the most events that a file may have.
MAX_LINE = 1 << 20
MAX_EVENTS = 1000

_BATCH = 4096
_LIMIT = 1 << 64


class SavedError(Exception):
    """The file is none of ours; the message is one line with the number of the line in question."""


class Saved:
    """A file of hits, which is read twice: for its events, and by `batches`. Raises SavedError and OSError."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._events: dict[str, Traced] = {}
        self._first: int | None = None
        self._last = 0
        for number, told in self._lines():
            if "event" in told:
                self._meet(number, told)

    @property
    def events(self) -> tuple[Traced, ...]:
        """The events, in the order of their first hits."""
        return tuple(self._events.values())

    @property
    def duration(self) -> int:
        """From the first hit to the last, in nanoseconds."""
        return self._last - (self._first or 0)

    def batches(self) -> Iterator[tuple[list[Hit], list[tuple[int, int]]]]:
        """The hits, some at a time, and (CPU, count) of what was lost after them."""
        hits: list[Hit] = []
        for number, told in self._lines():
            if "event" not in told:
                yield hits, [(self._count(number, told, "cpu"), self._count(number, told, "lost"))]
                hits = []
                continue
            event = self._events[told["event"]]
            values = tuple(map(_value, told["fields"].values()))
            who = told["cpu"], told["tid"], told["comm"]
            stack = tuple(map(str, told.get("stack", ())))
            hits.append(Hit(event, told["time"], *who, values, told.get("place", ""), stack))
            if len(hits) == _BATCH:
                yield hits, []
                hits = []
        yield hits, []

    def _lines(self) -> Iterator[tuple[int, _Told]]:
        self._file.seek(0)
        number = 0
        while line := self._file.readline(MAX_LINE + 1):
            number += 1
            if not line.strip():
                continue
            if len(line) > MAX_LINE:
                raise self._wrong(number, f"it is longer than {MAX_LINE >> 20} MiB")
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                raise self._wrong(number, "it is no JSON") from None
            if not isinstance(told, dict) or not ("event" in told or "lost" in told):
                raise self._wrong(number, "it is neither a hit nor a count of lost ones")
            yield number, told

    def _meet(self, number: int, told: _Told) -> None:
        name, fields = told["event"], told.get("fields")
        if not isinstance(name, str) or not isinstance(fields, dict):
            raise self._wrong(number, "a hit has a name and fields")
        for word in ("time", "cpu", "tid"):
            self._count(number, told, word)
        if not isinstance(told.get("comm"), str) or not isinstance(told.get("place", ""), str):
            raise self._wrong(number, "a hit has the name of a task")
        if not isinstance(told.get("stack", []), list):
            raise self._wrong(number, "a stack is a list")
        known = self._events.get(name)
        if known is None:
            if len(self._events) == MAX_EVENTS:
                raise self._wrong(number, f"there are more than {MAX_EVENTS:,} events")
            known = self._events[name] = self._traced(name, told)
        if [column.name for column in known.columns] != list(fields):
            raise self._wrong(number, f"{name} had other fields before")
        time = told["time"]
        self._first = time if self._first is None else min(self._first, time)
        self._last = max(self._last, time)

    def _traced(self, name: str, told: _Told) -> Traced:
        """An event of which nothing is known but what it recorded."""
        group, _, event = name.rpartition("/")
        nowhere = Span(0, 0)
        site = Site(AddressTarget(0), ())
        sites = (site, site) if "place" in told else (site,)
        source = Source(self._name, "")
        probe = Probe(
            group,
            event,
            Kind.KPROBE,
            sites,
            None,
            None,
            None,
            "stack" in told,
            False,
            source,
            nowhere,
            nowhere,
        )
        columns = tuple(
            Column(field, "s64" if isinstance(value, int) else "string")
            for field, value in told["fields"].items()
        )
        return Traced(probe, name, columns)

    def _count(self, number: int, told: _Told, word: str) -> int:
        value = told.get(word)
        if type(value) is not int or not 0 <= value < _LIMIT:
            raise self._wrong(number, f"its `{word}` is no number from 0 on")
        return value

    def _wrong(self, number: int, what: str) -> SavedError:
        return SavedError(
            f"{self._name} has no hits as `probelang run --format json` writes them: line {number}: {what}"
        )


def _value(value: object) -> Value:
    """A value as a hit has it; what no kernel records is shown as text."""
    if value is None or type(value) is str or type(value) is int:
        return value
    if isinstance(value, list) and all(type(item) in (int, str) for item in value):
        return tuple(value)
    return json.dumps(value)
