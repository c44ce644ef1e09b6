"""Whatever the bytes: a one-line BtfError or an answer, soon, in little memory."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from probelang.btf.blob import Btf, Space
from probelang.btf.c import declaration, type_name
from probelang.btf.image import extract_btf
from probelang.btf.index import build_index
from probelang.btf.layout import Alignment, find_member, is_found_by_kernel, member_names, size_of
from probelang.btf.types import BtfError

from .writer import SIGNED, Writer, every_kind, layout_section


def good_blob(order: str = "<", **options: bytes) -> bytes:
    writer = Writer(order)
    every_kind(writer)
    return writer.blob(**options)  # type: ignore[arg-type]


GOOD = good_blob()
INDEX = build_index(Btf.from_bytes(GOOD))
SEEDS = [GOOD, good_blob(">"), good_blob(layout=layout_section())]
QUESTIONS: list[Callable[[Btf, int], object]] = [
    Btf.type,
    size_of,
    member_names,
    lambda btf, id: find_member(btf, id, "no such member"),
    lambda btf, id: is_found_by_kernel(btf, id, "no such member"),
    type_name,
    declaration,
    lambda btf, id: declaration(btf, id, padding=True),
    lambda btf, id: Alignment(btf).of(id),
]


def ask_everything(btf: Btf, most: int = 60) -> None:
    """Each question, with any answer, or a BtfError of one line."""
    for id in [*range(min(len(btf), most)), len(btf) - 1, len(btf)]:
        for question in QUESTIONS:
            with only_btf_errors():
                question(btf, id)
    for space in Space:
        with only_btf_errors():
            for name in [*btf.names(space), "task", ""]:
                btf.find(space, name)
                btf.find_all(space, name)
                btf.find_enumerator(name)
    with only_btf_errors():
        assert btf.pointer_size in (4, 8)
    with only_btf_errors():
        build_index(btf)


@contextmanager
def only_btf_errors() -> Iterator[None]:
    try:
        yield
    except BtfError as error:
        assert str(error) and "\n" not in str(error)


def open_and_ask(data: bytes, index: bytes | None = None, most: int = 60) -> None:
    with only_btf_errors():
        ask_everything(Btf.from_bytes(data, index=index), most)


def mutated(seed: bytes, patches: list[tuple[int, int]], cut: int | None) -> bytes:
    data = bytearray(seed)
    for at, value in patches:
        data[at % len(data)] = value
    return bytes(data[:cut])


patch_lists = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=8)
cuts = st.none() | st.integers(0, len(GOOD))


@settings(max_examples=200)
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes(data: bytes, behind_a_header: bool) -> None:
    if behind_a_header:
        data = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(data) & ~3, 0, len(data)) + data
    open_and_ask(data)


@settings(max_examples=300)
@given(st.sampled_from(SEEDS), patch_lists, cuts)
def test_mutations_of_a_good_blob(seed: bytes, patches: list[tuple[int, int]], cut: int | None) -> None:
    open_and_ask(mutated(seed, patches, cut))


@settings(max_examples=200)
@given(patch_lists, st.integers(24, len(GOOD) - 1), st.sampled_from([0, 1, 0x7F, 0xFF]))
def test_mutations_of_whole_words(patches: list[tuple[int, int]], at: int, fill: int) -> None:
    data = bytearray(mutated(GOOD, patches[:2], None))
    data[at & ~3 : (at & ~3) + 4] = bytes([fill]) * 4
    open_and_ask(bytes(data[: len(GOOD)]))


@settings(max_examples=200)
@given(patch_lists, st.none() | st.integers(0, len(INDEX)), st.booleans())
def test_mutations_of_an_index(patches: list[tuple[int, int]], cut: int | None, repair: bool) -> None:
    """Also where the checksum was made to fit."""
    import zlib

    index = bytearray(mutated(INDEX, patches, cut))
    if repair and len(index) > 20:
        index[:16] = INDEX[:16]
        index[16:20] = struct.pack("=I", zlib.crc32(index[20:]))
    open_and_ask(GOOD, bytes(index))


def blob_of(build: Callable[[Writer], object]) -> bytes:
    writer = Writer()
    writer.integer("int", 4, SIGNED)
    build(writer)
    return writer.blob()


def circle_of_typedefs(w: Writer) -> None:
    w.typedef("a", 3)
    w.typedef("b", 2)
    w.const(4)
    w.ptr(5)
    w.struct("holder", 8, [("", 2, 0), ("x", 3, 0), ("y", 4, 0), ("z", 5, 0)])


def struct_in_itself(w: Writer) -> None:
    w.struct("", 8, [("", 2, 0), ("", 2, 0)])
    w.struct("named", 8, [("again", 3, 0), ("", 2, 0)])
    w.array(4, 4)


def anonymous_doubling(w: Writer) -> None:
    """Two of the next in each: 2 ** 60 members."""
    for id in range(2, 62):
        w.struct("", 8, [("", id + 1, 0), ("", id + 1, 0)])
    w.struct("", 8, [("leaf", 1, 0)])


def named_doubling(w: Writer) -> None:
    for id in range(2, 62):
        w.struct(f"s{id}", 8, [("a", id + 1, 0), ("b", id + 1, 0)])
    w.struct("last", 8, [("leaf", 1, 0)])


def deep_nesting(w: Writer) -> None:
    for id in range(2, 5002):
        w.struct("", 8, [("", id + 1, 0)])
    w.struct("", 8, [("leaf", 1, 0)])


def prototypes_doubling(w: Writer) -> None:
    for id in range(2, 122, 2):
        w.ptr(id + 1)
        w.proto(id + 2, ("a", id + 2), ("b", id + 2))
    w.ptr(0)


def arrays_of_arrays(w: Writer) -> None:
    for id in range(1, 60):
        w.array(id, 0xFFFFFFFF)


def pointer_to_itself(w: Writer) -> None:
    w.ptr(2)
    w.array(3, 3)
    w.proto(4, ("p", 4))
    w.func("f", 5)
    w.func("g", 6)
    w.var("v", 7)


def huge_struct(w: Writer) -> None:
    w.struct("huge", 8, [("x", 1, 0)] * 20_000)
    w.struct("", 8, [("x", 1, 0), ("", 1, 0)] * 10_000)
    w.struct("twice", 8, [("", 3, 0)] * 10_000)


def endless_string(w: Writer) -> None:
    w.strings += b"x" * 1_000_000 + b"\0"
    for offset in range(2_000):
        w.types += w.words(w.strings.index(b"xxxx") + offset, 8 << 24, 1)


def shared_tails(w: Writer) -> None:
    """A hundred thousand names of up to 900 bytes in a string section of 100 KB."""
    w.strings += (b"x" * 900 + b"\0") * 110
    w.types += b"".join([w.words(5 + number, 8 << 24, 1) for number in range(99_000)])
    w.types += b"".join([w.words(5 + number, 8 << 24, 1) for number in range(99_000)])


def many_of_one_name(w: Writer) -> None:
    for _ in range(20_000):
        w.typedef("same", 1)


@pytest.mark.parametrize(
    "build",
    [
        circle_of_typedefs,
        struct_in_itself,
        anonymous_doubling,
        named_doubling,
        deep_nesting,
        prototypes_doubling,
        arrays_of_arrays,
        pointer_to_itself,
        huge_struct,
        endless_string,
        shared_tails,
        many_of_one_name,
    ],
)
def test_traps_end_soon(build: Callable[[Writer], object]) -> None:
    data = blob_of(build)
    start = time.process_time()
    open_and_ask(data, most=4)
    assert time.process_time() - start < 10


@settings(max_examples=150)
@given(st.sampled_from([b"", b"\x7fELF\x02\x01", b"\x1f\x8b\x08", b"MZ\0\0zimg"]), st.binary(max_size=700))
@example(b"", bytes(0x202) + b"HdrS\x0f\x02" + bytes(100))
def test_random_files(start: bytes, rest: bytes) -> None:
    with only_btf_errors():
        extract_btf(start + rest)
