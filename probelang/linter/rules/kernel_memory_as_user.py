"""PRB604: memory of the kernel read as if it were a program's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CArray
from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.facts.user_memory import KERNEL_ONLY
from probelang.linter.prototypes import struct_behind
from probelang.linter.returns import functions_of, is_written
from probelang.probes import EntryValue, Parameter, SymbolAddress
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Access, Field

RULE = Rule(
    "PRB604",
    "kernel-memory-as-user",
    Severity.WARNING,
    "`user(e)`, `+u8(e)` and `: ustring` read memory of the program that runs, at an address of its own. This is memory of the kernel, "
    "and read that way it is never there: a string is recorded as `(fault)`, a number as whatever lay there. A name that the kernel has copied (the name of "
    "a dentry, `comm`), an array within a struct of the kernel and a variable of the kernel are all read without.",
    example="fprobe vfs_read { name = file->f_path.dentry->d_name.name: ustring }",
)


def check_field(subject: Subject, statement: Statement, field: Field, report: Report) -> None:
    expr = field.expr
    if expr is None:
        return
    access = field.access.base.access if isinstance(field.access.base, EntryValue) else field.access
    if any(step.user for step in access.derefs):
        _check_calls(subject, statement, field, access, expr, report)
    elif (
        field.fetch.name == "ustring"
        and field.asked is not None
        and _is_kernel_text(subject, statement, field, access)
    ):
        report.add(
            RULE,
            field.asked.span,
            f"`{subject.text(expr.span)}` lies in the kernel's memory: read as a program's, it is recorded as `(fault)`",
            label="`string`, or no type at all",
            fix=Fix("write `string`", (Edit(field.asked.span, field.asked.name.removeprefix("u")),))
            if is_written(statement, field) and field.asked.count is None
            else None,
        )


def _is_kernel_text(subject: Subject, statement: Statement, field: Field, access: Access) -> bool:
    """Whether a string, or an array of characters, is certainly the kernel's."""
    base = access.base
    if isinstance(base, SymbolAddress):
        return len(access.derefs) == 1
    if not isinstance(field.type, CArray):
        return field.expr is not None and _is_name_of_dentry(field.expr)
    if len(access.derefs) == 1 and isinstance(base, Parameter):
        return _is_of_kernel(subject, statement, base)
    return True


def _is_of_kernel(subject: Subject, statement: Statement, base: Parameter) -> bool:
    """Whether a parameter points to a struct that no program has."""
    return all(
        struct_behind(subject.kernel, target, base.slot) in KERNEL_ONLY for target in functions_of(statement)
    )


def _is_name_of_dentry(expr: tree.Expr) -> bool:
    match expr:
        case tree.Member(_, tree.Member(_, _, tree.Ident(_, "d_name"), _), tree.Ident(_, "name"), False):
            return True
    return False


def _check_calls(
    subject: Subject, statement: Statement, field: Field, access: Access, expr: tree.Expr, report: Report
) -> None:
    edits: tuple[Edit, ...]
    for node in tree.walk(expr):
        match node:
            case tree.Call(span, tree.Ident(_, "user"), (inner,)):
                edits = (
                    Edit(Span(span.start, inner.span.start), ""),
                    Edit(Span(inner.span.end, span.end), ""),
                )
            case tree.Deref(span, _, True, inner):
                at = subject.source.text.index("u", span.start)
                edits = (Edit(Span(at, at + 1), ""),)
            case _:
                continue
        if not _is_kernel(subject, statement, access, inner):
            continue
        report.add(
            RULE,
            node.span,
            f"`{subject.text(inner.span)}` points to the kernel's memory: read as a program's, nothing is there",
            label="the kernel has no memory at this address of the program",
            help="a string is recorded as `(fault)`, a number as whatever lay there",
            fix=Fix("read the kernel's memory", edits) if is_written(statement, field) else None,
        )
        return


def _is_kernel(subject: Subject, statement: Statement, access: Access, expr: tree.Expr) -> bool:
    """Whether a pointer certainly leads into the kernel's memory."""
    if _is_name_of_dentry(expr) or isinstance(expr, tree.Variable) and expr.name == "current":
        return True
    base = access.base
    return (
        isinstance(expr, tree.Name)
        and isinstance(base, Parameter)
        and _is_of_kernel(subject, statement, base)
    )
