"""`.` for `->` and the reverse, all along a path: one diagnostic at the first, whose fix mends every one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import ctypes
from probelang.check.report import Report
from probelang.check.rules import types
from probelang.check.values import load
from probelang.ctypes import CPointer, CStruct
from probelang.diagnostics import Edit, Fix
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.expressions import Expressions


def amend(checker: Expressions, expr: tree.Member) -> None:
    """Where `expr.base` was reported for its operator, mend the operator of `expr` by the same fix, if it is wrong too."""
    said = checker.report.diagnostics
    if not said or said[-1].rule is not types.ARROW_OR_DOT or said[-1].fix is None:
        return
    last, fix = said[-1], said[-1].fix
    if not expr.base.span.start <= last.label.span.start <= expr.base.span.end:
        return
    wrong = {edit.span for edit in fix.edits}
    base = type(checker)(checker.kernel, checker.constants, Report(), checker.scope).read(
        _mended(expr.base, wrong)
    )
    if base is None:
        return
    arrow = isinstance(load(base).type, CPointer) and isinstance(ctypes.pointed(base.type), CStruct)
    if arrow == expr.arrow:
        return
    operator = Span(expr.base.span.end, expr.member.span.start)
    edits = (*fix.edits, Edit(operator, "->" if arrow else "."))
    said[-1] = replace(last, fix=Fix("write each as it is", edits, fix.safe))


def _mended(expr: tree.Expr, wrong: set[Span]) -> tree.Expr:
    if not isinstance(expr, tree.Member):
        return expr
    turned = Span(expr.base.span.end, expr.member.span.start) in wrong
    return replace(expr, base=_mended(expr.base, wrong), arrow=expr.arrow != turned)
