"""Where the syntax errors of one text come together."""

from __future__ import annotations

from probelang.diagnostics import Diagnostic, Fix, Label, Rule
from probelang.source import Span
from probelang.syntax.rules import TOO_MANY_ERRORS

MAX_ERRORS = 100


class Report:
    """Collects diagnostics up to `MAX_ERRORS`, and counts the others."""

    __slots__ = ("_dropped", "_last", "diagnostics")

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._dropped = 0
        self._last = Span(0, 0)

    @property
    def full(self) -> bool:
        """Whether whatever is said from now on is only counted."""
        return len(self.diagnostics) >= MAX_ERRORS

    def error(
        self,
        rule: Rule,
        message: str,
        span: Span,
        label: str = "",
        *,
        others: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
        fix: Fix | None = None,
    ) -> None:
        """Say `message` at `span`."""
        if self.full:
            self._dropped += 1
            self._last = span
            return
        primary = Label(span, label)
        self.diagnostics.append(Diagnostic(rule, message, primary, rule.severity, others, notes, help, fix))

    def finish(self) -> list[Diagnostic]:
        """All of it in source order, and how many were too many."""
        diagnostics = sorted(self.diagnostics, key=lambda d: (d.label.span.start, d.label.span.end))
        if self._dropped:
            plural = "s" if self._dropped > 1 else ""
            message = (
                f"at least {self._dropped} more syntax error{plural}: correct the first ones, and look again"
            )
            primary = Label(self._last)
            diagnostics.append(Diagnostic(TOO_MANY_ERRORS, message, primary, TOO_MANY_ERRORS.severity))
        return diagnostics
