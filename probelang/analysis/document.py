"""A spec that is being written: its text, its tree, and what is known of it on each kernel.

An edit costs what it touches: the statement is parsed anew, and checked anew with those that depend on it. What there is
to say is always what `probelang.linter.lint` says of the whole text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from probelang.analysis.context import Context
from probelang.analysis.pieces import Pieces
from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings, get_backend
from probelang.check.memory import Memory
from probelang.check.report import Report, in_source_order
from probelang.check.spec import Checker, without_errors
from probelang.diagnostics import Diagnostic, Severity
from probelang.linter import run_spec, run_statement
from probelang.linter.copies import without_copies
from probelang.linter.fleet import merge
from probelang.linter.subject import Subject, make_subject
from probelang.pipeline import kernel_opinion
from probelang.record import record, replace
from probelang.selection import EVERYTHING, Selection
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.check.spec import Statement
    from probelang.kernel.interface import Kernel
    from probelang.source import Source


@record
class State:
    """What is known of a spec on one kernel, for one backend.

    The places of `diagnostics` are in the text, those of all else are stored ones (`probelang.analysis.pieces`).
    """

    tree: tree.File
    statements: tuple[Statement, ...]
    events: tuple[Any, ...]
    diagnostics: tuple[Diagnostic, ...]
    context: Context

    @property
    def failed(self) -> bool:
        """Whether anything is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


@record
class _Linted:
    """What the linter's rules say of a statement, and the spec's constants if they asked for them."""

    statement: Statement
    constants: Mapping[str, bool] | None
    said: tuple[Diagnostic, ...]


