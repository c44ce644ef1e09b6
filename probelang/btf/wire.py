"""The wire format: header, the walk over the records, and a record decoded into a type.

From the kernel's Documentation/bpf/btf.rst and include/uapi/linux/btf.h. Everything in the type section is made of
32-bit words, so offsets into it are counted in words here.
"""

from __future__ import annotations

import struct
import sys
from array import array
from typing import TYPE_CHECKING

from probelang.btf.types import (
    Array,
    BtfError,
    DataSec,
    DeclTag,
    Enum,
    Float,
    Func,
    FuncProto,
    Fwd,
    Int,
    Member,
    Param,
    Ptr,
    Qualifier,
    Struct,
    Typedef,
    TypeTag,
    Unknown,
    Var,
)
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.btf.types import Type

MAGIC = 0xEB9F
HEADER_LENGTH = 24
LONG_HEADER_LENGTH = 32
"""With offset and length of a layout section: for each kind, how long its records are."""

LARGEST = 64 << 20
"""Bytes of a blob: Debian's have 4 to 6 MiB, an allyesconfig's some 30."""

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT = range(1, 12)
FUNC, FUNC_PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(12, 20)
KINDS = 20

_HEAD = 3
_FIXED = {INT: 1, ARRAY: 3, VAR: 1, DECL_TAG: 1}
_EACH = {STRUCT: 3, UNION: 3, ENUM: 2, ENUM64: 3, FUNC_PROTO: 2, DATASEC: 3}
_QUALIFIERS = {VOLATILE: "volatile", CONST: "const", RESTRICT: "restrict"}


def kind_of(info: int) -> int:
    return info >> 24 & 0x7F


def count_of(info: int) -> int:
    """How many members, enumerators, parameters or variables; 16 bits before the format grew to 24."""
    return info & 0xFFFFFF


@record
class Sections:
    """The parts of a blob; `words` in the machine's byte order, whatever the blob's."""

    words: memoryview
    strings: memoryview
    layout: memoryview
    byteorder: str


def read_sections(data: memoryview, *, split: bool) -> Sections:
    """Find the sections of a blob. Raises BtfError."""
    if len(data) < 8:
        raise BtfError("not BTF: shorter than its header")
    if len(data) > LARGEST:
        raise BtfError(f"BTF of {len(data) >> 20} MiB is too large")
    magic = bytes(data[:2])
    if magic == b"\x9f\xeb":
        byteorder, mark = "little", "<"
    elif magic == b"\xeb\x9f":
        byteorder, mark = "big", ">"
    else:
        raise BtfError("not BTF: wrong magic number")
    version = data[2]
    if version != 1:
        raise BtfError(f"BTF version {version} is not supported")
    (length,) = struct.unpack_from(mark + "I", data, 4)
    if length < HEADER_LENGTH or length > len(data):
        raise BtfError(f"BTF header length {length} is impossible")
    type_off, type_len, string_off, string_len = struct.unpack_from(mark + "4I", data, 8)
    layout_off = layout_len = 0
    if length >= LONG_HEADER_LENGTH:
        layout_off, layout_len = struct.unpack_from(mark + "2I", data, HEADER_LENGTH)
    words = _section(data, "type", length, type_off, type_len)
    strings = _section(data, "string", length, string_off, string_len)
    layout = _section(data, "layout", length, layout_off, layout_len)
    if type_len % 4 or (length + type_off) % 4:
        raise BtfError("BTF type section is not aligned")
    if strings:
        if strings[-1] != 0 or (strings[0] != 0 and not split):
            raise BtfError("BTF string section is not a list of strings")
    elif not split:
        raise BtfError("BTF string section is empty")
    if byteorder != sys.byteorder:
        swapped = array("I")
        swapped.frombytes(words)
        swapped.byteswap()
        words = memoryview(swapped).cast("B")
    return Sections(words.cast("I"), strings, layout, byteorder)


def _section(data: memoryview, name: str, header: int, offset: int, length: int) -> memoryview:
    start = header + offset
    if start + length > len(data):
        raise BtfError(f"BTF {name} section reaches beyond the end")
    return data[start : start + length]


class _Steps(dict[int, int]):
    """From a record's info word to its length in words; 0 where that kind is unknown."""

    def __init__(self, layout: memoryview) -> None:
        super().__init__()
        self._layout = layout

    def __missing__(self, info: int) -> int:
        kind = kind_of(info)
        if 0 < kind < KINDS:
            step = _HEAD + _FIXED.get(kind, 0) + _EACH.get(kind, 0) * count_of(info)
        elif kind and kind * 4 + 2 <= len(self._layout):
            fixed, each = self._layout[kind * 4], self._layout[kind * 4 + 1]
            step = 0 if (fixed | each) & 3 else _HEAD + (fixed + each * count_of(info)) // 4
        else:
            step = 0
        self[info] = step
        return step


