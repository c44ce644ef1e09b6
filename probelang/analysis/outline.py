"""The shape of a spec: its outline, what can be folded, and what a selection grows to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis.locate import path_to
from probelang.analysis.replies import Symbol
from probelang.check.naming import name_of
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.source import Source


def outline(source: Source, statements: tuple[tree.Statement, ...]) -> list[Symbol]:
    """The statements of a spec, and what belongs to each; spans are those of the tree, `source` knows their text."""
    return [symbol for statement in statements if (symbol := _symbol(source, statement)) is not None]


def _symbol(source: Source, statement: tree.Statement) -> Symbol | None:
    match statement:
        case tree.Group(span, name):
            return Symbol(name.name, "group", "group", span, name.span)
        case tree.Const(span, name, value):
            return Symbol(name.name, _short(source, value.span), "const", span, name.span)
        case tree.Args(span, name, params, items):
            children = [
                Symbol(param.name.name, _short(source, param.type.span), "param", param.span, param.name.span)
                for param in params
            ]
            return Symbol(name.name, "args", "args", span, name.span, (*children, *_items(source, items)))
        case tree.Probe():
            points = " ?? ".join(_short(source, point.span) for point in statement.points)
            detail = f"{statement.kind.value} {points}"
            own = statement.name
            shown = own.name if own is not None else points or statement.kind.value
            name_span = own.span if own is not None else statement.points[0].span
            if not (statement.span.start <= name_span.start and name_span.end <= statement.span.end):
                name_span = statement.kind_span
            return Symbol(
                shown,
                detail,
                "probe",
                statement.span,
                name_span,
                tuple(_items(source, statement.items or ())),
            )
    return None


def _items(source: Source, items: tuple[tree.FetchItem, ...]) -> Iterator[Symbol]:
    for item in items:
        match item:
            case tree.FetchArg(span, name, expr):
                shown = name.name if name is not None else name_of(expr) or _short(source, expr.span)
                yield Symbol(
                    shown,
                    _short(source, expr.span),
                    "item",
                    span,
                    name.span if name is not None else expr.span,
                )
            case tree.Use(span, name):
                yield Symbol(f"use {name.name}", "", "use", span, name.span)
            case tree.AllArgs(span):
                yield Symbol("$arg*", "", "item", span, span)


def _short(source: Source, span: Span) -> str:
    text = " ".join(source.slice(span).split())
    return text if len(text) <= 80 else text[:79] + "…"


def folds(file: tree.File, source: Source) -> list[tuple[Span, str]]:
    """What can be folded: statements of several lines, and runs of lines with nothing but a comment.

    `source` tells the lines of the tree's spans.
    """
    found: list[tuple[Span, str]] = []
    for statement in file.statements:
        if source.position(statement.span.start)[0] < source.position(statement.span.end)[0]:
            found.append((statement.span, "region"))
    run: list[tree.Comment] = []
    for comment in [*file.comments, None]:
        if comment is not None and not _is_alone(source, comment):
            continue
        if (
            run
            and comment is not None
            and source.position(comment.span.start)[0] == source.position(run[-1].span.start)[0] + 1
        ):
            run.append(comment)
            continue
        if len(run) > 1:
            found.append((Span(run[0].span.start, run[-1].span.end), "comment"))
        run = [comment] if comment is not None else []
    return found


def _is_alone(source: Source, comment: tree.Comment) -> bool:
    line, column = source.position(comment.span.start)
    return not source.line(line)[: column - 1].strip()


def selections(statement: tree.Statement, offset: int) -> list[Span]:
    """What a selection at an offset grows to, the smallest first."""
    spans: list[Span] = []
    for node in reversed(path_to(statement, offset)):
        if not spans or (node.span != spans[-1] and _holds(node.span, spans[-1])):
            spans.append(node.span)
    return spans


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
