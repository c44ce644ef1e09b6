"""Inlay hints, what will be recorded of each fetch arg, and lenses, how many events a spec makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.patterns import is_pattern
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.analysis.document import State


@record
class Hint:
    """Something to be shown behind a stored offset; `insert` is what the spec would say instead, "" for nothing."""

    offset: int
    text: str
    doc: str
    insert: str = ""


def hints_of(state: State, statements: Sequence[tree.Statement]) -> list[Hint]:
    """The hints of some statements: types that are not written, and how many points a pattern stands for."""
    wanted = {id(statement) for statement in statements}
    found: list[Hint] = []
    for statement in state.statements:
        if id(statement.tree) not in wanted or not statement.events:
            continue
        fields = {field.span: field for field in statement.events[0].fields if not field.auto}
        for item in statement.tree.items or ():
            if isinstance(item, tree.FetchArg) and item.type is None:
                field = fields.get(item.expr.span)
                if field is not None:
                    text = f": {field.fetch.text}"
                    doc = "" if field.fetch.is_string else field.c_type
                    found.append(Hint(item.span.end, text, doc, text))
        count = sum(len(event.sites) for event in statement.events)
        for point in statement.tree.points:
            if _is_pattern(point) and len(statement.tree.points) == 1:
                found.append(Hint(point.span.end, f" {count} points", _listed(state, statement.tree)))
    return found


def _is_pattern(point: tree.Point) -> bool:
    match point:
        case tree.FunctionPoint(_, _, function):
            return is_pattern(function.name) or "{" in function.name
        case tree.TracepointPoint(_, _, tracepoint):
            return is_pattern(tracepoint.name) or "{" in tracepoint.name
        case tree.EventPoint(_, system, event):
            return any(is_pattern(name) or "{" in name for name in (system.name, event.name))
    return False


def _listed(state: State, probe: tree.Probe) -> str:
    names = [place.name for place in state.context.places_of(probe)]
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


@record
class Lens:
    """A line above a statement."""

    span: Span
    text: str
    kernel: str


def lenses_of(states: Sequence[State]) -> list[Lens]:
    """Above the first probe, how many events the spec makes on each kernel."""
    first = next((s for s in states[0].tree.statements if isinstance(s, tree.Probe)), None)
    if first is None:
        return []
    found = []
    for state in states:
        count = sum(len(statement.events) for statement in state.statements)
        name = state.context.kernel.name
        plural = "" if count == 1 else "s"
        text = f"{count} event{plural} on {name}; " + ("has errors" if state.failed else "compile")
        found.append(Lens(Span(first.span.start, first.kind_span.end), text, name))
    return found
