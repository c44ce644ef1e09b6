"""What a caret is in: the nodes of a syntax tree around an offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator


def children_of(node: tree.Node) -> Iterator[tree.Node]:
    """The nodes right below a node, in the order of its fields."""
    for name in node.__match_args__:
        value: Any = getattr(node, name)
        if isinstance(value, tree.Node):
            yield value
        elif isinstance(value, tuple):
            for part in value:
                if isinstance(part, tree.Node):
                    yield part


def path_to(node: tree.Node, offset: int) -> list[tree.Node]:
    """The nodes that hold an offset, or end there, from `node` to the innermost; empty if `node` does not."""
    if not touches(node.span, offset):
        return []
    path = [node]
    while True:
        inside = [child for child in children_of(path[-1]) if touches(child.span, offset)]
        if not inside:
            return path
        # at a border, what begins there rather than what ends there
        path.append(max(inside, key=lambda child: child.span.start))


def touches(span: Span, offset: int) -> bool:
    """Whether an offset is in a span or right behind it."""
    return span.start <= offset <= span.end
