"""One `Diagnostic` for all that is said about a spec, and the rule it belongs to.

A rule owns what does not change from case to case: its code, its slug, its default severity, the documentation, and
the error of the kernel's own parser that it foresees. The table of all rules is `probelang.check.rules`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from probelang.record import record
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence


class Severity(IntEnum):
    """How bad it is; the higher, the worse."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        return self.name.lower()


@record
class Rule:
    """What a kind of diagnostic is, wherever it arises.

    `code` is `PRB` and three digits (0xx syntax, 1xx names, 2xx points, 3xx fetch args and types, 4xx limits of the
    kernel, 5xx backends, 6xx style and cost, 7xx raw commands, 9xx missing facts); `kernel_error` is the `TP_ERR_*` name, without the
    prefix, with which the kernel would refuse the same thing, or None.
    """

    code: str
    slug: str
    severity: Severity
    doc: str
    example: str = ""
    kernel_error: str | None = None


@record
class Label:
    """A place, and what is to be said right there ("" for nothing but the underline)."""

    span: Span
    text: str = ""


@record
class Edit:
    """Replace the text of `span` by `text`."""

    span: Span
    text: str


@record
class Fix:
    """Edits that cure a diagnostic; `safe` where they cannot change what a correct spec means."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = True


@record
class Diagnostic:
    """Something to say about a spec, at its place.

    `kernel_error` is the error that the kernel itself would give, `kernel_text` its words, and `kernel_column` where in
    `kernel_command` its caret would be (in bytes, from 0); each None where that is not known.
    """

    rule: Rule
    message: str
    label: Label
    severity: Severity
    others: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    kernel_error: str | None = None
    kernels: tuple[str, ...] = ()
    kernel_text: str | None = None
    kernel_column: int | None = None
    kernel_command: str | None = None

    def is_fixable(self, unsafe: bool) -> bool:
        """Whether `--fix` would do something about it, with `unsafe` also where a fix wants to be looked at."""
        return self.fix is not None and bool(self.fix.edits) and (unsafe or self.fix.safe)


#: By what users call them.
SEVERITIES = {severity.label: severity for severity in Severity}

#: From how many kernels on those are named on which something does not hold, where they are fewer.
_MANY = 4


def headline(found: Diagnostic, kernels: Sequence[str]) -> str:
    """The message, and before it on which of several kernels it holds, where that is not on all."""
    if not found.kernels or len(found.kernels) >= len(kernels):
        return found.message
    holds = [name for name in kernels if name in found.kernels]
    rest = [name for name in kernels if name not in found.kernels]
    where = f"all but {listed(rest)}" if len(holds) > _MANY and len(rest) < len(holds) else listed(holds)
    verb = "fails on" if found.severity is Severity.ERROR else "on"
    return f"{verb} {where}: {found.message}"


def listed(names: Sequence[str]) -> str:
    """`6.1`, `6.1 and 6.12`, `6.1, 6.12 and 7.3`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
