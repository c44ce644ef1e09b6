"""What a recorded number counts, where the spec tells."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from probelang.probes import Duration, EntryValue

if TYPE_CHECKING:
    from probelang.probes import Access, Field
    from probelang.tracing.hits import Column, Traced

_SIZES = frozenset(("size_t", "ssize_t", "loff_t"))
_HEX = re.compile(r"(x\d+|symbol|symstr)(\[\d+\])?")


class Unit(Enum):
    """How a number is to be read."""

    NUMBER = "number"
    NANOSECONDS = "ns"
    BYTES = "bytes"
    HEX = "hex"
    """An address or flags: nothing to add up."""


def unit_of(traced: Traced, column: Column) -> Unit:
    """`$duration` is nanoseconds, what is a `size_t`, `ssize_t` or `loff_t` in C is bytes, and what is shown in hex has no order."""
    if _HEX.fullmatch(column.type):
        return Unit.HEX
    field = field_of(traced, column)
    if field is not None and _is_duration(field.access):
        return Unit.NANOSECONDS
    return Unit.BYTES if field is not None and field.c_type in _SIZES else Unit.NUMBER


def field_of(traced: Traced, column: Column) -> Field | None:
    """What the spec says of a column."""
    return next((field for field in traced.probe.fields if field.name == column.name), None)


def _is_duration(access: Access) -> bool:
    if access.derefs:
        return False
    match access.base:
        case Duration():
            return True
        case EntryValue(inner):
            return _is_duration(inner)
    return False
