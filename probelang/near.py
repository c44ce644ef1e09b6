"""Names that somebody who mistyped a name may have meant, among tens of thousands, in a few milliseconds.

A name at an edit distance of at most k, cut into k + 1 pieces, leaves one of them whole, no more than k places from
where it stood. Looking for the pieces with `str.find` in one long text is done in C; only what they turn up is
compared letter by letter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_NEAR = 3
_MAX_HITS = 2000
_MAX_NAME = 128
#: To sort all names by their lengths takes as long as some searches.
_WORTH_SORTING = 6


def find_near(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """At most three of `names` that are near to `name`, the likeliest first."""
    return find_near_in_text(name, "\n" + "\n".join(names) + "\n")


class Names:
    """A text of names that is asked again and again, over many specs: soon only names of a length that is near are looked at."""

    __slots__ = ("_asked", "_by_length", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._asked = 0
        self._by_length: dict[int, str] = {}

    def find_near(self, name: str, accept: Callable[[str], bool] | None = None) -> tuple[str, ...]:
        """As `find_near_in_text`."""
        self._asked += 1
        if self._asked < _WORTH_SORTING:
            return find_near_in_text(name, self._text, accept)
        if not self._by_length:
            lines: dict[int, list[str]] = {}
            for line in self._text.split("\n"):
                lines.setdefault(len(line.partition("\t")[0]), []).append(line)
            self._by_length = {length: "\n" + "\n".join(some) + "\n" for length, some in lines.items()}
        allowed = _allowed(len(name))
        lengths = range(len(name) - allowed, len(name) + allowed + 1)
        near = [self._by_length[length] for length in lengths if length in self._by_length]
        return _find_near(name, near, self._text, accept)


def _allowed(length: int) -> int:
    """The edit distance at which a name is near to one of so many letters."""
    return 1 if length <= 4 else 2 if length <= 11 else 3


def find_near_in_text(name: str, text: str, accept: Callable[[str], bool] | None = None) -> tuple[str, ...]:
    """The same over a text of lines (`\\n` first and last); what follows a tab in a line is no part of its name.

    `accept` is asked about the likeliest ones, where the text holds names of other things too.
    """
    return _find_near(name, [text], text, accept)


def _find_near(
    name: str, texts: list[str], whole: str, accept: Callable[[str], bool] | None
) -> tuple[str, ...]:
    """`texts` have the names of lengths that are near, and `whole` has all."""
    if not 2 <= len(name) <= _MAX_NAME or "\n" in name:
        return ()
    allowed = _allowed(len(name))
    distance_to = _Distance(name).to
    letters = set(name)
    scored: dict[str, tuple[float, int, str]] = {}
    for candidate in _candidates(name, texts, allowed):
        # each change of a letter takes one away and brings another
        if candidate == name or len(letters ^ set(candidate)) > 2 * allowed:
            continue
        distance = distance_to(candidate, allowed)
        if distance <= allowed:
            scored[candidate] = (distance - _common_prefix(name, candidate) / 100, len(candidate), candidate)
    if len(scored) < MAX_NEAR or f"\n{name}." in whole:
        for candidate in _extensions(name, whole):
            if candidate != name and candidate not in scored:
                # `name.isra.0` is what the compiler made of `name`, and so the likeliest of all.
                score = 0 if candidate.startswith(name + ".") else allowed + 1
                scored[candidate] = (score, len(candidate), candidate)
    best: list[str] = []
    for _, _, candidate in sorted(scored.values()):
        if accept is None or accept(candidate):
            best.append(candidate)
            if len(best) == MAX_NEAR:
                break
    return tuple(best)


def _line_at(text: str, position: int) -> tuple[int, str]:
    start = text.rfind("\n", 0, position + 1) + 1
    end = text.find("\n", position)
    return start, text[start : end if end >= 0 else len(text)].partition("\t")[0]


def _candidates(name: str, texts: list[str], allowed: int) -> set[str]:
    """Names that hold one of the pieces about where `name` has it, and are about as long."""
    length = len(name)
    bounds = [length * index // (allowed + 1) for index in range(allowed + 2)]
    found: set[str] = set()
    for begin, end in pairwise(bounds):
        piece = name[begin:end]
        if begin == 0:
            searches = ["\n" + "_" * shift + piece for shift in range(allowed + 1)]
        elif end == length:
            searches = [piece + "\n", piece + "\t"]
        else:
            searches = [piece]
        for wanted in searches:
            hits = 0
            for text in texts:
                position = text.find(wanted)
                while position >= 0 and hits < _MAX_HITS:
                    hits += 1
                    start = text.rfind("\n", 0, position) + 1 if begin else position + 1
                    if not begin or -allowed <= position - start - begin <= allowed:
                        end = text.find("\n", start)
                        candidate = text[start : end if end >= 0 else len(text)].partition("\t")[0]
                        if -allowed <= len(candidate) - length <= allowed:
                            found.add(candidate)
                    position = text.find(wanted, position + 1)
    return found


def _extensions(name: str, text: str) -> list[str]:
    """Names that begin with `name`, or that end in it or have it as words within: `tcp_drop_reason` for `tcp_drop`."""
    found: list[str] = []
    if len(name) >= 4:
        for wanted in ("\n" + name, "_" + name):
            position = text.find(wanted)
            while position >= 0 and len(found) < 50:
                _, candidate = _line_at(text, position + 1)
                if len(candidate) <= 2 * len(name) + 4:
                    found.append(candidate)
                position = text.find(wanted, position + 1)
    return found


def _common_prefix(first: str, second: str) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


class _Distance:
    """Edit distances from one name: insert, delete, replace a letter, swap two neighbours.

    All of a column of the usual matrix is one integer, a bit for a row (Hyyrö, "A bit-vector algorithm for computing
    Levenshtein and Damerau edit distances", 2003), so a comparison takes a dozen operations for each letter.
    """

    __slots__ = ("_bits", "_last", "_length", "_mask")

    def __init__(self, name: str) -> None:
        self._length = len(name)
        self._mask = (1 << len(name)) - 1
        self._last = 1 << (len(name) - 1)
        self._bits: dict[str, int] = {}
        for position, letter in enumerate(name):
            self._bits[letter] = self._bits.get(letter, 0) | 1 << position

    def to(self, other: str, limit: int = _MAX_NAME) -> int:
        """The distance of another name, or some number above `limit` as soon as it is certain to be that."""
        left = len(other) + limit
        mask, last, distance = self._mask, self._last, self._length
        positive, negative, diagonal, before = mask, 0, 0, 0
        for letter in other:
            match = self._bits.get(letter, 0)
            swapped = ((~diagonal & match) << 1) & before
            diagonal = ((((match & positive) + positive) ^ positive) | match | negative | swapped) & mask
            rises = negative | (~(diagonal | positive) & mask)
            falls = diagonal & positive
            if rises & last:
                distance += 1
            elif falls & last:
                distance -= 1
            rises = (rises << 1 | 1) & mask
            falls = (falls << 1) & mask
            positive = falls | (~(diagonal | rises) & mask)
            negative = diagonal & rises
            before = match
            left -= 1
            if distance > left:
                return distance
        return distance
