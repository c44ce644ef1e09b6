"""Whatever the bytes of a program: an answer or a one-line ProgramError, soon, in little memory."""

from __future__ import annotations

import re
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.program.elf import ProgramError
from probelang.program.program import Program

from .build import STATIC_PROBES, compile_c, run
from .writer import write_elf

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = (
    STATIC_PROBES
    + r"""
#include <stdlib.h>
SEMAPHORE(shop_semaphore);
namespace shop { struct Cart { __attribute__((noinline)) int add(int a) { return a * 3; } }; }
static __attribute__((noinline)) int helper(int a) { return a + !getenv("X"); }
int main(int argc, char **argv) {
    __asm__ volatile(NOTE("shop", "order", "shop_semaphore", "-4@%0 8@$1 8@-8(%%rbp)") :: "m"(argc));
    return shop::Cart().add(argc) + helper(argc);
}
"""
)
QUESTIONS: list[Callable[[Program], object]] = [
    lambda program: program.build_id,
    lambda program: [site.arguments for site in program.usdt_probes()],
    lambda program: program.find_usdt("shop", "ordr"),
    lambda program: program.find_symbol("main"),
    lambda program: program.find_symbol("helpe"),
    lambda program: program.find_symbol("shop::Cart::add"),
    lambda program: program.find_symbol("getenv@GLIBC_2.2.5"),
    lambda program: program.find_import("getenv"),
    lambda program: program.symbols_matching(re.compile(".*")),
    lambda program: program.symbols_matching(re.compile("shop::.*")),
    lambda program: program.function_at(0x1139),
    lambda program: program.file_offset(0x1139),
    lambda program: program.address(0x1139),
    lambda program: program.debug_file(),
]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A program and a library, with symbols, versions, notes and a link to a debug file."""
    folder = tmp_path_factory.mktemp("seeds")
    programs = []
    for name, options in {"it": [], "it.so": ["-shared", "-fPIC"]}.items():
        path = compile_c(folder, name, SOURCE, "-x", "c++", *options)
        run("objcopy", "--only-keep-debug", path, path + ".debug")
        run("objcopy", f"--add-gnu-debuglink={path}.debug", path)
        with open(path, "rb") as file:
            programs.append(file.read())
    return programs


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "it"


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """No more than so many seconds of the processor, others' work not counted."""
    begin = time.process_time()
    yield
    assert time.process_time() - begin < seconds


@contextmanager
def within_memory(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def ask(path: Path, data: bytes) -> list[object]:
    """Every question to a program of `data`."""
    path.write_bytes(data)
    answers: list[object] = []
    try:
        program = Program(str(path), debug_folders=())
    except ProgramError as error:
        assert "\n" not in str(error)
        return [error]
    for question in QUESTIONS:
        try:
            answers.append(question(program))
        except ProgramError as error:
            assert "\n" not in str(error)
            answers.append(error)
    return answers


def interesting(data: bytes) -> list[int]:
    """Where the file's headers, symbols, versions and notes are: the places worth damaging."""
    places = list(range(64))
    (phoff, shoff) = struct.unpack_from("<QQ", data, 32)
    (phnum, _, shnum) = struct.unpack_from("<HHH", data, 56)
    places += range(phoff, phoff + 56 * phnum)
    places += range(shoff, shoff + 64 * shnum)
    for number in range(shnum):
        kind = struct.unpack_from("<I", data, shoff + 64 * number + 4)[0]
        at, size = struct.unpack_from("<QQ", data, shoff + 64 * number + 24)
        if kind in (2, 3, 6, 7, 11, 0x6FFFFFFD, 0x6FFFFFFE, 0x6FFFFFFF):
            places += range(at, at + min(size, 600))
    return places


def test_the_seeds_are_answered(seeds: list[bytes], place: Path) -> None:
    for data in seeds:
        answers = ask(place, data)
        assert not any(isinstance(answer, ProgramError) for answer in answers)
        assert "Found" in repr(answers[3])
        assert "Found" in repr(answers[5])


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_files(seeds: list[bytes], place: Path, data: st.DataObject) -> None:
    program = bytearray(data.draw(st.sampled_from(seeds)))
    places = interesting(bytes(program))
    for _ in range(data.draw(st.integers(1, 6))):
        at = places[data.draw(st.integers(0, len(places) - 1))]
        width = data.draw(st.sampled_from([1, 2, 4, 8]))
        value = data.draw(
            st.one_of(
                st.sampled_from(
                    [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63, 2**64 - 1, len(program)]
                ),
                st.integers(0, 2**64 - 1),
            )
        )
        program[at : at + width] = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
    with within(3):
        ask(place, bytes(program))


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_files_cut_off(seeds: list[bytes], place: Path, data: st.DataObject) -> None:
    program = data.draw(st.sampled_from(seeds))
    length = data.draw(st.one_of(st.integers(0, 200), st.integers(0, len(program) - 1)))
    with within(3):
        ask(place, program[:length])


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300))
def test_any_bytes(place: Path, data: bytes) -> None:
    ask(place, data)
    ask(place, b"\x7fELF\2\1\1" + data)
    ask(place, b"\x7fELF\1\2\1" + data)


