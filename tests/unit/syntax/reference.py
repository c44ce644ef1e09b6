"""Lark itself, fed with the grammar: what our scanner and driver are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lark import Lark, Token
from lark.exceptions import UnexpectedInput

GRAMMAR = Path(__file__).resolve().parents[3] / "grammar" / "probelang.lark"


class DropNewLines:
    """New lines are tokens only directly between the braces of a block: not those of `in {…}`, nor in other brackets."""

    always_accept = ("NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        open_blocks: list[bool] = []
        before = ""
        for token in stream:
            if token.type in ("LPAR", "CAST_LPAR", "LBRACKET", "LBRACE"):
                open_blocks.append(token.type == "LBRACE" and before != "IN")
            elif token.type in ("RPAR", "RBRACKET", "RBRACE") and open_blocks:
                open_blocks.pop()
            if token.type != "NEWLINE" or (open_blocks and open_blocks[-1]):
                before = token.type
                yield token


@cache
def load(start: str) -> Lark:
    """Lark's own parser of the grammar."""
    return Lark(GRAMMAR.read_text(), parser="lalr", lexer="contextual", start=start, postlex=DropNewLines())


def tokens(text: str, start: str = "statement") -> list[tuple[str, int, int]] | None:
    """Terminal and place of each token of a text, None where Lark refuses it."""
    parser = load(start).parse_interactive(text)
    found = []
    try:
        for token in parser.iter_parse():
            found.append((token.type, token.start_pos or 0, token.end_pos or 0))
        parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return None
    return found


def accepted(terminals: list[str]) -> int:
    """How many of the terminals Lark takes; one more than there are where the end is right, too."""
    parser = load("statement").parse_interactive("")
    for index, terminal in enumerate(terminals):
        try:
            parser.feed_token(Token(terminal, ""))
        except UnexpectedInput:
            return index
    try:
        parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return len(terminals)
    return len(terminals) + 1
