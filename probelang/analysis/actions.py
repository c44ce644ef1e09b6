"""Code actions: the fix of each diagnostic, and what else can be done with a probe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.naming import MAX_EVENT_NAME, free_name
from probelang.check.report import ABSENT
from probelang.diagnostics import Diagnostic, Edit, Severity
from probelang.ignores import COMMENT
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.analysis.document import Document, State

_PLAIN_TYPE = re.compile(r"(?:(?:struct|union|enum) )?\w+(?: \w+)* ?\**\Z")


@record
class Action:
    """Something that can be done: edits of the text, at offsets of it.

    `sort` is `quickfix`, `refactor.rewrite`, `refactor.extract` or `source.fixAll`; `cures` is the diagnostic it does away
    with; `preferred` that nothing else need be considered.
    """

    title: str
    sort: str
    edits: tuple[Edit, ...]
    cures: Diagnostic | None = None
    preferred: bool = False


def actions_at(document: Document, state: State, said: Sequence[Diagnostic], span: Span) -> list[Action]:
    """What can be done about some characters of the text; `said` is all there is to say of it."""
    found: list[Action] = []
    for diagnostic in said:
        at = diagnostic.label.span
        if at.start > span.end or at.end < span.start:
            continue
        if diagnostic.fix is not None:
            fix = diagnostic.fix
            found.append(Action(fix.title, "quickfix", fix.edits, diagnostic, fix.safe))
            choice = _with_choice(document, diagnostic)
            if choice is not None:
                found.append(choice)
        if diagnostic.severity is not Severity.ERROR and not diagnostic.rule.slug.endswith("-ignore"):
            found.append(_ignore(document, diagnostic))
    everything = fix_all(said)
    if everything is not None:
        found.append(everything)
    statement, _ = document.statement_at(span.start)
    if isinstance(statement, tree.Probe):
        found += _other_kind(document, state, statement, span)
        extracted = _extract(document, state, statement, span)
        if extracted is not None:
            found.append(extracted)
    return found


def fix_all(said: Sequence[Diagnostic]) -> Action | None:
    """All safe fixes at once, but for those that would change what another one does."""
    from probelang.linter.fixes import choose_fixes

    edits = [edit for fix in choose_fixes(said, unsafe=False) for edit in fix.edits]
    if not edits:
        return None
    return Action("fix all that can be fixed safely", "source.fixAll", tuple(sorted(edits, key=_start)))


def _start(edit: Edit) -> int:
    return edit.span.start


def _meet(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _ignore(document: Document, said: Diagnostic) -> Action:
    """Say that a rule does not matter on this line: in the comment that says so of others, or in one of its own."""
    source = document.source
    number, _ = source.position(said.label.span.start)
    line = source.line(number)
    start = said.label.span.start - source.position(said.label.span.start)[1] + 1
    slug = said.rule.slug
    known = COMMENT.search(line)
    if known is not None:
        at = start + known.end(1)
        edit = Edit(Span(at, at), f", {slug}")
    elif "#" in line or "//" in line:
        indent = line[: len(line) - len(line.lstrip())]
        edit = Edit(Span(start, start), f"{indent}# probelang: ignore[{slug}]\n")
    else:
        at = start + len(line.rstrip())
        edit = Edit(Span(at, at), f"  # probelang: ignore[{slug}]")
    return Action(f"ignore `{slug}` here", "quickfix", (edit,), said)


# ------------------------------------------------------------------------------------------------ add `??`


def _with_choice(document: Document, said: Diagnostic) -> Action | None:
    """`a->b ?? a->c`: what one kernel lacks, another has."""
    if said.rule not in ABSENT or said.fix is None or len(said.fix.edits) != 1:
        return None
    edit = said.fix.edits[0]
    statement, offset = document.statement_at(said.label.span.start)
    if not isinstance(statement, tree.Probe):
        return None
    whole: tree.Node | None = None
    for point in statement.points:
        if point.span.start <= offset <= point.span.end:
            whole = point
    if whole is None:
        from probelang.analysis.locate import path_to

        chain = [node for node in path_to(statement, offset) if isinstance(node, tree.Expr)]
        # the longest run of members and indexes around the place
        for node in reversed(chain):
            if whole is None or isinstance(node, tree.Member | tree.Index):
                whole = node
            else:
                break
    if whole is None:
        return None
    span = document.pieces.real(whole.span)
    if not (span.start <= edit.span.start and edit.span.end <= span.end):
        return None
    text = document.text
    other = text[span.start : edit.span.start] + edit.text + text[edit.span.end : span.end]
    title = f"take `{edit.text}` where `{text[edit.span.start : edit.span.end]}` is not there (`??`)"
    return Action(title, "quickfix", (Edit(Span(span.end, span.end), f" ?? {other}"),), said)


# ---------------------------------------------------------------------------------------------- another kind


def _other_kind(document: Document, state: State, probe: tree.Probe, span: Span) -> list[Action]:
    """kprobe to fprobe, which costs less, and back."""
    head = document.pieces.real(Span(probe.span.start, probe.points[-1].span.end))
    if not _meet(head, span) or probe.kind not in (Kind.KPROBE, Kind.FPROBE):
        return []
    points = [point for point in probe.points if isinstance(point, tree.FunctionPoint)]
    if len(points) != len(probe.points):
        return []
    kernel = state.context.kernel
    if probe.kind is Kind.KPROBE:
        if not kernel.features.fprobe or any(point.offset or point.line is not None for point in points):
            return []
        for point in points:
            answer = kernel.find_function(point.function.name)
            if isinstance(answer, Found) and answer.value.traceable is False:
                return []
    other = "fprobe" if probe.kind is Kind.KPROBE else "kprobe"
    edit = Edit(document.pieces.real(probe.kind_span), other)
    return [Action(f"make it {'an' if other == 'fprobe' else 'a'} {other}", "refactor.rewrite", (edit,))]


# -------------------------------------------------------------------------------------------- extract `args`


def _extract(document: Document, state: State, probe: tree.Probe, span: Span) -> Action | None:
    """The selected fetch args as an `args` list of their own, and a `use` in their place."""
    if span.start == span.end:
        return None
    real = document.pieces.real
    items = [
        item
        for item in probe.items or ()
        if isinstance(item, tree.FetchArg)
        and span.start <= real(item.span).start
        and real(item.span).end <= span.end
    ]
    listed = list(probe.items or ())
    if not items or [listed.index(item) for item in items] != list(
        range(listed.index(items[0]), listed.index(items[0]) + len(items))
    ):
        return None
    scopes = state.context.scopes_of(probe)
    if not scopes:
        return None
    scope = scopes[0]
    used: dict[str, str] = {}
    for item in items:
        for node in tree.walk(item.expr):
            match node:
                case tree.Name(_, name) if name in scope.names:
                    used[name] = scope.names[name].text
                case tree.Call() | tree.BrokenExpr():
                    return None
                case tree.Variable(_, name) if name not in ("comm", "tid", "pid", "cpu", "current"):
                    return None
    if not used or not all(_PLAIN_TYPE.match(type) for type in used.values()):
        return None
    text = document.text
    taken = state.context.lists
    name = "common" if "common" not in taken else free_name("common", taken, MAX_EVENT_NAME)
    params = ", ".join(f"{param}: {type}" for param, type in used.items())
    rows = [f"    {text[real(item.span).start : real(item.span).end]}\n" for item in items]
    first, last = real(items[0].span), real(items[-1].span)
    start = real(probe.span).start
    return Action(
        f"extract `args {name}`",
        "refactor.extract",
        (
            Edit(Span(start, start), f"args {name}({params}) {{\n{''.join(rows)}}}\n\n"),
            Edit(Span(first.start, last.end), f"use {name}({', '.join(used)})"),
        ),
    )
