"""One `Diagnostic` for all that is said about a spec, and the rule it belongs to.

A rule owns what does not change from case to case: its code, its slug, its default severity, the documentation, and
the error of the kernel's own parser that it foresees. The table of all rules is `probelang.check.rules`.
"""

from __future__ import annotations

from enum import IntEnum

from probelang.record import record
from probelang.source import Span


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
    kernel, 5xx backends, 6xx style and cost, 9xx missing facts); `kernel_error` is the `TP_ERR_*` name, without the
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
    """Something to say about a spec, at its place."""

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
