"""A tree as text, to compare trees by: class names, the values of fields, and spans or not."""

from __future__ import annotations

from enum import Enum
from typing import Any

from probelang.source import Span
from probelang.syntax import tree


def dump(value: Any, base: int | None = None) -> str:
    """The tree in one line; spans relative to `base`, or no spans at all."""
    if isinstance(value, Span):
        return "" if base is None else f"{value.start - base}..{value.end - base}"
    if isinstance(value, tree.Node):
        fields = [
            dump(getattr(value, name), base) for name in type(value).__match_args__ if name not in ("flawed",)
        ]
        return f"{type(value).__name__}({' '.join(field for field in fields if field)})"
    if isinstance(value, tuple):
        return "[" + ", ".join(dump(item, base) for item in value) + "]"
    if isinstance(value, Enum):
        return str(value.value)
    return repr(value)


def nodes(value: Any) -> list[tree.Node]:
    """All nodes of a tree, parents first."""
    if isinstance(value, tuple):
        return [node for item in value for node in nodes(item)]
    if not isinstance(value, tree.Node):
        return []
    found = [value]
    for name in type(value).__match_args__:
        found += nodes(getattr(value, name))
    return found
