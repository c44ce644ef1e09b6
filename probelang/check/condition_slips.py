"""What people write in a condition where C, or a shell, reads it otherwise than they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.rules import names
from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.constants import Constants
    from probelang.check.report import Report
    from probelang.source import Source

_NULL = ("nullptr", "null", "Null", "nil", "None")


def say_unquoted(report: Report, constants: Constants, expr: tree.Expr) -> bool:
    """Report `$comm == cat`: a string is compared with what is no constant; whether it is that."""
    if not isinstance(expr, tree.Name) or constants.is_constant(expr) or expr.name in constants.later:
        return False
    text = f'"{expr.name}"'
    report.add(
        names.UNKNOWN_NAME,
        expr.span,
        f"no constant `{expr.name}`",
        label='a string stands between two `"`',
        fix=Fix(f"write `{text}`", (Edit(expr.span, text),), safe=False),
        kernel_error=None,
    )
    return True


def near_null(name: str) -> list[str]:
    """`NULL` for what it is called in other languages, and the number of a system call for its name in the C library."""
    if name.startswith("SYS_"):
        from probelang.kernel.constants import find_constant

        number = f"__NR_{name[4:]}"
        return [number] if find_constant(number) is not None else []
    return ["NULL"] if name in _NULL else []


def test_of_bits(source: Source, expr: tree.Binary, inner: tree.Expr) -> Fix | None:
    """The fix for `flags & F == 0`, in which C compares `F == 0` first."""
    if not isinstance(inner, tree.Binary) or inner is not expr.right or expr.op != "&":
        return None
    nothing = isinstance(inner.right, tree.Number) and inner.right.value == 0
    if not nothing or inner.op not in ("==", "!=", ">"):
        return None
    text = source.slice(Span(expr.span.start, inner.left.span.end))
    written = f"!({text})" if inner.op == "==" else text
    return Fix(f"write `{written}`", (Edit(expr.span, written),), safe=False)


def bits_together(source: Source, constants: Constants, expr: tree.Expr) -> Fix | None:
    """The fix for `flags & A | B`, in which C takes `flags & A` first."""
    parts: list[tree.Expr] = []
    while isinstance(expr, tree.Binary) and expr.op == "|":
        parts.append(expr.right)
        expr = expr.left
    if not parts or not isinstance(expr, tree.Binary) or expr.op != "&":
        return None
    if not all(map(constants.is_constant, (expr.right, *parts))):
        return None
    begin, end = expr.right.span.start, parts[0].span.end
    written = f"({source.slice(Span(begin, end))})"
    edit = Edit(Span(begin, end), written)
    return Fix(f"write `{source.slice(expr.left.span)} & {written}`", (edit,), safe=False)


def bits_of_value(source: Source, before: tree.Expr | None, expr: tree.Expr) -> Fix | None:
    """The fix for `flags && F`, where `F` is a constant."""
    while isinstance(before, tree.Binary) and before.op in ("&&", "||"):
        before = before.right
    if not isinstance(before, tree.Name | tree.Member | tree.Variable) or not isinstance(expr, tree.Name):
        return None
    written = f"{source.slice(before.span)} & {expr.name}"
    between = Span(before.span.end, expr.span.start)
    if source.slice(between).strip() != "&&":
        return None
    return Fix(f"write `{written}`", (Edit(between, " & "),), safe=False)


_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "~", "&&", "||")


def refusal(constants: Constants, expr: tree.Unary | tree.Binary) -> tuple[str, str]:
    """What is said of an operator where a value is wanted, and the next step."""
    if isinstance(expr, tree.Binary) and expr.op in _COMPARISONS:
        return (
            "a fetch arg is a value, not a comparison",
            "record the value, and compare it in the probe's `if`",
        )
    message = f"a probe cannot calculate: `{expr.op}` is for constants only"
    if expr.op == "!":
        return message, "`!` belongs to what stands behind it, as in C: `!(a == 1)`, or `a != 1`"
    cure = "record the values themselves, and calculate where the trace is read"
    return message, _of_multiples(constants, expr) or cure


def _of_multiples(constants: Constants, expr: tree.Expr) -> str | None:
    """What says whether a value is a multiple of a power of two, `count % 4096`."""
    if not isinstance(expr, tree.Binary) or expr.op != "%" or not constants.is_constant(expr.right):
        return None
    value = constants.evaluate(expr.right)
    if not isinstance(value, int) or value < 2 or value & (value - 1):
        return None
    return f"of multiples of {value} the lowest bits are not set: `!(e & {value - 1:#x})` in the condition"
