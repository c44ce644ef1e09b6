"""Where keys and values are in a TOML file, which `tomllib` does not tell: one walk over a text that it has read.

Only for texts without errors, and only once there is something to say about one.
"""

from __future__ import annotations

import re

from probelang.record import record

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")

Path = tuple[str | int, ...]


@record
class Place:
    """Offsets where a key and its value begin."""

    key: int
    value: int


def find_places(text: str) -> dict[Path, Place]:
    """The place of every key and of every element of an array, by its path from the top."""
    walk = _Walk(text)
    try:
        walk.file()
    except (IndexError, RecursionError):
        # not what `tomllib` would have read: what was found until here is true
        pass
    return walk.places


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, Place] = {}

    def file(self) -> None:
        table: Path = ()
        lists: dict[Path, int] = {}
        while self.skip() < len(self.text):
            if self.text[self.at] != "[":
                self.pair(table)
                continue
            start = self.at
            double = self.text.startswith("[[", start)
            self.at += 2 if double else 1
            self.skip()
            begin = self.at
            table = self.inside(self.key(), lists, double)
            self.at += 2 if double else 1
            self.places.setdefault(table, Place(begin, start))

    def inside(self, path: Path, lists: dict[Path, int], double: bool) -> Path:
        """The path of a table's header, with the index of the latest element of arrays of tables."""
        made: Path = ()
        for number, name in enumerate(path):
            made = (*made, name)
            if double and number == len(path) - 1:
                lists[made] = lists.get(made, -1) + 1
            if made in lists:
                made = (*made, lists[made])
        return made

    def skip(self) -> int:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def key(self) -> Path:
        names = []
        while True:
            match = _BARE.match(self.text, self.at) or _STRING.match(self.text, self.at)
            if match is None:
                raise IndexError
            names.append(_name(match[0]))
            self.at = match.end()
            self.skip()
            if not self.text.startswith(".", self.at):
                return tuple(names)
            self.at += 1
            self.skip()

    def pair(self, table: Path) -> None:
        begin = self.at
        path = (*table, *self.key())
        self.at += 1
        self.skip()
        for length in range(len(table) + 1, len(path) + 1):
            self.places.setdefault(path[:length], Place(begin, self.at))
        self.value(path)

    def value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening in "\"'":
            match = _STRING.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)
        elif opening in "[{":
            self.several(path, "]" if opening == "[" else "}")
        else:
            match = _SCALAR.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def several(self, path: Path, closing: str) -> None:
        self.at += 1
        number = 0
        while self.text[self.skip()] != closing:
            if closing == "}":
                self.pair(path)
            else:
                self.places[*path, number] = Place(self.at, self.at)
                self.value((*path, number))
            number += 1
            if self.text[self.skip()] == ",":
                self.at += 1
        self.at += 1


def _name(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    if word[0] == '"':
        import tomllib

        return next(iter(tomllib.loads(f"{word} = 0")))
    return word
