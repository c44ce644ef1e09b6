"""PRB619: one value recorded twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Label, Rule, Severity
from probelang.linter.same import value_form
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

RULE = Rule(
    "PRB619",
    "repeated-fetch-arg",
    Severity.INFO,
    "Two fetch args of one probe record the same value in the same form, or the condition compares a value in other words than the fetch arg that records it: "
    "it is fetched, and kept in the trace, once more at every hit. A condition takes a fetch arg by its name. "
    "Two forms of one value, as `flags` and `shown = flags: x32`, are not meant.",
    example="fprobe vfs_read { count, n = count }",
)


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    span = statement.tree.span
    known: dict[object, Field] = {}
    for field in statement.events[0].fields:
        form = value_form(field)
        if form is None or field.expr is None or subject.text(field.span) == "$arg*":
            # what `$arg*` lists may have a name of its own besides
            continue
        if isinstance(field.expr, tree.Binary):
            # `a ?? b` may be `a` on another kernel
            continue
        first = known.setdefault(form, field)
        if first is field:
            continue
        if not span.start <= field.span.start < span.end:
            # both are in lists, or only what the list repeats is of this probe
            field, first = first, field
            if not span.start <= field.span.start < span.end:
                continue
        within = span.start <= first.span.start < span.end
        others = (Label(first.span, "the first"),) if within else ()
        if field.auto:
            report.add(
                RULE,
                field.span,
                f"`{first.name}` records this already: compare `{first.name}`",
                others=others,
                fix=Fix(f"write `{first.name}`", (Edit(field.span, first.name),)),
            )
        else:
            report.add(
                RULE,
                field.span,
                f"`{first.name}` and `{field.name}` are the same value",
                others=others,
                fix=_remove(subject, statement.tree, field),
            )


def _remove(subject: Subject, probe: tree.Probe, field: Field) -> Fix | None:
    """The fetch arg taken out, with its comma, or with its line."""
    if probe.condition is not None and any(
        isinstance(node, tree.Name) and node.name == field.name for node in tree.walk(probe.condition)
    ):
        return None
    items = probe.items or ()
    index = next(
        (
            at
            for at, item in enumerate(items)
            if isinstance(item, tree.FetchArg) and item.expr.span == field.span
        ),
        None,
    )
    if index is None or index == 0:
        return None
    # what is between it and the one before: a comma, or the end of a line, and perhaps a comment, which stays
    between = subject.source.text[items[index - 1].span.end : items[index].span.start]
    if "#" in between or "//" in between:
        return None
    gone = Span(items[index - 1].span.end, items[index].span.end)
    return Fix("remove it", (Edit(gone, ""),), safe=False)
