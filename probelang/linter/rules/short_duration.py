"""PRB624: a duration compared with a number that was meant in milliseconds or seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.subject import field_of
from probelang.probes import Duration, comparisons

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB624",
    "short-duration",
    Severity.WARNING,
    "`$duration` counts nanoseconds. No call that a probe watches at its entry and at its return is over in less than a few hundred of them, so a "
    "comparison with a smaller number was meant in milliseconds or seconds: `10ms` is ten milliseconds.",
    example="fprobe vfs_unlink%return if $duration > 10 { took = $duration }",
)

#: Below this nothing is measured: the probes themselves take as long.
_LEAST = 500


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        field = field_of(statement.events[0], compare)
        if field is None or not isinstance(field.access.base, Duration) or compare.constant is None:
            continue
        value, text = compare.value, subject.text(compare.constant)
        if not isinstance(value, int) or not 0 < value < _LEAST or compare.op in ("&", "==", "!="):
            continue
        written = f"{value}ms"
        report.add(
            RULE,
            compare.constant,
            f"`$duration` is in nanoseconds, and {value} of them are over before anything is measured",
            label=f"did you mean `{written}`?",
            fix=Fix(f"write `{written}`", (Edit(compare.constant, written),), safe=False)
            if text.isdigit()
            else None,
        )
