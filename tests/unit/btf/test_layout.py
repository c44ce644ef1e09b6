"""Sizes and members where no compiler is needed to know the answer."""

from __future__ import annotations

import pytest

from probelang.btf.blob import Btf
from probelang.btf.layout import (
    Alignment,
    Place,
    find_member,
    is_found_by_kernel,
    member_names,
    resolve,
    size_of,
)
from probelang.btf.types import BtfError

from .writer import SIGNED, Writer, every_kind


@pytest.fixture
def kernel() -> tuple[Btf, dict[str, int]]:
    writer = Writer()
    ids = every_kind(writer)
    return Btf.from_bytes(writer.blob()), ids


def test_resolve_looks_behind_typedefs_qualifiers_and_tags(kernel: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = kernel
    assert resolve(btf, ids["task_t"]) == ids["task"]
    assert resolve(btf, ids["const_char"]) == ids["char"]
    assert resolve(btf, ids["user"]) == ids["char"]
    assert resolve(btf, ids["string"]) == ids["string"]
    assert resolve(btf, 0) == 0


def test_sizes(kernel: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = kernel
    expected = {"int": 4, "string": 8, "comm": 16, "task_t": 64, "state": 4, "big": 8, "double": 8, "var": 64}
    assert {label: size_of(btf, ids[label]) for label in expected} == expected


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("opaque", "struct opaque has no size: it is only declared"),
        ("opaque_union", "union opaque"),
        ("func", "it is a function"),
        ("proto", "not a type of data"),
        ("tag", "not a type of data"),
    ],
)
def test_what_has_no_size(kernel: tuple[Btf, dict[str, int]], label: str, reason: str) -> None:
    btf, ids = kernel
    with pytest.raises(BtfError, match=reason):
        size_of(btf, ids[label])
    with pytest.raises(BtfError, match="void"):
        size_of(btf, 0)


def test_members_are_found_through_anonymous_ones(kernel: tuple[Btf, dict[str, int]]) -> None:
    btf, ids = kernel
    assert find_member(btf, ids["task_t"], "comm") == Place(32, 0, ids["comm"], ("comm",))
    assert find_member(btf, ids["task"], "right") == Place(192 + 64, 0, ids["string"], ("", "", "right"))
    assert find_member(btf, ids["task"], "word") == Place(192, 0, ids["ulong"], ("", "word"))
    assert find_member(btf, ids["flags"], "b") == Place(3, 7, ids["int"], ("b",))
    assert find_member(btf, ids["task"], "a") is None
    assert find_member(btf, ids["task"], "") is None
    assert member_names(btf, ids["task"]) == ["pid", "comm", "left", "right", "word", "f"]
    with pytest.raises(BtfError, match="not a struct"):
        find_member(btf, ids["int"], "x")


def test_an_unnamed_member_may_be_of_a_named_struct() -> None:
    """`struct outer { struct inner; };`, with -fms-extensions, as Linux is built since 6.19."""
    writer = Writer()
    integer = writer.integer("int", 4, SIGNED)
    inner = writer.struct("inner", 8, [("a", integer, 0), ("b", integer, 32)])
    outer = writer.struct("outer", 12, [("first", integer, 0), ("", inner, 32)])
    btf = Btf.from_bytes(writer.blob())
    assert find_member(btf, outer, "b") == Place(64, 0, integer, ("", "b"))


def test_the_kernel_forgets_anonymous_members_after_the_sixteenth() -> None:
    writer = Writer()
    long = writer.integer("long int", 8, SIGNED)
    unions = [writer.struct("", 8, [(f"m{number}", long, 0)], union=True) for number in range(20)]
    outer = writer.struct(
        "outer", 168, [("first", long, 0), *(("", id, 64 + 64 * n) for n, id in enumerate(unions))]
    )
    btf = Btf.from_bytes(writer.blob())
    names = ["first", *(f"m{number}" for number in range(20))]
    assert member_names(btf, outer) == names
    assert [name for name in names if is_found_by_kernel(btf, outer, name)] == names[:17]
    assert not is_found_by_kernel(btf, outer, "")


def test_bitfields_of_before_kind_flag() -> None:
    """The width and the rest of the offset were in an integer type of the member's own."""
    writer = Writer()
    plain = writer.integer("unsigned int", 4)
    three = writer.integer("unsigned int", 4, bits=3)
    later = writer.integer("unsigned int", 4, bits=5, offset=3)
    alias = writer.typedef("u32", later)
    members = [("whole", plain, 0), ("low", three, 32), ("high", alias, 32)]
    old = writer.struct("old", 8, members, flag=False)
    btf = Btf.from_bytes(writer.blob())
    assert find_member(btf, old, "whole") == Place(0, 0, plain, ("whole",))
    assert find_member(btf, old, "low") == Place(32, 3, three, ("low",))
    assert find_member(btf, old, "high") == Place(35, 5, alias, ("high",))


def test_packed_is_seen_in_the_offsets() -> None:
    writer = Writer()
    integer, char = writer.integer("int", 4, SIGNED), writer.integer("char", 1, SIGNED)
    loose = writer.struct("loose", 8, [("c", char, 0), ("i", integer, 32)])
    packed = writer.struct("packed", 5, [("c", char, 0), ("i", integer, 8)])
    straddling = writer.struct("straddling", 8, [("a", integer, 0, 30), ("b", integer, 30, 10)])
    btf = Btf.from_bytes(writer.blob())
    alignment = Alignment(btf)
    assert [alignment.is_packed(id) for id in (loose, packed, straddling)] == [False, True, True]
    assert [alignment.of(id) for id in (integer, char, loose, packed)] == [4, 1, 4, 1]


def test_32_bit_pointers() -> None:
    writer = Writer()
    writer.integer("long unsigned int", 4)
    pointer = writer.ptr(0)
    many = writer.array(writer.array(pointer, 3), 5)
    btf = Btf.from_bytes(writer.blob())
    assert size_of(btf, many) == 60
