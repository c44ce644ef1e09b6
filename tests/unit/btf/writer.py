"""Writes BTF blobs for tests, of every kind, sound and unsound."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.btf import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

SIGNED, CHAR, BOOL = 1, 2, 4


class Writer:
    """Collects types; each method returns the id of the type it adds."""

    def __init__(self, order: str = "<", *, first_id: int = 1, strings_start: int = 0) -> None:
        self.order = order
        self.types = b""
        self.strings = b"" if strings_start else b"\0"
        self.next_id = first_id
        self._strings_start = strings_start

    def string(self, text: str) -> int:
        if not text:
            return 0
        at = self.strings.find(b"\0" + text.encode() + b"\0")
        if at < 0:
            at = len(self.strings) - 1
            self.strings += text.encode() + b"\0"
        return at + 1 + self._strings_start

    def words(self, *values: int) -> bytes:
        return b"".join(struct.pack(self.order + "I", value & 0xFFFFFFFF) for value in values)

    def add(
        self, kind: int, name: str, size: int, body: Iterable[int] = (), *, count: int = 0, flag: bool = False
    ) -> int:
        info = flag << 31 | kind << 24 | count
        self.types += self.words(self.string(name), info, size, *body)
        self.next_id += 1
        return self.next_id - 1

    def integer(self, name: str, size: int, encoding: int = 0, bits: int = 0, offset: int = 0) -> int:
        return self.add(wire.INT, name, size, [encoding << 24 | offset << 16 | (bits or size * 8)])

    def ptr(self, target: int) -> int:
        return self.add(wire.PTR, "", target)

    def array(self, element: int, count: int, index: int = 1) -> int:
        return self.add(wire.ARRAY, "", 0, [element, index, count])

    def struct(
        self,
        name: str,
        size: int,
        members: Iterable[tuple[str, int, int] | tuple[str, int, int, int]],
        *,
        union: bool = False,
        flag: bool | None = None,
    ) -> int:
        """Members are name, type, bit offset and, of a bitfield, bit size."""
        rows = [(*member, 0)[:4] for member in members]
        packed = any(row[3] for row in rows) if flag is None else flag
        body = [
            word for name, type, bit, bits in rows for word in (self.string(name), type, bits << 24 | bit)
        ]
        return self.add(wire.UNION if union else wire.STRUCT, name, size, body, count=len(rows), flag=packed)

    def enum(self, name: str, values: dict[str, int], size: int = 4, *, signed: bool | None = None) -> int:
        flag = any(value < 0 for value in values.values()) if signed is None else signed
        body = [word for key, value in values.items() for word in (self.string(key), value)]
        return self.add(wire.ENUM, name, size, body, count=len(values), flag=flag)

    def enum64(self, name: str, values: dict[str, int], size: int = 8) -> int:
        flag = any(value < 0 for value in values.values())
        body = [word for key, value in values.items() for word in (self.string(key), value, value >> 32)]
        return self.add(wire.ENUM64, name, size, body, count=len(values), flag=flag)

    def fwd(self, name: str, *, union: bool = False) -> int:
        return self.add(wire.FWD, name, 0, flag=union)

    def typedef(self, name: str, target: int) -> int:
        return self.add(wire.TYPEDEF, name, target)

    def const(self, target: int) -> int:
        return self.add(wire.CONST, "", target)

    def volatile(self, target: int) -> int:
        return self.add(wire.VOLATILE, "", target)

    def restrict(self, target: int) -> int:
        return self.add(wire.RESTRICT, "", target)

    def type_tag(self, name: str, target: int, *, attribute: bool = False) -> int:
        return self.add(wire.TYPE_TAG, name, target, flag=attribute)

    def decl_tag(self, name: str, target: int, component: int = -1, *, attribute: bool = False) -> int:
        return self.add(wire.DECL_TAG, name, target, [component], flag=attribute)

    def proto(self, returns: int, *params: tuple[str, int]) -> int:
        body = [word for name, type in params for word in (self.string(name), type)]
        return self.add(wire.FUNC_PROTO, "", returns, body, count=len(params))

    def func(self, name: str, proto: int, linkage: int = 0) -> int:
        return self.add(wire.FUNC, name, proto, count=linkage)

    def var(self, name: str, type: int, linkage: int = 1) -> int:
        return self.add(wire.VAR, name, type, [linkage])

    def datasec(self, name: str, size: int, vars: Iterable[tuple[int, int, int]]) -> int:
        rows = list(vars)
        return self.add(wire.DATASEC, name, size, [word for row in rows for word in row], count=len(rows))

    def floating(self, name: str, size: int) -> int:
        return self.add(wire.FLOAT, name, size)

    def blob(self, *, layout: bytes | None = None, header: int | None = None) -> bytes:
        """The bytes; with `layout` in the order types, layout, strings, as the kernel's build does it."""
        length = header or (24 if layout is None else 32)
        layout = layout or b""
        sections = self.types + layout + self.strings
        numbers = [length, 0, len(self.types), len(self.types) + len(layout), len(self.strings)]
        if length >= 32:
            numbers += [len(self.types), len(layout)]
        head = struct.pack(self.order + "HBB", wire.MAGIC, 1, 0) + self.words(*numbers)
        return head + bytes(length - len(head)) + sections


