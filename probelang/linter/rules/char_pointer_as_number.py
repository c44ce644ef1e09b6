"""PRB605: the address of a string recorded where the string was there to be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CPointer
from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.returns import is_written
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

RULE = Rule(
    "PRB605",
    "char-pointer-as-number",
    Severity.WARNING,
    "The value is a `char *`, and the fetch-arg type asks for a number, so that the address is recorded and not the text. After the event "
    "nobody can look it up: what lies there has changed, or is another program's. Without a type the string is recorded, because C says "
    "that it is one. Where it is the address that matters, to tell two strings apart for example, a cast says so: `(unsigned long)name`.",
    example="fprobe vfs_read { name = file->f_path.dentry->d_name.name: x64 }",
)


def check_field(subject: Subject, statement: Statement, field: Field, report: Report) -> None:
    asked = field.asked
    if asked is None or asked.count is not None or field.fetch.is_string and field.fetch.name != "symstr":
        return
    if not isinstance(field.type, CPointer) or field.type.target is None or not field.type.target.is_text():
        return
    fix = None
    if is_written(statement, field):
        fix = Fix("record the string", (Edit(Span(field.span.end, asked.span.end), ""),), safe=False)
    report.add(
        RULE,
        asked.span,
        f"`{subject.text(field.span)}` is a string, and `{asked.name}` records its address",
        label="leave this out",
        help="where the address is meant, a cast says so: `(unsigned long)…`",
        fix=fix,
    )
