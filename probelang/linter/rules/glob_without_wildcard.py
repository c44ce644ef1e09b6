"""PRB606: `~` with a pattern that has no wildcard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.probes import comparisons
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB606",
    "glob-without-wildcard",
    Severity.WARNING,
    "`~` compares with a pattern, in which `*`, `?` and `[…]` stand for other characters. Without any of them it is true for this one "
    'string only, which `==` says. Who meant "contains" or "begins with" writes `"*text*"` or `"text*"`.',
    example='fprobe vfs_read if $comm ~ "bash"',
)


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        if compare.op != "~" or compare.constant is None or not isinstance(compare.value, bytes):
            continue
        if any(char in compare.value for char in b"*?["):
            continue
        between = subject.source.text.rfind("~", compare.span.start, compare.constant.start)
        report.add(
            RULE,
            compare.constant,
            "this pattern has no wildcard: it is true for exactly this string",
            help='"*text*" finds it anywhere, "text*" at the beginning',
            fix=Fix("compare by `==`", (Edit(Span(between, between + 1), "=="),)),
        )
