"""The members that may stand behind `->` and `.`, with their types and offsets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import ctypes
from probelang.analysis.replies import Completion, Completions, Sort
from probelang.btf.types import BtfError
from probelang.check.btf_ctypes import BtfType
from probelang.check.casts import find_type
from probelang.check.values import LVALUE
from probelang.ctypes import CArray, CPointer, CStruct
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.analysis.caret import Caret
    from probelang.analysis.context import Context
    from probelang.check.scope import Scope


def struct_of(context: Context, scope: Scope, expr: tree.Member) -> tuple[CStruct, bool] | None:
    """The struct that the base of a member gives, and whether `->` leads there."""
    base = context.value_of(expr.base, scope)
    if base is None:
        return None
    try:
        if isinstance(base.type, CStruct):
            return base.type, False
        if isinstance(base.type, CPointer):
            pointed = ctypes.pointed(base.type)
            return (pointed, True) if isinstance(pointed, CStruct) else None
        if isinstance(base.type, CArray) and base.state == LVALUE:
            element = base.type.element.describe()
            return (element, True) if isinstance(element, CStruct) else None
    except BtfError:
        return None
    return None


def complete_members(
    context: Context, scope: Scope | None, expr: tree.Member | tree.ContainerOf, caret: Caret
) -> Completions:
    """The members of what stands before the caret; with the other operator where that is the right one."""
    if scope is None:
        return Completions(())
    if isinstance(expr, tree.ContainerOf):
        try:
            target = find_type(context.expressions(scope), expr.type)
            struct = target.describe() if target is not None else None
        except BtfError:
            return Completions(())
        return (
            Completions(_members(struct, caret.span, "")) if isinstance(struct, CStruct) else Completions(())
        )
    found = struct_of(context, scope, expr)
    if found is None:
        return Completions(())
    struct, arrow = found
    if arrow == expr.arrow:
        return Completions(_members(struct, caret.span, ""))
    # what was typed is the operator of C's that does not fit: the right one comes with the member
    start = caret.start
    while start and caret.text[start - 1] in ".->":
        start -= 1
    return Completions(_members(struct, Span(start, caret.end), "->" if arrow else "."))


def _members(struct: CStruct, span: Span, before: str) -> tuple[Completion, ...]:
    ref = struct.ref
    made = []
    try:
        if isinstance(ref, BtfType):
            from probelang.btf.layout import members_of

            for rank, place in enumerate(members_of(ref.btf, ref.id)):
                name = place.path[-1]
                type = BtfType(ref.btf, place.type)
                detail = f"{type.text}  +{place.bit_offset // 8}"
                if place.bit_size:
                    detail += f":{place.bit_offset % 8}  {place.bit_size} bits"
                made.append(
                    Completion(
                        name, Sort.MEMBER, span, before + name, detail, rank, ("member", ref.text, name)
                    )
                )
        else:
            for rank, name in enumerate(ref.member_names()):
                found = ref.find_member(name)
                if found is not None:
                    detail = f"{found.type.text}  +{found.bit_offset // 8}"
                    made.append(Completion(name, Sort.MEMBER, span, before + name, detail, rank))
    except BtfError:
        pass
    return tuple(made)
