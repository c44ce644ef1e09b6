"""When hits came: a count for each of at most 1,200 equal spans of time, which double when the run outgrows them."""

from __future__ import annotations

from collections import Counter
from itertools import repeat
from operator import floordiv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The most spans that a timeline has, and how long they are at first, in nanoseconds.
MAX_SPANS = 1200
FIRST_WIDTH = 1_000_000


class Timeline:
    """Counts of several series over the same spans of `width` nanoseconds."""

    __slots__ = ("_first", "_last", "counts", "width")

    def __init__(self, series: int) -> None:
        self.width = FIRST_WIDTH
        self.counts: list[Counter[int]] = [Counter() for _ in range(series)]
        """Of each series: how many in span number `time // width`."""
        self._first: int | None = None
        self._last = 0

    def add(self, series: int, times: Sequence[int]) -> None:
        """Take the times, in nanoseconds, of some hits in, in any order."""
        if times:
            self._stretch(min(times), max(times))
            self.counts[series].update(map(floordiv, times, repeat(self.width)))

    def add_many(self, series: int, time: int, count: int) -> None:
        """`count` at one time."""
        self._stretch(time, time)
        self.counts[series][time // self.width] += count

    def cover(self, first: int, last: int) -> None:
        """Show this time, too, whether or not there are hits in it."""
        self._stretch(first, last)

    def _stretch(self, first: int, last: int) -> None:
        if self._first is None:
            self._first, self._last = first, last
        self._first, self._last = min(self._first, first), max(self._last, last)
        doublings = 0
        while self._last // self.width - self._first // self.width >= MAX_SPANS:
            self.width *= 2
            doublings += 1
        if doublings:
            self.counts = [_merged(counts, doublings) for counts in self.counts]

    @property
    def first(self) -> int:
        """When the first hit came, 0 of none."""
        return self._first or 0

    @property
    def last(self) -> int:
        """When the last hit came."""
        return self._last

    def spans(self, series: int, at_most: int = MAX_SPANS) -> list[int]:
        """The counts of one series, from the span of the first hit of any to that of the last, several together to be no more than `at_most`."""
        if self._first is None:
            return []
        together = self.together(at_most)
        start = self._first // self.width // together
        found = [0] * (self._last // self.width // together - start + 1)
        for span, count in self.counts[series].items():
            found[span // together - start] += count
        return found

    def together(self, at_most: int) -> int:
        """How many spans are one, a power of two, where there may be no more than `at_most`."""
        together = 1
        first, last = self.first // self.width, self._last // self.width
        while last // together - first // together >= at_most:
            together *= 2
        return together


def _merged(counts: Counter[int], doublings: int) -> Counter[int]:
    merged: Counter[int] = Counter()
    for span, count in counts.items():
        merged[span >> doublings] += count
    return merged
