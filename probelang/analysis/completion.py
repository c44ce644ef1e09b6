"""Completion: what may stand at a caret, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis import caret as carets
from probelang.analysis.caret import MARK, Caret
from probelang.analysis.kernel_names import names_of
from probelang.analysis.members import complete_members
from probelang.analysis.paths import complete_program, functions_of_module
from probelang.analysis.replies import Completion, Completions, Sort
from probelang.analysis.search import MOST
from probelang.analysis.words import CALLS, FETCH_TYPES, KEYWORDS, OPTIONS, VARIABLES
from probelang.answers import Found
from probelang.btf.names import Space
from probelang.btf.types import BtfError
from probelang.check.patterns import is_pattern
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probelang.analysis.context import Context
    from probelang.check.scope import Scope

KIND_WORDS = frozenset(kind.value for kind in Kind)


def complete(context: Context, text: str, offset: int) -> Completions:
    """What may stand at `offset` of a statement's text; spans are in that text."""
    caret = carets.caret_at(text, offset)
    if carets.in_comment(caret):
        return _slugs(caret) if carets.in_ignore(caret) else Completions(())
    point = carets.point_at(caret)
    if point is not None:
        return _points(context, caret, *point)
    found = carets.marked(caret)
    if found is not None:
        statement, path = found
        answer = _in_tree(context, caret, statement, path)
        if answer is not None:
            return answer
    # what is too broken to have such a node
    word = carets.word_before(caret)
    if word == "use":
        return _lists(context, caret)
    if word in ("struct", "union", "enum"):
        return _types(context, caret, word)
    if carets.begins_statement(caret):
        return _keywords(caret)
    return Completions(())


def _keywords(caret: Caret) -> Completions:
    named = "=" in caret.line
    return Completions(
        tuple(
            Completion(word, Sort.KEYWORD, caret.span, word + " ", doc)
            for word, doc in KEYWORDS.items()
            if not named or word in KIND_WORDS
        )
    )


def _slugs(caret: Caret) -> Completions:
    from probelang.rules import RULES

    start = caret.offset
    while start and (caret.text[start - 1].isalnum() or caret.text[start - 1] in "-_"):
        start -= 1
    span = Span(start, caret.end)
    return Completions(
        tuple(
            Completion(rule.slug, Sort.SLUG, span, rule.slug, rule.code, key=("rule", rule.code))
            for rule in RULES
        )
    )


# ----------------------------------------------------------------------------------------------------- points


def _points(context: Context, caret: Caret, kind: Kind, before: str, start: int) -> Completions:
    names = names_of(context.kernel)
    if kind in (Kind.FPROBE, Kind.KPROBE, Kind.TPROBE):
        head, colon, query = before.rpartition(":")
        span = Span(start + len(head) + len(colon), caret.end)
        if "%" in query:
            return Completions(
                (Completion("%return", Sort.KEYWORD, span, query.partition("%")[0] + "%return"),)
            )
        if is_pattern(query) or "+" in query:
            return Completions(())
        if kind is Kind.TPROBE:
            found, whole = names.tracepoints().search(query, MOST)
            return _listed(found, whole, Sort.TRACEPOINT, span, "tracepoint")
        if colon and head != "vmlinux":
            return functions_of_module(context.kernel, head, query, span)
        found, whole = names.functions().search(query, MOST)
        listed = _listed(found, whole, Sort.FUNCTION, span, "function")
        modules = [name for name in context.kernel.sources.modules() if query and name.startswith(query)]
        homes = tuple(
            Completion(name, Sort.MODULE, span, name + ":", "module", MOST + rank)
            for rank, name in enumerate(modules[:MOST])
        )
        return Completions((*listed.items, *homes), listed.complete)
    if kind is Kind.EPROBE:
        return _events(context, caret, before, start)
    if kind in (Kind.UPROBE, Kind.USDT):
        return complete_program(kind, before, start, caret.end)
    if kind is Kind.WATCH:
        found, whole = names.variables().search(before, MOST)
        return _listed(found, whole, Sort.VARIABLE, Span(start, caret.end), "variable")
    return Completions(())


def _listed(found: Iterable[str], whole: bool, sort: Sort, span: Span, key: str) -> Completions:
    return Completions(
        tuple(
            Completion(name, sort, span, name, rank=rank, key=(key, name)) for rank, name in enumerate(found)
        ),
        whole,
    )


