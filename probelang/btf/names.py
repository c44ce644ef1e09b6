"""Who bears a name: one map a space, out of a saved index or built when first asked for.

A space is what a name is looked up in. C keeps the tags of structs apart from typedefs and functions, and so does
BTF: the same name may be a struct and a typedef.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import IntEnum
from typing import TYPE_CHECKING

from probelang.btf import wire
from probelang.btf.types import BtfIndexError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.btf.strings import Strings


class Space(IntEnum):
    """What a name names."""

    STRUCT = 0
    UNION = 1
    ENUM = 2
    TYPEDEF = 3
    INT = 4
    FLOAT = 5
    FUNC = 6
    VAR = 7
    FWD = 8
    ENUMERATOR = 9
    """`find_enumerator()` tells more of them; `find()` finds the enum."""
    DATASEC = 10


KINDS: tuple[tuple[int, ...], ...] = (
    (wire.STRUCT,),
    (wire.UNION,),
    (wire.ENUM, wire.ENUM64),
    (wire.TYPEDEF,),
    (wire.INT,),
    (wire.FLOAT,),
    (wire.FUNC,),
    (wire.VAR,),
    (wire.FWD,),
    (wire.ENUM, wire.ENUM64),
    (wire.DATASEC,),
)
"""By space, the kinds of the records that bear its names (that hold them, for enumerators)."""


class Table:
    """The entries of one space: words at which a record, or an enumerator within one, starts."""

    def first(self, name: bytes) -> int | None:
        """The word of the first in the blob that bears `name`. Raises BtfError."""
        found = self.all(name)
        return found[0] if found else None

    def all(self, name: bytes) -> Sequence[int]:
        """Words of all that bear `name`, in the order of the blob. Raises BtfError."""
        raise NotImplementedError

    def names(self, prefix: bytes) -> Iterable[str]:
        """Names that begin with `prefix`, as Latin-1, sorted, each once. Raises BtfError."""
        raise NotImplementedError


class SavedTable(Table):
    """Entries sorted by name, searched by halves where they lie; nothing is built."""

    __slots__ = ("_entries", "_strings", "_words")

    def __init__(self, entries: memoryview, words: memoryview, strings: Strings) -> None:
        self._entries = entries
        self._words = words
        self._strings = strings

    def all(self, name: bytes) -> Sequence[int]:
        # The NUL at the end of both makes a comparison of the first bytes a comparison of the names.
        wanted = name + b"\0"
        length = len(wanted)
        words, raw = self._words, self._strings.raw
        try:
            first = bisect_left(self._entries, wanted, key=lambda at: raw(words[at], length))
            last = first
            while last < len(self._entries) and raw(words[self._entries[last]], length) == wanted:
                last += 1
        except IndexError:
            raise damaged() from None
        return self._entries[first:last]

    def names(self, prefix: bytes) -> Iterable[str]:
        words, raw = self._words, self._strings.raw
        length = len(prefix)
        try:
            first = bisect_left(self._entries, prefix, key=lambda at: raw(words[at], length))
            last = bisect_right(self._entries, prefix, lo=first, key=lambda at: raw(words[at], length))
            return dict.fromkeys(self._strings.all_at([words[at] for at in self._entries[first:last]]))
        except IndexError:
            raise damaged() from None


def damaged() -> BtfIndexError:
    return BtfIndexError("BTF index points outside the blob")


class BuiltTable(Table):
    """Entries in a dict; made from one pass over the records of the space's kinds."""

    __slots__ = ("_entries", "_first", "_names", "_repeated")

    def __init__(self, entries: list[int], words: memoryview, strings: Strings) -> None:
        found = strings.all_at([words[at] for at in entries])
        if not all(found):  # the anonymous ones have no name to be found by
            named = [(at, name) for at, name in zip(entries, found, strict=True) if name]
            entries, found = [at for at, _ in named], [name for _, name in named]
        self._entries = entries
        self._names = found
        self._first: dict[str, int] = {}
        self._repeated: dict[str, list[int]] | None = None

    def _firsts(self) -> dict[str, int]:
        """The first entry of each name; not made for an index, which only sorts."""
        if not self._first:
            self._first = dict(zip(reversed(self._names), reversed(self._entries), strict=True))
        return self._first

    def first(self, name: bytes) -> int | None:
        return self._firsts().get(name.decode("latin-1"))

    def all(self, name: bytes) -> Sequence[int]:
        text = name.decode("latin-1")
        firsts = self._firsts()
        if self._repeated is None:
            self._repeated = {}
            if len(firsts) < len(self._entries):
                for at, other in zip(self._entries, self._names, strict=True):
                    if (first := firsts[other]) != at:
                        self._repeated.setdefault(other, [first]).append(at)
        if text in self._repeated:
            return self._repeated[text]
        return (firsts[text],) if text in firsts else ()

    def names(self, prefix: bytes) -> Iterable[str]:
        wanted = prefix.decode("latin-1")
        return sorted([name for name in self._firsts() if name.startswith(wanted)])

    def sorted_entries(self) -> list[int]:
        """The entries by name, then in the order of the blob: what an index saves."""
        order = sorted(range(len(self._names)), key=self._names.__getitem__)
        return [self._entries[position] for position in order]
