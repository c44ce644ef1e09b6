"""A sorted table of lines, searched where it lies: no object is made for the lines that nobody asks for.

The text is `\\n`, then `key` or `key\\tvalue`, a `\\n` after each; the lines are sorted as bytes. It is the form in
which names of functions, symbols and events are kept in snapshots and in the cache. Sixty thousand names cost
nothing to open and some twenty microseconds to find one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable


class Table:
    """Lines by key; several lines may bear one key."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | memoryview) -> None:
        self._data = bytes(data)

    @property
    def data(self) -> bytes:
        """The text itself, as it is stored."""
        return self._data

    def __len__(self) -> int:
        return max(self._data.count(b"\n") - 1, 0)

    @classmethod
    def of_lines(cls, lines: Iterable[str]) -> Table:
        """A table of lines in any order."""
        return cls(build_table(lines))

    def find_all(self, key: str) -> list[str]:
        """What stands behind `key`, once for each line that bears it ("" for a bare key); [] if none does."""
        wanted = key.encode("utf-8", "surrogateescape")
        data, position = self._data, self._lower_bound(wanted)
        values = []
        while 0 <= position < len(data) - 1:
            end = data.find(b"\n", position)
            if end < 0:
                break
            found, _, value = data[position:end].partition(b"\t")
            if found != wanted:
                break
            values.append(value.decode("utf-8", "replace"))
            position = end + 1
        return values

    def find(self, key: str) -> str | None:
        """What stands behind the first line of `key`, or None if there is none."""
        values = self.find_all(key)
        return values[0] if values else None

    def __contains__(self, key: str) -> bool:
        return bool(self.find_all(key))

    def _lower_bound(self, wanted: bytes) -> int:
        """The offset of the first line whose key is not less than `wanted`."""
        data = self._data
        low, high = 1, len(data)
        while low < high:
            start = data.rfind(b"\n", 0, (low + high) // 2) + 1
            start = max(start, low)
            end = data.find(b"\n", start, high)
            if end < 0:
                end = high
            if data[start:end].partition(b"\t")[0] < wanted:
                low = end + 1
            else:
                if high == start:
                    break
                high = start
        return low

    def has_module(self, module: str) -> bool:
        """Whether any line is of something that a module has: its name is the last of a value."""
        return f"\t{module}\n".encode("utf-8", "surrogateescape") in self._data

    def keys(self) -> list[str]:
        """Every key once, sorted."""
        return self.keys_from("")

    def matching(self, pattern: re.Pattern[str], module: str | None = None) -> list[str]:
        """The keys that `pattern` matches as a whole, sorted; of a module those alone that it has ("": the kernel)."""
        match = pattern.fullmatch
        found = [key for key in self.keys_from(literal_prefix(pattern)) if match(key)]
        if module is None:
            return found
        return [key for key in found if module in [value.rpartition("\t")[2] for value in self.find_all(key)]]

    def keys_from(self, prefix: str) -> list[str]:
        """Every key that begins with `prefix` once, sorted."""
        data = self.data
        start = prefix.encode()
        first = self._lower_bound(start) if prefix else 1
        if not data.startswith(start, first):
            return []
        last = self._lower_bound(start + b"\xff") if prefix else len(data)
        lines = data[first:last].decode("utf-8", "replace").split("\n")
        return list(dict.fromkeys([line.partition("\t")[0] for line in lines if line]))


def literal_prefix(pattern: re.Pattern[str]) -> str:
    """A text that everything `pattern` matches as a whole begins with, "" if none shows at a glance."""
    text = pattern.pattern
    if "|" in text or pattern.flags & 2:  # re.IGNORECASE
        return ""
    length = 0
    while length < len(text) and (text[length] == "_" or (text[length].isascii() and text[length].isalnum())):
        length += 1
    if text[length : length + 1] in ("?", "*", "{", "+"):
        length = max(length - 1, 0)
    return text[:length]


def build_table(lines: Iterable[str]) -> bytes:
    """The stored form of lines (`key` or `key\\tvalue`), in any order."""
    encoded = sorted([line.encode("utf-8", "surrogateescape") for line in lines])
    return b"\n" + b"\n".join(encoded) + b"\n" if encoded else b"\n"


class RawTable(Table):
    """A table whose text is still in the kernel's own form: searched as it is at first, made a table when that pays.

    Sorting the 200,000 lines of `/proc/kallsyms` takes as long as some twenty searches through all of it.
    """

    __slots__ = ("_build", "_built", "_on_built", "_patience", "_raw", "_scan")

    def __init__(
        self,
        raw: bytes,
        scan: Callable[[bytes, bytes], list[str]],
        build: Callable[[bytes], list[str]],
        on_built: Callable[[bytes], None] | None = None,
        patience: int = 8,
    ) -> None:
        self._raw = raw
        self._scan = scan
        self._build = build
        self._on_built = on_built
        self._patience = patience
        self._built = False

    @property
    def data(self) -> bytes:
        self._ensure_built()
        return self._data

    def _ensure_built(self) -> None:
        if not self._built:
            self._data = build_table(self._build(self._raw))
            self._built = True
            self._raw = b""
            if self._on_built is not None:
                self._on_built(self._data)

    def __len__(self) -> int:
        self._ensure_built()
        return super().__len__()

    def has_module(self, module: str) -> bool:
        if not self._built:
            return f"[{module}]\n".encode("utf-8", "surrogateescape") in self._raw
        return super().has_module(module)

    def find_all(self, key: str) -> list[str]:
        if not self._built:
            if self._patience > 0:
                self._patience -= 1
                return self._scan(self._raw, key.encode("utf-8", "surrogateescape"))
            self._ensure_built()
        return super().find_all(key)