def read_offsets(words: memoryview, layout: memoryview) -> array[int]:
    """Where each record starts, in words; the first is Void's and means nothing. Raises BtfError."""
    steps = _Steps(layout)
    offsets = array("I", [0])
    append = offsets.append
    position, end = 0, len(words)
    try:
        while position < end:
            append(position)
            step = steps[words[position + 1]]
            if not step:
                raise BtfError(
                    f"BTF type {len(offsets) - 1} is of unknown kind {kind_of(words[position + 1])}"
                )
            position += step
    except IndexError:
        position = end + 1
    if position != end:
        raise BtfError(f"BTF type {len(offsets) - 1} reaches beyond the end")
    return offsets


def read_record(words: memoryview, at: int, string: Callable[[int], str]) -> Type:
    """Decode the record at word `at`. Raises IndexError where it is cut off, ValueError where it makes no sense."""
    name_off, info, size = words[at], words[at + 1], words[at + 2]
    kind, count, flag = kind_of(info), count_of(info), bool(info >> 31)
    name = string(name_off) if name_off else ""
    body = at + _HEAD
    if (end := body + _FIXED.get(kind, 0) + _EACH.get(kind, 0) * count) > len(words):
        raise IndexError
    match kind:
        case 1:  # INT
            detail = words[body]
            encoding, bits = detail >> 24 & 0xF, detail & 0xFF
            signed, char, boolean = bool(encoding & 1), bool(encoding & 2), bool(encoding & 4)
            if bits + (detail >> 16 & 0xFF) > size * 8 or size > 16:
                raise ValueError
            return Int(name, size, bits, signed, char, boolean, detail >> 16 & 0xFF)
        case 2:  # PTR
            return Ptr(size)
        case 3:  # ARRAY
            return Array(words[body], words[body + 2])
        case 4 | 5:  # STRUCT, UNION
            return Struct(name, size, _members(words, body, end, flag, string), kind == UNION)
        case 6:  # ENUM
            _check_enum(size)
            return Enum(name, size, flag, _enumerators(words, body, end, flag, string))
        case 7:  # FWD
            return Fwd(name, flag)
        case 8:  # TYPEDEF
            return Typedef(name, size)
        case 9 | 10 | 11:  # VOLATILE, CONST, RESTRICT
            return Qualifier(_QUALIFIERS[kind], size)
        case 12:  # FUNC
            return Func(name, size, count)
        case 13:  # FUNC_PROTO
            rows = zip(words[body:end:2], words[body + 1 : end : 2], strict=True)
            return FuncProto(size, tuple([Param(string(n) if n else "", t) for n, t in rows]))
        case 14:  # VAR
            return Var(name, size, words[body])
        case 15:  # DATASEC
            columns = (words[body + column : end : 3] for column in range(3))
            return DataSec(name, size, tuple(zip(*columns, strict=True)))
        case 16:  # FLOAT
            return Float(name, size)
        case 17:  # DECL_TAG
            component = words[body]
            return DeclTag(name, size, -1 if component == 0xFFFFFFFF else component, flag)
        case 18:  # TYPE_TAG
            return TypeTag(name, size, flag)
        case 19:  # ENUM64
            _check_enum(size)
            return Enum(name, size, flag, _enumerators64(words, body, end, flag, string))
        case 0:
            raise ValueError
        case _:
            return Unknown(kind, name)


def _members(
    words: memoryview, body: int, end: int, flag: bool, string: Callable[[int], str]
) -> tuple[Member, ...]:
    rows = zip(words[body:end:3], words[body + 1 : end : 3], words[body + 2 : end : 3], strict=True)
    if flag:
        return tuple([Member(string(n) if n else "", t, o & 0xFFFFFF, o >> 24) for n, t, o in rows])
    return tuple([Member(string(n) if n else "", t, o, 0) for n, t, o in rows])


def _check_enum(size: int) -> None:
    if size not in (1, 2, 4, 8):
        raise ValueError


def _enumerators(
    words: memoryview, body: int, end: int, signed: bool, string: Callable[[int], str]
) -> tuple[tuple[str, int], ...]:
    rows = zip(words[body:end:2], words[body + 1 : end : 2], strict=True)
    return tuple([(string(n), enumerator_value(v, 0, signed, 32)) for n, v in rows])


def _enumerators64(
    words: memoryview, body: int, end: int, signed: bool, string: Callable[[int], str]
) -> tuple[tuple[str, int], ...]:
    rows = zip(words[body:end:3], words[body + 1 : end : 3], words[body + 2 : end : 3], strict=True)
    return tuple([(string(n), enumerator_value(low, high, signed, 64)) for n, low, high in rows])


def enumerator_value(low: int, high: int, signed: bool, bits: int) -> int:
    """An enumerator's value from its one or two words."""
    value = high << 32 | low
    return value - (1 << bits) if signed and value >> bits - 1 else value
