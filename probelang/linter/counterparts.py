"""What takes a name's place on another kernel: something that only that one has, of the same type, with a near name or in the same place."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from probelang.answers import Found, KernelError, NotFound
from probelang.btf.c import type_name
from probelang.btf.names import Space
from probelang.btf.types import BtfError, FuncProto
from probelang.check.btf_ctypes import BtfType
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.kernel.interface import Kernel

#: How alike two names are (`SequenceMatcher.ratio`) that may be of one thing: `zero_page` and `zero_folio` are 0.63.
_ALIKE = 0.6


def functions(name: str, having: Kernel, failing: Kernel) -> list[str]:
    """Functions that take the same parameters."""
    signature = _signature(having, name)
    answer = failing.find_function(name)
    if signature is None or not isinstance(answer, NotFound):
        return []
    return [
        near
        for near in answer.near
        if _signature(failing, near) == signature and isinstance(having.find_function(near), NotFound)
    ]


def _signature(kernel: Kernel, name: str) -> list[str] | None:
    """The types that a function takes and returns."""
    answer = kernel.find_function(name)
    if not isinstance(answer, Found) or answer.value.proto is None or answer.value.btf is None:
        return None
    btf = answer.value.btf
    try:
        proto = btf.type(answer.value.proto)
        if not isinstance(proto, FuncProto):
            return None
        return [type_name(btf, proto.returns), *(type_name(btf, param.type) for param in proto.params)]
    except (BtfError, KernelError):
        return None


def members(struct: str, name: str, having: Kernel, failing: Kernel) -> list[str]:
    """Members of the struct as the other kernel has it."""
    try:
        first, second = _struct(having, struct), _struct(failing, struct)
        found = first.find_member(name) if first is not None else None
        if first is None or second is None or found is None:
            return []
        known = set(first.member_names())
        new = [member for member in second.member_names() if member not in known and _alike(name, member)]
        wanted = found.type.text
        return [
            member
            for member in sorted(new, key=lambda member: -_likeness(name, member))
            if (place := second.find_member(member)) is not None and place.type.text == wanted
        ]
    except (BtfError, KernelError):
        return []


def _struct(kernel: Kernel, name: str) -> BtfType | None:
    btf = kernel.btf
    if btf is None:
        return None
    id = btf.find(Space.STRUCT, name)
    if id is None:
        id = btf.find(Space.UNION, name)
    return BtfType(btf, id) if id is not None else None


def values(point: tree.Point, name: str, having: Kernel, failing: Kernel) -> list[str]:
    """Parameters, arguments or fields at a point: in the same place, or of a near name."""
    first, second = _values(point, having), _values(point, failing)
    wanted = first.get(name)
    if wanted is None:
        return []
    index = list(first).index(name)
    by_place = not isinstance(point, tree.EventPoint)
    new = [
        other
        for at, (other, type) in enumerate(second.items())
        if other not in first and type == wanted and ((by_place and at == index) or _alike(name, other))
    ]
    return sorted(new, key=lambda other: -_likeness(name, other))


def _values(point: tree.Point, kernel: Kernel) -> Mapping[str, str]:
    """What can be named at a point, in order, with its type in C."""
    try:
        match point:
            case tree.FunctionPoint(_, None, tree.Ident(_, name), None | 0, None, _):
                answer = kernel.find_function(name)
                if (
                    isinstance(answer, Found)
                    and answer.value.proto is not None
                    and answer.value.btf is not None
                ):
                    btf = answer.value.btf
                    proto = btf.type(answer.value.proto)
                    if isinstance(proto, FuncProto):
                        return {param.name: type_name(btf, param.type) for param in proto.params}
            case tree.TracepointPoint(_, None, tree.Ident(_, name)):
                traced = kernel.find_tracepoint(name)
                if isinstance(traced, Found):
                    btf = traced.value.btf
                    return {param.name: type_name(btf, param.type) for param in traced.value.params}
            case tree.EventPoint(_, tree.Ident(_, system), tree.Ident(_, name)):
                event = kernel.find_event(system, name)
                if isinstance(event, Found):
                    return {field.name: field.type for field in event.value.fields}
    except (BtfError, KernelError):
        pass
    return {}


def _alike(name: str, other: str) -> bool:
    return _likeness(name, other) >= _ALIKE or other in name or name in other


def _likeness(name: str, other: str) -> float:
    return SequenceMatcher(None, name, other).ratio()
