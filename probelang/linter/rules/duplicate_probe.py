"""PRB620: two probes that record the same hits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.patterns import place_of
from probelang.diagnostics import Label, Rule, Severity
from probelang.linter.same import condition_form
from probelang.probes import EventTarget, FunctionTarget, TracepointTarget
from probelang.record import replace
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.source import Span

RULE = Rule(
    "PRB620",
    "duplicate-probe",
    Severity.INFO,
    "Two probes of a spec sit on one point with the same condition, or the pattern of one stands for the point of another: every hit there costs, and is counted, twice. "
    "One event can record all that both do. A probe that is `disabled`, or has another condition, is another one.",
    example="fprobe vfs_{read,write} { count }\nreads = fprobe vfs_read { count, $comm }",
)


def check_spec(subject: Subject, report: Report) -> None:
    known: dict[object, Statement] = {}
    # a kernel that takes one such probe only refuses the second, which is said
    shared_tracepoints = subject.kernel.features.shared_tracepoints is not False
    for statement in subject.statements:
        if not statement.finished or statement.events[0].disabled:
            continue
        if len(statement.tree.points) > 1:
            # `a ?? b` is another point on another kernel
            continue
        here: list[object] = []
        shared: dict[int, list[str]] = {}
        firsts: dict[int, Statement] = {}
        for event in statement.events:
            condition = condition_form(event)
            for site in event.sites:
                point = _point(site.target)
                if point is None or (isinstance(point, TracepointTarget) and not shared_tracepoints):
                    continue
                here.append((point, condition))
                first = known.get((point, condition))
                if first is not None:
                    firsts[id(first)] = first
                    shared.setdefault(id(first), []).append(_called(point))
        for key in here:
            known.setdefault(key, statement)
        if shared:
            number, names = max(shared.items(), key=lambda pair: len(pair[1]))
            _say(statement, firsts[number], names, len(here), report)


def _say(statement: Statement, first: Statement, names: list[str], count: int, report: Report) -> None:
    other = first.tree.points[0].span
    span = _place(statement.tree, names)
    if count > len(names):
        shown = ", ".join(f"`{name}`" for name in names[:3]) + (", …" if len(names) > 3 else "")
        message = f"another probe records the hits of {shown} already, under the same condition"
    else:
        message = "another probe records the same hits: same point, same condition"
    report.add(
        RULE,
        span,
        message,
        others=(Label(other, "this one"),),
        help="one event can record what both do; a condition of its own makes it another one",
    )


def _point(target: object) -> object | None:
    """A target without what only says how to find it."""
    match target:
        case FunctionTarget():
            return replace(target, alone=True)
        case TracepointTarget() | EventTarget():
            return target
        case _:
            return None


def _called(point: object) -> str:
    match point:
        case FunctionTarget(function, _, _, returns):
            return function + ("%return" if returns else "")
        case TracepointTarget(name):
            return name
        case EventTarget(system, event):
            return f"{system}:{event}"
        case _:
            return ""


def _place(probe: tree.Probe, names: list[str]) -> Span:
    """The one name in a set that is meant, else the whole point."""
    point = probe.points[0]
    if len(names) == 1 and isinstance(point, tree.FunctionPoint):
        at = place_of(point.function, names[0].removesuffix("%return"))
        if at != point.function.span:
            return at
    return point.span
