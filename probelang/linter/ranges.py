"""Which values a comparison lets through: of numbers some intervals, of strings some texts, or all but some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.probes import Access, Compare, Fetch, Junction, Not
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.probes import Condition, Field

#: What is compared, whatever it is called: two fetch args of one expression are one value.
Key = tuple[Access, Fetch] | str
#: The most bits of a number of which a mask is tried on every value.
_FEW_BITS = 8
#: More intervals than this are not told apart.
_MANY = 500


@record
class Numbers:
    """Intervals, both ends included, in order and apart, within `low` to `high`, which is all there can be."""

    low: int
    high: int
    parts: tuple[tuple[int, int], ...]

    @property
    def empty(self) -> bool:
        return not self.parts

    @property
    def full(self) -> bool:
        return self.parts == ((self.low, self.high),)

    def invert(self) -> Numbers:
        made, at = [], self.low
        for first, last in self.parts:
            if first > at:
                made.append((at, first - 1))
            at = last + 1
        if at <= self.high:
            made.append((at, self.high))
        return Numbers(self.low, self.high, tuple(made))

    def join(self, others: Sequence[Numbers]) -> Numbers:
        """What is in any of them."""
        parts = sorted(part for one in (self, *others) for part in one.parts)
        made: list[tuple[int, int]] = []
        for first, last in parts:
            if made and first <= made[-1][1] + 1:
                made[-1] = (made[-1][0], max(made[-1][1], last))
            else:
                made.append((first, last))
        return Numbers(self.low, self.high, tuple(made))


@record
class Texts:
    """These strings, or with `but` all but these."""

    texts: frozenset[bytes]
    but: bool

    @property
    def empty(self) -> bool:
        return not self.but and not self.texts

    @property
    def full(self) -> bool:
        return self.but and not self.texts

    def invert(self) -> Texts:
        return Texts(self.texts, not self.but)

    def join(self, others: Sequence[Texts]) -> Texts:
        """What is in any of them."""
        every = (self, *others)
        named = frozenset().union(*(one.texts for one in every if not one.but))
        if not any(one.but for one in every):
            return Texts(named, False)
        left = frozenset.intersection(*(one.texts for one in every if one.but))
        return Texts(left - named, True)


Values = Numbers | Texts


def join(sets: Sequence[Values]) -> Values:
    """What is in any of some sets of one kind."""
    first, *rest = sets
    return first.join(rest)  # type: ignore[arg-type]


def meet(sets: Iterable[Values]) -> Values:
    """What is in all of them."""
    return join([one.invert() for one in sets]).invert()


def within(part: Values, whole: Values) -> bool:
    """Whether a set holds nothing that is not in another."""
    return meet([part, whole.invert()]).empty


def bounds(field: Field) -> tuple[int, int]:
    """The least and the greatest number that a field can hold."""
    if field.c_type in ("bool", "_Bool") or getattr(field.type, "what", "") == "bool":
        return 0, 1
    bits = field.fetch.bits
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if field.fetch.signed else (0, (1 << bits) - 1)


class Solver:
    """Finds what conditions on one value let through, for the fields of one probe."""

    def __init__(self, fields: Iterable[Field]) -> None:
        self.fields = {field.name: field for field in fields}

    def key(self, condition: Condition) -> Key | None:
        """The one value that is compared; None where there are several, or one of which nothing is known."""
        match condition:
            case Compare():
                field = None if condition.common else self.fields.get(condition.field)
                if condition.common:
                    return condition.field
                return (field.access, field.fetch) if field is not None else None
            case Not(operand):
                return self.key(operand)
            case Junction(_, operands):
                keys = {self.key(operand) for operand in operands}
                return keys.pop() if len(keys) == 1 else None
        return None

    def values(self, condition: Condition) -> Values | None:
        """What a condition on one value lets through; None where that cannot be told."""
        match condition:
            case Compare():
                return self._compared(condition)
            case Not(operand):
                inner = self.values(operand)
                return inner.invert() if inner is not None else None
            case Junction(op, operands):
                if len(operands) > _MANY:
                    return None
                sets = [self.values(operand) for operand in operands]
                known = [one for one in sets if one is not None]
                if len(known) < len(sets) or len({type(one) for one in known}) != 1:
                    return None
                return join(known) if op == "||" else meet(known)
        return None

    def told(self, condition: Condition) -> tuple[Key, Values] | None:
        """The one value that is compared, and what is let through of it; None where that cannot be told, is nothing or is all."""
        key = self.key(condition)
        values = self.values(condition) if key is not None else None
        if key is None or values is None or values.empty or values.full:
            return None
        return key, values

    def _compared(self, compare: Compare) -> Values | None:
        value = compare.value
        if isinstance(value, bytes):
            return Texts(frozenset((value,)), compare.op == "!=") if compare.op in ("==", "!=") else None
        field = None if compare.common else self.fields.get(compare.field)
        if compare.common:
            # a number of a thread or a CPU, of no more than 32 bits; filters compare both ways
            low, high = -(1 << 63), (1 << 63) - 1
        elif field is None or field.fetch.is_string or field.fetch.count is not None:
            return None
        else:
            low, high = bounds(field)
        if compare.op == "&":
            return _masked(low, high, value)
        if not low <= value <= high:
            return None
        match compare.op:
            case "==" | "!=":
                found = Numbers(low, high, ((value, value),))
                return found.invert() if compare.op == "!=" else found
            case "<":
                return Numbers(low, high, ((low, value - 1),) if value > low else ())
            case "<=":
                return Numbers(low, high, ((low, value),))
            case ">":
                return Numbers(low, high, ((value + 1, high),) if value < high else ())
            case ">=":
                return Numbers(low, high, ((value, high),))
        return None


def _masked(low: int, high: int, mask: int) -> Numbers | None:
    """The numbers that have any bit of a mask, where there are few numbers."""
    if high - low >= 1 << _FEW_BITS:
        return None
    some = [Numbers(low, high, ((number, number),)) for number in range(low, high + 1) if number & mask]
    return some[0].join(some[1:]) if some else Numbers(low, high, ())


def units(operands: Sequence[Condition]) -> list[Condition]:
    """The operands of a junction as they were written: the two comparisons of `x in 1..9` are one."""
    made: list[Condition] = []
    for operand in operands:
        last = made[-1] if made else None
        if isinstance(operand, Compare) and isinstance(last, Compare) and operand.span == last.span:
            made[-1] = Junction("&&", (last, operand))
        else:
            made.append(operand)
    return made


def is_range(condition: Condition) -> bool:
    """Whether it is `x in 1..9`, two comparisons at the same characters."""
    match condition:
        case Junction("&&", (Compare() as first, Compare() as second)):
            return first.span == second.span
        case _:
            return False
