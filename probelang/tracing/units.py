"""What a recorded number counts, where the spec tells."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from probelang.probes import Access, Duration, EntryValue, ReturnValue

if TYPE_CHECKING:
    from probelang.tracing.hits import Column, Traced

_SIZES = frozenset(("size_t", "ssize_t", "loff_t"))
_HEX = re.compile(r"(x\d+|symbol|symstr)(\[\d+\])?")


class Unit(Enum):
    """How a number is to be read."""

    NUMBER = "number"
    NANOSECONDS = "ns"
    BYTES = "bytes"
    RESULT = "result"
    """What a function returned: a negative one is likely an error's number."""
    HEX = "hex"
    """An address or flags: nothing to add up."""


def unit_of(traced: Traced, column: Column) -> Unit:
    """`$duration` is nanoseconds, what is a `size_t`, `ssize_t` or `loff_t` in C is bytes (or an error), and what is shown in hex has no order."""
    if _HEX.fullmatch(column.type):
        return Unit.HEX
    for field in traced.probe.fields:
        if field.name == column.name:
            if _is_duration(field.access):
                return Unit.NANOSECONDS
            if field.c_type in _SIZES:
                return Unit.BYTES
            if field.fetch.signed and field.access == Access(ReturnValue()):
                return Unit.RESULT
    return Unit.NUMBER


def _is_duration(access: Access) -> bool:
    if access.derefs:
        return False
    match access.base:
        case Duration():
            return True
        case EntryValue(inner):
            return _is_duration(inner)
    return False
