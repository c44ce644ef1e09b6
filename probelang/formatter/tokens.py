"""The tokens of a spec, statement by statement, as the parser took them.

What a token is depends on what stands before it (`%ax`, `vfs_{read,write}`, a cast's parenthesis), so they are
written down while the parser reads, never looked for a second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record
from probelang.source import Source, Span
from probelang.syntax.driver import END, Driver
from probelang.syntax.parse import parse
from probelang.syntax.report import MAX_ERRORS

if TYPE_CHECKING:
    from probelang.diagnostics import Diagnostic
    from probelang.syntax import tree
    from probelang.syntax.report import Report

COMMENT = "COMMENT"
#: What is nothing to the language; other white space is an error.
BLANKS = " \t\r\n"


class Token:
    """A terminal of the grammar (or `COMMENT`), its text, and its place; `own` is a comment with a line of its own."""

    __slots__ = ("end", "own", "start", "terminal", "text")

    def __init__(self, terminal: str, text: str, start: int, end: int, own: bool = False) -> None:
        self.terminal = terminal
        self.text = text
        self.start = start
        self.end = end
        self.own = own


@record
class Chunk:
    """What lies between the beginning of one statement and that of the next: the characters `start` to `end`.

    `tokens` are those of the statement, none where there is none; `comments` all in the chunk, also after it.
    """

    start: int
    end: int
    tokens: list[Token]
    comments: list[Token]
    broken: bool


class _Recorder(Driver):
    """A driver that keeps the tokens it has scanned."""

    def __init__(self, text: str, start: int, end: int, report: Report, comments: list[tree.Comment]) -> None:
        super().__init__(text, start, end, report, comments)
        # recovery may move both
        self.chunk = Span(start, end)
        self.errors = len(report.diagnostics)
        self.tokens: list[Token] = []

    def scan(self, state: int) -> str:
        terminal = super().scan(state)
        if terminal != END:
            begin, stop = self.begin, self.stop
            self.tokens.append(Token(terminal, self.text[begin:stop], begin, stop))
        return terminal


def read_chunks(source: Source) -> tuple[list[Chunk], list[Diagnostic]]:
    """The chunks of a spec in order, and its syntax errors; a chunk with an error in it is `broken`."""
    text = source.text
    recorders: list[_Recorder] = []

    def make(text: str, start: int, end: int, report: Report, comments: list[tree.Comment]) -> _Recorder:
        recorders.append(_Recorder(text, start, end, report, comments))
        return recorders[-1]

    file, diagnostics = parse(source, make)
    reported = [recorder.errors for recorder in recorders[1:]] + [len(diagnostics)]
    chunks = []
    next_comment = 0
    for recorder, errors in zip(recorders, reported, strict=True):
        start, end = recorder.chunk.start, recorder.chunk.end
        comments = []
        while next_comment < len(file.comments) and file.comments[next_comment].span.start < end:
            span = file.comments[next_comment].span
            line = text.rfind("\n", 0, span.start) + 1
            own = not text[line : span.start].strip(BLANKS + "\ufeff")
            comments.append(
                Token(COMMENT, text[span.start : span.end].rstrip(BLANKS), span.start, span.end, own)
            )
            next_comment += 1
        # where there were too many, nobody knows of those after them
        broken = errors > recorder.errors or errors >= MAX_ERRORS
        chunks.append(Chunk(start, end, recorder.tokens, comments, broken))
    return chunks, diagnostics


def simplify(chunks: list[Chunk]) -> tuple[list[list[tuple[str, str]]], list[str]]:
    """What must stay as it is, whatever the layout: terminals and texts of each statement, and the comments.

    A new line and a comma are the same between fetch args, and nothing at the ends of a list.
    """
    statements = []
    for chunk in chunks:
        if not chunk.tokens:
            continue
        kept: list[tuple[str, str]] = []
        for token in chunk.tokens:
            terminal = token.terminal
            if terminal in ("COMMA", "NEWLINE"):
                if kept[-1][0] not in ("COMMA", "LBRACE", "LPAR"):
                    kept.append(("COMMA", ","))
                continue
            if terminal in ("RBRACE", "RPAR") and kept[-1][0] == "COMMA":
                kept.pop()
            kept.append((terminal, token.text))
        statements.append(kept)
    return statements, [comment.text for chunk in chunks for comment in chunk.comments]
