"""PRB622: a pattern compared by `==`, which knows no wildcards."""

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
    "PRB622",
    "glob-by-equality",
    Severity.WARNING,
    "`==` and `!=` compare strings letter by letter: `*` is a star there, and hardly any task or file has one in its name. Patterns are matched by `~`.",
    example='fprobe vfs_read if $comm == "systemd*"',
)


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        if compare.op not in ("==", "!=") or compare.constant is None or not isinstance(compare.value, bytes):
            continue
        if b"*" not in compare.value:
            continue
        between = subject.source.text.rfind(compare.op, compare.span.start, compare.constant.start)
        fix = None
        if between >= 0 and compare.op == "==":
            fix = Fix("match it by `~`", (Edit(Span(between, between + 2), "~"),), safe=False)
        elif between >= 0 and compare.span.start < between:
            edits = (
                Edit(Span(compare.span.start, compare.span.start), "!("),
                Edit(Span(between, between + 2), "~"),
                Edit(Span(compare.span.end, compare.span.end), ")"),
            )
            fix = Fix("write `!(… ~ …)`", edits, safe=False)
        report.add(
            RULE,
            compare.constant,
            f"`{compare.op}` has no wildcards: this compares with a star",
            help='`name ~ "text*"` matches by a pattern',
            fix=fix,
        )
