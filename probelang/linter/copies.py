"""A probe that stands there twice, word for word: the errors in it are said once, and of the copy that it is one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from probelang.check.rules import names
from probelang.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.source import Source, Span
    from probelang.syntax import tree


def without_copies(
    source: Source, found: Sequence[Diagnostic], layout: Callable[[], tree.File]
) -> list[Diagnostic]:
    """What there is to say, without what was said of the same words before; `layout` has the places of statements."""
    clashes = [one for one in found if one.rule is names.NAME_CLASH and one.others]
    if not clashes:
        return list(found)
    spans = sorted((statement.span for statement in layout().statements), key=lambda span: span.start)
    ordered = sorted(found, key=lambda one: one.label.span.start)
    starts = [one.label.span.start for one in ordered]

    def within(span: Span) -> list[Diagnostic]:
        some = ordered[bisect_left(starts, span.start) : bisect_left(starts, span.end)]
        return [one for one in some if one.label.span.end <= span.end]

    dropped: set[int] = set()
    for clash in clashes:
        copy, first = _around(spans, clash.label.span), _around(spans, clash.others[0].span)
        if copy is None or first is None or copy == first or source.slice(copy) != source.slice(first):
            continue
        shift = copy.start - first.start
        said = {(one.rule.code, one.label.span.start + shift) for one in within(first)}
        dropped.update(
            id(one)
            for one in within(copy)
            if one is not clash
            and one.severity is Severity.ERROR
            and (one.rule.code, one.label.span.start) in said
        )
    return [one for one in found if id(one) not in dropped]


def _around(spans: Sequence[Span], span: Span) -> Span | None:
    at = bisect_right(spans, span.start, key=lambda one: one.start) - 1
    return spans[at] if at >= 0 and _holds(spans[at], span) else None


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
