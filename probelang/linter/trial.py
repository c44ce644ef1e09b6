"""Whether an edit cures an error: the compiler is asked, on every kernel."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from probelang.diagnostics import Severity
from probelang.pipeline import analyse
from probelang.source import Source, Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from probelang.backends import Settings
    from probelang.diagnostics import Edit, Rule
    from probelang.kernel.interface import Kernel


class Trial:
    """Tries edits of one statement of a spec, without the spec's other probes."""

    def __init__(
        self,
        source: Source,
        file: tree.File,
        kernels: Sequence[Kernel],
        target: str,
        settings: Settings,
    ) -> None:
        self.source = source
        self.statements = file.statements
        self.probes = [statement for statement in file.statements if isinstance(statement, tree.Probe)]
        self.kernels = kernels
        self.target = target
        self.settings = settings
        self._starts = [statement.span.start for statement in file.statements]
        self._before: tuple[tree.Statement, str, dict[str, list[Rule]]] | None = None

    def statement_at(self, span: Span) -> tree.Statement | None:
        """The statement that these characters are in."""
        index = bisect_right(self._starts, span.start) - 1
        if index < 0 or span.end > self.statements[index].span.end:
            return None
        return self.statements[index]

    def cures(
        self,
        statement: tree.Statement,
        edits: tuple[Edit, ...],
        failing: Sequence[Kernel],
        having: Kernel,
        rules: Collection[Rule],
    ) -> bool:
        """Whether after the edits no kernel has more errors, and each that fails has fewer of these rules.

        What was not looked at there, behind an unknown point, may be as wrong as it is where the point is known.
        """
        text, before = self._state(statement)
        for edit in sorted(edits, key=lambda edit: -edit.span.start):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        wanted = {kernel.name for kernel in failing}
        tried = Source(self.source.name, text)
        for kernel in self.kernels:
            errors, known = self._errors(tried, kernel), before[kernel.name]
            allowed = len(known)
            if kernel.name in wanted:
                if _count(errors, rules) >= _count(known, rules):
                    return False
                allowed = max(allowed - 1, len(before[having.name]))
            if len(errors) > allowed:
                return False
        return True

    def _state(self, statement: tree.Statement) -> tuple[str, dict[str, list[Rule]]]:
        """The text to edit, with what is left out blank, and what is wrong with it on each kernel."""
        if self._before is None or self._before[0] is not statement:
            text = self._alone(statement)
            alone = Source(self.source.name, text)
            before = {kernel.name: self._errors(alone, kernel) for kernel in self.kernels}
            self._before = (statement, text, before)
        return self._before[1:]

    def _alone(self, statement: tree.Statement) -> str:
        text = self.source.text
        if not isinstance(statement, tree.Probe):
            # a list may be used by any of them
            return text
        parts, at = [], 0
        for other in self.statements:
            if isinstance(other, tree.Probe) and other is not statement:
                parts += [text[at : other.span.start], " " * (other.span.end - other.span.start)]
                at = other.span.end
        return "".join((*parts, text[at:]))

    def _errors(self, source: Source, kernel: Kernel) -> list[Rule]:
        analysis = analyse(source, kernel, self.target, self.settings)
        return [found.rule for found in analysis.diagnostics if found.severity is Severity.ERROR]


def _count(errors: list[Rule], rules: Collection[Rule]) -> int:
    return sum(rule in rules for rule in errors)
