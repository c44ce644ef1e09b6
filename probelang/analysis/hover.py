"""Hover: what a thing is, where it lies, what would be recorded of it, and how that is said to each kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang import ctypes
from probelang.analysis import names
from probelang.analysis.header import Page, render_page
from probelang.analysis.locate import path_to
from probelang.analysis.replies import Hover
from probelang.analysis.words import CALLS, FETCH_TYPES, KEYWORDS, OPTIONS, VARIABLES
from probelang.answers import Found
from probelang.btf.c import declaration
from probelang.btf.types import BtfError
from probelang.check.btf_ctypes import BtfType
from probelang.check.fetch import record_value
from probelang.check.report import Report
from probelang.check.values import LVALUE
from probelang.ctypes import CPointer, CStruct
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.analysis.context import Context
    from probelang.analysis.document import State
    from probelang.check.scope import Scope
    from probelang.check.values import Value

#: How much of a declaration is shown: more than fits on a screen helps nobody.
MOST_LINES = 40


def hover(states: Sequence[State], statement: tree.Statement, offset: int) -> Hover | None:
    """What is at a stored offset of a statement; the first state's kernel tells, each says how it compiles there."""
    path = path_to(statement, offset)
    if not path:
        return None
    found = _of_path(states[0], statement, path, offset)
    if found is None:
        return None
    compiled = _compiled(states, statement, path)
    return Hover(found.span, f"{found.text}\n\n{compiled}" if compiled else found.text)


def _of_path(state: State, statement: tree.Statement, path: list[tree.Node], offset: int) -> Hover | None:
    node = path[-1]
    outer = path[-2] if len(path) > 1 else node
    context = state.context
    match outer, node:
        case tree.FunctionPoint(), tree.Ident() if outer.function is node:
            return _function(context, node)
        case tree.TracepointPoint(), tree.Ident() if outer.tracepoint is node:
            return _page(context, Page("tracepoint", node.name), node.span)
        case tree.EventPoint(), tree.Ident():
            return _event(state, outer)
        case tree.Option(), tree.Ident() if node.name in OPTIONS:
            return Hover(node.span, f"`{node.name}`: {OPTIONS[node.name]}")
        case tree.Call(), tree.Ident() if node.name in CALLS:
            return Hover(node.span, f"`{node.name}(e)`: {CALLS[node.name]}")
        case _, tree.FetchType() if node.name in FETCH_TYPES:
            return Hover(node.span, f"`{node.name}`: {FETCH_TYPES[node.name]}")
        case _, tree.CType():
            return _page(context, Page(node.tag or "typedef", node.name), node.span)
        case tree.Probe(), tree.Probe() if node.kind_span.start <= offset <= node.kind_span.end:
            return Hover(node.kind_span, f"`{node.kind.value}`: {KEYWORDS[node.kind.value]}")
        case tree.Probe(), tree.Ident():
            group = outer.group.name if outer.group is not None else context.group
            return Hover(node.span, f"event `{group}/{outer.name.name}`" if outer.name else "")
    scopes = context.scopes_of(statement)
    scope = scopes[0] if scopes else None
    match outer, node:
        case tree.Member(), tree.Ident() if outer.member is node:
            return _expression(context, scope, outer, node.span) if scope is not None else None
        case tree.FetchArg(_, name, expr), tree.Ident() if name is node and scope is not None:
            return _expression(context, scope, expr, node.span)
        case _, tree.Name():
            return _name(state, statement, scope, node)
        case _, tree.Variable() if node.name in VARIABLES:
            known = _expression(context, scope, node, node.span) if scope is not None else None
            text = f"`${node.name}`: {VARIABLES[node.name]}"
            return Hover(node.span, f"{text}\n\n{known.text}" if known is not None else text)
        case _, tree.Expr() if scope is not None:
            return _expression(context, scope, node, node.span)
        case _, tree.Ident():
            return _own(state, statement, offset)
    return None


# ------------------------------------------------------------------------------------------------------ names


def _own(state: State, statement: tree.Statement, offset: int) -> Hover | None:
    found = names.named_at(state, statement, offset)
    if found is None:
        return None
    named, span = found
    match named.sort:
        case "const":
            return Hover(span, _constant_text(state.context, named.name))
        case "args":
            args = state.context.lists.get(named.name)
            if args is None:
                return None
            params = ", ".join(f"{p.name.name}: {written_type(p.type)}" for p in args.params)
            return Hover(span, f"```probelang\nargs {named.name}({params})\n```")
        case "group":
            return Hover(span, f"group `{named.name}`: its events are `{named.name}/…`")
        case "event":
            return Hover(span, f"event `{named.owner}/{named.name}` of this spec")
    return None


def written_type(type: tree.CType) -> str:
    """A type as a spec writes it."""
    words = f"{type.tag} {type.name}".strip()
    return f"{words} {'*' * type.pointers}" if type.pointers else words


def _constant_text(context: Context, name: str) -> str:
    value = context.constants.own.get(name)
    shown = (
        "?" if value is None else value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    )
    number = f" = {value:#x}" if isinstance(value, int) and abs(value) > 9 else ""
    return f"```probelang\nconst {name} = {shown}\n```" + (f"\n\n{shown}{number}" if number else "")


def _name(state: State, statement: tree.Statement, scope: Scope | None, node: tree.Name) -> Hover | None:
    context = state.context
    if scope is not None and node.name in scope.names:
        return _expression(context, scope, node, node.span)
    own = _own(state, statement, node.span.start)
    if own is not None:
        return own
    try:
        values = context.constants.values_of(node.name)
        if len(values) == 1:
            origin = _origin_of(context, node.name)
            return Hover(node.span, f"`{node.name}` = {values[0]} = {values[0]:#x}{origin}")
    except BtfError:
        pass
    return None


