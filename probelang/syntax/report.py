"""Where the syntax errors of one text come together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Diagnostic, Fix, Label, Rule
from probelang.source import Span
from probelang.syntax.rules import TOO_MANY_ERRORS

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_ERRORS = 100


class Report:
    """Collects diagnostics as long as there is room, and counts the others."""

    __slots__ = ("diagnostics", "dropped", "last", "room")

    def __init__(self, room: int = MAX_ERRORS) -> None:
        self.room = room
        self.diagnostics: list[Diagnostic] = []
        #: How many did not find room, and where the last of them was.
        self.dropped = 0
        self.last = Span(0, 0)

    @property
    def full(self) -> bool:
        """Whether whatever is said from now on is only counted."""
        return len(self.diagnostics) >= self.room

    @property
    def count(self) -> int:
        """How much was said, or only counted."""
        return len(self.diagnostics) + self.dropped

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
            self.dropped += 1
            self.last = span
            return
        primary = Label(span, label)
        self.diagnostics.append(Diagnostic(rule, message, primary, rule.severity, others, notes, help, fix))

    def finish(self) -> list[Diagnostic]:
        """All of it in source order, and how many were too many."""
        return finish(self.diagnostics, self.dropped, self.last)


def finish(said: Iterable[Diagnostic], dropped: int, last: Span) -> list[Diagnostic]:
    """Syntax errors in source order, and at `last` how many were too many."""
    diagnostics = sorted(said, key=lambda d: (d.label.span.start, d.label.span.end))
    if dropped:
        plural = "s" if dropped > 1 else ""
        message = f"at least {dropped} more syntax error{plural}: correct the first ones, and look again"
        diagnostics.append(Diagnostic(TOO_MANY_ERRORS, message, Label(last), TOO_MANY_ERRORS.severity))
    return diagnostics
