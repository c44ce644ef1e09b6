"""Types by id, ids by name: every kind, both byte orders, split blobs, longer headers."""

from __future__ import annotations

import pytest

from probelang.btf.blob import Btf, Space
from probelang.btf.index import build_index
from probelang.btf.types import (
    Array,
    BtfError,
    BtfIndexError,
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
    Void,
)

from .writer import SIGNED, Writer, every_kind, layout_section


@pytest.fixture(params=["little", "big", "indexed", "long header", "layout section"])
def opened(request: pytest.FixtureRequest) -> tuple[Btf, dict[str, int]]:
    """The same types, in each form that a blob can take."""
    writer = Writer(">" if request.param == "big" else "<")
    ids = every_kind(writer)
    if request.param == "long header":
        return Btf.from_bytes(writer.blob(header=40)), ids
    if request.param == "layout section":
        return Btf.from_bytes(writer.blob(layout=layout_section())), ids
    btf = Btf.from_bytes(writer.blob())
    if request.param == "indexed":
        btf = Btf.from_bytes(memoryview(writer.blob()), index=memoryview(build_index(btf)))
    return btf, ids


def test_every_kind_decodes(opened: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = opened
    t = {label: btf.type(id) for label, id in ids.items()}
    assert btf.type(0) == Void()
    assert len(btf) == max(ids.values()) + 1
    assert t["int"] == Int("int", 4, 32, True, False, False)
    assert t["char"] == Int("char", 1, 8, True, True, False)
    assert t["bool"] == Int("_Bool", 1, 8, False, False, True)
    assert t["string"] == Ptr(ids["const_char"])
    assert t["const_char"] == Qualifier("const", ids["char"])
    assert t["volatile"] == Qualifier("volatile", ids["int"])
    assert t["restrict"] == Qualifier("restrict", ids["string"])
    assert t["comm"] == Array(ids["char"], 16)
    assert t["flags"] == Struct(
        "flags",
        4,
        (Member("a", ids["int"], 0, 3), Member("b", ids["int"], 3, 7), Member("c", ids["int"], 24, 8)),
        is_union=False,
    )
    assert t["choice"] == Struct(
        "", 16, (Member("", ids["rb_leaf"], 0, 0), Member("word", ids["ulong"], 0, 0)), True
    )
    assert t["state"] == Enum("state", 4, True, (("RUNNING", 0), ("DEAD", -1), ("HALF", 1 << 30)))
    assert t["big"] == Enum("big", 8, False, (("BIG_ONE", 1 << 40), ("ALL_BITS", (1 << 64) - 1)))
    assert t["negative"] == Enum("negative", 8, True, (("FAR_BELOW", -(1 << 40)), ("RUNNING", 7)))
    assert t["opaque"] == Fwd("opaque", is_union=False)
    assert t["opaque_union"] == Fwd("opaque", is_union=True)
    assert t["task_t"] == Typedef("task_t", ids["task"])
    assert t["user"] == TypeTag("user", ids["char"], is_attribute=False)
    assert t["arena"] == TypeTag("address_space(1)", ids["int"], is_attribute=True)
    assert t["proto"] == FuncProto(
        ids["int"], (Param("task", ids["task_ptr"]), Param("fmt", ids["string"]), Param("", 0))
    )
    assert isinstance(t["proto"], FuncProto) and t["proto"].is_variadic
    assert t["void_proto"] == FuncProto(0, ())
    assert t["func"] == Func("do_task", ids["proto"], 0)
    assert t["reset"] == Func("reset", ids["void_proto"], 1)
    assert t["var"] == Var("init_task", ids["task"], 1)
    assert t["datasec"] == DataSec(".data..percpu", 64, ((ids["var"], 0, 64),))
    assert t["double"] == Float("double", 8)
    assert t["tag"] == DeclTag("bpf_kfunc", ids["func"], -1)
    assert t["param_tag"] == DeclTag("arg:nullable", ids["func"], 1, is_attribute=True)


def test_names_are_looked_up_in_their_own_space(opened: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = opened
    assert btf.find(Space.STRUCT, "task") == ids["task"]
    assert btf.find(Space.TYPEDEF, "task") == ids["task_typedef"]
    assert btf.find(Space.UNION, "task") is None
    assert btf.find(Space.FUNC, "do_task") == ids["func"]
    assert btf.find(Space.VAR, "init_task") == ids["var"]
    assert btf.find(Space.ENUM, "big") == ids["big"]
    assert btf.find(Space.FLOAT, "double") == ids["double"]
    assert btf.find(Space.DATASEC, ".data..percpu") == ids["datasec"]
    assert btf.find(Space.INT, "long unsigned int") == ids["ulong"]
    assert btf.find_all(Space.FWD, "opaque") == [ids["opaque"], ids["opaque_union"]]
    assert btf.find(Space.FWD, "opaque") == ids["opaque"]
    for absent in ("", "tas", "task\0", "task_tt", "zzz", "\udc80", "ünknown"):
        assert btf.find(Space.STRUCT, absent) is None
        assert btf.find_all(Space.STRUCT, absent) == []


def test_an_enumerator_is_found_in_every_enum_that_has_it(opened: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = opened
    assert btf.find_enumerator("RUNNING") == [(0, ids["state"]), (7, ids["negative"])]
    assert btf.find_enumerator("DEAD") == [(-1, ids["state"])]
    assert btf.find_enumerator("ALL_BITS") == [((1 << 64) - 1, ids["big"])]
    assert btf.find_enumerator("FAR_BELOW") == [(-(1 << 40), ids["negative"])]
    assert btf.find_enumerator("state") == []


def test_names_come_sorted_and_by_prefix(opened: tuple[Btf, dict[str, int]]) -> None:
    btf, _ = opened
    assert list(btf.names(Space.TYPEDEF)) == ["task", "task_t"]
    assert list(btf.names(Space.TYPEDEF, "task_")) == ["task_t"]
    assert list(btf.names(Space.FUNC, "do")) == ["do_task"]
    assert list(btf.names(Space.FUNC, "do_task_")) == []
    assert list(btf.names(Space.FWD)) == ["opaque"]
    assert list(btf.names(Space.STRUCT)) == ["flags", "task"]
    assert list(btf.names(Space.ENUMERATOR, "R")) == ["RUNNING"]


def test_a_module_continues_its_kernel() -> None:
    kernel = Writer()
    ids = every_kind(kernel)
    base = Btf.from_bytes(kernel.blob())
    module = Writer(first_id=len(base), strings_start=len(kernel.strings))
    own = module.struct("own", 8, [("task", ids["task_ptr"], 0)])
    shadow = module.struct("task", 4, [("pid", ids["int"], 0)])
    # A name that the kernel has already is not stored again.
    module.types += module.words(kernel.string("flags"), 8 << 24, own)
    typedef = shadow + 1
    module.enum("", {"OWN_VALUE": 3})
    for index in (None, build_index(Btf.from_bytes(module.blob(), base=base))):
        btf = Btf.from_bytes(module.blob(), base=base, index=index, name="module")
        assert len(btf) == len(base) + 4
        assert btf.type(own) == Struct("own", 8, (Member("task", ids["task_ptr"], 0, 0),), False)
        assert btf.type(typedef) == Typedef("flags", own)
        assert btf.type(ids["task"]) is base.type(ids["task"])
        assert btf.find(Space.STRUCT, "task") == shadow
        assert btf.find_all(Space.STRUCT, "task") == [shadow, ids["task"]]
        assert btf.find(Space.TYPEDEF, "flags") == typedef
        assert btf.find(Space.FUNC, "do_task") == ids["func"]
        assert [value for value, _ in btf.find_enumerator("OWN_VALUE")] == [3]
        assert btf.find_enumerator("DEAD") == [(-1, ids["state"])]
        assert list(btf.names(Space.STRUCT)) == ["own", "task", "flags", "task"]
        assert btf.pointer_size == 8


def test_a_kind_of_the_future_is_stepped_over_where_the_layout_tells_its_size() -> None:
    writer = Writer()
    writer.integer("int", 4, SIGNED)
    future = writer.add(20, "locsec", 0, [1, 2, 3, 4, 5], count=2)
    last = writer.struct("last", 4, [("x", 1, 0)])
    btf = Btf.from_bytes(writer.blob(layout=layout_section(extra=[(4, 8)])))
    assert btf.type(future) == Unknown(20, "locsec")
    assert btf.find(Space.STRUCT, "last") == last
    with pytest.raises(BtfError, match="unknown kind 20"):
        Btf.from_bytes(writer.blob())


def test_more_than_65535_enumerators() -> None:
    """The count had 16 bits once, and has 24 now."""
    writer = Writer()
    many = {f"E{number}": number for number in range(3)}
    body = [writer.string("E0"), 0] * 70_000
    writer.add(6, "many", 4, body, count=70_000)
    after = writer.enum("after", many)
    btf = Btf.from_bytes(writer.blob())
    assert btf.find(Space.ENUM, "after") == after


@pytest.mark.parametrize(("size", "expected"), [(4, 4), (8, 8), (16, 8)])
def test_pointers_are_as_wide_as_long(size: int, expected: int) -> None:
    writer = Writer()
    writer.integer("long unsigned int", size)
    assert Btf.from_bytes(writer.blob()).pointer_size == expected


def test_names_that_share_their_tail() -> None:
    """A string table may store `read` as the end of `vfs_read`."""
    writer = Writer()
    proto = writer.proto(0)
    vfs_read = writer.func("vfs_read", proto)
    writer.types += writer.words(writer.string("vfs_read") + 4, 12 << 24, proto)
    btf = Btf.from_bytes(writer.blob())
    indexed = Btf.from_bytes(writer.blob(), index=build_index(btf))
    for either in (btf, indexed):
        assert either.find(Space.FUNC, "read") == vfs_read + 1
        assert either.find(Space.FUNC, "vfs_read") == vfs_read
        assert list(either.names(Space.FUNC)) == ["read", "vfs_read"]


def test_a_name_that_would_upset_a_terminal_is_escaped() -> None:
    writer = Writer()
    id = writer.typedef("evil\x1b[2J\nname", 0)
    btf = Btf.from_bytes(writer.blob())
    assert btf.type(id) == Typedef("evil\\x1b[2J\\nname", 0)
    assert list(btf.names(Space.TYPEDEF)) == ["evil\\x1b[2J\\nname"]


@pytest.mark.parametrize(
    ("at", "put", "reason"),
    [
        (0, b"\x7fELF", "wrong magic"),
        (2, b"\x02", "version 2"),
        (4, b"\x10", "header length 16"),
        (4, b"\xff\xff\xff\xff", "header length"),
        (8, b"\x02", "not aligned"),
        (12, b"\xff\xff\xff\x7f", "type section reaches beyond"),
        (12, b"\x3c\x00\x00\x00", "type 4 reaches beyond"),
        (16, b"\xff\xff\xff\xff", "string section reaches beyond"),
        (20, b"\x00\x00\x00\x00", "string section is empty"),
        (28, b"\x00\xff\xff\x04", "type 1 reaches beyond"),
        (31, b"\x7f", "type 1 is of unknown kind 127"),
        (31, b"\x00", "type 1 is of unknown kind 0"),
        (-1, b"x", "not a list of strings"),
    ],
)
def test_what_is_not_btf_is_refused_in_one_line(at: int, put: bytes, reason: str) -> None:
    writer = Writer()
    every_kind(writer)
    blob = bytearray(writer.blob())
    at %= len(blob)
    blob[at : at + len(put)] = put
    with pytest.raises(BtfError, match=reason) as caught:
        Btf.from_bytes(bytes(blob))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("length", [0, 1, 2, 7, 8, 23, 24, 31, -1])
def test_what_is_cut_off_is_refused(length: int) -> None:
    writer = Writer()
    every_kind(writer)
    with pytest.raises(BtfError):
        Btf.from_bytes(writer.blob()[:length])


def test_a_record_that_makes_no_sense_is_an_error_when_it_is_asked_for() -> None:
    writer = Writer()
    good = writer.integer("int", 4, SIGNED)
    wide = writer.integer("wide", 1, bits=32)
    odd = writer.enum("odd", {"A": 1}, size=3)
    nameless = writer.add(8, "", 0)
    writer.types = writer.types[:-12] + writer.words(10_000, 8 << 24, 0)
    btf = Btf.from_bytes(writer.blob())
    assert btf.type(good)
    for bad in (wide, odd, nameless, 5, 1_000_000, -1):
        with pytest.raises(BtfError):
            btf.type(bad)


def test_an_index_belongs_to_its_blob() -> None:
    writer = Writer()
    every_kind(writer)
    blob = writer.blob()
    index = build_index(Btf.from_bytes(blob))
    other = Writer()
    every_kind(other)
    other.strings = other.strings.replace(b"do_task", b"do_risk")
    assert len(other.blob()) == len(blob)
    with pytest.raises(BtfIndexError, match="another blob"):
        Btf.from_bytes(other.blob(), index=index)
    for damaged in (
        b"",
        index[:-4],
        index[:-3],
        index + b"\0\0\0\0",
        index[:200] + b"\xff" + index[201:],
        bytes(100),
    ):
        with pytest.raises(BtfIndexError):
            Btf.from_bytes(blob, index=damaged)
