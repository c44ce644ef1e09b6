"""What a recording knows must be what a look at all hits would find."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from itertools import pairwise
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.tracing import distribution, frequent, timeline
from probelang.tracing.distribution import Distribution
from probelang.tracing.frequent import Frequent
from probelang.tracing.hits import Column, Hit, Traced
from probelang.tracing.recording import FieldRecord, Recording
from probelang.tracing.timeline import Timeline
from probelang.tracing.units import Unit, unit_of
from tests.support.traced import made_hits, traced

NUMBERS = st.one_of(
    st.integers(-(2**63), 2**64 - 1),
    st.integers(-5, 5),
    st.integers(0, 10**6),
    st.sampled_from((2**53 + 1, 2**64)),
)
BATCHES = st.lists(st.lists(NUMBERS, max_size=40), max_size=12)


def _bin(number: int) -> bytes:
    """The bin of a number, by another way: the first 19 bits of its double."""
    data = struct.pack(">d", float(number))
    return data[:2] + bytes([data[2] & 0xE0])


@given(BATCHES, st.sampled_from((3, 30, distribution.MAX_EXACT)))
def test_numbers(batches: list[list[int]], limit: int) -> None:
    numbers = Distribution()
    before = distribution.MAX_EXACT
    distribution.MAX_EXACT = limit
    try:
        for batch in batches:
            numbers.add(batch)
    finally:
        distribution.MAX_EXACT = before
    every = sorted(number for batch in batches for number in batch)
    assert numbers.count == len(every)
    assert numbers.total == sum(every)
    assert (numbers.low, numbers.high) == ((every[0], every[-1]) if every else (0, 0))
    if numbers.exact is not None:
        assert numbers.exact == Counter(every)
        assert numbers.ranges() == [
            (number, number, count) for number, count in sorted(Counter(every).items())
        ]
    assert (numbers.exact is None) == (len(set(every)) > limit)

    ranges = numbers.ranges()
    bins: dict[bytes, list[int]] = defaultdict(list)
    for number in every:
        bins[_bin(number)].append(number)
    if numbers.exact is None:
        assert sorted(count for _, _, count in ranges) == sorted(map(len, bins.values()))
    for first, last, _ in ranges:
        # seven bits of the fraction
        assert last - first <= max(abs(first), abs(last)) // 128
    for (_, last, _), (first, _, _) in pairwise(ranges):
        assert last <= first
    for share in (0.0, 0.5, 0.9, 0.99, 1.0):
        told = numbers.quantiles(share)[0]
        true = every[max(ceil(share * len(every)), 1) - 1] if every else 0
        assert abs(told - true) <= abs(true) / 128 + (1 if abs(true) > 256 else 0), (share, told, true)


@given(st.lists(st.lists(st.integers(0, 60) | st.text(max_size=2), max_size=50), max_size=20))
def test_values(batches: list[list[int | str]]) -> None:
    kept, limit = frequent.KEPT, frequent.MAX_VALUES
    frequent.KEPT, frequent.MAX_VALUES = 5, 20
    try:
        values = Frequent()
        for batch in batches:
            values.add(batch)
            assert len(values.counts) <= 20
    finally:
        frequent.KEPT, frequent.MAX_VALUES = kept, limit
    true = Counter(value for batch in batches for value in batch)
    assert values.total == true.total()
    for value, count in true.items():
        assert values.counts[value] <= count <= values.counts[value] + values.missed
        assert value in values.counts or count <= values.missed
    if len(true) <= 20:
        assert values.counts == true
        assert values.missed == values.other == 0


def test_long_texts_are_cut_off() -> None:
    values = Frequent()
    values.add(["x" * 5000 + "1", "x" * 5000 + "2", "y"])
    assert values.top(2) == [("x" * frequent.MAX_TEXT + "…", 2), ("y", 1)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 2**64), max_size=30)), max_size=10),
    st.integers(1, 50),
)
def test_times(batches: list[tuple[int, list[int]]], at_most: int) -> None:
    times = Timeline(3)
    for series, some in batches:
        times.add(series, some)
    every = [time for _, some in batches for time in some]
    if not every:
        assert times.spans(0) == []
        return
    assert (times.first, times.last) == (min(every), max(every))
    assert times.width % timeline.FIRST_WIDTH == 0
    for series in range(3):
        own = Counter(time // times.width for of, some in batches if of == series for time in some)
        assert times.counts[series] == own
        start = min(every) // times.width
        spans = times.spans(series)
        assert len(spans) == max(every) // times.width - start + 1 <= timeline.MAX_SPANS
        assert {start + place: count for place, count in enumerate(spans) if count} == own
        few = times.spans(series, at_most + 1)
        assert len(few) <= at_most + 1
        assert sum(few) == sum(spans)


def _checked(recording: Recording, hits: list[Hit]) -> None:
    assert recording.count == len(hits)
    for place, event in enumerate(recording.events):
        own = [hit for hit in hits if hit.event is event.traced]
        assert event.count == len(own) == sum(recording.timeline.counts[place].values())
        assert event.tasks.counts == Counter(hit.comm for hit in own)
        assert event.cpus == Counter(hit.cpu for hit in own)
        for number, field in enumerate(event.fields):
            values = [hit.values[number] for hit in own]
            assert field.faults + field.numbers.count + field.values.total == len(values)
            numbers = [value for value in values if isinstance(value, int)]
            if field.unit is not Unit.HEX and numbers:
                assert (field.numbers.low, field.numbers.high) == (min(numbers), max(numbers))
                assert field.numbers.total == sum(numbers)
            assert field.faults == values.count(None)


def test_a_recording_counts_every_hit() -> None:
    hits = made_hits(20_000)
    for size in (1, 37, 5000, 20_000):
        recording = Recording(traced())
        some = hits[:2000] if size == 1 else hits
        for start in range(0, len(some), size):
            recording.take(some[start : start + size])
            recording.take([])
        _checked(recording, some)
    assert [event.name for _, event in recording.busiest] == ["io/read", "io/missing", "io/quiet"]


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(max_size=3) | NUMBERS | st.tuples(st.integers(0, 3)), st.integers(0, 9)
        ),
        max_size=50,
    )
)
def test_values_of_any_kind(values: list[tuple[int | str | tuple[int, ...] | None, int]]) -> None:
    event = traced()[1]
    hits = [Hit(event, time, 0, 1, "x", (value,)) for value, time in values]
    recording = Recording(traced())
    recording.take(hits)
    _checked(recording, hits)


def test_numbers_that_no_kernel_records() -> None:
    field = FieldRecord(Column("a", "u64"), Unit.NUMBER)
    field.add([1 << 70, -(1 << 70)])
    assert field.numbers.count == 0
    assert field.values.top(2) == [(str(1 << 70), 1), (str(-(1 << 70)), 1)]


def test_lost() -> None:
    recording = Recording(traced())
    recording.lose(0, 3)
    recording.take(made_hits(10))
    recording.lose(1, 5)
    assert recording.lost == {0: 3, 1: 5}
    assert recording.timeline.spans(recording.lost_series)[-1] == 5


def test_equal_events_are_two() -> None:
    """Two runs' events may be equal; who is counted is a matter of which one it is."""
    one = traced()[1]
    two = Traced(one.probe, one.recorded, one.columns)
    assert one == two
    recording = Recording([one, two])
    recording.take([Hit(one, 1, 0, 1, "x", (1,)), Hit(two, 1, 0, 1, "x", (2,)), Hit(two, 2, 0, 1, "x", (2,))])
    assert [event.count for event in recording.events] == [1, 2]


def test_memory_is_bounded() -> None:
    event = traced()[0]
    recording = Recording([event])
    for start in range(0, 200_000, 20_000):
        recording.take(
            [
                Hit(
                    event,
                    place * 10**9,
                    place % 3,
                    place,
                    f"task{place}",
                    (place**3, place**2, f"name{place}", place),
                )
                for place in range(start, start + 20_000)
            ]
        )
    read = recording.events[0]
    assert read.count == 200_000
    assert len(read.tasks.counts) <= frequent.MAX_VALUES
    for field in read.fields:
        assert len(field.values.counts) <= frequent.MAX_VALUES
        assert len(field.numbers.ranges()) < 66 * 128
    assert len(recording.timeline.counts[0]) <= timeline.MAX_SPANS
    assert sum(recording.timeline.spans(0)) == 200_000


def test_units() -> None:
    read, missing, _ = traced()
    assert [unit_of(read, column) for column in read.columns] == [
        Unit.BYTES,
        Unit.NANOSECONDS,
        Unit.NUMBER,
        Unit.HEX,
    ]
    assert [unit_of(missing, column) for column in missing.columns] == [Unit.NUMBER]
