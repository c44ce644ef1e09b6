"""What a rule of the linter is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.probes import Compare, Not, comparisons
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.check.spec import Statement
    from probelang.kernel.interface import Kernel
    from probelang.probes import Condition, Field, Probe
    from probelang.source import Source


@record
class Subject:
    """One spec on one kernel, for one backend: what was written, and what the checker made of it.

    `broken` is whether anything in the spec is an error, so that what is not used may yet be; `constants` are the spec's own, with
    whether the value of each is the same on every kernel.
    """

    source: Source
    tree: tree.File
    kernel: Kernel
    target: str
    statements: tuple[Statement, ...]
    broken: bool
    constants: Mapping[str, bool] = {}

    def text(self, span: Span) -> str:
        """What the spec says there."""
        return self.source.slice(span)

    def words(self, condition: Condition) -> str:
        """A condition as the spec has it, on one line."""
        text = " ".join(self.text(span_of(condition)).split())
        return f"!({text})" if isinstance(condition, Not) else text


def make_subject(
    source: Source,
    file: tree.File,
    kernel: Kernel,
    target: str,
    statements: tuple[Statement, ...],
    broken: bool,
) -> Subject:
    """What the rules are asked about, of a spec that was checked."""
    return Subject(source, file, kernel, target, statements, broken, _own_constants(file))


def _own_constants(file: tree.File) -> dict[str, bool]:
    own: dict[str, bool] = {}
    for statement in file.statements:
        if isinstance(statement, tree.Const):
            names = [node.name for node in tree.walk(statement.value) if isinstance(node, tree.Name)]
            own[statement.name.name] = all(own.get(name, False) for name in names)
    return own


def span_of(condition: Condition) -> Span:
    """From the first to the last character of all that a condition compares."""
    spans = [compare.span for compare in comparisons(condition)]
    return Span(min(span.start for span in spans), max(span.end for span in spans))


def field_of(probe: Probe, compare: Compare) -> Field | None:
    """The field that is compared; None of what every record carries (`$tid`, `$cpu`)."""
    if compare.common:
        return None
    return next((field for field in probe.fields if field.name == compare.field), None)
