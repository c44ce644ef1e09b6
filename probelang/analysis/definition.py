"""Where things are defined: in the spec itself, or on a page of C of the kernel's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis import names
from probelang.analysis.header import Page, Target, find_target, page_of_name
from probelang.analysis.locate import path_to
from probelang.analysis.members import struct_of
from probelang.btf.types import BtfError, Enum, Fwd, Ptr, Qualifier, Struct, Typedef, TypeTag
from probelang.check.btf_ctypes import BtfType
from probelang.ctypes import CArray, CPointer, CStruct, TypeRef
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.analysis.document import State

_STEPS = 32


def find_definition(state: State, statement: tree.Statement, offset: int) -> list[Span | Target]:
    """Where what is at a stored offset is defined: stored spans of the spec, or places on pages."""
    named = names.named_at(state, statement, offset)
    if named is not None:
        own: list[Span | Target] = [*names.definition_of(state, named[0])]
        if own:
            return own
    path = path_to(statement, offset)
    target = _on_page(state, statement, path) if len(path) > 1 else None
    return [target] if target is not None else []


def _on_page(state: State, statement: tree.Statement, path: list[tree.Node]) -> Target | None:
    context = state.context
    kernel = context.kernel
    node, outer = path[-1], path[-2]
    match outer, node:
        case tree.FunctionPoint(), tree.Ident() if outer.function is node:
            return find_target(kernel, Page("function", node.name))
        case tree.TracepointPoint(), tree.Ident() if outer.tracepoint is node:
            return find_target(kernel, Page("tracepoint", node.name))
        case tree.EventPoint(), tree.Ident():
            return find_target(kernel, Page("event", f"{outer.system.name}:{outer.event.name}"))
        case _, tree.CType():
            return find_target(kernel, Page(node.tag or "typedef", node.name))
    scopes = context.scopes_of(statement)
    scope = scopes[0] if scopes else None
    match outer, node:
        case tree.Member(), tree.Ident() if outer.member is node and scope is not None:
            found = struct_of(context, scope, outer)
            page = page_of_type(found[0].ref) if found is not None else None
            return find_target(kernel, page, node.name) if page is not None else None
        case _, tree.Name():
            if scope is not None and node.name in scope.names:
                return _parameter(state, statement, node.name)
            return page_of_name(kernel, node.name)
    return None


def _parameter(state: State, statement: tree.Statement, name: str) -> Target | None:
    if not isinstance(statement, tree.Probe):
        return None
    match statement.points[0]:
        case tree.FunctionPoint(_, _, function):
            return find_target(state.context.kernel, Page("function", function.name), name)
        case tree.TracepointPoint(_, _, tracepoint):
            return find_target(state.context.kernel, Page("tracepoint", tracepoint.name), name)
        case tree.EventPoint(_, system, event):
            return find_target(state.context.kernel, Page("event", f"{system.name}:{event.name}"), name)
    return None


def find_type_definition(state: State, statement: tree.Statement, offset: int) -> Target | None:
    """The declaration of the type of what is at a stored offset."""
    path = path_to(statement, offset)
    scopes = state.context.scopes_of(statement)
    if not scopes:
        return None
    for node in reversed(path):
        if isinstance(node, tree.CType):
            return find_target(state.context.kernel, Page(node.tag or "typedef", node.name))
        if isinstance(node, tree.Expr):
            value = state.context.value_of(node, scopes[0])
            if value is None:
                return None
            try:
                page = _page_of(value.ref, value.type)
            except BtfError:
                return None
            return find_target(state.context.kernel, page) if page is not None else None
    return None


def _page_of(ref: TypeRef | None, type: object) -> Page | None:
    if isinstance(ref, BtfType):
        page = page_of_type(ref)
        if page is not None:
            return page
    match type:
        case CPointer(target) if target is not None:
            return page_of_type(target)
        case CStruct(target):
            return page_of_type(target)
        case CArray(element):
            return page_of_type(element)
    return None


def page_of_type(ref: TypeRef) -> Page | None:
    """The page that declares a type, or what it points to. Raises BtfError."""
    if not isinstance(ref, BtfType):
        return None
    id = ref.id
    for _ in range(_STEPS):
        match ref.btf.type(id):
            case Struct(name=name, is_union=is_union) | Fwd(name=name, is_union=is_union):
                return Page("union" if is_union else "struct", name) if name else None
            case Enum(name=name):
                return Page("enum", name) if name else None
            case Typedef(name=name):
                return Page("typedef", name)
            case Ptr(target=target) | Qualifier(target=target) | TypeTag(target=target):
                id = target
            case _:
                return None
    return None
