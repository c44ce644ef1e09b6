"""PRB621: the code of an error compared without its minus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.named_numbers import MAX_ERRNO, RESULT, is_outcome
from probelang.linter.subject import field_of
from probelang.probes import comparisons

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB621",
    "errno-sign",
    Severity.WARNING,
    "Functions of the kernel return the code of an error as a negative number: `-ENOENT`, which is -2. Compared with `ENOENT`, or with "
    "4294967294, which is what -2 looks like as an unsigned number of 32 bits, nothing is ever found.",
    example="fprobe do_sys_openat2%return if $retval == ENOENT { $retval }",
)


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        field = field_of(statement.events[0], compare)
        if (
            compare.constant is None
            or field is None
            or compare.op not in ("==", "!=")
            or not is_outcome(field.access, RESULT)
        ):
            continue
        value, text = compare.value, subject.text(compare.constant)
        if not isinstance(value, int) or not field.fetch.signed:
            continue
        if (1 << 32) - MAX_ERRNO <= value < 1 << 32:
            written, what = (
                str(value - (1 << 32)),
                f"{value} is {value - (1 << 32)} as an unsigned number of 32 bits",
            )
        elif text[:1] == "E" and text.isidentifier() and 0 < value <= MAX_ERRNO:
            written, what = f"-{text}", f"an error is returned as a negative number: {-value}, not {value}"
        else:
            continue
        report.add(
            RULE,
            compare.constant,
            what,
            label=f"`{written}`",
            fix=Fix(f"write `{written}`", (Edit(compare.constant, written),), safe=False),
        )
