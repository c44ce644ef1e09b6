"""Histograms show every number, in the bar that it belongs to."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.render.amounts import amount, duration, rate, share, short, size
from probelang.render.bins import Bins, Coarse, Fine, Linear, bins_of
from probelang.tracing import distribution
from probelang.tracing.distribution import Distribution
from probelang.tracing.units import Unit

NUMBERS = st.one_of(
    st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1, max_size=60),
    st.lists(st.integers(-9, 200), min_size=1, max_size=60),
    st.lists(st.integers(10**6, 10**6 + 1000), min_size=1, max_size=60),
    st.lists(st.integers(1, 10**9), min_size=1, max_size=60),
)
UNITS = st.sampled_from((Unit.NUMBER, Unit.BYTES, Unit.NANOSECONDS))


def _bins(numbers: list[int], at_most: int = 24, unit: Unit = Unit.NUMBER) -> Bins:
    told = Distribution()
    told.add(numbers)
    bins = bins_of(told, at_most, unit)
    assert bins is not None
    return bins


@given(NUMBERS, st.integers(4, 60), UNITS)
def test_every_number_is_in_its_bin(numbers: list[int], at_most: int, unit: Unit) -> None:
    bins = _bins(numbers, at_most, unit)
    assert len(bins.bins) <= at_most
    for one in bins.bins:
        assert one.count == sum(count for n, count in Counter(numbers).items() if one.first <= n <= one.last)
    assert sum(one.count for one in bins.bins) == len(numbers)
    assert bins.bins[0].first <= min(numbers) <= bins.bins[0].last
    assert bins.bins[-1].first <= max(numbers) <= bins.bins[-1].last
    for one, other in pairwise(bins.bins):
        assert other.first == one.last + 1


@given(NUMBERS, st.integers(4, 60), UNITS)
def test_many_numbers(numbers: list[int], at_most: int, unit: Unit) -> None:
    """Where only bins are kept, none is lost, and the axis is the same."""
    before = distribution.MAX_EXACT
    distribution.MAX_EXACT = 0
    try:
        bins = _bins(numbers, at_most, unit)
    finally:
        distribution.MAX_EXACT = before
    assert sum(one.count for one in bins.bins) == len(numbers)
    assert len(bins.bins) <= at_most
    assert bins.bins[0].first <= min(numbers)
    assert bins.bins[-1].last >= max(numbers)


@given(NUMBERS, st.integers(2, 9), UNITS)
def test_ticks(numbers: list[int], at_most: int, unit: Unit) -> None:
    bins = _bins(numbers, 24, unit)
    ticks = bins.ticks(at_most, unit)
    assert len(ticks) <= at_most
    for position, number in ticks:
        assert 0 <= position <= len(bins.bins) + 1e-9
        place = min(int(position + 1e-9), len(bins.bins) - 1)
        one = bins.bins[place]
        assert one.first - 1 <= number <= one.last + 1, "a tick is at the bar of its number"
    assert [number for _, number in ticks] == sorted({number for _, number in ticks})
    assert all(other - one > 0 for (one, _), (other, _) in pairwise(ticks))


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [
        ([5], Linear),
        ([0], Linear),
        (range(100, 1000), Linear),
        (range(-20, 20), Linear),
        ([1000, 25000], Fine),
        ([1, 2**63], Coarse),
        ([0, 100], Coarse),
        ([-5000, -100], Coarse),
        ([-(2**63), 2**64 - 1], Coarse),
    ],
)
def test_scales(numbers: list[int], scale: type) -> None:
    assert type(_bins(list(numbers)).scale) is scale


def test_round_edges() -> None:
    assert [one.first for one in _bins(list(range(100)), 10).bins] == list(range(0, 100, 10))
    assert [one.first for one in _bins([4096, 20480], 5, Unit.BYTES).bins] == [
        4096,
        8192,
        12288,
        16384,
        20480,
    ]
    bins = _bins([900, 80_000_000], 48, Unit.NANOSECONDS)
    assert [short(n, Unit.NANOSECONDS) for _, n in bins.ticks(6, Unit.NANOSECONDS)] == [
        "1 µs",
        "10 µs",
        "100 µs",
        "1 ms",
        "10 ms",
    ]


def test_amounts() -> None:
    nanoseconds = [
        0,
        7,
        999,
        1000,
        1234,
        99_949,
        999_499,
        999_500,
        1_500_000,
        10**9,
        61 * 10**9,
        3600 * 10**9,
    ]
    assert [duration(n) for n in nanoseconds] == [
        "0 ns", "7 ns", "999 ns", "1 µs", "1.23 µs", "99.9 µs", "999 µs", "1 ms", "1.5 ms", "1 s", "61 s", "3,600 s",
    ]  # fmt: skip
    sizes = [0, 1023, 1024, 1025, 100_000, 1 << 20, (1 << 20) - 1, 1 << 63, 1 << 64]
    assert [size(n) for n in sizes] == [
        "0 B",
        "1023 B",
        "1 KiB",
        "1 KiB",
        "97.7 KiB",
        "1 MiB",
        "1 MiB",
        "8 EiB",
        "16 EiB",
    ]
    assert amount(-2, Unit.BYTES) == "-2"
    assert amount(255, Unit.HEX) == "0xff"
    assert amount(123456789012, Unit.NUMBER) == "123456789012"
    assert amount(1 << 64, Unit.NUMBER) == "1.845e+19"
    assert [short(n, Unit.NUMBER) for n in (9999, 10_000, -1_234_567, 10**15)] == [
        "9999",
        "10k",
        "-1.23M",
        "1e+15",
    ]
    assert [rate(n) for n in (0, 0.25, 3.0, 12.3, 4321.9)] == ["0", "0.2", "3", "12", "4,322"]
    assert [share(*pair) for pair in ((0, 0), (0, 5), (1, 1000), (1, 3), (3, 3))] == [
        "0%",
        "0%",
        "<1%",
        "33%",
        "100%",
    ]


@given(st.integers(-(2**65), 2**65), st.sampled_from(Unit))
def test_amounts_are_short(number: int, unit: Unit) -> None:
    assert len(amount(number, unit)) <= (20 if unit is Unit.HEX else 24 if unit is Unit.NANOSECONDS else 13)