def _origin_of(context: Context, name: str) -> str:
    from probelang.kernel.constants import Constant, find_constant

    answer = context.kernel.find_enumerator(name)
    if isinstance(answer, Found):
        enum = answer.value[1]
        return f", of `enum {enum}`" if enum else ", an enumerator"
    defined = find_constant(name)
    return f", `#define` of {defined.header}" if isinstance(defined, Constant) else ""


# -------------------------------------------------------------------------------------------------- the kernel's


def _function(context: Context, ident: tree.Ident) -> Hover | None:
    answer = context.kernel.find_function(ident.name)
    if not isinstance(answer, Found):
        return None
    function = answer.value
    text = render_page(context.kernel, Page("function", ident.name))
    parts = [_code(_without_head(text)) if text else f"`{ident.name}`: {function.proto_reason}"]
    facts = [context.kernel.title]
    if function.module:
        facts.append(f"module `{function.module}`")
    if function.traceable is False:
        facts.append("ftrace cannot trace it")
    if function.blacklisted:
        facts.append("kprobes are forbidden on it")
    return Hover(ident.span, "\n\n".join([*parts, ", ".join(facts)]))


def _event(state: State, point: tree.EventPoint) -> Hover | None:
    key = (point.system.name, point.event.name)
    if key in state.context.declared:
        return Hover(point.span, f"event `{key[0]}/{key[1]}` of this spec")
    return _page(state.context, Page("event", ":".join(key)), point.span)


def _page(context: Context, page: Page, span: Span) -> Hover | None:
    text = page_markdown(context, page)
    return Hover(span, text) if text else None


def page_markdown(context: Context, page: Page) -> str:
    """A page as Markdown, cut to what fits a hover; "" where there is none."""
    text = render_page(context.kernel, page)
    return _code(_cut(_without_head(text))) + f"\n\n{context.kernel.title}" if text else ""


def _without_head(text: str) -> str:
    return text.partition("\n\n")[2].rstrip()


def _cut(text: str) -> str:
    lines = text.split("\n")
    if len(lines) <= MOST_LINES:
        return text
    return "\n".join([*lines[:MOST_LINES], f"\t/* {len(lines) - MOST_LINES} more lines */"])


# ------------------------------------------------------------------------------------------------- expressions


def _expression(context: Context, scope: Scope | None, expr: tree.Expr, span: Span) -> Hover | None:
    value = context.value_of(expr, scope) if scope is not None else None
    if value is None:
        return None
    try:
        return Hover(span, _value_text(value, expr))
    except BtfError:
        return None


def _value_text(value: Value, expr: tree.Expr) -> str:
    name = expr.member.name if isinstance(expr, tree.Member) else getattr(expr, "name", "")
    if isinstance(expr, tree.Variable):
        name = "$" + name
    shown = value.text
    if isinstance(value.ref, BtfType) and isinstance(expr, tree.Name | tree.Member):
        from probelang.btf.c import declarator

        shown, name = declarator(value.ref.btf, value.ref.id, name), ""
    parts = [_code(f"{shown} {name}".strip())]
    facts = []
    if value.state == LVALUE and isinstance(expr, tree.Member):
        facts.append(f"offset {value.pending}")
        if value.bits is not None:
            facts.append(f"bits {value.bits[0]} to {value.bits[0] + value.bits[1] - 1}")
    if value.ref is not None and value.ref.size():
        facts.append(f"size {value.ref.size()}")
    recorded = record_value(Report(), value, None, expr.span)
    if recorded is not None:
        facts.append(f"recorded as `{recorded[1].text}`")
    if facts:
        parts.append(", ".join(facts))
    target = ctypes.pointed(value.type) if isinstance(value.type, CPointer) else value.type
    if isinstance(target, CStruct) and target.defined and isinstance(target.ref, BtfType):
        parts.append(_code(_cut(declaration(target.ref.btf, target.ref.id))))
    return "\n\n".join(parts)


def _code(text: str) -> str:
    return f"```c\n{text}\n```"


# --------------------------------------------------------------------------------------------------- compiled


def _compiled(states: Sequence[State], statement: tree.Statement, path: list[tree.Node]) -> str:
    """For each kernel, the words that define the fetch arg around the caret, or the lines that define the event."""
    if not isinstance(statement, tree.Probe):
        return ""
    item = next((node for node in path if isinstance(node, tree.FetchArg)), None)
    whole = item is None and not any(isinstance(node, tree.Expr) for node in path)
    lines = []
    for state in states:
        for line in _lines_of(state, statement)[: 3 if whole else 1]:
            text = line if whole else _word_of(state, statement, line, item)
            if text:
                lines.append(f"{state.context.kernel.name}: {text}")
    return "```text\n" + "\n".join(lines) + "\n```" if lines else ""


def _lines_of(state: State, statement: tree.Probe) -> list[str]:
    made = next((found.events for found in state.statements if found.tree is statement), ())
    events: list[Any] = [event for event in state.events if any(event.probe is probe for probe in made)]
    return [line for event in events for line in getattr(event, "commands", ())]


def _word_of(state: State, statement: tree.Probe, line: str, item: tree.FetchArg | None) -> str:
    made = next((found.events for found in state.statements if found.tree is statement), ())
    if item is None or not made:
        return ""
    name = next((f.name for f in made[0].fields if f.span == item.expr.span), None)
    return next((word for word in line.split() if name is not None and word.startswith(f"{name}=")), "")
