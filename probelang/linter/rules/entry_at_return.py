"""PRB601: what is read at a function's return, where its name says that it is to be what was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CPointer
from probelang.diagnostics import Label, Rule, Severity
from probelang.linter.returns import at_return, entry_fix, functions_of, is_written, reads_through
from probelang.linter.rules.freed_at_return import frees

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

RULE = Rule(
    "PRB601",
    "entry-at-return",
    Severity.WARNING,
    "At a function's return only the parameters themselves are those of the call: the kernel keeps their values. What they point to is "
    "looked up when the probe hits, after the function has done its work, so that `before = file->f_pos` is the position after the "
    "read. `entry(e)` is read when the function is entered, and kept until it returns. What is to be read afterwards has a name that "
    "says so, `after = file->f_pos`, or its own.",
    example="fprobe vfs_unlink%return { before = dentry->d_inode->i_nlink }",
)

#: Words for what was there before, and those that may as well be of a list or a range: not said of pointers.
_BEFORE = frozenset(("before", "old", "orig", "original", "previous", "initial", "was"))
_PERHAPS = frozenset(("prev", "entry", "start", "begin"))


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    if not at_return(statement):
        return
    function = functions_of(statement)[0].function
    seen: dict[tuple[str, str], Field] = {}
    for field in statement.events[0].fields:
        if field.auto or not reads_through(field) or not is_written(statement, field):
            continue
        if frees(subject.kernel, statement, field):
            continue
        text = "".join(subject.text(field.span).split())
        if _is_named_before(field, text):
            _say(
                subject,
                statement,
                field,
                report,
                f"`{field.name}` is read when `{function}` returns: it is what the function left there",
            )
            continue
        first = seen.setdefault((text, field.fetch.text), field)
        if first is not field:
            message = (
                f"`{first.name}` and `{field.name}` are the same: both are read when `{function}` returns"
            )
            _say(subject, statement, first, report, message, Label(field.span, "and here"))


def _is_named_before(field: Field, text: str) -> bool:
    words = set(field.name.lower().split("_"))
    told = words & _BEFORE
    if not isinstance(field.type, CPointer) or field.fetch.is_string:
        told |= words & _PERHAPS
    # `old = rd->old_dentry->…` is called after what it reads
    return any(word not in text.lower() for word in told)


def _say(
    subject: Subject, statement: Statement, field: Field, report: Report, message: str, *others: Label
) -> None:
    text = subject.text(field.span)
    report.add(
        RULE,
        field.span,
        message,
        others=others,
        notes=("a parameter is kept from the call; what it points to is read at the return",),
        help=f"`entry({text})` is what was there when the function was entered",
        fix=entry_fix(subject, statement, field),
    )
