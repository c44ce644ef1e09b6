"""Symbols as `nm` has them, of programs that the compiler made and of the machine's own C library."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from probelang.answers import Found, NotFound, Unknown
from probelang.program.load import load_program
from probelang.program.program import Program
from probelang.program.symbols import Ambiguous, Symbol

from .build import compile_c, read_nm, run
from .writer import write_elf

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
#include <stdlib.h>
#include <string.h>
int shared_counter = 5, zeroed; static const int table[] = {1, 2, 3};
__attribute__((noinline)) static int helper(int a) { return a * table[a & 1]; }
__attribute__((noinline)) int add(int a, int b) { return helper(a) + b; }
int also_add(int a, int b) __attribute__((alias("add")));
int fall_back(void) { return 1; }
int picked(void) __attribute__((ifunc("pick")));
static int (*pick(void))(void) { return fall_back; }
int main(int argc, char **argv) { zeroed = add(argc, shared_counter) + picked(); return zeroed + !getenv(argv[0]); }
"""
KINDS = {
    "pie": ["-pie", "-fPIE"],
    "fixed": ["-no-pie", "-fno-pie"],
    "static": ["-static"],
    "library": ["-shared", "-fPIC"],
}


@pytest.fixture(scope="module", params=KINDS)
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_c(tmp_path_factory.mktemp("symbols"), "it", SOURCE, *KINDS[request.param])


def found(program: Program, name: str) -> Symbol:
    answer = program.find_symbol(name)
    assert isinstance(answer, Found), (name, answer)
    return answer.value


def test_every_function_is_where_nm_has_it(path: str) -> None:
    program = Program(path)
    places: dict[str, set[int]] = {}
    for line in read_nm(path):
        if line.letter in "tTi":
            places.setdefault(line.name, set()).add(line.address)
    assert {"add", "helper", "main"} <= set(places)
    for name, addresses in list(places.items())[:300]:
        answer = program.find_symbol(name)
        match answer:
            case Found(symbol):
                assert symbol.address in addresses
                assert symbol.file_offset == program.file_offset(symbol.address)
            case Ambiguous(symbols, count):
                assert {symbol.address for symbol in symbols} <= addresses
                assert count <= len(addresses)
            case _:
                raise AssertionError((name, answer))


def test_kinds_bindings_sizes_and_aliases(path: str) -> None:
    program = Program(path)
    add, helper = found(program, "add"), found(program, "helper")
    assert (add.kind, add.binding, add.section) == ("func", "global", ".text")
    assert helper.binding == "local"
    assert add.aliases == ("also_add",)
    assert found(program, "also_add").aliases == ("add",)
    assert found(program, "picked").kind == "ifunc"
    counter, zeroed = found(program, "shared_counter"), found(program, "zeroed")
    assert (counter.kind, counter.size, counter.section) == ("object", 4, ".data")
    with open(path, "rb") as file:
        assert counter.file_offset is not None
        file.seek(counter.file_offset)
        assert file.read(4) == b"\5\0\0\0"
    assert (zeroed.file_offset, zeroed.section) == (None, ".bss")
    assert program.function_at(add.address + add.size - 1) in (add, found(program, "also_add"))
    assert program.function_at(1) is None


def test_a_name_that_is_not_there_gets_near_ones(path: str) -> None:
    program = Program(path)
    match program.find_symbol("also_ad"):
        case NotFound(near):
            assert near[0] == "also_add"
        case other:
            raise AssertionError(other)
    for name in ("", "@", "add@", "@@", "x" * 100_000, "\0", "a\0b", "no@such", "\udcff", "ф"):
        assert isinstance(program.find_symbol(name), NotFound), name


def test_imports_are_told_from_what_is_not_there(tmp_path: Path) -> None:
    program = Program(compile_c(tmp_path, "it", SOURCE, "-pie", "-fPIE"))
    assert program.find_import("getenv") == "libc.so.6"
    assert isinstance(program.find_symbol("getenv"), NotFound)
    assert program.find_import("add") is None
    assert program.find_import("nothing") is None


def test_a_pattern_names_functions(path: str) -> None:
    program = Program(path)
    assert program.symbols_matching(re.compile("(also_)?add")) == ["add", "also_add"]
    assert program.symbols_matching(re.compile("help..|shared.*")) == ["helper"]
    assert program.symbols_matching(re.compile("a")) == []


