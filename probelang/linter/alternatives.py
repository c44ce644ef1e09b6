"""What is there on some kernels and gone on others: `??` with what it is called there.

The name comes from a table of well-known changes, or from the kernels themselves: what only the one has takes the place of what only the
other has, where its type is the same and its name is near. Each is tried on every kernel before it is offered.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.check import renames
from probelang.check.rules import names, points, types
from probelang.diagnostics import Diagnostic, Edit, Fix, Severity, listed
from probelang.linter import counterparts
from probelang.linter.trial import Trial
from probelang.pipeline import read
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.backends import Settings
    from probelang.kernel.interface import Kernel
    from probelang.source import Source

_POINTS = (points.UNKNOWN_FUNCTION, points.NOT_TRACEABLE, points.UNKNOWN_TRACEPOINT, points.UNKNOWN_EVENT)
_VALUES = (types.UNKNOWN_MEMBER, names.UNKNOWN_NAME)
#: How many findings of a spec get their alternatives tried, and how many of them each.
_MAX_FINDINGS = 50
_MAX_TRIALS = 4
_MEMBER = re.compile(r"`(?:struct|union) (\w+)` has no member `(\w+)`")


def offer(
    source: Source,
    found: Sequence[Diagnostic],
    kernels: Sequence[Kernel],
    target: str,
    settings: Settings,
) -> list[Diagnostic]:
    """The diagnostics, those of what only some kernels lack with what they have instead."""
    errors = [one for one in found if one.severity is Severity.ERROR]
    file: tree.File | None = None
    trial: Trial | None = None
    made = []
    left = _MAX_FINDINGS
    for one in found:
        if one.rule not in (*_POINTS, *_VALUES) or len(one.kernels) == len(kernels):
            made.append(one)
            continue
        if file is None or trial is None:
            file, _ = read(source)
            trial = Trial(source, file, kernels, target, settings)
        statement = trial.statement_at(one.label.span)
        having = _having(one, statement, errors, kernels, trial)
        if statement is None or not having or left <= 0:
            made.append(one)
            continue
        left -= 1
        failing = [kernel for kernel in kernels if kernel.name in one.kernels]
        made.append(_with_alternative(source, one, statement, having, failing, trial))
    return made


def _having(
    found: Diagnostic,
    statement: tree.Statement | None,
    errors: list[Diagnostic],
    kernels: Sequence[Kernel],
    trial: Trial,
) -> list[Kernel]:
    """The kernels that have what is missing: those on which neither the same value nor the probe's point is an error."""
    if statement is None:
        return []
    span = found.label.span
    value = _value_at(statement, span)
    probes = [statement] if isinstance(statement, tree.Probe) else trial.probes
    places = [value[0] if value is not None else span]
    places += [point.span for probe in probes for point in probe.points]
    starts = sorted((place.start, place.end) for place in places)
    wrong: set[str] = set()
    for error in errors:
        at = bisect_right(starts, (error.label.span.start, sys.maxsize)) - 1
        if at >= 0 and error.label.span.start < starts[at][1]:
            wrong.update(error.kernels)
    return [kernel for kernel in kernels if kernel.name not in wrong]


def _with_alternative(
    source: Source,
    found: Diagnostic,
    statement: tree.Statement,
    having: list[Kernel],
    failing: list[Kernel],
    trial: Trial,
) -> Diagnostic:
    there = listed([kernel.name for kernel in having])
    note = f"{there} {'has' if len(having) == 1 else 'have'} it"
    # what is near to a name that is right elsewhere is no cure
    plain = replace(found, label=replace(found.label, text=""), notes=(note, *found.notes), fix=None)
    make, rules = (_point_edits, _POINTS) if found.rule in _POINTS else (_value_edits, _VALUES)
    tried: set[tuple[Edit, ...]] = set()
    for name, edits in make(source, found, statement, having[0], failing[0]):
        if edits in tried:
            continue
        tried.add(edits)
        if len(tried) > _MAX_TRIALS:
            break
        if trial.cures(statement, edits, failing, having[0], rules):
            label = replace(found.label, text=f"on {listed(found.kernels)} it is `{name}`")
            fix = Fix(
                f"take `{name}` where there is no `{source.slice(found.label.span)}`", edits, safe=False
            )
            return replace(plain, label=label, help=None, fix=fix)
    return replace(plain, help=plain.help or "`a ?? b` is `b` where a kernel does not have `a`")


