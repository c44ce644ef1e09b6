"""What checking each statement read of the others, and what came of it: so that an editor checks anew only what changed.

Statements know of each other by a few tables alone: constants, `args` lists, names of events. Each look-up of a statement
is recorded with its answer, and so is each entry it makes. When its turn comes again and all its look-ups would be
answered as they were, what came of it then is what would come of it now.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from probelang.record import record
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probelang.diagnostics import Diagnostic

K = TypeVar("K")
V = TypeVar("V")

_MISSING: Any = object()
_KEYS: Any = object()


class Trace:
    """The look-ups and entries of one statement."""

    __slots__ = ("_made", "reads", "writes")

    def __init__(self) -> None:
        self.reads: dict[tuple[int, Any], tuple[Shared[Any, Any], Any, Any]] = {}
        self.writes: list[tuple[Shared[Any, Any], Any, Any]] = []
        self._made: set[tuple[int, Any]] = set()

    def read(self, table: Shared[Any, Any], key: Any, value: Any) -> None:
        """A look-up, unless it is of what the statement itself has entered."""
        place = (id(table), key)
        if place not in self._made:
            self.reads.setdefault(place, (table, key, value))

    def write(self, table: Shared[Any, Any], key: Any, value: Any) -> None:
        """An entry, or with `_MISSING` that there is none any more."""
        self._made.add((id(table), key))
        self.writes.append((table, key, value))


class Shared(dict[K, V], Generic[K, V]):
    """A dict whose look-ups and entries are recorded while there is a trace."""

    __slots__ = ("trace",)

    def __init__(self) -> None:
        super().__init__()
        self.trace: Trace | None = None

    def _note(self, key: Any) -> None:
        if self.trace is not None:
            self.trace.read(self, key, dict.get(self, key, _MISSING))

    def _note_keys(self) -> None:
        if self.trace is not None:
            self.trace.read(self, _KEYS, tuple(dict.keys(self)))

    def __getitem__(self, key: K) -> V:
        self._note(key)
        return dict.__getitem__(self, key)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return dict.__contains__(self, key)

    def get(self, key: K, default: Any = None) -> Any:
        self._note(key)
        return dict.get(self, key, default)

    def __setitem__(self, key: K, value: V) -> None:
        if self.trace is not None:
            self.trace.write(self, key, value)
        dict.__setitem__(self, key, value)

    def setdefault(self, key: K, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return dict.__getitem__(self, key)

    def pop(self, key: K, default: Any = None) -> Any:
        value = self.get(key, default)
        if self.trace is not None:
            self.trace.write(self, key, _MISSING)
        dict.pop(self, key, None)
        return value

    def __iter__(self) -> Iterator[K]:
        self._note_keys()
        return dict.__iter__(self)

    def __len__(self) -> int:
        self._note_keys()
        return dict.__len__(self)

    def __bool__(self) -> bool:
        return len(self) > 0

    def keys(self) -> Any:
        self._note_keys()
        return dict.keys(self)

    def items(self) -> Any:
        self._note_keys()
        for key in dict.keys(self):
            self._note(key)
        return dict.items(self)

    def values(self) -> Any:
        self._note_keys()
        for key in dict.keys(self):
            self._note(key)
        return dict.values(self)

    def stands(self, key: Any, value: Any) -> bool:
        """Whether a look-up would be answered as it was."""
        if key is _KEYS:
            return bool(tuple(dict.keys(self)) == value)
        found = dict.get(self, key, _MISSING)
        return found is value or (found is not _MISSING and value is not _MISSING and bool(found == value))

    def enter(self, key: Any, value: Any) -> None:
        """Make an entry once more."""
        if value is _MISSING:
            dict.pop(self, key, None)
        else:
            dict.__setitem__(self, key, value)


@record
class Memo:
    """What came of one statement, and the look-ups it rests on."""

    key: object
    group: str
    files: tuple[object, ...]
    reads: tuple[tuple[Shared[Any, Any], Any, Any], ...]
    writes: tuple[tuple[Shared[Any, Any], Any, Any], ...]
    diagnostics: tuple[Diagnostic, ...]
    results: tuple[tuple[Any, ...], ...]


class Memory:
    """The tables that statements share, and what came of each in the last run."""

    def __init__(self) -> None:
        self.own: Shared[str, Any] = Shared()
        self.later: Shared[str, Any] = Shared()
        self.seen: Shared[str, Any] = Shared()
        self.lists: Shared[str, tree.Args] = Shared()
        self.used: Shared[str, bool] = Shared()
        self.events: Shared[tuple[str, str], Any] = Shared()
        self.offered: Shared[tuple[str, str], bool] = Shared()
        self.numbers: Shared[tuple[str, str], int] = Shared()
        self.defined: Shared[tuple[str, str], Any] = Shared()
        self.declared: Shared[tuple[str, str], Any] = Shared()
        self.behind: Shared[tuple[str, str], bool] = Shared()
        self.checked = 0
        self._memos: dict[tuple[str, int], Memo] = {}
        self._last: dict[tuple[str, int], Memo] = {}

    def _tables(self) -> tuple[Shared[Any, Any], ...]:
        return (
            self.own, self.later, self.seen, self.lists, self.used, self.events, self.offered,
            self.numbers, self.defined, self.declared, self.behind,
        )  # fmt: skip

    def begin(self) -> None:
        """A run begins: the tables are empty, and what the last run left is there to be taken over."""
        for table in self._tables():
            table.trace = None
            table.clear()
        self._last, self._memos = self._memos, {}
        self.checked = 0

    def end(self) -> None:
        """A run is over: of statements that are there no more nothing is kept."""
        self._last = {}

    def do(
        self, what: str, key: object, group: str, said: list[Diagnostic], results: tuple[list[Any], ...],
        work: Callable[[], None],
    ) -> None:  # fmt: skip
        """Do the work of one statement, or what came of it the last time.

        `key` is the statement, `said` and `results` are the lists that the work adds to.
        """
        place = (what, id(key))
        memo = self._last.get(place)
        files = _files(key)
        if (
            memo is not None
            and memo.key is key
            and memo.group == group
            and memo.files == files
            and all(table.stands(name, value) for table, name, value in memo.reads)
        ):
            for table, name, value in memo.writes:
                table.enter(name, value)
            said.extend(memo.diagnostics)
            for made, kept in zip(results, memo.results, strict=True):
                made.extend(kept)
            self._memos[place] = memo
            return
        trace = Trace()
        self.checked += 1
        marks = [len(made) for made in results]
        mark = len(said)
        self._trace(trace)
        try:
            work()
        finally:
            self._trace(None)
        self._memos[place] = Memo(
            key,
            group,
            files,
            tuple(trace.reads.values()),
            tuple(trace.writes),
            tuple(said[mark:]),
            tuple(tuple(made[at:]) for made, at in zip(results, marks, strict=True)),
        )

    def _trace(self, trace: Trace | None) -> None:
        for table in self._tables():
            table.trace = trace


def _files(key: object) -> tuple[object, ...]:
    """What tells that a program which a probe names is another one than it was."""
    if not isinstance(key, tree.Probe):
        return ()
    stamps: list[object] = []
    for point in key.points:
        if isinstance(point, tree.ProgramPoint | tree.UsdtPoint):
            try:
                status = os.stat(point.path.name)
                stamps.append((status.st_ino, status.st_size, status.st_mtime_ns))
            except (OSError, ValueError) as error:
                stamps.append(type(error).__name__)
    return tuple(stamps)
