"""Probes at a function's return, and what they read through its parameters there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.probes import Duration, EntryValue, FunctionTarget, Parameter
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

#: How many values of the entry a joined event has room for; `$duration` is one of them.
ROOM = 8


def functions_of(statement: Statement) -> list[FunctionTarget]:
    """The functions that a probe sits on, all its events together."""
    return [
        site.target
        for event in statement.events
        for site in event.sites
        if isinstance(site.target, FunctionTarget)
    ]


def at_return(statement: Statement) -> bool:
    """Whether a probe sits on the return of a function of the kernel."""
    target = statement.events[0].sites[0].target
    return isinstance(target, FunctionTarget) and target.returns


def reads_through(field: Field) -> bool:
    """Whether a field of a probe at a return is read there, through what a parameter points to."""
    return isinstance(field.access.base, Parameter) and bool(field.access.derefs)


def is_written(statement: Statement, field: Field) -> bool:
    """Whether the field's expression stands in the probe itself, not in an `args` list that others use too."""
    return (
        field.expr is not None
        and statement.tree.span.start <= field.span.start
        and field.span.end <= statement.tree.span.end
        and field.expr.span == field.span
    )


def entry_fix(subject: Subject, statement: Statement, field: Field) -> Fix | None:
    """To read a field when the function is entered, where that can be done."""
    event = statement.events[0]
    through = [one for one in event.fields if isinstance(one.access.base, Parameter | EntryValue | Duration)]
    if (
        not is_written(statement, field)
        or len(through) >= ROOM
        or field.fetch.count is not None
        or event.stacktrace
        or len(statement.tree.points) > 1
        or subject.target == "perf"
    ):
        return None
    around = (
        Edit(Span(field.span.start, field.span.start), "entry("),
        Edit(Span(field.span.end, field.span.end), ")"),
    )
    return Fix("read it when the function is entered", around, safe=False)
