"""Semantic tokens: what each word of a statement is, beyond what a grammar of regular expressions can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.analysis.context import Context

#: The names of the protocol's own token types, in the order in which they are numbered.
TYPES = (
    "namespace", "type", "struct", "parameter", "variable", "property", "enumMember", "event", "function",
    "macro", "keyword", "modifier", "comment", "string", "number", "operator", "decorator",
)  # fmt: skip
MODIFIERS = ("declaration", "readonly", "defaultLibrary")

_DECLARATION, _READONLY, _LIBRARY = 1, 2, 4


def tokens_of(context: Context, statement: tree.Statement) -> list[tuple[Span, str, int]]:
    """The tokens of a statement in order, none of which overlap: span, type, and the sum of its modifiers' bits."""
    found: dict[int, tuple[Span, str, int]] = {}
    for span, type, modifiers in _tokens(context, statement):
        if span.end > span.start:
            found.setdefault(span.start, (span, type, modifiers))
    ordered = []
    end = -1
    for start in sorted(found):
        if start >= end:
            ordered.append(found[start])
            end = found[start][0].end
    return ordered


def _tokens(context: Context, statement: tree.Statement) -> Iterator[tuple[Span, str, int]]:
    own = context.constants.own
    names: frozenset[str] | None = None
    items = set()
    if isinstance(statement, tree.Probe):
        items = {i.name.name for i in statement.items or () if isinstance(i, tree.FetchArg) and i.name}
    for node in tree.walk(statement):
        match node:
            case tree.Group(_, name):
                yield name.span, "namespace", _DECLARATION
            case tree.Const(_, name):
                yield name.span, "variable", _DECLARATION | _READONLY
            case tree.Args(_, name):
                yield name.span, "macro", _DECLARATION
            case tree.ArgsParam(_, name):
                yield name.span, "parameter", _DECLARATION
            case tree.Probe(_, group, name, _, kind_span):
                if group is not None:
                    yield group.span, "namespace", 0
                if name is not None:
                    yield name.span, "event", _DECLARATION
                yield kind_span, "keyword", 0
            case tree.FunctionPoint(_, module, function, _, _, returns):
                if module is not None:
                    yield module.span, "namespace", _LIBRARY
                yield function.span, "function", _LIBRARY
                if returns is not None:
                    yield returns, "modifier", 0
            case tree.TracepointPoint(_, module, tracepoint):
                if module is not None:
                    yield module.span, "namespace", _LIBRARY
                yield tracepoint.span, "event", _LIBRARY
            case tree.EventPoint(_, system, event):
                yield system.span, "namespace", _LIBRARY
                yield event.span, "event", _LIBRARY
            case tree.ProgramPoint(_, path, symbol, file, _, _, returns):
                yield path.span, "string", 0
                for ident in (symbol, file):
                    if ident is not None:
                        yield ident.span, "function", 0
                if returns is not None:
                    yield returns, "modifier", 0
            case tree.UsdtPoint(_, path, provider, probe):
                yield path.span, "string", 0
                yield provider.span, "namespace", 0
                yield probe.span, "event", 0
            case tree.WatchPoint(_, _, symbol) if symbol is not None:
                yield symbol.span, "variable", _LIBRARY
            case tree.Option(_, name):
                yield name.span, "decorator", 0
            case tree.FetchArg(_, name) if name is not None:
                yield name.span, "property", _DECLARATION
            case tree.FetchType():
                yield node.span, "type", 0
            case tree.CType(_, tag):
                if tag:
                    yield Span(node.span.start, node.span.start + len(tag)), "keyword", 0
                else:
                    yield node.span, "type", 0
            case tree.Use(span, name):
                yield Span(span.start, span.start + 3), "keyword", 0
                yield name.span, "macro", 0
            case tree.Call(_, function):
                yield function.span, "function", 0
            case tree.Member(_, _, member):
                yield member.span, "property", 0
            case tree.Variable() | tree.Register() | tree.AllArgs():
                yield node.span, "variable", _LIBRARY
            case tree.SymbolRef():
                yield node.span, "variable", _LIBRARY
            case tree.Number():
                yield node.span, "number", 0
            case tree.Text():
                yield node.span, "string", 0
            case tree.Name(span, word):
                if names is None:
                    names = frozenset(
                        name for scope in context.scopes_of(statement)[:1] for name in scope.names
                    )
                if word in names:
                    yield span, "parameter", 0
                elif word in items:
                    yield span, "property", 0
                elif word in own:
                    yield span, "variable", _READONLY
                else:
                    yield span, "enumMember", _READONLY | _LIBRARY
