"""Source texts and places in them.

Inside, a place is a `Span` of character offsets; lines and columns exist only at the edges, where a person or an
editor reads them. Columns count characters from 1.
"""

from __future__ import annotations

from bisect import bisect_right

from probelang.record import record

#: The most bytes that a spec may have.
MAX_SIZE = 16 << 20


@record
class Span:
    """The characters from offset `start` up to, not including, `end`."""

    start: int
    end: int


class Source:
    """A text with the name it is shown by."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._lines is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._lines = starts
        return self._lines

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (from 1), without its end."""
        starts = self._line_starts()
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r")

    def slice(self, span: Span) -> str:
        """The text of a span."""
        return self.text[span.start : span.end]


def columns(text: str) -> int:
    """The columns of a terminal that a text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
