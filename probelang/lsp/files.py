"""The files that a client has open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import to_fs_path

from probelang.analysis.document import Document
from probelang.commands.files import is_command_file
from probelang.lsp.positions import Lines
from probelang.source import Source, Span

if TYPE_CHECKING:
    from probelang.lsp.settings import FileWishes


#: Characters of a file that is looked at while it is typed: some 12,000 lines, which take seconds when they are opened.
MOST_TEXT = 512 << 10
#: Those of a file of raw commands, of which every one depends on those before it: some 1,000.
MOST_COMMANDS = 64 << 10
#: What clients call the language of raw commands.
COMMANDS = "tracefs"


class OpenFile:
    """One file: its text as the client has it, and what is known of it."""

    def __init__(
        self, uri: str, version: int | None, text: str, encoding: str, language: str = "probelang"
    ) -> None:
        self.uri = uri
        self.version = version
        self.encoding = encoding
        self.path = to_fs_path(uri) if uri.startswith("file:") else None
        name = self.path or uri
        #: Whether it has raw commands of the kernel, which are no spec: they are all of `commands`, and the document is empty.
        self.is_commands = language == COMMANDS or is_command_file(name)
        self._most = MOST_COMMANDS if self.is_commands else MOST_TEXT
        #: Whether there is more of it than is looked at: nothing is known of it then.
        self.large = len(text) > self._most
        kept = "" if self.large else text
        self.commands = Source(name, kept if self.is_commands else "")
        self.document = Document(name, "" if self.is_commands else kept)
        self.wishes: FileWishes | None = None
        self.waiting = False
        self.tokens: tuple[str, list[int]] = ("", [])
        self._lines: Lines | None = None

    @property
    def lines(self) -> Lines:
        """The lines of the text as it is now."""
        if self._lines is None:
            text = self.commands.text if self.is_commands else self.document.text
            self._lines = Lines(text, self.encoding)
        return self._lines

    def change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take one change in."""
        if self.is_commands:
            self._change_commands(change)
        elif not isinstance(change, types.TextDocumentContentChangePartial):
            self.large = len(change.text) > self._most
            self.document.replace("" if self.large else change.text)
        elif not self.large:
            span = self.span(change.range)
            self.large = len(self.document.text) - (span.end - span.start) + len(change.text) > self._most
            if self.large:
                self.document.replace("")
            else:
                self.document.edit(span.start, span.end, change.text)
        self._lines = None

    def _change_commands(self, change: types.TextDocumentContentChangeEvent) -> None:
        text = change.text
        if isinstance(change, types.TextDocumentContentChangePartial):
            if self.large:
                return
            ends = [
                self.lines.offset(position.line, position.character)
                for position in (change.range.start, change.range.end)
            ]
            whole = self.commands.text
            text = whole[: min(ends)] + change.text + whole[max(ends) :]
        self.large = len(text) > self._most
        self.commands = Source(self.commands.name, "" if self.large else text)

    def offset(self, position: types.Position) -> int:
        """The character of the spec that a position is before; raw commands are none."""
        return 0 if self.is_commands else self.lines.offset(position.line, position.character)

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
