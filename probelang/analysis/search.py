"""Names by their beginning, by a part, and by letters in order, among tens of thousands, in a millisecond or two.

The names are one text of lines in order, as a kernel's tables are kept; all searching is done in C.
"""

from __future__ import annotations

import re
from bisect import bisect_left

#: How many names a search finds.
MOST = 100
_MAX_QUERY = 64


class Names:
    """A text of names, `\\n` first and last; what follows a tab in a line is no part of its name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text if text.startswith("\n") else "\n" + text

    @classmethod
    def of(cls, names: list[str]) -> Names:
        """Of names in any order."""
        return cls("\n" + "\n".join(sorted(names)) + "\n")

    def search(self, query: str, limit: int = MOST) -> tuple[list[str], bool]:
        """The names that fit, the likeliest first, and whether that is all.

        What begins with the query comes first, then what has it at the beginning of a word, then anywhere, then what
        has its letters in order.
        """
        if len(query) > _MAX_QUERY or "\n" in query or "\t" in query:
            return [], True
        quoted = re.escape(query)
        forms = [f"\n({quoted}[^\n\t]*)"]
        if query:
            forms += [f"\n([^\n\t]*_{quoted}[^\n\t]*)", f"\n([^\n\t]*{quoted}[^\n\t]*)"]
        if 2 <= len(query) <= 24:
            first, *others = (re.escape(letter) for letter in query)
            forms.append(
                f"\n({first}{''.join([f'[^{chr(10)}{chr(9)}]*?{other}' for other in others])}[^\n\t]*)"
            )
        found: dict[str, None] = {}
        for form in forms:
            for match in re.finditer(form, self._text):
                found.setdefault(match[1])
                if len(found) > limit:
                    return list(found)[:limit], False
        return list(found), True


def prefix_range(names: list[str], prefix: str) -> list[str]:
    """Those of a sorted list that begin with `prefix`."""
    first = bisect_left(names, prefix)
    return names[first : bisect_left(names, prefix + "\U0010ffff", first)]
