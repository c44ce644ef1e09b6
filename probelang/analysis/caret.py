"""What is being written at a caret: the word there, and the node of the tree that it would be.

The statement is parsed again with a word of our own at the caret, so that `file->` has a member to be found even before
its first letter is there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.record import record
from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.chunks import KINDS
from probelang.syntax.parse import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "qq_here_qq"

_WORD = re.compile(r"[A-Za-z0-9_]*\Z")
_REST = re.compile(r"[A-Za-z0-9_]*")
_START = re.compile(r"[ \t]*(?:[A-Za-z_]\w*[ \t]*(?:/[ \t]*[A-Za-z_]\w*[ \t]*)?=[ \t]*)?[A-Za-z_]*\Z")
_POINT = re.compile(
    rf"\s*(?:[A-Za-z_]\w*\s*(?:/\s*[A-Za-z_]\w*\s*)?=\s*)?({'|'.join(KINDS)})[ \t]+(?:\S+\s*\?\?\s*)*(\S*)\Z"
)
_BEFORE = re.compile(r"(?<![\w$%@])([A-Za-z_]+)[ \t]+\Z")
_COMMENT = re.compile(r"(?:#|//)[^\n]*\Z")
_IGNORE = re.compile(r"(?:#|//)\s*probelang:\s*ignore\[[^\]\n]*\Z")


@record
class Caret:
    """A caret in a statement: the word around it from `start` to `end`, and what of it stands before the caret."""

    text: str
    offset: int
    start: int
    end: int

    @property
    def prefix(self) -> str:
        return self.text[self.start : self.offset]

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def line(self) -> str:
        """What stands before the caret on its line."""
        return self.text[self.text.rfind("\n", 0, self.offset) + 1 : self.offset]


def caret_at(text: str, offset: int) -> Caret:
    """The caret at an offset of a statement's text."""
    before = _WORD.search(text, max(0, offset - 256), offset)
    after = _REST.match(text, offset)
    return Caret(text, offset, before.start() if before else offset, after.end() if after else offset)


def in_comment(caret: Caret) -> bool:
    """Whether the caret is in a comment; a `#` in a string is none."""
    line = re.sub(r'"(?:[^"\\\n]|\\[^\n])*"', lambda match: " " * len(match[0]), caret.line)
    return _COMMENT.search(line) is not None


def in_ignore(caret: Caret) -> bool:
    """Whether slugs belong here: `# probelang: ignore[`."""
    return _IGNORE.search(caret.line) is not None


def word_before(caret: Caret) -> str:
    """The word on the line before the one at the caret, with only blanks between; "" where there is none."""
    match = _BEFORE.search(caret.text, max(0, caret.start - 64), caret.start)
    return match[1] if match else ""


def begins_statement(caret: Caret) -> bool:
    """Whether the word at the caret would say what a statement is."""
    return _START.match(caret.line) is not None


def point_at(caret: Caret) -> tuple[tree.Kind, str, int] | None:
    """The kind, what there is of its point before the caret, and where that begins."""
    match = _POINT.match(caret.text, 0, caret.offset)
    if match is None:
        return None
    return tree.Kind(match[1]), match[2], match.start(2)


def marked(caret: Caret) -> tuple[tree.Statement, list[tree.Node]] | None:
    """The statement with the mark in it, and the nodes from there to the innermost that holds the mark."""
    text = caret.text[: caret.start] + MARK + caret.text[caret.end :]
    file, _ = parse(Source("", text))
    for statement in file.statements:
        if statement.span.start <= caret.start <= statement.span.end:
            found = [node for node in tree.walk(statement) if _is_marked(node)]
            if found:
                return statement, list(_around(statement, found[0]))
    return None


def _is_marked(node: tree.Node) -> bool:
    name = getattr(node, "name", None) or getattr(node, "symbol", None)
    return isinstance(name, str) and MARK in name


def _around(statement: tree.Statement, wanted: tree.Node) -> Iterator[tree.Node]:
    for node in tree.walk(statement):
        if node.span.start <= wanted.span.start and wanted.span.end <= node.span.end:
            yield node