def _events(context: Context, caret: Caret, before: str, start: int) -> Completions:
    system, colon, query = before.partition(":")
    known = names_of(context.kernel).events()
    own = [*context.declared]
    if colon:
        span = Span(start + len(system) + 1, caret.end)
        names = [event for group, event in [*own, *known] if group == system]
        return Completions(
            tuple(
                Completion(event, Sort.EVENT, span, event, rank=rank, key=("event", system, event))
                for rank, event in enumerate(_fitting(names, query))
            ),
            len(names) <= MOST,
        )
    span = Span(start, caret.end)
    systems = dict.fromkeys(group for group, _ in [*own, *known])
    items = [
        Completion(name, Sort.SYSTEM, span, name + ":", rank=rank)
        for rank, name in enumerate(_fitting(systems, before))
    ]
    if before:
        pairs = [f"{group}:{event}" for group, event in known if before in event][:MOST]
        items += [
            Completion(pair, Sort.EVENT, span, pair, rank=1000 + rank, key=("event", *pair.split(":", 1)))
            for rank, pair in enumerate(pairs)
        ]
    return Completions(tuple(items), False)


def _fitting(names: Iterable[str], query: str) -> list[str]:
    """Those that begin with the query, then those that have it elsewhere."""
    first = [name for name in names if name.startswith(query)]
    return [*first, *[name for name in names if query in name and not name.startswith(query)]][:MOST]


# ---------------------------------------------------------------------------------------------------- the tree


def _in_tree(
    context: Context, caret: Caret, statement: tree.Statement, path: list[tree.Node]
) -> Completions | None:
    node = path[-1]
    outer = path[-2] if len(path) > 1 else statement
    scopes = context.scopes_of(statement)
    scope = scopes[0] if scopes else None
    match outer, node:
        case tree.Member(), tree.Ident() if outer.member is node:
            return complete_members(context, scope, outer, caret)
        case tree.ContainerOf(), tree.Ident():
            return complete_members(context, scope, outer, caret)
        case _, tree.Name() | tree.Ident() if isinstance(node, tree.Name) or isinstance(outer, tree.Call):
            return _names(context, caret, scope, path, statement)
        case _, tree.Variable():
            return _variables(caret, scope)
        case _, tree.FetchType():
            return _fetch_types(caret)
        case _, tree.CType():
            return _types(context, caret, node.tag)
        case tree.Option(), tree.Ident():
            return _options(caret)
        case tree.Use(), tree.Ident():
            return _lists(context, caret)
        case _, tree.SymbolRef():
            found, whole = names_of(context.kernel).variables().search(caret.prefix, MOST)
            return _listed(found, whole, Sort.VARIABLE, caret.span, "variable")
        case _, tree.Register():
            from probelang.check.variables import X86_REGISTERS

            return Completions(
                tuple(Completion(name, Sort.VARIABLE, caret.span, name) for name in X86_REGISTERS)
            )
    return None


def _names(
    context: Context, caret: Caret, scope: Scope | None, path: list[tree.Node], statement: tree.Statement
) -> Completions:
    items: list[Completion] = []
    if scope is not None:
        for rank, (name, value) in enumerate(scope.names.items()):
            items.append(
                Completion(name, Sort.PARAMETER, caret.span, name, value.text, rank, ("parameter", name))
            )
    in_condition = isinstance(statement, tree.Probe) and statement.condition in path
    if isinstance(statement, tree.Probe) and in_condition:
        for item in statement.items or ():
            if isinstance(item, tree.FetchArg) and item.name is not None and MARK not in item.name.name:
                items.append(
                    Completion(
                        item.name.name, Sort.PARAMETER, caret.span, item.name.name, "recorded", 50, ("item",)
                    )
                )
    for name, constant in context.constants.own.items():
        if MARK not in name:
            shown = "" if constant is None else str(constant)
            items.append(Completion(name, Sort.CONSTANT, caret.span, name, shown, 100, ("const", name)))
    if scope is not None and not in_condition or not isinstance(statement, tree.Const):
        for name, doc in CALLS.items():
            if name != "entry" or (scope is not None and scope.at_return):
                items.append(Completion(name, Sort.KEYWORD, caret.span, name, doc, 300))
    if not in_condition and not isinstance(statement, tree.Const) and context.lists:
        items.append(Completion("use", Sort.KEYWORD, caret.span, "use ", "a list of fetch args", 250))
    constants = _kernel_constants(context, caret)
    items += constants
    seen: dict[str, Completion] = {}
    for completion in items:
        seen.setdefault(completion.label, completion)
    return Completions(tuple(seen.values()), not constants and len(caret.prefix) > 1)


