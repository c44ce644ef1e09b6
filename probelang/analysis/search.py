"""Names by their beginning, by a part, and by letters in order, among tens of thousands, in a millisecond or two.

The names are one text of lines in order, as a kernel's tables are kept; all searching is done in C.
"""

from __future__ import annotations

import re

#: How many names of one sort are offered at once: each costs the client time.
MOST = 100
_MAX_QUERY = 64
_LONGEST_LOOSE = 24


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
        has its letters in order, the shortest first.
        """
        if len(query) > _MAX_QUERY or "\n" in query or "\t" in query:
            return [], True
        found: dict[str, None] = {}
        for wanted in ("\n" + query, "_" + query, query) if query else ("\n",):
            self._find(wanted, wanted[0] == "\n", limit, found)
            if len(found) > limit:
                return list(found)[:limit], False
        if 2 <= len(query) <= _LONGEST_LOOSE:
            first, *others = (re.escape(letter) for letter in query)
            loose = "".join([f"[^\n\t]*?{letter}" for letter in others])
            more: dict[str, None] = {}
            for match in re.finditer(f"\n({first}{loose}[^\n\t]*)", self._text):
                if match[1] not in found:
                    more.setdefault(match[1])
                if len(found) + len(more) > limit:
                    break
            # the fewer letters were left out, the likelier
            found |= dict.fromkeys(sorted(more, key=len))
            if len(found) > limit:
                return list(found)[:limit], False
        return list(found), True

    def _find(self, wanted: str, at_start: bool, limit: int, found: dict[str, None]) -> None:
        """Add the names that hold a text, at most one more than `limit`."""
        text = self._text
        at = text.find(wanted)
        while at >= 0:
            start = at + 1 if at_start else text.rfind("\n", 0, at) + 1
            end = text.find("\n", at + 1)
            end = end if end >= 0 else len(text)
            name, _, _ = text[start:end].partition("\t")
            if name and (at_start or at - start + len(wanted) <= len(name)):
                found.setdefault(name)
                if len(found) > limit:
                    return
            at = text.find(wanted, end)