def test_every_section_the_same_large_one(seeds: list[bytes], place: Path) -> None:
    """65,000 section headers, each a note, or each a table of symbols, of the whole file."""
    program = seeds[0]
    for kind in (2, 7, 11, 0x6FFFFFFD, 0x6FFFFFFE):
        body = program[:64] + b"\4\0\0\0" * (1 << 20)
        shoff = len(body)
        header = bytearray(body[:64])
        struct.pack_into("<Q", header, 40, shoff)
        struct.pack_into("<HHH", header, 58, 64, 65_000, 1)
        section = struct.pack("<IIQQQQIIQQ", 70, kind, 0, 0, 64, shoff - 64, 2, 0, 1, 24)
        with within(10):
            ask(place, bytes(header) + body[64:] + section * 65_000)


def test_one_name_for_every_symbol(place: Path) -> None:
    symbols = [("_ZN4shop4Cart3addEi", 0x1000 + number, 0x12) for number in range(100_000)]
    data = write_elf(symbols)
    with within(10):
        ask(place, data)
    # All with the same string, at the same address.
    with within(10):
        ask(place, write_elf([("main", 0x1000, 0x12)] * 100_000))


def test_thousands_of_names_that_stand_for_much(place: Path) -> None:
    from .test_demangle import bomb

    names = [f"{bomb(8)}{number}add" for number in range(10_000)]
    names += ["_ZN4shop4Cart3addE" + "P" * 60 + f"{number % 10}" for number in range(10_000)]
    data = write_elf([(name, 0x1000 + number, 0x12) for number, name in enumerate(names)])
    with within(10):
        ask(place, data)


def test_a_sparse_file_of_gigabytes_is_not_read_whole(place: Path) -> None:
    head = bytearray(write_elf([("main", 0x1000, 0x12)]))
    (shoff,) = struct.unpack_from("<Q", head, 40)
    struct.pack_into("<Q", head, shoff + 64 * 2 + 32, 1 << 40)  # .symtab
    struct.pack_into("<Q", head, shoff + 64 * 3 + 32, 1 << 40)  # .strtab
    place.write_bytes(head)
    with open(place, "r+b") as file:
        file.truncate(1 << 41)
    with within(5), within_memory(32 << 20):
        program = Program(str(place), debug_folders=())
        for question in QUESTIONS:
            question(program)
    place.unlink()


def test_notes_that_lie(seeds: list[bytes], place: Path) -> None:
    at = seeds[0].index(b"stapsdt\0") - 12
    for names, sizes in ((0xFFFFFFFF, 8), (8, 0xFFFFFFFF), (0, 0), (0xFFFFFFFC, 0xFFFFFFFC)):
        data = bytearray(seeds[0])
        struct.pack_into("<II", data, at, names, sizes)
        with within(3):
            answers = ask(place, bytes(data))
        assert answers[1] == []