def test_a_name_of_several_local_functions_is_ambiguous_and_a_global_one_goes_first(tmp_path: Path) -> None:
    body = "__attribute__((noinline)) static int step(int a) { return a + %d; } int run_%s(int a) { return step(a); }"
    for number, name in enumerate("abc"):
        (tmp_path / f"{name}.c").write_text(body % (number, name))
    (tmp_path / "global.c").write_text("int step(int a) { return a - 1; }")
    main = "int run_a(int), run_b(int), run_c(int); int main(void) { return run_a(1) + run_b(2) + run_c(3); }"
    parts = [str(tmp_path / f"{name}.c") for name in "abc"]
    path = compile_c(tmp_path, "it", main, *parts)
    addresses = sorted(line.address for line in read_nm(path) if line.name == "step")
    match Program(path).find_symbol("step"):
        case Ambiguous(symbols, 3):
            assert [symbol.address for symbol in symbols] == addresses
        case other:
            raise AssertionError(other)
    path = compile_c(tmp_path, "it", main, *parts, str(tmp_path / "global.c"))
    assert found(Program(path), "step").binding == "global"


VERSIONED = """
int old_sum(int a) { return a; } int new_sum(int a) { return a + 1; } int only_old(int a) { return a + 2; }
__asm__(".symver old_sum,sum@V1.0"); __asm__(".symver new_sum,sum@@V2.0"); __asm__(".symver only_old,gone@V1.0");
"""


@pytest.mark.parametrize("strip", [False, True])
def test_versions_choose_between_symbols_of_one_name(tmp_path: Path, strip: bool) -> None:
    (tmp_path / "map").write_text("V1.0 { global: plain; sum; gone; local: *; }; V2.0 { } V1.0;")
    source = VERSIONED + "int plain(int a) { return a; }"
    path = compile_c(
        tmp_path, "it.so", source, "-shared", "-fPIC", f"-Wl,--version-script={tmp_path / 'map'}"
    )
    old, new = [
        next(line.address for line in read_nm(path) if line.name == name) for name in ("old_sum", "new_sum")
    ]
    if strip:
        run("strip", path)
    program = Program(path)
    for name, address, version, is_default in (
        ("sum", new, "V2.0", True),
        ("sum@V2.0", new, "V2.0", True),
        ("sum@@V2.0", new, "V2.0", True),
        ("sum@V1.0", old, "V1.0", False),
    ):
        symbol = found(program, name)
        assert (symbol.name, symbol.address, symbol.version, symbol.is_default) == (
            "sum",
            address,
            version,
            is_default,
        )
    assert found(program, "gone").versioned_name == "gone@V1.0"
    assert found(program, "plain").versioned_name == "plain@@V1.0"
    assert not isinstance(program.find_symbol("sum@V3.0"), Found)


def test_a_stripped_program_knows_what_it_exports_and_says_that_it_knows_no_more(tmp_path: Path) -> None:
    path = compile_c(tmp_path, "it.so", SOURCE, "-shared", "-fPIC")
    address = found(Program(path), "add").address
    run("strip", path)
    program = Program(path)
    assert (found(program, "add").address, found(program, "add").table) == (address, "dynsym")
    match program.find_symbol("helper"):
        case Unknown(reason):
            assert reason == f"{path} is stripped, and there is no separate debug file of it"
        case other:
            raise AssertionError(other)


def test_a_program_without_section_headers_still_opens(tmp_path: Path) -> None:
    path = compile_c(tmp_path, "it", SOURCE)
    with open(path, "r+b") as file:
        file.seek(0x28)
        file.write(bytes(8))
        file.seek(0x3C)
        file.write(bytes(4))
    program = Program(path)
    assert program.kind == "pie"
    assert isinstance(program.find_symbol("add"), Unknown)
    assert program.usdt_probes() == []


def test_the_machines_own_c_library() -> None:
    path = "/lib/x86_64-linux-gnu/libc.so.6"
    if not os.path.exists(path):
        pytest.skip(f"NOT TESTED: no {path}")
    program = Program(path, debug_folders=())
    assert program.kind == "library"
    assert len({found(program, name).address for name in ("malloc", "free", "open", "qsort")}) == 4
    wanted: dict[str, set[int]] = {}
    for line in read_nm(path, "-D"):
        if "@@" in line.name and line.letter in "TWi":
            wanted.setdefault(line.name, set()).add(line.address)
    for name in sorted(wanted)[::40]:
        assert {found(program, name).address} == wanted[name]
        assert found(program, name).versioned_name == name


def test_one_symbol_of_two_hundred_thousand_is_found_at_once(tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(write_elf([(f"f{n}_many", 0x1000 + n, 0x12) for n in range(200_000)]))
    begin = time.perf_counter()
    symbol = found(load_program(str(path)), "f150000_many")
    took = time.perf_counter() - begin
    assert symbol.address == 0x1000 + 150_000
    assert took < 0.3  # 0.02 on an idle machine
    assert len(read_nm(str(path))) == 200_000
