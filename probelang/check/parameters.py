"""The parameters of functions and tracepoints as values: each in its `$argN`, by its name where the kernel finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.btf_ctypes import BtfType
from probelang.check.convention import assign_slots
from probelang.check.values import Value
from probelang.probes import Access, Parameter

if TYPE_CHECKING:
    from probelang.btf import types as btf_types
    from probelang.btf.blob import Btf


def listed(params: tuple[btf_types.Param, ...]) -> list[btf_types.Param]:
    """Without the `...` of a variadic function, which no name and no `$argN` can reach."""
    return [param for param in params if param.type or param.name]


def parameter_values(btf: Btf, params: list[btf_types.Param], returns: BtfType | None = None) -> list[Value]:
    """The parameters of a function as values, each in its `$argN`."""
    refs = [BtfType(btf, param.type) for param in params]
    slots = assign_slots(refs, returns)
    values = []
    for position, (param, ref, slot) in enumerate(zip(params, refs, slots, strict=True), 1):
        plain = slot == position and bool(param.name)
        base = Parameter(slot or 0, param.name if plain else None)
        values.append(Value(Access(base), ref.describe(), ref, names="" if plain else None))
    return values
