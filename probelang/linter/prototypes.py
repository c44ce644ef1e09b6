"""What a function's prototype says of a parameter, beyond what a field of a probe holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.btf.types import FuncProto, Ptr, Qualifier, Struct, Typedef

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel
    from probelang.probes import FunctionTarget


def struct_behind(kernel: Kernel, target: FunctionTarget, slot: int) -> str | None:
    """The name of the struct that parameter `slot` (from 1) points to; None if it points to none, or nobody knows. Raises BtfError."""
    answer = kernel.find_function(target.function, target.module)
    if not isinstance(answer, Found) or answer.value.proto is None or answer.value.btf is None:
        return None
    btf = answer.value.btf
    proto = btf.type(answer.value.proto)
    if not isinstance(proto, FuncProto) or not 1 <= slot <= len(proto.params):
        return None
    found = btf.type(proto.params[slot - 1].type)
    pointers = 0
    for _ in range(8):
        match found:
            case Qualifier(_, id) | Typedef(_, id):
                found = btf.type(id)
            case Ptr(id):
                pointers += 1
                found = btf.type(id)
            case Struct(name=name):
                return name if pointers == 1 else None
            case _:
                return None
    return None
