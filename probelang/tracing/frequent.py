"""The most frequent of any number of values, in bounded memory, and how wrong their counts can be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probelang.tracing.hits import Value

#: How many values are kept when there are too many, and how many are too many.
KEPT = 1000
MAX_VALUES = 4000

#: The longest text that is told from others; what follows is cut off.
MAX_TEXT = 256


class Frequent:
    """How often values came. Exact while there are no more than `MAX_VALUES` different ones.

    Then the rarest are forgotten, and counted in `other`. A value that came more than `missed` times is among the `counts`, and came
    as often as it says there, or up to `missed` times more.
    """

    __slots__ = ("counts", "missed", "other")

    def __init__(self) -> None:
        self.counts: Counter[Value] = Counter()
        self.other = 0
        self.missed = 0

    def add(self, values: Iterable[Value]) -> None:
        """Take some values in."""
        fresh = Counter(values)
        counts = self.counts
        for value, count in fresh.items():
            if value.__class__ is str and len(value) > MAX_TEXT:
                value = value[:MAX_TEXT] + "…"
            counts[value] = counts.get(value, 0) + count
        if len(counts) > MAX_VALUES:
            self._forget()

    def _forget(self) -> None:
        ordered = self.counts.most_common()
        dropped = ordered[KEPT:]
        self.counts = Counter(dict(ordered[:KEPT]))
        self.other += sum(count for _, count in dropped)
        self.missed += dropped[0][1]

    @property
    def total(self) -> int:
        """All that came."""
        return self.counts.total() + self.other

    def top(self, number: int) -> list[tuple[Value, int]]:
        """The most frequent values, the first that came first where they are equally frequent."""
        return self.counts.most_common(number)
