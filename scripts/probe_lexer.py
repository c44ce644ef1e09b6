"""The language's colours for Pygments: the tokens are those that the parser took, so nothing is said twice.

What the parser could not read, as in specs that show a mistake, is plain text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generate_textmate import SCOPES
from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from probelang.formatter.tokens import read_chunks
from probelang.source import Source

#: Of the beginnings of a terminal's TextMate scope that fit, the longest tells.
TYPES: dict[str, Any] = {
    "comment": Comment.Single,
    "storage.type.declaration": Keyword.Declaration,
    "storage.type": Keyword,
    "storage.modifier": Keyword,
    "keyword": Operator,
    "keyword.control": Keyword,
    "keyword.operator.word": Operator.Word,
    "punctuation": Punctuation,
    "constant.numeric": Number,
    "string": String,
    "string.quoted.single": String.Char,
    "variable.language": Name.Builtin,
    "variable.other": Name.Variable.Global,
    "support.function": Name.Builtin,
    "support.type": Keyword.Type,
    "entity.name.function": Name.Function,
}
NAME = Name
#: What a name names, by the keyword before it.
NAMED = {"GROUP": Name.Namespace, "CONST": Name.Constant, "ARGS": Name.Function, "USE": Name.Function}


def _type(scope: str) -> Any:
    found = [beginning for beginning in TYPES if scope.startswith(beginning)]
    return TYPES[max(found, key=len)] if found else NAME


TERMINALS: dict[str, Any] = {
    terminal: _type(scope) for terminals, scope in SCOPES.items() for terminal in terminals.split()
}


class ProbeLexer(Lexer):  # type: ignore[misc]
    """Specs."""

    name = "probelang"
    aliases = ["probe"]  # noqa: RUF012
    filenames = ["*.probe"]  # noqa: RUF012

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """Every character of the text, in order."""
        place = 0
        for start, kind, piece in sorted(_tokens(text)):
            if start > place:
                yield place, _blank(text[place:start]), text[place:start]
            yield start, kind, piece
            place = start + len(piece)
        if place < len(text):
            yield place, _blank(text[place:]), text[place:]


def _blank(text: str) -> Any:
    return Whitespace if text.isspace() else Text


def _tokens(text: str) -> Iterator[tuple[int, Any, str]]:
    chunks, _ = read_chunks(Source("spec", text))
    for chunk in chunks:
        for comment in chunk.comments:
            yield comment.start, Comment.Single, comment.text
        if chunk.broken:
            continue
        before = ""
        for token in chunk.tokens:
            kind = NAMED.get(before, TERMINALS.get(token.terminal, Text))
            if token.terminal != "NEWLINE":
                yield token.start, kind if token.terminal == "NAME" else TERMINALS[token.terminal], token.text
            before = token.terminal
