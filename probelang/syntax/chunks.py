"""Where statements begin: a spec is split there before anything is parsed.

A brace or a quote that is never closed then cannot swallow the next probe, and an editor can parse again only what
has changed.
"""

from __future__ import annotations

import re

from probelang.record import record
from probelang.syntax.tables import ACTIONS, KEYWORDS, START

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_LINE = re.compile(
    f"^[ \\t]*((?:{_NAME}[ \\t]*(?:/[ \\t]*{_NAME}[ \\t]*)?=(?!=)[ \\t]*)?)({_NAME})(:|[ \\t]+(?=\\S)|[ \\t]*\\r?$)",
    re.M,
)

STATEMENT_KEYWORDS = {text: name for text, name in KEYWORDS.items() if name in ACTIONS[START]}
KINDS = {text: name for text, name in STATEMENT_KEYWORDS.items() if name not in ("GROUP", "CONST", "ARGS")}


@record
class Head:
    """A line that begins a statement: where the line begins, and its word that says what the statement is.

    `terminal` is what the word counts as; `end` is where the text goes on after it.
    """

    line: int
    start: int
    end: int
    terminal: str


def find_heads(text: str, start: int) -> list[Head]:
    """The lines, from `start` on, that begin a statement."""
    heads = []
    for match in _LINE.finditer(text, start):
        head = _find_head(text, match)
        if head is not None:
            heads.append(head)
    return heads


def _find_head(text: str, match: re.Match[str]) -> Head | None:
    word = match[2]
    terminal = STATEMENT_KEYWORDS.get(word)
    if terminal is None or (match[1] and word not in KINDS):
        return None
    after = match.end()
    following = text[after : after + 1]
    if match[3] == ":":
        return None
    # only a line without indentation begins a statement that is not even complete on that line
    outermost = match.start() == 0 or text[match.start()] not in " \t"
    if not match[3].strip() and following in ("", "\r", "\n", "#"):
        if not outermost:
            return None
    elif following.isalpha() or following == "_":
        if text[after : after + 2] == "in" and not text[after + 2 : after + 3].isalnum():
            return None
    elif not outermost and not (
        word in KINDS and following in '0123456789/"*?{.\\' and text[after + 1 : after + 2].strip()
    ):
        return None
    return Head(match.start(), match.start(2), match.end(2), terminal)
