"""A text that is edited, and its syntax tree: only the statements that an edit touches are parsed anew.

A piece is a statement with what follows it up to the next one. Its characters have places of their own, which stay as they
are wherever the piece moves to: all pieces there ever were lie one behind the other in one long text, the `store`, and
the spans of trees are offsets there. `real` turns them into offsets of the text as it is now, `stored` the other way.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.record import replace
from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.chunks import Head, find_heads
from probelang.syntax.driver import Driver
from probelang.syntax.parse import first_line, read_before, read_statement
from probelang.syntax.report import MAX_ERRORS, Report, finish

if TYPE_CHECKING:
    from probelang.diagnostics import Diagnostic

#: The store begins anew when it has so many characters, and so many times those of the text.
_MOST_STORED = 1 << 20
_MOST_WASTE = 4
#: Behind each piece: who looks for the beginning of a line, or what follows a piece, finds none of another's.
_BEHIND = "\0\n"
#: Stands for the first line of the next piece, whichever that is.
_NEXT = Span(-1, -1)


class Piece:
    """A statement, or what stands before the first, with all that follows it; `base` is where it lies in the store."""

    __slots__ = ("base", "comments", "head", "is_last", "length", "report", "statement")

    def __init__(self, base: int, length: int, head: Head | None) -> None:
        self.base = base
        self.length = length
        self.head = head
        self.statement: tree.Statement | None = None
        self.comments: list[tree.Comment] = []
        self.report: Report | None = None
        self.is_last = False

    @property
    def end(self) -> int:
        return self.base + self.length

    def read(self, store: str, room: int, is_last: bool) -> Report:
        """Parse it, unless that was done with as much room for errors as matters."""
        known = self.report
        if (
            known is not None
            and self.is_last == is_last
            and (known.room == room or len(known.diagnostics) < min(known.room, room))
        ):
            return known
        self.is_last = is_last
        report = self.report = Report(room)
        self.comments = []
        if self.head is None:
            start = self.base + store.startswith("\ufeff", self.base, self.end)
            driver = Driver(store, start, self.end, report, self.comments)
            driver.following = None if is_last else _NEXT
            self.statement = read_before(driver)
        else:
            driver = Driver(store, self.base, self.end, report, self.comments)
            driver.following = None if is_last else _NEXT
            self.statement = read_statement(driver, self.head)
        return report


_NO_PIECE = Piece(0, 0, None)


class StoreSource(Source):
    """The store as a source of its own: slices by stored offsets, lines by those of the real text."""

    __slots__ = ("pieces",)

    def __init__(self, name: str, pieces: Pieces) -> None:
        super().__init__(name, "")
        self.pieces = pieces

    def position(self, offset: int) -> tuple[int, int]:
        return self.pieces.source.position(self.pieces.real_offset(offset))

    def line(self, number: int) -> str:
        return self.pieces.source.line(number)


class Pieces:
    """The text of one spec as it is now, in pieces."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.store = StoreSource(name, self)
        self._begin(text)

    def _begin(self, text: str) -> None:
        self.source = Source(self.name, text)
        self.store.text = ""
        self.pieces: list[Piece] = self._split(text, True)
        self._place()

    # -------------------------------------------------------------------------------------------- editing

    def edit(self, start: int, end: int, new: str) -> None:
        """Replace the characters `start` to `end` of the text."""
        text = self.source.text
        start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
        changed = text[:start] + new + text[end:]
        if len(self.store.text) > _MOST_STORED + _MOST_WASTE * len(changed):
            self._begin(changed)
            return
        first = max(bisect_right(self._starts, start) - 1, 0)
        last = max(bisect_right(self._starts, end) - 1, 0)
        grown = len(changed) - len(text)
        while True:
            begin = self._starts[first]
            stop = self._starts[last] + self.pieces[last].length + grown
            region = changed[begin:stop]
            if last + 1 < len(self.pieces) and not region.endswith("\n"):
                last += 1
                continue
            found = self._split(region, first == 0, self.pieces[first : last + 1])
            if first == 0 or found[0].head is not None:
                break
            # the region does not begin with a statement any more: it belongs to the one before
            first -= 1
        self.pieces[first : last + 1] = found
        self.source = Source(self.name, changed)
        self._place()

    def _split(self, text: str, at_start: bool, old: list[Piece] | None = None) -> list[Piece]:
        """The pieces of a region; those that are as they were stay the same."""
        begin = 1 if at_start and text.startswith("\ufeff") else 0
        heads = find_heads(text, begin)
        if not at_start and (not heads or heads[0].line > 0):
            return [Piece(0, len(text), None)]
        bounds = [head.line for head in heads] + [len(text)]
        parts: list[tuple[int, int, Head | None]] = [(0, bounds[0], None)] if at_start else []
        parts += [(bounds[index], bounds[index + 1], head) for index, head in enumerate(heads)]
        known: dict[tuple[str, bool], Piece] = {}
        store = self.store
        for piece in old or ():
            known[store.text[piece.base : piece.end], piece.head is None] = piece
        made: list[Piece] = []
        for start, end, head in parts:
            content = text[start:end]
            kept = known.pop((content, head is None), _NO_PIECE)
            if kept is not _NO_PIECE:
                made.append(kept)
            else:
                base = len(store.text)
                store.text += content + _BEHIND
                if head is not None:
                    by = base - start
                    head = Head(head.line + by, head.start + by, head.end + by, head.terminal)
                made.append(Piece(base, len(content), head))
        return made

    def _place(self) -> None:
        at = 0
        self._starts: list[int] = []
        for piece in self.pieces:
            self._starts.append(at)
            at += piece.length
        order = sorted(range(len(self.pieces)), key=lambda index: self.pieces[index].base)
        self._bases = [self.pieces[index].base for index in order]
        self._order = order

    # ------------------------------------------------------------------------------------------- places

    def real_offset(self, offset: int) -> int:
        """Where a stored character is in the text."""
        index = self._order[max(bisect_right(self._bases, offset) - 1, 0)]
        piece = self.pieces[index]
        return self._starts[index] + max(0, min(offset - piece.base, piece.length))

    def real(self, span: Span) -> Span:
        """Where a stored span is in the text."""
        start = self.real_offset(span.start)
        return Span(start, max(start, self.real_offset(span.end)))

    def index_at(self, offset: int) -> int:
        """The number of the piece that holds a character of the text, or in which the text ends."""
        return max(bisect_right(self._starts, offset) - 1, 0)

    def stored(self, offset: int) -> int:
        """Where a character of the text is stored."""
        index = self.index_at(offset)
        return self.pieces[index].base + offset - self._starts[index]

    def start_of(self, index: int) -> int:
        """Where a piece begins in the text."""
        return self._starts[index]

    def real_diagnostic(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic with its places in the text as it is now."""
        fix = found.fix
        if fix is not None:
            edits = tuple(replace(edit, span=self.real(edit.span)) for edit in fix.edits)
            fix = replace(fix, edits=edits)
        others = tuple(replace(other, span=self.real(other.span)) for other in found.others)
        label = replace(found.label, span=self.real(found.label.span))
        return replace(found, label=label, others=others, fix=fix)

    # ------------------------------------------------------------------------------------------- parsing

    def parse(self) -> tuple[tree.File, list[Diagnostic]]:
        """The tree, its spans in the store, and the syntax errors, theirs in the text."""
        room = MAX_ERRORS
        statements: list[tree.Statement] = []
        comments: list[tree.Comment] = []
        said: list[Diagnostic] = []
        dropped, last = 0, Span(0, 0)
        for index, piece in enumerate(self.pieces):
            report = piece.read(self.store.text, room, index == len(self.pieces) - 1)
            room -= len(report.diagnostics)
            said += [self._real_error(found, index) for found in report.diagnostics]
            if report.dropped:
                dropped += report.dropped
                last = self.real(report.last)
            if piece.statement is not None:
                statements.append(piece.statement)
            comments += piece.comments
        file = tree.File(Span(0, len(self.store.text)), tuple(statements), tuple(comments))
        return file, finish(said, dropped, last)

    def _real_error(self, found: Diagnostic, index: int) -> Diagnostic:
        """A syntax error with its places in the text; some tell where the next statement begins."""
        if any(other.span == _NEXT for other in found.others):
            following = first_line(self.store.text, self.pieces[index + 1].base)
            others = [
                replace(other, span=following) if other.span == _NEXT else other for other in found.others
            ]
            found = replace(found, others=tuple(others))
        return self.real_diagnostic(found)
