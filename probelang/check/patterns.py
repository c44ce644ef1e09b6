"""Patterns in points: `*`, `?` and `{a,b}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.check.rules import points
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.syntax import tree

MAX_ALTERNATIVES = 1000


def is_pattern(name: str) -> bool:
    """Whether a name has a wildcard."""
    return "*" in name or "?" in name


def place_of(ident: tree.Ident, name: str) -> Span:
    """Where `vfs_{read,write}` says `write` of `vfs_write`; the whole of any other pattern."""
    head, _, rest = ident.name.partition("{")
    choices, closing, tail = rest.partition("}")
    if not closing or "{" in tail or len(ident.name) != ident.span.end - ident.span.start:
        return ident.span
    at = ident.span.start + len(head) + 1
    for choice in choices.split(","):
        if choice and head + choice + tail == name:
            return Span(at, at + len(choice))
        at += len(choice) + 1
    return ident.span


def event_name(name: str) -> str:
    """A name without what compilers, Rust and versions of symbols put into theirs."""
    made = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return "_" + made if made[:1].isdigit() else made


def expand_braces(name: str) -> list[str]:
    """`vfs_{read,write}` as its alternatives, `{a,b}{c,d}` as all four; of too many `MAX_ALTERNATIVES` and one more."""
    names = [""]
    at = 0
    while at < len(name):
        open = name.find("{", at)
        close = name.find("}", open) if open >= 0 else -1
        if open < 0 or close < 0:
            return [done + name[at:] for done in names]
        choices = name[open + 1 : close].split(",")
        names = [done + name[at:open] + choice for done in names for choice in choices][
            : MAX_ALTERNATIVES + 1
        ]
        at = close + 1
    return names


def are_usable(report: Report, ident: tree.Ident, alternatives: list[str]) -> bool:
    """Whether none of the alternatives is empty, and there are not too many; else it is said."""
    if len(alternatives) > MAX_ALTERNATIVES:
        report.add(
            points.TOO_MANY_POINTS,
            ident.span,
            f"this has more than {MAX_ALTERNATIVES} alternatives",
            help="`*` stands for many at once; or write several probes",
        )
    elif "" in alternatives:
        report.add(points.NO_MATCH, ident.span, f"one alternative of `{ident.name}` is empty")
    else:
        return True
    return False


def pattern_of(name: str) -> re.Pattern[str]:
    """`*` and `?` as a regular expression that never goes back over a star, whatever the pattern."""
    first, *rest = (
        "".join("." if char == "?" else re.escape(char) for char in piece)
        for piece in re.sub(r"\*+", "*", name).split("*")
    )
    if not rest:
        return re.compile(first)
    middle = "".join(f"(?>.*?{piece})" for piece in rest[:-1])
    return re.compile(f"{first}{middle}.*{rest[-1]}", re.DOTALL)
