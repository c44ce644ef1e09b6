"""The files that a client has open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import to_fs_path

from probelang.analysis.document import Document
from probelang.lsp.positions import Lines
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.lsp.settings import FileWishes


#: Characters of a file that is looked at while it is typed: some 12,000 lines, which take seconds when they are opened.
MOST_TEXT = 512 << 10


class OpenFile:
    """One file: its text as the client has it, and what is known of it."""

    def __init__(self, uri: str, version: int | None, text: str, encoding: str) -> None:
        self.uri = uri
        self.version = version
        self.encoding = encoding
        self.path = to_fs_path(uri) if uri.startswith("file:") else None
        #: Whether there is more of it than is looked at: nothing is known of it then.
        self.large = len(text) > MOST_TEXT
        self.document = Document(self.path or uri, "" if self.large else text)
        self.wishes: FileWishes | None = None
        self.waiting = False
        self.tokens: tuple[str, list[int]] = ("", [])
        self._lines: Lines | None = None

    @property
    def lines(self) -> Lines:
        """The lines of the text as it is now."""
        if self._lines is None:
            self._lines = Lines(self.document.text, self.encoding)
        return self._lines

    def change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take one change in."""
        if not isinstance(change, types.TextDocumentContentChangePartial):
            self.large = len(change.text) > MOST_TEXT
            self.document.replace("" if self.large else change.text)
        elif not self.large:
            span = self.span(change.range)
            self.large = len(self.document.text) - (span.end - span.start) + len(change.text) > MOST_TEXT
            if self.large:
                self.document.replace("")
            else:
                self.document.edit(span.start, span.end, change.text)
        self._lines = None

    def offset(self, position: types.Position) -> int:
        """The character that a position is before."""
        return self.lines.offset(position.line, position.character)

    def span(self, range: types.Range) -> Span:
        """The characters of a range, whichever end comes first."""
        ends = (self.offset(range.start), self.offset(range.end))
        return Span(min(ends), max(ends))

    def range(self, span: Span) -> types.Range:
        """A span of the text as the client counts."""
        return to_range(self.lines, span)

    def stored_range(self, span: Span) -> types.Range:
        """A stored span as the client counts."""
        return to_range(self.lines, self.document.pieces.real(span))


def to_range(lines: Lines, span: Span) -> types.Range:
    """A span of a text as the client counts."""
    return types.Range(types.Position(*lines.position(span.start)), types.Position(*lines.position(span.end)))
