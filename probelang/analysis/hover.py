"""Hover: what a thing is, where it lies, and what would be recorded of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis.locate import path_to
from probelang.analysis.replies import Hover
from probelang.btf.c import declaration
from probelang.btf.types import BtfError
from probelang.check import ctypes
from probelang.check.btf_ctypes import BtfType
from probelang.check.ctypes import CPointer, CStruct
from probelang.check.fetch import record_value
from probelang.check.report import Report
from probelang.check.values import LVALUE
from probelang.kernel.answers import Found
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.analysis.context import Context
    from probelang.check.scope import Scope
    from probelang.check.values import Value
    from probelang.source import Span

#: How much of a declaration is shown: more than fits on a screen helps nobody.
MOST_LINES = 40


def hover(context: Context, statement: tree.Statement, offset: int) -> Hover | None:
    """What is at an offset of a statement."""
    path = path_to(statement, offset)
    if len(path) < 2:
        return None
    node = path[-1]
    outer = path[-2]
    scopes = context.scopes_of(statement)
    scope = scopes[0] if scopes else None
    match outer, node:
        case tree.FunctionPoint(), tree.Ident():
            return _function(context, node)
        case tree.Member(), tree.Ident() if outer.member is node and scope is not None:
            return _expression(context, scope, outer, node.span)
        case _, tree.Name() if node.name in context.constants.own and (
            scope is None or node.name not in scope.names
        ):
            value = context.constants.own[node.name]
            return Hover(node.span, _code(f"const {node.name} = {value!r}"))
        case _, tree.Expr() if scope is not None:
            return _expression(context, scope, node, node.span)
    return None


def _function(context: Context, ident: tree.Ident) -> Hover | None:
    answer = context.kernel.find_function(ident.name)
    if not isinstance(answer, Found):
        return None
    function = answer.value
    lines = []
    if function.btf is not None and function.proto is not None:
        lines.append(_code(prototype(context, ident.name) or ""))
    else:
        lines.append(f"`{ident.name}`: {function.proto_reason}")
    lines.append(f"{context.kernel.title}" + (f", module `{function.module}`" if function.module else ""))
    return Hover(ident.span, "\n\n".join(lines))


def prototype(context: Context, name: str, module: str | None = None) -> str | None:
    """A function's declaration in C."""
    from probelang.btf.c import declarator
    from probelang.btf.types import FuncProto

    answer = context.kernel.find_function(name, module)
    if not isinstance(answer, Found) or answer.value.btf is None or answer.value.proto is None:
        return None
    btf, proto = answer.value.btf, btf_proto(answer.value.btf, answer.value.proto)
    if not isinstance(proto, FuncProto):
        return None
    try:
        params = ", ".join(
            [declarator(btf, p.type, p.name) if p.type or p.name else "..." for p in proto.params]
        )
        return declarator(btf, proto.returns, f"{name}({params or 'void'})") + ";"
    except BtfError:
        return None


def btf_proto(btf: object, id: int) -> object:
    return btf.type(id)  # type: ignore[attr-defined]


def _expression(context: Context, scope: Scope, expr: tree.Expr, span: Span) -> Hover | None:
    value = context.value_of(expr, scope)
    if value is None:
        return None
    try:
        return Hover(span, _value_text(context, value, expr))
    except BtfError:
        return None


def _value_text(context: Context, value: Value, expr: tree.Expr) -> str:
    name = expr.member.name if isinstance(expr, tree.Member) else getattr(expr, "name", "")
    parts = [_code(f"{value.text} {name}".strip())]
    facts = []
    if value.state == LVALUE and isinstance(expr, tree.Member):
        facts.append(f"offset {value.pending}")
    if value.ref is not None and value.ref.size():
        facts.append(f"size {value.ref.size()}")
    recorded = record_value(Report(), value, None, expr.span)
    if recorded is not None:
        facts.append(f"recorded as `{recorded[1].text}`")
    if facts:
        parts.append(", ".join(facts))
    target = ctypes.pointed(value.type) if isinstance(value.type, CPointer) else value.type
    if isinstance(target, CStruct) and target.defined and isinstance(target.ref, BtfType):
        lines = declaration(target.ref.btf, target.ref.id).split("\n")
        if len(lines) > MOST_LINES:
            lines = [*lines[:MOST_LINES], f"\t/* … {len(lines) - MOST_LINES} more lines */"]
        parts.append(_code("\n".join(lines)))
    return "\n\n".join(parts)


def _code(text: str) -> str:
    return f"```c\n{text}\n```"