def layout_section(order: str = "<", extra: Iterable[tuple[int, int]] = ()) -> bytes:
    """A layout section for all kinds of today, and for `extra` ones after them: bytes fixed, and of each element."""
    rows = [(0, 0), (4, 0), (0, 0), (12, 0), (0, 12), (0, 12), (0, 8), *[(0, 0)] * 6, (0, 8), (4, 0), (0, 12)]
    rows += [(0, 0), (4, 0), (0, 0), (0, 12), *extra]
    return b"".join(struct.pack(order + "BBH", fixed, each, 0) for fixed, each in rows)


def every_kind(writer: Writer) -> dict[str, int]:
    """A little of everything; ids by a label."""
    w = writer
    ids = {"int": w.integer("int", 4, SIGNED), "ulong": w.integer("long unsigned int", 8)}
    ids |= {
        "char": w.integer("char", 1, SIGNED | CHAR),
        "bool": w.integer("_Bool", 1, BOOL),
        "u8": w.integer("u8", 1),
    }
    ids["const_char"] = w.const(ids["char"])
    ids["string"] = w.ptr(ids["const_char"])
    ids["comm"] = w.array(ids["char"], 16)
    ids["rb_leaf"] = w.struct("", 16, [("left", ids["string"], 0), ("right", ids["string"], 64)])
    ids["choice"] = w.struct("", 16, [("", ids["rb_leaf"], 0), ("word", ids["ulong"], 0)], union=True)
    ids["flags"] = w.struct(
        "flags", 4, [("a", ids["int"], 0, 3), ("b", ids["int"], 3, 7), ("c", ids["int"], 24, 8)]
    )
    ids["task"] = w.struct(
        "task",
        64,
        [
            ("pid", ids["int"], 0),
            ("comm", ids["comm"], 32),
            ("", ids["choice"], 192),
            ("f", ids["flags"], 320),
        ],
    )
    ids["task_t"] = w.typedef("task_t", ids["task"])
    ids["task_typedef"] = w.typedef("task", ids["task"])
    ids["state"] = w.enum("state", {"RUNNING": 0, "DEAD": -1, "HALF": 1 << 30})
    ids["big"] = w.enum64("big", {"BIG_ONE": 1 << 40, "ALL_BITS": (1 << 64) - 1})
    ids["negative"] = w.enum64("negative", {"FAR_BELOW": -(1 << 40), "RUNNING": 7})
    ids["opaque"] = w.fwd("opaque")
    ids["opaque_union"] = w.fwd("opaque", union=True)
    ids["user"] = w.type_tag("user", ids["char"])
    ids["user_ptr"] = w.ptr(ids["user"])
    ids["arena"] = w.type_tag("address_space(1)", ids["int"], attribute=True)
    ids["volatile"] = w.volatile(ids["int"])
    ids["restrict"] = w.restrict(ids["string"])
    ids["task_ptr"] = w.ptr(ids["task"])
    ids["proto"] = w.proto(ids["int"], ("task", ids["task_ptr"]), ("fmt", ids["string"]), ("", 0))
    ids["func"] = w.func("do_task", ids["proto"])
    ids["void_proto"] = w.proto(0)
    ids["reset"] = w.func("reset", ids["void_proto"], 1)
    ids["handler"] = w.ptr(ids["proto"])
    ids["var"] = w.var("init_task", ids["task"])
    ids["datasec"] = w.datasec(".data..percpu", 64, [(ids["var"], 0, 64)])
    ids["double"] = w.floating("double", 8)
    ids["tag"] = w.decl_tag("bpf_kfunc", ids["func"])
    ids["param_tag"] = w.decl_tag("arg:nullable", ids["func"], 1, attribute=True)
    return ids
