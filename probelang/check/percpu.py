"""Per-CPU variables: `this_cpu_read(e)` and `this_cpu_ptr(e)`, in the words of the kernel's own probes.

Where one of them is written, `@var` stands for the variable itself, which is the same for all CPUs, and not for memory
at its symbol: that is the copy the others were made from. A pointer that the kernel has (`__percpu`) does as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.casts import cast_name
from probelang.check.report import Report
from probelang.check.rules import types
from probelang.check.values import ADDRESS, LVALUE, RVALUE, Value, article_of, load
from probelang.ctypes import CPointer
from probelang.diagnostics import Edit, Fix
from probelang.probes import Access, SymbolAddress, ThisCpu
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.expressions import Expressions


def resolve_this_cpu(checker: Expressions, expr: tree.Call, operand: tree.Expr) -> Value | None:
    """What this CPU's copy holds (`this_cpu_read`), or a pointer to it (`this_cpu_ptr`)."""
    report, kind = checker.report, checker.scope.kind
    if kind in (Kind.UPROBE, Kind.USDT):
        report.add(
            types.UNKNOWN_CALL,
            expr.function.span,
            "per-CPU variables are memory of the kernel, which a probe in a program does not read",
            kernel_error="NOSUP_PERCPU",
        )
        return None
    if kind is Kind.MONITOR:
        say_no_task(report, expr.function.span, f"`{expr.function.name}`")
        return None
    whole = checker.within_this_cpu(operand)
    if whole is None:
        return None
    found = _located(checker, expr, operand, whole)
    if found is None:
        return None
    return found if expr.function.name == "this_cpu_read" else _pointer_to(found)


def _located(checker: Expressions, expr: tree.Call, operand: tree.Expr, value: Value) -> Value | None:
    """This CPU's copy of what an expression names or points to, in memory."""
    base = value.access.base
    if isinstance(base, SymbolAddress) and base.symbol is not None:
        if value.access.derefs:
            checker.report.add(
                types.PER_CPU,
                operand.span,
                f"this reads through `{base.symbol}` before it is this CPU's",
                help="what is read through it stands behind the parenthesis: `this_cpu_read(@var.member)->next`",
            )
            return None
        if not _is_per_cpu(checker, base.symbol, expr, operand):
            return None
        start = Access(ThisCpu(Access(SymbolAddress(base.symbol, base.address))))
        type = value.type
        if value.state == ADDRESS and isinstance(type, CPointer) and type.target is not None:
            return Value(start, type.target.describe(), type.target, LVALUE, value.pending, typed=value.typed)
        return replace(value, access=start, state=LVALUE, names=None, user=False)
    if isinstance(value.type, CPointer):
        pointer = load(value)
        offset = pointer.pending if pointer.state == ADDRESS else 0
        target = value.type.target
        start = Access(ThisCpu(pointer.access))
        if target is None:
            return Value(start, CPointer(None), None, LVALUE, offset, typed=False)
        return Value(start, target.describe(), target, LVALUE, offset)
    if value.state == LVALUE and value.access.derefs and value.bits is None:
        # `*p` and `p->member` of a per-CPU pointer: what the pointer before it leads to
        return replace(value, access=Access(ThisCpu(value.access)), names=None, user=False)
    checker.report.add(
        types.NOT_A_POINTER,
        operand.span,
        f"`{expr.function.name}(e)` needs a per-CPU variable or a pointer to one, and this is {article_of(value)}",
    )
    return None


def _pointer_to(place: Value) -> Value:
    pointer = CPointer(place.ref) if place.ref is not None and place.typed else CPointer(None)
    if place.pending:
        return Value(place.access, pointer, None, ADDRESS, place.pending, typed=place.typed)
    cast = cast_name(place.ref) if place.ref is not None and place.typed else None
    names = None if cast is None else ""
    return Value(place.access, pointer, None, RVALUE, 0, names, typed=place.typed, cast=cast)


def _is_per_cpu(checker: Expressions, symbol: str, expr: tree.Call, operand: tree.Expr) -> bool:
    found = checker.kernel.find_variable(symbol)
    if not isinstance(found, Found) or found.value.percpu is not False:
        return True
    checker.report.add(
        types.PER_CPU,
        operand.span,
        f"`{symbol}` is one variable for all CPUs",
        help="it is read by its name alone: `@" + symbol + "`",
        fix=Fix(
            f"leave out `{expr.function.name}`",
            (
                Edit(Span(expr.span.start, operand.span.start), ""),
                Edit(Span(operand.span.end, expr.span.end), ""),
            ),
            safe=False,
        )
        if expr.function.name == "this_cpu_read"
        else None,
    )
    return False


def say_per_cpu(report: Report, span: Span, symbol: str) -> None:
    """A per-CPU variable is read as if there were one of it."""
    report.add(
        types.PER_CPU,
        span,
        f"each CPU has a `{symbol}` of its own",
        notes=("at its symbol lies the initial copy, which no CPU uses",),
        help=f"`this_cpu_read(@{symbol}.member)` is a member of this CPU's, `this_cpu_ptr(@{symbol})` a pointer to it",
    )


def say_no_task(report: Report, span: Span, what: str) -> None:
    """Something of the task or CPU that runs is asked for where a clock strikes."""
    report.add(
        types.NO_TASK,
        span,
        f"no {what} here: a clock strikes in whatever task it interrupts, on whatever CPU",
        help="a monitor looks at variables of the kernel: `@SYMBOL`",
    )
