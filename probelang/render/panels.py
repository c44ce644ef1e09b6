"""What the pictures of a run show, whoever draws them: a chart of hits over time, and a panel for each field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record
from probelang.render.amounts import amount, rate, share
from probelang.render.amounts import duration as short_time
from probelang.render.bins import Bins, bins_of
from probelang.render.cells import escaped, named
from probelang.render.hits_values import make_names
from probelang.tracing.units import Unit

if TYPE_CHECKING:
    from probelang.tracing.hits import Value
    from probelang.tracing.recording import EventRecord, FieldRecord, Recording

#: The most events with a colour of their own, values with a bar of their own, and spans of time.
MOST_SERIES = 7
MOST_BARS = 8
MOST_SPANS = 240
_MOST_BINS = 48


@record
class Series:
    """Hits a second of one event (or of all others) in each span of time, and how many hits that is."""

    name: str
    rates: tuple[float, ...]
    hits: int


@record
class Chart:
    """Hits over time: spans of `seconds` each, and the numbers of those in which hits were lost.

    They begin when the run did, or, where it is not known when that was (not `from_start`), with the first hit.
    """

    from_start: bool
    seconds: float
    spans: int
    series: tuple[Series, ...]
    lost: tuple[int, ...]


@record
class Bar:
    """So many hits had a value; `rest` marks the bar of all other values."""

    name: str
    count: int
    rest: bool = False


@record
class Panel:
    """One field: its histogram, or bars of its values. `facts` are said of it: pairs of a word and an amount."""

    event: str
    field: str
    unit: Unit
    facts: tuple[tuple[str, str], ...]
    bins: Bins | None
    bars: tuple[Bar, ...]


def chart_of(recording: Recording) -> Chart | None:
    """Hits over time, None of none."""
    timeline = recording.timeline
    together = timeline.together(MOST_SPANS)
    width = timeline.width * together
    busiest = [(place, event) for place, event in recording.busiest if event.count]
    if not busiest:
        return None
    shown_events = busiest if len(busiest) <= MOST_SERIES + 1 else busiest[:MOST_SERIES]
    lengths = _lengths(timeline.first, timeline.last, width)
    series = []
    for place, event in shown_events:
        series.append(_series(escaped(event.name), [timeline.spans(place, MOST_SPANS)], lengths))
    rest = busiest[len(shown_events) :]
    if rest:
        counts = [timeline.spans(place, MOST_SPANS) for place, _ in rest]
        series.append(_series(f"{len(rest)} others", counts, lengths))
    lost = timeline.spans(recording.lost_series, MOST_SPANS)
    return Chart(
        recording.covered,
        width / 10**9 if len(lengths) > 1 else lengths[0],
        len(lengths),
        tuple(series),
        tuple(place for place, count in enumerate(lost) if count),
    )


def _lengths(first: int, last: int, width: int) -> list[float]:
    """Of each span, the seconds that the run was in it, the first and the last half of their width at least."""
    spans = range(first // width, last // width + 1)
    if len(spans) == 1:
        # a single hit is no rate: it is one in a second
        return [max(width / 10**9, 1.0)]
    covered = [min((span + 1) * width, last) - max(span * width, first) for span in spans]
    return [max(length, width // 2) / 10**9 for length in covered]


def _series(name: str, counts: list[list[int]], lengths: list[float]) -> Series:
    together = [sum(column) for column in zip(*counts, strict=True)]
    rates = tuple(count / length for count, length in zip(together, lengths, strict=True))
    return Series(name, rates, sum(together))


def panels_of(event: EventRecord) -> list[Panel]:
    """A panel for each field that recorded something, and those of the functions it is on and of the tasks that raised it."""
    if not event.count:
        return []
    panels = [_panel(event, field) for field in event.fields]
    for name, values in (("place", event.places), ("comm", event.tasks)):
        if values.counts:
            bars = [(escaped(str(value)), count) for value, count in values.top(MOST_BARS + 1)]
            panels.append(Panel(escaped(event.name), name, Unit.NUMBER, (), None, _bars(bars, values.total)))
    return panels


def _panel(event: EventRecord, field: FieldRecord) -> Panel:
    name, numbers, values = field.column.name, field.numbers, field.values
    facts = []
    bins = None
    if numbers.count:
        middle, most, nearly = numbers.quantiles(0.5, 0.9, 0.99)
        told = (("min", numbers.low), ("p50", middle), ("p90", most), ("p99", nearly), ("max", numbers.high))
        if numbers.exact is None or not _may_be_bars(len(numbers.exact), numbers.count):
            bins = bins_of(numbers, _MOST_BINS, field.unit)
            facts += [(word, amount(number, field.unit)) for word, number in told]
    if len(values.counts) > MOST_BARS:
        different = len(values.counts)
        facts.append(
            ("different values", f"{different:,}" if not values.other else f"more than {different:,}")
        )
    if values.missed:
        facts.append(("counts are too low by at most", f"{values.missed:,}"))
    if field.faults:
        facts.append(("could not be read", f"{field.faults:,}"))
    bars = () if bins is not None else _bars(_values(field), numbers.count + values.total)
    return Panel(escaped(event.name), escaped(name), field.unit, tuple(facts), bins, bars)


def _may_be_bars(different: int, count: int) -> bool:
    """Whether numbers are better shown one by one: few, and not just because there are few hits."""
    return different <= 2 or (different <= MOST_BARS and count >= 2 * different)


def _values(field: FieldRecord) -> list[tuple[str, int]]:
    found: list[tuple[Value, int]] = list(field.values.top(MOST_BARS + 1))
    if field.numbers.exact:
        found += field.numbers.exact.most_common(MOST_BARS + 1)
    found.sort(key=lambda pair: -pair[1])
    names = make_names(field.field)
    return [(named(value, field.unit, names), count) for value, count in found]


def _bars(values: list[tuple[str, int]], whole: int) -> tuple[Bar, ...]:
    kept = values if len(values) <= MOST_BARS else values[: MOST_BARS - 1]
    bars = [Bar(name, count) for name, count in kept]
    left = whole - sum(bar.count for bar in bars)
    return (*bars, Bar("others", left, rest=True)) if left else tuple(bars)


def subtitle(recording: Recording, duration: int) -> str:
    """One line of what the run was, which took so many nanoseconds."""
    hits, lost = recording.count, recording.lost.total()
    seconds = duration / 10**9
    text = f"{hits:,} {'hit' if hits == 1 else 'hits'} of "
    text += f"{len(recording.events)} {'event' if len(recording.events) == 1 else 'events'}"
    text += f" in {seconds:,.1f} s" if seconds >= 10 else f" in {short_time(duration)}"
    text += f", {rate(hits / seconds)} a second" if seconds else ""
    return text + (f"; {lost:,} lost ({share(lost, hits + lost)})" if lost else "; none lost")
