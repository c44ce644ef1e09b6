"""PRB603: memory of a program read as if it were the kernel's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.facts.user_memory import USER
from probelang.linter.returns import functions_of, is_written
from probelang.probes import EntryValue, Parameter
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Field

RULE = Rule(
    "PRB603",
    "user-memory-as-kernel",
    Severity.INFO,
    "The parameter points to memory of a program (`__user` in the kernel's source, which most BTF leaves out), and is "
    "read like memory of the kernel. On x86-64 tracefs and perf find out by the address, and record what is there. bpftrace does not, but for strings: it records "
    "0, which is a warning then. `user(e)` says what it is, and `: ustring` of a string. "
    "What a program has not touched yet is not there to be read, and is recorded as `(fault)` or 0; at the function's return it mostly is.",
    example="fprobe vfs_write { first = *buf }",
)


def check_field(subject: Subject, statement: Statement, field: Field, report: Report) -> None:
    access = field.access.base.access if isinstance(field.access.base, EntryValue) else field.access
    base = access.base
    if not isinstance(base, Parameter) or not access.derefs or access.derefs[0].user:
        return
    if field.fetch.name == "ustring" or field.asked is None and field.fetch.is_string:
        # the compiler chose to read a string, and each backend sees by the address whose memory that is
        return
    targets = functions_of(statement)
    if not targets or not all(base.slot in USER.get(target.function, ()) for target in targets):
        return
    wrong = subject.target == "bpftrace" and not field.fetch.is_string
    root = _root(field.expr) if field.expr is not None else None
    if root is None:
        return
    name = subject.text(root.span)
    fix = None
    if is_written(statement, field):
        fix = _fix(field, root)
    report.add(
        RULE,
        root.span,
        f"`{name}` points to memory of a program, and "
        + ("bpftrace reads it as the kernel's: 0 is recorded" if wrong else "is read like the kernel's"),
        label=f"`user({name})`",
        notes=()
        if wrong
        else (
            "on x86-64 the address tells, so tracefs and perf record what is there; bpftrace records 0, but for strings",
        ),
        help=f"`user({name})` says whose memory it is; of a string, `: ustring`",
        fix=fix,
        severity=Severity.WARNING if wrong else None,
    )


def _root(expr: tree.Expr) -> tree.Expr | None:
    """The parameter that an expression reads through."""
    for node in tree.walk(expr):
        if isinstance(node, tree.Name | tree.Variable):
            return node
    return None


def _fix(field: Field, root: tree.Expr) -> Fix:
    asked = field.asked
    if asked is not None and asked.name == "string" and asked.count is None and field.expr is root:
        return Fix("write `ustring`", (Edit(asked.span, "ustring"),))
    around = (
        Edit(Span(root.span.start, root.span.start), "user("),
        Edit(Span(root.span.end, root.span.end), ")"),
    )
    return Fix("say that it is a program's memory", around)
