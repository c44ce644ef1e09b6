"""A module's BTF and the kernel's: whether one fits the other, and modules that bring a base of their own.

A module's blob continues the type ids and the string offsets of the very kernel that it was built for, and says nowhere
which that is: on another kernel it names other types, without a word. A module built outside the kernel's tree may bring a
"distilled base" (section .BTF.base, pahole --btf_features=distilled_base): the few types of the kernel that it
refers to, by name and size. Its ids are then turned into those of the kernel, as the kernel itself does (lib/bpf/btf_relocate.c).
"""

from __future__ import annotations

import struct
import sys
from array import array
from typing import TYPE_CHECKING

from probelang.btf import wire
from probelang.btf.blob import Btf
from probelang.btf.names import Space
from probelang.btf.types import BtfError, Enum, Float, Fwd, Int, Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.btf.types import Type

_MOST_DISTILLED = 1 << 16
_REFERS = frozenset(
    (
        wire.PTR, wire.TYPEDEF, wire.VOLATILE, wire.CONST, wire.RESTRICT, wire.FUNC, wire.FUNC_PROTO, wire.VAR,
        wire.DECL_TAG, wire.TYPE_TAG,
    )
)  # fmt: skip
"""Kinds whose third word is a type's id."""
_STRINGS = {
    wire.STRUCT: (0, 3),
    wire.UNION: (0, 3),
    wire.ENUM: (0, 2),
    wire.ENUM64: (0, 3),
    wire.FUNC_PROTO: (0, 2),
}
"""Where names are behind a record's head: the first word, and from one to the next."""
_TYPES = {wire.STRUCT: (1, 3), wire.UNION: (1, 3), wire.FUNC_PROTO: (1, 2), wire.DATASEC: (0, 3)}
"""Where ids are there."""
_OTHER_BASE = "it was built for another kernel than this one"


def check_fit(btf: Btf) -> None:
    """Whether a module's blob was built on its base: raises BtfError where an id or a string cannot be meant.

    Blobs of the kernel's build share whole strings only (libbpf's btf__dedup), so what refers into the middle of one of the
    base's was meant for another base. Modules refer to the base's strings some hundred times.
    """
    assert btf.base is not None
    words = wire.read_sections(btf.data, split=True).words
    own = wire.read_sections(btf.data, split=True).strings
    shared = wire.read_sections(btf.base.data, split=False).strings
    types, names = _places(words, btf)
    largest = max([words[at] for at in types], default=0)
    if largest >= len(btf):
        raise BtfError(f"{_OTHER_BASE}: it has a type {largest} of {len(btf)}")
    end = len(shared) + len(own)
    for at in names:
        offset = words[at]
        if offset >= end:
            raise BtfError(f"{_OTHER_BASE}: a name of it is at {offset} of {end}")
        if 0 < offset < len(shared) and shared[offset - 1]:
            raise BtfError(f"{_OTHER_BASE}: a name of it is in the middle of one of the kernel's")


def _places(words: memoryview, btf: Btf) -> tuple[list[int], list[int]]:
    """The words that hold ids of types, and those that hold offsets of strings. Raises BtfError."""
    types: list[int] = []
    names: list[int] = []
    offsets = iter(btf.offsets)
    next(offsets)
    for at in offsets:
        info = words[at + 1]
        kind = wire.kind_of(info)
        names.append(at)
        if kind in _REFERS:
            types.append(at + 2)
        if kind == wire.ARRAY:
            types += (at + 3, at + 4)
        elif kind in _STRINGS or kind in _TYPES:
            count = wire.count_of(info)
            for found, table in ((names, _STRINGS), (types, _TYPES)):
                if kind in table:
                    first, step = table[kind]
                    found.extend(range(at + 3 + first, at + 3 + first + step * count, step))
    if max(max(types, default=0), max(names, default=0)) >= len(words):
        raise BtfError("its records are cut off")
    return types, names


def relocate(data: bytes, distilled: bytes, base: Btf) -> bytes:
    """A module's blob on a distilled base as one on the kernel's own. Raises BtfError where the kernel lacks a type."""
    small = Btf.from_bytes(distilled, name=".BTF.base")
    split = Btf.from_bytes(data, base=small)
    if len(small) > _MOST_DISTILLED:
        raise BtfError(f"its base of {len(small)} types is too large")
    ids = [0, *_matched(small, base)]
    sections = wire.read_sections(split.data, split=True)
    small_strings = wire.read_sections(small.data, split=False).strings
    base_length = len(wire.read_sections(base.data, split=False).strings)
    types, names = _places(sections.words, split)
    words = array("I", sections.words)
    for at in types:
        id = words[at]
        if id >= len(split):
            raise BtfError(f"it has a type {id} of {len(split)}")
        words[at] = ids[id] if id < len(ids) else id - len(small) + len(base)
    own = bytes(sections.strings)
    for at in names:
        offset = words[at]
        if offset >= len(small_strings) + len(own):
            raise BtfError(f"a name of it is at {offset} of {len(small_strings) + len(own)}")
        # What was in the distilled base comes after the module's own.
        into = offset - len(small_strings) if offset >= len(small_strings) else len(own) + offset
        words[at] = base_length + into if offset else 0
    body = words.tobytes()
    strings = own + bytes(small_strings)
    order = "<" if sys.byteorder == "little" else ">"
    head = struct.pack(
        order + "HBBI4I", wire.MAGIC, 1, 0, wire.HEADER_LENGTH, 0, len(body), len(body), len(strings)
    )
    return head + body + strings


def _matched(small: Btf, base: Btf) -> Iterator[int]:
    """The base's id of each type of a distilled base, in order."""
    for id in range(1, len(small)):
        wanted = small.type(id)
        found = next((other for other in _candidates(wanted, base) if _same(wanted, base.type(other))), None)
        if found is None:
            raise BtfError(f"it was built for a kernel with another `{_spelled(wanted)}`")
        yield found


def _candidates(wanted: Type, base: Btf) -> list[int]:
    match wanted:
        case Int(name):
            return base.find_all(Space.INT, name)
        case Float(name):
            return base.find_all(Space.FLOAT, name)
        case Enum(name):
            return base.find_all(Space.ENUM, name)
        case Struct(name, _, _, is_union) | Fwd(name, is_union):
            whole = base.find_all(Space.UNION if is_union else Space.STRUCT, name)
            return whole + base.find_all(Space.FWD, name) if isinstance(wanted, Fwd) else whole
        case _:
            raise BtfError("its base has a type that no distilled base has")


def _same(wanted: Type, found: Type) -> bool:
    """Whether a type of a distilled base, of which members are left out, may be this one."""
    match wanted, found:
        case Int(), Int():
            return (wanted.size, wanted.bits, wanted.signed) == (found.size, found.bits, found.signed)
        case (Float(size=size), Float(size=other)) | (Struct(size=size), Struct(size=other)):
            return size in (0, other)
        case Enum(size=size), Enum(size=other):
            return size in (0, other)
        case Fwd(), Fwd():
            return wanted.is_union == found.is_union
        case Fwd(), Struct():
            return True
        case _:
            return False


def _spelled(wanted: Type) -> str:
    match wanted:
        case Struct(name, _, _, is_union) | Fwd(name, is_union):
            return f"{'union' if is_union else 'struct'} {name}"
        case Enum(name):
            return f"enum {name}"
        case _:
            return getattr(wanted, "name", "type")
