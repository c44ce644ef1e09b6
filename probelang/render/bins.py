"""The bars of a histogram: few, of equal width on the screen, linear where the numbers are of one size and logarithmic where not."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING

from probelang.record import record
from probelang.tracing.units import Unit

if TYPE_CHECKING:
    from probelang.tracing.distribution import Distribution

#: From this ratio of the greatest to the least the scale is logarithmic.
_SPAN = 20


@record
class Bin:
    """`count` numbers from `first` to `last`, both included."""

    first: int
    last: int
    count: int


@record
class Linear:
    """Bins of `width` from `start` on."""

    start: int
    width: int

    def place(self, number: int) -> int:
        """The bin, from 0, that a number is in."""
        return (number - self.start) // self.width

    def bounds(self, place: int) -> tuple[int, int]:
        """The least and the greatest number of a bin."""
        first = self.start + place * self.width
        return first, first + self.width - 1

    def position(self, number: int) -> float:
        """Where a number is, in bins from the left."""
        return (number - self.start) / self.width


@record
class Fine:
    """`parts` bins for each doubling of a positive number; `shift` is the number of the first bin."""

    parts: int
    shift: int

    def place(self, number: int) -> int:
        # floor(parts * log2(number)), exactly
        return int((number**self.parts).bit_length()) - 1 - self.shift

    def bounds(self, place: int) -> tuple[int, int]:
        edges = (2 ** ((place + self.shift + more) / self.parts) for more in (0, 1))
        first, after = (ceil(edge) for edge in edges)
        return first, after - 1

    def position(self, number: int) -> float:
        return self.parts * log2(number) - self.shift


@record
class Coarse:
    """A bin for each `octaves` doublings, on both sides of the one that holds 0 alone."""

    octaves: int
    shift: int

    def place(self, number: int) -> int:
        return _side(number, self.octaves) - self.shift

    def bounds(self, place: int) -> tuple[int, int]:
        side = place + self.shift
        if side == 0:
            return 0, 0
        near = 1 << (abs(side) - 1) * self.octaves
        far = (near << self.octaves) - 1
        return (near, far) if side > 0 else (-far, -near)

    def position(self, number: int) -> float:
        if number == 0:
            return 0.5 - self.shift
        distance = log2(abs(number)) / self.octaves
        return (1 + distance if number > 0 else -distance) - self.shift


def _side(number: int, octaves: int) -> int:
    """0 of 0, and its distance from there in bins, with its sign, of all else."""
    distance = (abs(number).bit_length() - 1) // octaves + 1 if number else 0
    return distance if number >= 0 else -distance


Scale = Linear | Fine | Coarse


@record
class Bins:
    """A histogram: all bins from the least number to the greatest, and what is where on their axis."""

    scale: Scale
    bins: tuple[Bin, ...]

    @property
    def logarithmic(self) -> bool:
        return not isinstance(self.scale, Linear)

    def ticks(self, at_most: int, unit: Unit) -> list[tuple[float, int]]:
        """Round numbers of the axis, with their positions in bins from the left."""
        low, high = self.bins[0].first, self.bins[-1].last
        found: list[int] = []
        for number in _round_numbers(low, high, at_most, unit, self.logarithmic):
            if low <= number <= high + 1:
                found.append(number)
        placed: list[tuple[float, int]] = []
        for number in found:
            position = self.scale.position(number)
            # names that are too near could not be read
            if not placed or position - placed[-1][0] >= len(self.bins) / 9:
                placed.append((position, number))
        return placed


def bins_of(numbers: Distribution, at_most: int, unit: Unit) -> Bins | None:
    """The histogram of some numbers in about `at_most` bins, never more; None where there are no numbers."""
    ranges = numbers.ranges()
    if not ranges:
        return None
    low, high = numbers.low, numbers.high
    scale = _logarithmic(low, high, at_most) if _spans(low, high) else None
    if scale is None:
        # a bar that is not wider than two bins of the recording would show their edges
        scale = _linear(
            low, high, at_most, unit, 1 if numbers.exact is not None else max(abs(low), abs(high)) >> 6
        )
    counts = [0] * (scale.place(high) + 1)
    for first, last, count in ranges:
        counts[scale.place((first + last) // 2)] += count
    return Bins(scale, tuple(Bin(*scale.bounds(place), count) for place, count in enumerate(counts)))


def _spans(low: int, high: int) -> bool:
    if low > 0:
        return high >= low * _SPAN
    if high < 0:
        return low <= high * _SPAN
    return max(high, -low) >= 100


def _logarithmic(low: int, high: int, at_most: int) -> Scale | None:
    if low > 0:
        for parts in (8, 4, 2, 1):
            # each bin holds an integer, also the first
            if low >= 2 * parts or parts == 1:
                shift = Fine(parts, 0).place(low)
                if Fine(parts, shift).place(high) < at_most:
                    return Fine(parts, shift)
    for octaves in range(1, 66):
        shift = _side(low, octaves)
        if _side(high, octaves) - shift < at_most:
            return Coarse(octaves, shift)
    return None


def _linear(low: int, high: int, at_most: int, unit: Unit, least: int) -> Linear:
    for width in _widths(unit):
        start = low // width * width
        if width >= least and (high - start) // width < at_most:
            return Linear(start, width)
    raise AssertionError("numbers have at most 65 bits")


def _widths(unit: Unit) -> list[int]:
    """Round widths: powers of two of bytes, 1, 2, 5, 10, … of all else."""
    if unit is Unit.BYTES:
        return [1 << bits for bits in range(67)]
    return [digit * 10**power for power in range(21) for digit in (1, 2, 5)]


def _round_numbers(low: int, high: int, at_most: int, unit: Unit, logarithmic: bool) -> list[int]:
    if not logarithmic:
        for width in _widths(unit):
            first = -(-low // width) * width
            found = list(range(first, min(high + 1, first + at_most * width) + 1, width))
            if len(found) <= at_most:
                return found
        return []
    base = 4 if unit is Unit.BYTES else 10
    powers = [base**power for power in range(33 if base == 4 else 20)]
    for step in range(1, 33):
        chosen = powers[::step]
        found = sorted({0, *chosen, *(-number for number in chosen)})
        found = [number for number in found if low <= number <= high + 1]
        if len(found) <= at_most:
            if len(found) < 3 and base == 10 and step == 1:
                # less than two decades: 1, 2, 5 of each
                more = sorted(n * d * s for n in powers for d in (1, 2, 5) for s in (1, -1))
                finer = [number for number in more if low <= number <= high]
                return finer if len(finer) <= at_most else found
            return found
    return []
