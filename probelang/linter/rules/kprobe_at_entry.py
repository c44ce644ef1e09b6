"""PRB608: a kprobe where an fprobe does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.returns import functions_of
from probelang.probes import FunctionTarget, RegisterValue, Stack
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.kernel.interface import Kernel
    from probelang.linter.subject import Subject

RULE = Rule(
    "PRB608",
    "kprobe-at-entry",
    Severity.INFO,
    "A kprobe can sit on any instruction, and is a breakpoint wherever ftrace does not carry it. At a function's entry or return an fprobe records the "
    "same through ftrace alone, and at a return it has no slots for calls under way on kernels of today (`missed-returns`). Through bpftrace it becomes a call from "
    "the function itself (`fentry`, `fexit`), where a kprobe goes by way of the kernel's handler, with all registers saved: there it costs less. In tracefs an fprobe takes a quarter less than a kprobe on Linux 7.3, and more on 6.12. "
    "A kprobe is needed for an offset, a line, a register, the stack, or a function that ftrace cannot trace. On a kernel without "
    "fprobes an `fprobe` becomes a kprobe by itself, so nothing is lost by writing it.",
    example="kprobe vfs_unlink { dentry->d_name.name }",
)


def check_probe(subject: Subject, statement: Statement, report: Report) -> None:
    if statement.tree.kind is not Kind.KPROBE or subject.target == "perf":
        # which has kprobes only
        return
    if subject.kernel.features.fprobe is not True or not is_plain(statement):
        return
    targets = functions_of(statement)
    if not all(_has_fprobe(subject.kernel, target) for target in targets):
        return
    at_return = targets[0].returns
    span = statement.tree.kind_span
    if subject.target == "bpftrace":
        gain = ", and costs less"
    elif subject.kernel.features.fprobe_maxactive is False:
        gain = ", and misses no call" if at_return else ", and costs a quarter less"
    else:
        gain = "; with bpftrace, and on later kernels, it costs less"
    report.add(
        RULE,
        span,
        f"at a function's {'return' if at_return else 'entry'} an fprobe records the same{gain}",
        label="`fprobe`",
        notes=("on a kernel without fprobes it becomes a kprobe by itself",),
        fix=Fix("write `fprobe`", (Edit(span, "fprobe"),)),
    )


def is_plain(statement: Statement) -> bool:
    """Whether a probe has functions for points, and nothing that takes a kprobe."""
    for point in statement.tree.points:
        if not isinstance(point, tree.FunctionPoint) or point.line is not None or point.offset is not None:
            return False
    for event in statement.events:
        for site in event.sites:
            if not isinstance(site.target, FunctionTarget) or site.target.offset:
                return False
            if any(isinstance(field.access.base, RegisterValue | Stack) for field in site.fields):
                return False
    return True


def _has_fprobe(kernel: Kernel, target: FunctionTarget) -> bool:
    answer = kernel.find_function(target.function, target.module)
    return target.alone and isinstance(answer, Found) and answer.value.traceable is True