def _point_edits(
    source: Source, found: Diagnostic, statement: tree.Statement, having: Kernel, failing: Kernel
) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The point once more with another name behind `??`; and the event named, where it would be named after its point."""
    if not isinstance(statement, tree.Probe):
        return
    span = found.label.span
    for point in statement.points:
        if not point.span.start <= span.start < point.span.end:
            continue
        place, name, others = _named(point, having, failing)
        if place is None or any(char in name for char in "*?{"):
            return
        for other in others:
            text = (
                source.text[point.span.start : place.start] + other + source.text[place.end : point.span.end]
            )
            end = statement.points[-1].span.end
            edits = [Edit(Span(end, end), f" ?? {text}")]
            if statement.name is None and len(statement.points) == 1:
                at = statement.kind_span.start
                returns = getattr(point, "returns", None) is not None
                event = re.sub(r"\W", "_", name.rpartition(":")[2]) + ("_return" if returns else "")
                edits.insert(0, Edit(Span(at, at), f"{event} = "))
            yield other, tuple(edits)


def _named(point: tree.Point, having: Kernel, failing: Kernel) -> tuple[Span | None, str, list[str]]:
    match point:
        case tree.FunctionPoint(_, _, tree.Ident(at, name), None | 0, None, _):
            others = renames.other_names(renames.FUNCTIONS, name)
            return at, name, [*others, *counterparts.functions(name, having, failing)]
        case tree.TracepointPoint(_, _, tree.Ident(at, name)):
            known = tuple(tuple(word.rpartition(":")[2] for word in line) for line in renames.EVENTS)
            return at, name, renames.other_names(known, name)
        case tree.EventPoint(span, tree.Ident(_, system), tree.Ident(_, event)):
            name = f"{system}:{event}"
            return span, name, renames.other_names(renames.EVENTS, name)
    return None, "", []


def _value_edits(
    source: Source, found: Diagnostic, statement: tree.Statement, having: Kernel, failing: Kernel
) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """The whole value once more, with another name, behind `??`."""
    span = found.label.span
    value = _value_at(statement, span)
    if value is None:
        return
    whole, leaf = value
    for old, new in _other_values(source, found, statement, having, failing):
        written = re.compile(r"\s*".join(map(re.escape, re.split(r"(->|\.)", old))))
        match = written.match(source.text, span.start, leaf.end)
        if match is None:
            continue
        text = source.text[leaf.start : span.start] + new + source.text[match.end() : leaf.end]
        yield new, (Edit(Span(whole.end, whole.end), f" ?? {text}"),)


def _other_values(
    source: Source, found: Diagnostic, statement: tree.Statement, having: Kernel, failing: Kernel
) -> Iterator[tuple[str, str]]:
    name = source.slice(found.label.span)
    member = _MEMBER.match(found.message)
    if member is not None:
        struct = member[1]
        yield from renames.other_members(struct, name)
        for other in counterparts.members(struct, name, having, failing):
            yield name, other
    elif isinstance(statement, tree.Probe):
        for point in statement.points:
            for other in counterparts.values(point, name, having, failing):
                yield name, other


def _value_at(statement: tree.Statement, span: Span) -> tuple[Span, Span] | None:
    """The value that holds these characters, with all the `??` it is an alternative of, and the alternative alone."""
    above = [
        node
        for node in tree.walk(statement)
        if isinstance(node, tree.Expr) and node.span.start <= span.start and span.end <= node.span.end
    ]
    whole: tree.Expr | None = None
    leaf: tree.Expr | None = None
    for node in above:
        match node:
            case tree.Binary(_, "??"):
                whole, leaf = whole or node, None
            case tree.Binary() | tree.InSet() | tree.InRange() | tree.Unary(_, "!"):
                whole = leaf = None
            case _:
                whole, leaf = whole or node, leaf or node
    return (whole.span, leaf.span) if whole is not None and leaf is not None else None
