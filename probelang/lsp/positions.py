"""Positions as clients count them, and offsets in a text.

A client counts lines from 0, and within a line code units of the encoding it agreed on: UTF-16 unless it said otherwise.
A line ends with LF, CR LF or CR alone, and with nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_right

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"

_LINE_END = re.compile("\r\n|\r|\n")


class Lines:
    """The lines of one text."""

    __slots__ = ("_starts", "encoding", "text")

    def __init__(self, text: str, encoding: str = UTF16) -> None:
        self.text = text
        self.encoding = encoding
        self._starts = [0, *[match.end() for match in _LINE_END.finditer(text)]]

    def offset(self, line: int, character: int) -> int:
        """The offset of a position; what is behind the end of a line, or of the text, is that end."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start = self._starts[line]
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)
        while end > start and self.text[end - 1] in "\r\n":
            end -= 1
        character = max(character, 0)
        if self.encoding == UTF32:
            return min(start + character, end)
        row = self.text[start:end]
        if row.isascii():
            return min(start + character, end)
        units = 0
        for index, letter in enumerate(row):
            units += _width(letter, self.encoding)
            if units > character:
                return start + index
        return end

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the code unit of an offset, both from 0."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        return line, units_of(self.text[self._starts[line] : offset], self.encoding)


def _width(letter: str, encoding: str) -> int:
    if encoding == UTF16:
        return 2 if letter > "\uffff" else 1
    return 1 if letter < "\x80" else 2 if letter < "\u0800" else 3 if letter <= "\uffff" else 4


def units_of(text: str, encoding: str) -> int:
    """How many code units a text takes."""
    if encoding == UTF32 or text.isascii():
        return len(text)
    return sum([_width(letter, encoding) for letter in text])
