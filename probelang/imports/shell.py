"""Words of a shell, as far as they need no shell."""

from __future__ import annotations

import re

_PIECE = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)|([^\s'\"\\]+)|(\s+)|(.)", re.DOTALL)


def shell_words(text: str) -> list[str]:
    """The words of a line or of a whole script, without their quotes. Raises ValueError where a quote is not closed."""
    words: list[str] = []
    parts: list[str] = []
    begun = False
    at = 0
    while at < len(text):
        match = _PIECE.match(text, at)
        assert match is not None
        single, double, escaped, plain, space, other = match.groups()
        at = match.end()
        if other is not None:
            raise ValueError(f"{other} is not closed")
        if space is not None:
            if begun:
                words.append("".join(parts))
            parts, begun = [], False
            continue
        if plain is not None and plain[0] == "#" and not begun:
            # a comment, up to the end of the line
            end = text.find("\n", match.start())
            at = len(text) if end < 0 else end
            continue
        begun = True
        if double is not None:
            parts.append(re.sub(r"\\([\\\"$`])", r"\1", double).replace("\\\n", ""))
        else:
            parts.append(next(one for one in (single, escaped, plain) if one is not None).removeprefix("\n"))
    if begun:
        words.append("".join(parts))
    return words
