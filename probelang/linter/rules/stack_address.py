"""PRB613: `$stack` recorded where a stack trace may be meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Rule, Severity
from probelang.probes import Stack

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

RULE = Rule(
    "PRB613",
    "stack-address",
    Severity.INFO,
    "`$stack` is the stack pointer, one address that is another for each task and says nothing by itself. The functions that led to a hit are recorded by "
    "`with stacktrace`, and `$stack0`, `$stack1`, … are the words on the stack. Under a name that does not speak of a stack or a trace it is taken as meant.",
    example="fprobe vfs_read { $stack }",
)
#: Names of fetch args that somebody gives who thinks of the functions on a stack, `$stack` itself among them.
_TRACE = re.compile(r"stack|trace|callers?|^[ku]?bt$")


def check_field(subject: Subject, statement: Statement, field: Field, report: Report) -> None:
    if field.expr is None or field.auto or field.access.derefs or statement.events[0].stacktrace:
        return
    if field.access.base == Stack(None) and _TRACE.search(field.name):
        report.add(
            RULE,
            field.span,
            "`$stack` is the address of the stack, not what is on it",
            help="`with stacktrace` records the functions that led here",
        )
