"""Reads the text of tracefs' `trace` file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = int | str | Sequence["Value"]

_LINE = re.compile(
    r"^\s*(?P<comm>.*)-(?P<tid>\d+)\s+(?:\(\s*[-\d]+\)\s+)?\[(?P<cpu>\d+)\]\s+\S+\s+(?P<time>[\d.]+): (?P<event>\w+): ?(?P<rest>.*)$"
)
_PLACE = re.compile(r"^\((?P<place>[^)]*)\)\s*")
ARGUMENT = re.compile(r"(?P<name>\w+)=(?P<value>\"(?:.*?)\"(?=\s\w+=|\s*$)|'.'|\{[^}]*\}|\S+)")
_INTEGER = re.compile(r"-?(?:0x[0-9a-fA-F]+|\d+)")


@dataclass
class Hit:
    """One event of a trace."""

    event: str
    comm: str
    tid: int
    cpu: int
    time: float
    place: str
    """Where it was hit, as the kernel writes it: `vfs_read+0x0/0x330`; empty for other events than probes."""
    shown: Mapping[str, str]
    """The arguments, as the kernel shows them."""
    stack: list[str] = field(default_factory=list)

    @property
    def values(self) -> dict[str, Value]:
        return {name: parse_value(text) for name, text in self.shown.items()}


def parse_trace(text: str) -> list[Hit]:
    """The hits of a trace, oldest first; a stack belongs to the hit before it."""
    hits: list[Hit] = []
    for line in text.splitlines():
        if line.startswith(" => "):
            if hits:
                hits[-1].stack.append(line[4:].strip())
            continue
        match = None if line.startswith("#") else _LINE.match(line)
        if match is None:
            continue
        place, rest = parse_place(match["rest"])
        hits.append(
            Hit(
                match["event"],
                match["comm"],
                int(match["tid"]),
                int(match["cpu"]),
                float(match["time"]),
                place,
                {found["name"]: found["value"] for found in ARGUMENT.finditer(rest)},
            )
        )
    return hits


def parse_place(text: str) -> tuple[str, str]:
    """Where it was hit, without its parentheses, and what follows."""
    place = _PLACE.match(text)
    return (place["place"], text[place.end() :]) if place else ("", text)


def parse_value(text: str) -> Value:
    """An argument as a number, a list, or a string without its quotes."""
    if _INTEGER.fullmatch(text):
        return int(text, 0) if "x" in text else int(text)
    if text.startswith("{") and text.endswith("}"):
        return [parse_value(part) for part in text[1:-1].split(",")]
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    return text
