"""PRB612: a function of which the compiler made several, so that a probe on its name misses calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.check.patterns import event_name, place_of
from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.probes import EntryValue, FunctionTarget, Parameter, ThisCpu
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Access, Field, Probe

RULE = Rule(
    "PRB612",
    "partial-function",
    Severity.WARNING,
    "Compilers split functions. Of one whose first checks mostly decide, callers in the same source file get these checks inlined and call the rest, "
    "`NAME.part.0`, by themselves: a probe on `NAME` sees only the other callers. On Linux 6.12 `getname_flags` was hit 38,000 times while its "
    "`.part.0` was 81,000 times, and `do_softirq` never. `NAME.isra.0` and `NAME.constprop.0` are copies for some callers, or another function of that "
    "name. Parameters of such pieces may be others than in the source, and in other registers, so `$arg1` there may be anything; BTF does not "
    "describe them. A `.cold` piece is reached from inside the function alone, and nothing is missed.",
    example="fprobe getname_flags { $comm }",
)
_PIECE = re.compile(r"\.(part|isra|constprop|llvm)\b")


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    said: set[Span] = set()
    for event in statement.events:
        for site in event.sites:
            target = site.target
            if not isinstance(target, FunctionTarget) or target.offset:
                continue
            name = target.function
            piece = _PIECE.search(name)
            if piece is not None:
                _parameters(site.fields, name, name[: piece.start()], said, report)
                continue
            parts = subject.kernel.parts_of(name)
            if not parts:
                continue
            ident, span = _place(statement.tree, name)
            if span in said:
                continue
            said.add(span)
            _say(subject, statement.tree, event, name, parts, ident, span, report)


def _say(
    subject: Subject,
    probe: tree.Probe,
    event: Probe,
    name: str,
    parts: tuple[str, ...],
    ident: tree.Ident | None,
    span: Span,
    report: Report,
) -> None:
    kernel = subject.kernel
    rest = next((part for part in parts if part.startswith(f"{name}.part.")), None)
    listed = ", ".join(f"`{part}`" for part in parts[:3]) + (", …" if len(parts) > 3 else "")
    if rest is None:
        report.add(
            RULE,
            span,
            f"{kernel.title} has {listed} beside `{name}`, which some callers may call instead",
            help="a function that its callers have in common is hit by all of them",
        )
        return
    report.add(
        RULE,
        span,
        f"some callers of `{name}` may have its beginning inlined, and call `{rest}` only: this probe misses them",
        notes=(f"{kernel.title} has {listed}",),
        help=f"`{rest}` is hit by every call that is not done after the first checks; it has no names for parameters",
        fix=_probe_the_rest(kernel.table("functions"), probe, event, rest, ident, span),
    )


def _probe_the_rest(
    traceable: object, probe: tree.Probe, event: Probe, rest: str, ident: tree.Ident | None, span: Span
) -> Fix | None:
    """The piece in the function's place, where the probe needs nothing of the function but that it is called."""
    if ident is None or span != ident.span or len(event.sites) > 1 or len(probe.points) > 1:
        return None
    target = event.sites[0].target
    if getattr(target, "returns", True) or getattr(target, "module", None) is not None:
        return None
    if any(_parameter(field.access) for field in event.fields):
        return None
    if traceable is None or rest not in traceable:  # type: ignore[operator]
        return None
    edits = [Edit(span, rest)]
    if probe.name is None:
        at = probe.kind_span.start
        edits.insert(0, Edit(Span(at, at), f"{event_name(ident.name)} = "))
    return Fix(f"probe `{rest}`", tuple(edits), safe=False)


def _parameters(fields: tuple[Field, ...], name: str, whole: str, said: set[Span], report: Report) -> None:
    for field in fields:
        if _parameter(field.access) and field.span not in said:
            said.add(field.span)
            report.add(
                RULE,
                field.span,
                f"`{name}` is what the compiler made of `{whole}`: its parameters may be others, in another order",
                help="only its machine code tells what is in the registers there",
            )


def _parameter(access: Access) -> bool:
    match access.base:
        case Parameter():
            return True
        case EntryValue(inner) | ThisCpu(inner):
            return _parameter(inner)
        case _:
            return False


def _place(probe: tree.Probe, name: str) -> tuple[tree.Ident | None, Span]:
    """Where a probe says a function's name; the first point where a pattern does."""
    idents = [point.function for point in probe.points if isinstance(point, tree.FunctionPoint)]
    for ident in idents:
        if ident.name == name:
            return ident, ident.span
    for ident in idents:
        span = place_of(ident, name)
        if span != ident.span:
            return ident, span
    return (idents[0], idents[0].span) if idents else (None, probe.points[0].span)
