"""Tracepoints, trace events and variables as BTF alone knows them.

The macros of include/trace/ leave traces in BTF: `typedef btf_trace_NAME` (a pointer to the prototype of a
tracepoint's probes), `FUNC __probestub_NAME` and others with the names of the parameters, `struct
trace_event_raw_CLASS` (the record of an event class), `struct trace_event_data_offsets_CLASS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf import layout
from probelang.btf.names import Space
from probelang.btf.types import (
    Array,
    DataSec,
    Enum,
    Func,
    FuncProto,
    Int,
    Param,
    Ptr,
    Qualifier,
    Struct,
    Typedef,
)
from probelang.kernel.tracefs import EventField

if TYPE_CHECKING:
    from probelang.btf.blob import Btf

MAX_FIELDS = 4096


def tracepoint_params(btf: Btf, name: str) -> tuple[Param, ...] | None:
    """The C parameters of a tracepoint, the leading `void *` dropped; None if the blob has no such tracepoint.

    The typedef knows the types; the names are those of the function that the macros make besides, where one is in
    the blob, else "".
    """
    typedef = btf.find(Space.TYPEDEF, f"btf_trace_{name}")
    if typedef is None:
        return None
    pointer = layout.resolved(btf, typedef)
    proto = layout.resolved(btf, pointer.target) if isinstance(pointer, Ptr) else None
    if not isinstance(proto, FuncProto):
        return None
    params = proto.params[1:]
    for prefix in ("__probestub_", "__traceiter_", "__bpf_trace_"):
        for id in btf.find_all(Space.FUNC, prefix + name):
            function = btf.type(id)
            named = btf.type(function.proto) if isinstance(function, Func) else None
            if isinstance(named, FuncProto) and len(named.params) == len(params) + 1:
                names = [param.name for param in named.params[1:]]
                if all(names):
                    return tuple(Param(n, param.type) for n, param in zip(names, params, strict=True))
    return params


def event_fields(btf: Btf, name: str) -> tuple[EventField, ...] | None:
    """The fields of the event or event class `name`, or None if the blob has no record of that name."""
    from probelang.btf import c

    record = btf.find(Space.STRUCT, f"trace_event_raw_{name}")
    struct = btf.type(record) if record is not None else None
    if not isinstance(struct, Struct):
        return None
    fields: list[EventField] = []
    for member in struct.members[:MAX_FIELDS]:
        inner = layout.resolved(btf, member.type)
        if member.name == "ent" and isinstance(inner, Struct):
            for common in inner.members:
                fields.append(_plain(btf, c.type_name(btf, common.type), f"common_{common.name}", common.type,
                                     common.bit_offset // 8, common=True))  # fmt: skip
        elif member.name.startswith(("__data_loc_", "__rel_loc_")):
            fields.append(_dynamic(btf, name, member.name, member.bit_offset // 8))
        elif member.name and member.name != "__data":
            fields.append(
                _plain(btf, c.type_name(btf, member.type), member.name, member.type, member.bit_offset // 8)
            )
    return tuple(fields)


def _plain(
    btf: Btf, type_text: str, name: str, type_id: int, offset: int, *, common: bool = False
) -> EventField:
    resolved = layout.resolved(btf, type_id)
    kind, signed = "int", False
    if isinstance(resolved, Array):
        element = layout.resolved(btf, resolved.element)
        is_text = isinstance(element, Int) and element.size == 1 and "char" in type_text
        kind = "string" if is_text else "array"
        signed = isinstance(element, Int) and element.signed
        type_text = type_text.replace(" [", "[")
    elif isinstance(resolved, Int | Enum):
        signed = resolved.signed
    return EventField(name, type_text, offset, layout.size_of(btf, type_id), signed, kind, type_id, common)


def _dynamic(btf: Btf, event: str, member: str, offset: int) -> EventField:
    """A field whose data lie elsewhere in the record; what they are, the class's table of offsets tells, if at all."""
    location, _, name = member.removeprefix("__").partition("_loc_")
    element = None
    offsets = btf.find(Space.STRUCT, f"trace_event_data_offsets_{event}")
    if offsets is not None:
        place = layout.find_member(btf, offsets, f"{name}_ptr_")
        if place is not None:
            element = _pointed_name(btf, place.type)
    text = f"__{location}_loc {element or 'void'}[]"
    return EventField(name, text, offset, 4, False, "dynamic_string" if element == "char" else "dynamic")


def _pointed_name(btf: Btf, id: int) -> str | None:
    pointer = layout.resolved(btf, id)
    target = pointer.target if isinstance(pointer, Ptr) else 0
    for _ in range(8):
        item = btf.type(target)
        if isinstance(item, Qualifier):
            target = item.target
            continue
        return item.name if isinstance(item, Int | Typedef | Struct) else None
    return None


def percpu_variables(btf: Btf) -> frozenset[int]:
    """The ids of the variables that live in `.data..percpu`: each CPU has one of its own."""
    found: set[int] = set()
    for id in btf.find_all(Space.DATASEC, ".data..percpu"):
        section = btf.type(id)
        if isinstance(section, DataSec):
            found.update(variable for variable, _, _ in section.vars)
    return frozenset(found)
