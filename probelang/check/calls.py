"""What is written like a function: `entry(e)`, `user(e)`, `this_cpu_read(e)` and `this_cpu_ptr(e)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.report import near_names, rename, suggest
from probelang.check.rules import types
from probelang.check.values import RVALUE, Value, article_of, load
from probelang.ctypes import CPointer
from probelang.diagnostics import Edit, Fix
from probelang.probes import Duration, Parameter, ReturnValue
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.expressions import Expressions

_CALLS = ("entry", "user", "this_cpu_read", "this_cpu_ptr")


def resolve_call(checker: Expressions, expr: tree.Call) -> Value | None:
    name = expr.function.name
    if name not in _CALLS:
        from probelang.check import elsewhere

        if elsewhere.explain_call(checker, expr):
            return None
        near = near_names(name, (*_CALLS, "container_of"))
        checker.report.add(
            types.UNKNOWN_CALL,
            expr.function.span,
            f"there is no function `{name}`",
            label=suggest(near),
            fix=rename(expr.function.span, near),
        )
        return None
    if len(expr.arguments) != 1:
        checker.report.add(types.UNKNOWN_CALL, expr.span, f"`{name}(e)` takes one expression")
        return None
    operand = expr.arguments[0]
    match name:
        case "entry":
            return _entry(checker, expr, operand)
        case "user":
            return _user(checker, operand)
        case _:
            from probelang.check.percpu import resolve_this_cpu

            return resolve_this_cpu(checker, expr, operand)


def _entry(checker: Expressions, expr: tree.Call, operand: tree.Expr) -> Value | None:
    if not checker.scope.at_return:
        checker.report.add(
            types.UNKNOWN_CALL,
            expr.span,
            "`entry(e)` is for `%return` probes: here everything is read at entry",
            fix=Fix(
                "leave out `entry`",
                (
                    Edit(Span(expr.span.start, operand.span.start), ""),
                    Edit(Span(operand.span.end, expr.span.end), ""),
                ),
            ),
        )
        return None
    value = _at_entry(checker).read(operand)
    if value is None:
        return None
    base = value.access.base
    if isinstance(base, Parameter) and not value.access.derefs and value.state == RVALUE:
        return value
    if isinstance(base, ReturnValue | Duration):
        checker.report.add(
            types.NO_RETVAL, operand.span, "`$retval` is not there yet when the function is entered"
        )
        return None
    return replace(value, entry=True)


def _at_entry(checker: Expressions) -> Expressions:
    """What resolves the inside of `entry(e)`."""
    inner = checker.scope.at_entry
    return (
        checker if inner is None else type(checker)(checker.kernel, checker.constants, checker.report, inner)
    )


def _user(checker: Expressions, operand: tree.Expr) -> Value | None:
    base = checker.read(operand)
    if base is None:
        return None
    value = load(base)
    if isinstance(value.type, CPointer):
        return replace(value, type=replace(value.type, user=True))
    if not value.typed:
        return replace(value, type=CPointer(None, user=True))
    checker.report.add(
        types.NOT_A_POINTER, operand.span, f"`user(e)` needs a pointer, and this is {article_of(base)}"
    )
    return None
