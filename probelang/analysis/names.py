"""The names that a spec gives: where each is defined, where it is used, and what it can be renamed to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.analysis.locate import path_to
from probelang.check.naming import MAX_ARG_NAME, MAX_EVENT_NAME, name_of
from probelang.diagnostics import Edit
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.analysis.document import State

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@record
class Named:
    """Something that has a name in a spec.

    `sort` is `const`, `args`, `group`, `event`, `param` or `item`; `owner` is the event's group, or the statement that a
    parameter or a fetch arg belongs to.
    """

    sort: str
    name: str
    owner: object = None


@record
class Occurrence:
    """A place where a name stands; its span is a stored one."""

    span: Span
    defines: bool


def named_at(state: State, statement: tree.Statement, offset: int) -> tuple[Named, Span] | None:
    """What the name at a stored offset stands for, and the characters of the name."""
    for node in reversed(path_to(statement, offset)):
        for named, span, _ in _of_node(state, statement, node):
            if span.start <= offset <= span.end:
                return named, span
    return None


def occurrences(state: State, wanted: Named) -> list[Occurrence]:
    """Every place where a name stands, definitions included, in the order of the spec."""
    found: dict[Span, Occurrence] = {}
    for statement in state.tree.statements:
        if wanted.sort in ("param", "item") and statement is not wanted.owner:
            continue
        for node in tree.walk(statement):
            for named, span, defines in _of_node(state, statement, node):
                if _same(named, wanted):
                    found.setdefault(span, Occurrence(span, defines))
    return list(found.values())


def _same(one: Named, other: Named) -> bool:
    return one.sort == other.sort and one.name == other.name and _owner_key(one) == _owner_key(other)


def _owner_key(named: Named) -> object:
    return named.owner if isinstance(named.owner, str) else id(named.owner)


def _of_node(state: State, statement: tree.Statement, node: tree.Node) -> Iterator[tuple[Named, Span, bool]]:
    """The names that stand in one node itself."""
    group = state.context.group
    match node:
        case tree.Group(_, name):
            yield Named("group", name.name, ""), name.span, True
        case tree.Const(_, name):
            yield Named("const", name.name), name.span, True
        case tree.Args(_, name):
            yield Named("args", name.name), name.span, True
        case tree.ArgsParam(_, name):
            yield Named("param", name.name, statement), name.span, True
        case tree.Probe():
            if node.group is not None:
                yield Named("group", node.group.name, ""), node.group.span, False
            if node.name is not None:
                owner = node.group.name if node.group is not None else group
                yield Named("event", node.name.name, owner), node.name.span, True
        case tree.EventPoint(_, system, event):
            if (system.name, event.name) in state.context.declared:
                yield Named("event", event.name, system.name), event.span, False
                yield Named("group", system.name, ""), system.span, False
        case tree.Use(_, name):
            yield Named("args", name.name), name.span, False
        case tree.FetchArg(_, name) if name is not None:
            if isinstance(statement, tree.Probe):
                yield Named("item", name.name, statement), name.span, True
        case tree.Name(span, name):
            named = _resolve(state, statement, node)
            if named is not None:
                yield named, span, False


def _resolve(state: State, statement: tree.Statement, node: tree.Name) -> Named | None:
    """What a bare name in an expression stands for, as far as the spec gives it."""
    name = node.name
    if isinstance(statement, tree.Args) and any(param.name.name == name for param in statement.params):
        return Named("param", name, statement)
    if isinstance(statement, tree.Probe):
        condition = statement.condition
        if condition is not None and condition.span.start <= node.span.start < condition.span.end:
            for item in statement.items or ():
                if isinstance(item, tree.FetchArg) and item.name is not None and item.name.name == name:
                    return Named("item", name, statement)
        if name in state.context.constants.own:
            scopes = state.context.scopes_of(statement)
            if not any(name in scope.names for scope in scopes):
                return Named("const", name)
        return None
    return Named("const", name) if name in state.context.constants.own else None


def definition_of(state: State, named: Named) -> list[Span]:
    """Where a name is defined: stored spans."""
    return [found.span for found in occurrences(state, named) if found.defines]


class RenameError(Exception):
    """Why something cannot be renamed so; a sentence for the user."""


def check_name(state: State, named: Named, new: str) -> None:
    """Raises RenameError where a name cannot be, or is another thing's."""
    if not _IDENTIFIER.match(new):
        raise RenameError(f"`{new}` is no name: names are letters, digits and `_`, and begin with no digit")
    limit = (
        MAX_EVENT_NAME if named.sort in ("event", "group") else MAX_ARG_NAME if named.sort == "item" else 0
    )
    if limit and len(new) > limit:
        raise RenameError(f"a name of this sort may have {limit} characters, and this one has {len(new)}")
    context = state.context
    match named.sort:
        case "const":
            clash = new in context.constants.own
        case "args":
            clash = new in context.lists
        case "event":
            clash = (named.owner, new) in context.declared
        case "param":
            assert isinstance(named.owner, tree.Args)
            clash = any(param.name.name == new for param in named.owner.params)
        case "item":
            assert isinstance(named.owner, tree.Probe)
            items = [item for item in named.owner.items or () if isinstance(item, tree.FetchArg)]
            clash = any(new == (item.name.name if item.name else name_of(item.expr)) for item in items)
        case _:
            clash = False
    if clash and new != named.name:
        raise RenameError(f"there is another `{new}` already")


def rename(state: State, named: Named, new: str) -> list[Edit]:
    """The edits, at stored spans, that give something another name. Raises RenameError."""
    check_name(state, named, new)
    return [Edit(found.span, new) for found in occurrences(state, named)]