class _OnKernel:
    """What was found out of a document on one kernel, and can be taken over."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.memory = Memory()
        self.linted: dict[int, _Linted] = {}
        self.emitted: dict[int, Any] = {}
        self.emitted_rest: dict[int, Any] = {}
        self.state: State | None = None
        self.asked: tuple[object, ...] = ()


class Document:
    """One open spec."""

    def __init__(self, name: str, text: str) -> None:
        self.pieces = Pieces(name, text)
        self.version = 0
        self._on: dict[int, _OnKernel] = {}
        self._tokens: dict[int, tuple[tree.Statement, object, list[tuple[Span, str, int]]]] = {}

    @property
    def source(self) -> Source:
        """The text as it is now."""
        return self.pieces.source

    @property
    def text(self) -> str:
        return self.pieces.source.text

    def edit(self, start: int, end: int, text: str) -> None:
        """Replace the characters `start` to `end`."""
        self.version += 1
        self.pieces.edit(start, end, text)

    def replace(self, text: str) -> None:
        """Take a whole new text; what it begins and ends with like the old one counts as unchanged."""
        old = self.text
        start = _common(old, text)
        most = min(len(old), len(text)) - start
        end = min(_common(old[::-1], text[::-1]), most)
        self.edit(start, len(old) - end, text[start : len(text) - end])

    def forget(self) -> None:
        """Files that specs name, or kernels, may have changed: nothing of what was found out holds."""
        self.version += 1
        self._on.clear()

    def programs(self) -> set[str]:
        """The files of programs that its probes name, as absolute paths."""
        file, _ = self.pieces.parse()
        return {
            os.path.abspath(point.path.name)
            for statement in file.statements
            if isinstance(statement, tree.Probe)
            for point in statement.points
            if isinstance(point, tree.ProgramPoint | tree.UsdtPoint)
        }

    def state(
        self, kernel: Kernel, target: str = BACKENDS[0], settings: Settings = DEFAULT_SETTINGS
    ) -> State:
        """What there is to say of the spec as it is now."""
        known = self._on.get(id(kernel))
        if known is None:
            known = self._on[id(kernel)] = _OnKernel(kernel)
        asked = (self.version, target, settings)
        if known.state is None or known.asked != asked:
            if known.asked[1:] != asked[1:]:
                known.memory = Memory()
                known.linted.clear()
                known.emitted.clear()
                known.emitted_rest.clear()
            known.state = self._find_out(known, target, settings)
            known.asked = asked
        return known.state

    def diagnostics(
        self,
        kernels: Sequence[Kernel],
        target: str = BACKENDS[0],
        settings: Settings = DEFAULT_SETTINGS,
        selection: Selection = EVERYTHING,
    ) -> list[Diagnostic]:
        """All there is to say on some kernels, without what comments and `selection` leave out, in source order."""
        states = [self.state(kernel, target, settings) for kernel in kernels]
        titles = {kernel.name: kernel.title for kernel in kernels}
        found = merge([state.diagnostics for state in states], titles)
        if "probelang" not in self.text.lower():
            return without_copies(self.source, selection.apply(found), self._places)
        from probelang import ignores

        file = self._places()
        if not kernels:
            # what a comment ignores is not known before a kernel is
            return in_source_order(ignores.without_ignored(self.source, file, found, selection))
        said = in_source_order(ignores.apply(self.source, file, found, selection, [*titles]))
        return without_copies(self.source, said, lambda: file)

    def _places(self) -> tree.File:
        """The places of statements and comments in the text, and nothing else about them."""
        file, _ = self.pieces.parse()
        real = self.pieces.real
        comments = tuple(tree.Comment(real(comment.span)) for comment in file.comments)
        statements = tuple(tree.BrokenStatement(real(statement.span)) for statement in file.statements)
        return tree.File(Span(0, len(self.text)), statements, comments)

    def latest(
        self, kernel: Kernel, target: str = BACKENDS[0], settings: Settings = DEFAULT_SETTINGS
    ) -> State:
        """What was found out last, though the text may have changed since: for whom declarations are enough."""
        known = self._on.get(id(kernel))
        return known.state if known is not None and known.state else self.state(kernel, target, settings)

    def statement_at(self, offset: int) -> tuple[tree.Statement | None, int]:
        """The statement around a character of the text, if there is one, and where that character is stored."""
        index = self.pieces.index_at(offset)
        return self.pieces.pieces[index].statement, self.pieces.stored(offset)

    def piece_at(self, offset: int) -> Span:
        """The text from the statement around a character up to the next."""
        index = self.pieces.index_at(offset)
        start = self.pieces.start_of(index)
        return Span(start, start + self.pieces.pieces[index].length)

    def tokens(self, state: State, statement: tree.Statement) -> list[tuple[Span, str, int]]:
        """The semantic tokens of a statement; of one that is as it was, those it had."""
        from probelang.analysis.semantic import tokens_of

        context = state.context
        rests_on = (context.kernel.name, tuple(context.constants.own), len(context.defined))
        known = self._tokens.get(id(statement))
        if known is not None and known[0] is statement and known[1] == rests_on:
            return known[2]
        if len(self._tokens) > 2 * len(state.tree.statements) + 100:
            self._tokens.clear()
        found = tokens_of(context, statement)
        self._tokens[id(statement)] = (statement, rests_on, found)
        return found

    def _find_out(self, known: _OnKernel, target: str, settings: Settings) -> State:
        kernel, pieces = known.kernel, self.pieces
        file, syntax = pieces.parse()
        backend = get_backend(target)
        checker = Checker(
            pieces.store, file, kernel, lambda base, kind: backend.find_lack(base, kind, kernel), known.memory
        )
        checker.run()
        checked = in_source_order([pieces.real_diagnostic(said) for said in checker.report.diagnostics])
        kernel.suggest_anew()
        plan = backend.emit_events(checker.probes, kernel, settings, known.emitted)
        rest = backend.emit_events(checker.unfinished, kernel, settings, known.emitted_rest)
        emitted = [pieces.real_diagnostic(said) for said in (*plan.diagnostics, *rest.diagnostics)]
        found = [
            replace(said, kernels=(kernel.name,), **kernel_opinion(said, kernel))
            for said in in_source_order([*syntax, *checked, *emitted])
        ]
        failed = any(said.severity is Severity.ERROR for said in found)
        statements = without_errors(checker.statements, plan.diagnostics)
        subject = make_subject(pieces.store, file, kernel, target, statements, failed)
        linted = [
            replace(pieces.real_diagnostic(said), kernels=(kernel.name,))
            for said in self._lint(known, subject)
        ]
        context = Context(
            kernel, checker.constants, checker.lists, checker.defined, checker.names.declared, checker.group
        )
        return State(file, statements, plan.events, tuple(in_source_order([*found, *linted])), context)

    def _lint(self, known: _OnKernel, subject: Subject) -> list[Diagnostic]:
        """What the linter's rules say; of a statement that stayed the same, and alone tells, what they said."""
        report = Report()
        run_spec(subject, report)
        kept = {}
        for statement in subject.statements:
            memo = known.linted.get(id(statement))
            if (
                memo is not None
                and memo.statement is statement
                and memo.constants in (None, subject.constants)
            ):
                report.diagnostics += memo.said
                kept[id(statement)] = memo
                continue
            mark = report.mark()
            watched: Any = _Watched(subject)
            run_statement(watched, statement, report)
            if not watched.looked_around:
                constants = subject.constants if watched.asked_constants else None
                kept[id(statement)] = _Linted(statement, constants, tuple(report.diagnostics[mark:]))
        known.linted = kept
        return report.diagnostics


class _Watched:
    """A subject that notices whether a rule looks at more than the statement it is asked about."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self.looked_around = False
        self.asked_constants = False

    def __getattr__(self, name: str) -> Any:
        if name == "constants":
            self.asked_constants = True
        if name in ("tree", "statements", "broken"):
            self.looked_around = True
        return getattr(self._subject, name)


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
