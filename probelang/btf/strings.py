"""The string section."""

from __future__ import annotations

from probelang.btf.types import BtfError

LONGEST = 1024
"""More than the kernel takes for an identifier (KSYM_NAME_LEN, 512); bounds what a hostile blob can make us copy."""

_FEW = 1000
_BATCH = 1 << 16
_MOST_TEXT = 1 << 26


def printable(name: bytes) -> str:
    """A name as text that is safe to show: what no identifier contains is escaped."""
    text = name.decode("utf-8", "backslashreplace")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


class Strings:
    """Strings by their offset; those of a split blob continue its base's."""

    __slots__ = ("_base", "_section", "_short", "_start", "_text")

    def __init__(self, section: memoryview, base: Strings | None) -> None:
        self._section = section
        self._base = base
        self._start = len(base) if base else 0
        self._text: str | None = None
        self._short = False

    def __len__(self) -> int:
        return self._start + len(self._section)

    def raw(self, offset: int, length: int) -> bytes:
        """`length` bytes (less at the end) from `offset` on, for comparisons. Raises IndexError."""
        offset -= self._start
        if offset < 0:
            assert self._base
            return self._base.raw(offset + self._start, length)
        if offset >= len(self._section):
            raise IndexError
        return bytes(self._section[offset : offset + length])

    def bytes(self, offset: int) -> bytes:
        """The string at `offset`. Raises BtfError."""
        try:
            for length in (48, LONGEST):
                chunk = self.raw(offset, length)
                end = chunk.find(0)
                if end >= 0:
                    return chunk[:end]
        except IndexError:
            raise BtfError(f"BTF string offset {offset} is beyond the end") from None
        raise BtfError(f"BTF string at {offset} is too long")

    def text(self, offset: int) -> str:
        """The string at `offset`, as text that can be printed. Raises BtfError."""
        return printable(self.bytes(offset))

    def all_at(self, offsets: list[int]) -> list[str]:
        """The strings at many offsets, decoded as Latin-1 (which sorts as the bytes do). Raises BtfError."""
        if len(offsets) < _FEW or self._base:
            return [self.bytes(offset).decode("latin-1") for offset in offsets]
        if self._text is None:
            self._text = str(self._section, "latin-1")
            # A NUL in each block of half the length: then no string is longer, and slices need no limit.
            find, block = self._text.find, LONGEST // 2
            self._short = all(find("\0", at, at + block) >= 0 for at in range(0, len(self._text), block))
        text, find = self._text, self._text.find
        if not self._short or max(offsets) >= len(text):
            return [self.bytes(offset).decode("latin-1") for offset in offsets]
        found: list[str] = []
        total = 0
        for at in range(0, len(offsets), _BATCH):
            part = [text[offset : find("\0", offset)] for offset in offsets[at : at + _BATCH]]
            # Strings may share their tails, so they can be longer together than the section is.
            total += sum(map(len, part))
            if total > _MOST_TEXT:
                raise BtfError("the names in the BTF are too long")
            found += part
        return found
