"""How the numbers of one field are distributed, in bounded memory: exactly while they are few, by a histogram from then on.

The histogram's bins are those of a floating-point number: sign, exponent and the first seven bits of its fraction, so
that a bin is at most 1/128 of its numbers wide, and each number up to 256 has a bin of its own. Count, sum, least and greatest stay exact.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections import Counter
from itertools import repeat
from math import ceil
from operator import rshift
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: How many different numbers are counted one by one.
MAX_EXACT = 1024

#: The bits of a double that are no part of its bin: 52 of the fraction, less seven.
_DROPPED = 45
_SIGN = 1 << 63
_UPPER_HALF = 1 if sys.byteorder == "little" else 0


class Distribution:
    """Integers from -2**64 to 2**64, as `add` is told of them."""

    __slots__ = ("_bins", "_exact", "_folded", "_high", "_low", "_total")

    def __init__(self) -> None:
        self._exact: Counter[int] | None = Counter()
        self._bins: Counter[int] = Counter()
        self._folded = 0
        self._low = self._high = self._total = 0

    def add(self, numbers: Sequence[int]) -> None:
        """Take some numbers in."""
        if not numbers:
            return
        if self._exact is not None:
            self._exact.update(numbers)
            if len(self._exact) > MAX_EXACT:
                self._fold(self._exact)
            return
        self._low = min(self._low, min(numbers))
        self._high = max(self._high, max(numbers))
        self._total += sum(numbers)
        self._folded += len(numbers)
        self._bins.update(_bins_of(numbers))

    def _fold(self, exact: Counter[int]) -> None:
        """From now on bins are counted, not numbers."""
        self._low, self._high = min(exact), max(exact)
        self._total = sum(number * count for number, count in exact.items())
        self._folded = exact.total()
        numbers = list(exact)
        for code, number in zip(_bins_of(numbers), numbers, strict=True):
            self._bins[code] += exact[number]
        self._exact = None

    @property
    def exact(self) -> Counter[int] | None:
        """How often each number came, or None where they are too many."""
        return self._exact

    @property
    def count(self) -> int:
        return self._folded if self._exact is None else self._exact.total()

    @property
    def total(self) -> int:
        """The sum of all."""
        return self._total if self._exact is None else sum(n * count for n, count in self._exact.items())

    @property
    def low(self) -> int:
        """The least number, 0 of none."""
        return self._low if self._exact is None else min(self._exact, default=0)

    @property
    def high(self) -> int:
        """The greatest number, 0 of none."""
        return self._high if self._exact is None else max(self._exact, default=0)

    def ranges(self) -> list[tuple[int, int, int]]:
        """(first, last, count) of what is told apart, in order: `first` and `last` are the same where numbers are counted one by one."""
        if self._exact is not None:
            return [(number, number, self._exact[number]) for number in sorted(self._exact)]
        found = []
        for code, count in self._bins.items():
            first, last = _bounds(code)
            # rounding to a double may have put a number of more than 53 bits into the next bin
            first, last = (min(max(end, self._low), self._high) for end in (first, last))
            found.append((first, last, count))
        return sorted(found)

    def quantiles(self, *shares: float) -> list[int]:
        """For each share of 1, the number that so many are not above: exact, or within 1/256 of it."""
        ranges = self.ranges()
        whole = sum(count for _, _, count in ranges)
        return [_quantile(ranges, max(ceil(share * whole), 1)) for share in shares]


def _quantile(ranges: Iterable[tuple[int, int, int]], rank: int) -> int:
    seen = 0
    for first, last, count in ranges:
        seen += count
        if seen >= rank:
            return (first + last) // 2
    return 0


def _bins_of(numbers: Sequence[int]) -> Iterable[int]:
    """The bin of each number, without a line of Python for each."""
    words = memoryview(array("d", numbers)).cast("B").cast("I")[_UPPER_HALF::2]
    return map(rshift, words, repeat(_DROPPED - 32))


def _bounds(code: int) -> tuple[int, int]:
    """The least and the greatest integer of a bin."""
    bits = code << _DROPPED
    magnitude = bits & ~_SIGN
    near = ceil(_double(magnitude))
    far = ceil(_double(magnitude + (1 << _DROPPED))) - 1
    return (-far, -near) if bits & _SIGN else (near, far)


def _double(bits: int) -> float:
    value: float = struct.unpack("=d", struct.pack("=Q", bits))[0]
    return value