def _kernel_constants(context: Context, caret: Caret) -> list[Completion]:
    """Enumerators and `#define`s, which are too many to be offered before two letters are there."""
    from probelang.kernel.constants import constants_with_prefix

    if len(caret.prefix) < 2:
        return []
    names = dict.fromkeys(constants_with_prefix(caret.prefix, MOST))
    btf = context.kernel.btf
    if btf is not None:
        names.update(dict.fromkeys(names_of(context.kernel).enumerators().search(caret.prefix, MOST)[0]))
    return [
        Completion(name, Sort.CONSTANT, caret.span, name, rank=400 + rank, key=("constant", name))
        for rank, name in enumerate(list(names)[: 2 * MOST])
    ]


def _variables(caret: Caret, scope: Scope | None) -> Completions:
    span = Span(
        caret.start - 1 if caret.text[caret.start - 1 : caret.start] == "$" else caret.start, caret.end
    )
    offered = dict(VARIABLES)
    if scope is not None and not scope.at_return:
        for name in ("retval", "duration"):
            offered.pop(name)
    if scope is not None:
        for number, value in enumerate(scope.arguments, 1):
            offered[f"arg{number}"] = value.text
    return Completions(
        tuple(
            Completion("$" + name, Sort.VARIABLE, span, "$" + name, doc, rank)
            for rank, (name, doc) in enumerate(offered.items())
        )
    )


def _fetch_types(caret: Caret) -> Completions:
    start = caret.start - 1 if caret.text[caret.start - 1 : caret.start] == "%" else caret.start
    span = Span(start, caret.end)
    return Completions(
        tuple(
            Completion(name, Sort.FETCH_TYPE, span, name, doc, rank)
            for rank, (name, doc) in enumerate(FETCH_TYPES.items())
        )
    )


_TAGGED = {"struct": Space.STRUCT, "union": Space.UNION, "enum": Space.ENUM, "": Space.TYPEDEF}


def _types(context: Context, caret: Caret, tag: str) -> Completions:
    names = names_of(context.kernel)
    found, whole = names.types(_TAGGED.get(tag, Space.TYPEDEF)).search(caret.prefix, MOST)
    listed = _listed(found, whole, Sort.TYPE, caret.span, f"type {tag}".strip())
    if tag:
        return listed
    tags = tuple(Completion(word, Sort.KEYWORD, caret.span, word + " ", rank=-1) for word in _TAGGED if word)
    return Completions((*tags, *listed.items), listed.complete)


def _options(caret: Caret) -> Completions:
    return Completions(
        tuple(
            Completion(name, Sort.OPTION, caret.span, name + ("=" if name in ("maxactive", "max") else ""))
            for name in OPTIONS
        )
    )


def _lists(context: Context, caret: Caret) -> Completions:
    return Completions(
        tuple(
            Completion(
                name, Sort.ARGS, caret.span, name, f"{len(args.params)} parameters", key=("args", name)
            )
            for name, args in context.lists.items()
            if MARK not in name
        )
    )


# ---------------------------------------------------------------------------------------------------- resolve


def describe(context: Context, key: tuple[str, ...]) -> str:
    """What more is to be said of a completion, in Markdown; "" for nothing."""
    from probelang.analysis.header import Page
    from probelang.analysis.hover import page_markdown

    match key:
        case ("function" | "tracepoint" as sort, name):
            return page_markdown(context, Page(sort, name))
        case ("event", system, name):
            return page_markdown(context, Page("event", f"{system}:{name}"))
        case ("type", name):
            return page_markdown(context, Page("typedef", name))
        case ("type struct" | "type union" | "type enum" as sort, name):
            return page_markdown(context, Page(sort.removeprefix("type "), name))
        case ("variable", name):
            from probelang.btf.c import declarator

            answer = context.kernel.find_variable(name)
            if isinstance(answer, Found) and answer.value.btf is not None and answer.value.type is not None:
                try:
                    return f"```c\n{declarator(answer.value.btf, answer.value.type, name)};\n```"
                except BtfError:
                    return ""
        case ("constant", name):
            values = context.constants.values_of(name)
            return " or ".join(f"`{value}` (`{value:#x}`)" for value in values)
        case ("rule", code):
            from probelang.rules import RULES

            return next((rule.doc for rule in RULES if rule.code == code), "")
    return ""
