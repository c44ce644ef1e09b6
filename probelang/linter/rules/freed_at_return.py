"""PRB602: what is read through a parameter when the function that freed it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Rule, Severity
from probelang.linter.facts.freeing import FREED, FREES, does_to, may_free
from probelang.linter.prototypes import struct_behind
from probelang.linter.returns import at_return, entry_fix, functions_of, reads_through
from probelang.probes import Parameter

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.kernel.interface import Kernel
    from probelang.linter.subject import Subject
    from probelang.probes import Field, FunctionTarget

RULE = Rule(
    "PRB602",
    "freed-at-return",
    Severity.WARNING,
    "The function frees what its parameter points to, or gives up a reference that may be the last. When it returns the memory may "
    "belong to somebody else already: the kernel reads it all the same, and records what lies there. On Linux 6.12 the length of a packet of 56 bytes is "
    "1226811614 when `consume_skb` returns, while Linux 7.3, by chance, shows what was there. `entry(e)` is read when "
    "the function is entered, while everything is still there; so is a probe without `%return`.",
    example="fprobe consume_skb%return { skb->len }",
)


def check_field(subject: Subject, statement: Statement, field: Field, report: Report) -> None:
    if not at_return(statement) or not reads_through(field):
        return
    found = frees(subject.kernel, statement, field)
    if found is None:
        return
    function, does = found
    does = "frees it" if does == FREES else "gives up its reference, perhaps the last"
    text = subject.text(field.span)
    report.add(
        RULE,
        field.span,
        f"`{text}` is read when `{function}` returns, and `{function}` {does}",
        label="this memory may be another's by then",
        help=f"`entry({text})` is read when the function is entered, as is all of a probe without `%return`",
        fix=entry_fix(subject, statement, field),
    )


def frees(kernel: Kernel, statement: Statement, field: Field) -> tuple[str, str] | None:
    """The first function of a probe that frees what a field is read through, and how."""
    base = field.access.base
    if not isinstance(base, Parameter):
        return None
    for target in functions_of(statement):
        known = FREED.get(target.function)
        if known is not None:
            if known[0] == base.slot:
                return target.function, known[1]
            continue
        does = None
        if may_free(target.function):
            things = (base.name or "", *_names_of_type(kernel, target, base.slot))
            does = next(filter(None, (does_to(target.function, thing) for thing in things)), None)
        if does is not None:
            return target.function, does
    return None


def _names_of_type(kernel: Kernel, target: FunctionTarget, slot: int) -> tuple[str, ...]:
    """How a function's name may call what a parameter points to: `task_struct` and `task`."""
    struct = struct_behind(kernel, target, slot)
    return (struct, struct.removesuffix("_struct"), struct.removesuffix("_s")) if struct else ()
