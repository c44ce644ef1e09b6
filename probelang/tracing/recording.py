"""What a run looked like: counts, times, distributions and the most frequent values, in memory that does not grow with the run.

All hits are counted and none is sampled. What is approximate says so: see `distribution` and `frequent`. Some 4,000 values of a field, 1,024 numbers and 1,200 spans of
time are the most that is kept, so an event takes a megabyte or so for each of its fields when there are as many different texts in it.
"""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING

from probelang.tracing.distribution import Distribution
from probelang.tracing.frequent import Frequent
from probelang.tracing.timeline import Timeline
from probelang.tracing.units import Unit, field_of, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.probes import Field
    from probelang.tracing.hits import Column, Hit, Traced, Value

#: What a number may be: wider ones, which no kernel records, are taken for texts.
_LIMIT = 1 << 64

#: How many hits are looked at together: what is made of more does not stay in the processor's cache.
_CHUNK = 4096

#: How long before the recording was ready hits may have come, in nanoseconds.
_LATE = 10 * 10**9


class FieldRecord:
    """What one field of an event held: `numbers`, or `values` of what cannot be added up (texts, arrays, addresses and flags), and how often nothing (`faults`)."""

    __slots__ = ("_plain", "column", "faults", "field", "numbers", "unit", "values")

    def __init__(self, column: Column, unit: Unit, field: Field | None = None) -> None:
        self.column = column
        self.unit = unit
        self.field = field
        """What the spec says of it, where there is one."""
        self.numbers = Distribution()
        self.values = Frequent()
        self.faults = 0
        self._plain = unit is not Unit.HEX

    def add(self, values: Sequence[Value]) -> None:
        """Take the values of some hits in."""
        kinds = set(map(type, values))
        if len(kinds) > 1:
            self.faults += values.count(None)
            for kind in kinds - {type(None)}:
                self._add(kind, [value for value in values if type(value) is kind])
        elif kinds == {type(None)}:
            self.faults += len(values)
        elif kinds:
            self._add(kinds.pop(), values)

    def _add(self, kind: type, values: Sequence[Value]) -> None:
        if kind is not int or not self._plain:
            self.values.add(values)
        elif max(values) <= _LIMIT and min(values) >= -_LIMIT:  # type: ignore[type-var, operator]
            self.numbers.add(values)  # type: ignore[arg-type]
        else:
            self.values.add(map(str, values))


class EventRecord:
    """What one event recorded, and who raised it: `tasks` by their names, `cpus` by their numbers.

    `places` are the functions that were hit, of a probe that is on several, and `stacks` those of a probe `with stacktrace`.
    """

    __slots__ = ("count", "cpus", "fields", "places", "stacks", "tasks", "traced")

    def __init__(self, traced: Traced) -> None:
        self.traced = traced
        self.count = 0
        self.tasks = Frequent()
        self.cpus: Counter[int] = Counter()
        self.places = Frequent()
        self.stacks = Frequent()
        self.fields = [
            FieldRecord(column, unit_of(traced, column), field_of(traced, column))
            for column in traced.columns
        ]

    @property
    def name(self) -> str:
        return self.traced.name

    def add(self, hits: Sequence[Hit]) -> None:
        """Take some hits of this event in."""
        self.count += len(hits)
        self.cpus.update(map(itemgetter(2), hits))
        self.tasks.add(map(itemgetter(4), hits))
        if len(self.traced.probe.sites) > 1:
            self.places.add(map(itemgetter(6), hits))
        if self.traced.probe.stacktrace:
            self.stacks.add(map(itemgetter(7), hits))
        # hits of one event have as many values as it has columns
        for field, values in zip(self.fields, zip(*map(itemgetter(5), hits), strict=True), strict=False):
            field.add(values)


class Recording:
    """All that a summary, a plot or a report of a run shows."""

    def __init__(self, events: Sequence[Traced]) -> None:
        self.events = [EventRecord(traced) for traced in events]
        self._places = {id(traced): place for place, traced in enumerate(events)}
        #: A series for each event, and one for what was lost.
        self.timeline = Timeline(len(events) + 1)
        self.lost: Counter[int] = Counter()
        """By CPU."""
        self.covered = False
        """Whether the timeline begins and ends with the run, and not with the first hit and the last."""

    @property
    def count(self) -> int:
        return sum(event.count for event in self.events)

    @property
    def busiest(self) -> list[tuple[int, EventRecord]]:
        """The events with their series in the timeline, those with most hits first."""
        return sorted(enumerate(self.events), key=lambda pair: -pair[1].count)

    @property
    def lost_series(self) -> int:
        return len(self.events)

    def take(self, hits: Sequence[Hit]) -> None:
        """Take some hits in; many at once cost less for each than a few."""
        for start in range(0, len(hits), _CHUNK):
            for place, some in self.by_event(hits[start : start + _CHUNK]):
                self.events[place].add(some)
                self.timeline.add(place, list(map(itemgetter(1), some)))

    def by_event(self, hits: Sequence[Hit]) -> list[tuple[int, Sequence[Hit]]]:
        """The hits of each event, with its place among the events."""
        # by identity: a Traced is compared and hashed with its whole probe
        identities = list(map(id, map(itemgetter(0), hits)))
        kinds = set(identities)
        if len(kinds) == 1:
            return [(self._places[identities[0]], hits)]
        groups: dict[int, list[Hit]] = {kind: [] for kind in kinds}
        for identity, hit in zip(identities, hits, strict=True):
            groups[identity].append(hit)
        return [(self._places[kind], groups[kind]) for kind in kinds]

    def cover(self, began: int, ended: int, now: int) -> None:
        """The run was from `began` to `ended`, in nanoseconds of CLOCK_MONOTONIC, which is of no use where hits have times of another clock (later than `now`)."""
        timeline = self.timeline
        self.covered = bool(self.count) and began - _LATE <= timeline.first and timeline.last <= now
        if self.covered:
            timeline.cover(began, ended)

    def lose(self, cpu: int, count: int) -> None:
        """The kernel lost so many events of a CPU, about when the last hit was."""
        self.lost[cpu] += count
        if self.count:
            self.timeline.add_many(self.lost_series, self.timeline.last, count)
