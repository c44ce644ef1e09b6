"""Functions of C++, Rust and Go by the names that their programmers use."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from probelang.answers import Found, NotFound, Unknown
from probelang.program.program import Program
from probelang.program.symbols import Ambiguous, Symbol

from .build import compile_c, read_nm, require, run

if TYPE_CHECKING:
    from pathlib import Path

CPP = r"""
#include <string>
#include <vector>
#define KEEP __attribute__((noinline, used))
namespace shop {
template <class T> struct Box { T value; KEEP T take(T extra) { return value + extra; } };
struct Cart {
    int total = 0;
    KEEP Cart(int start) : total(start) {}
    KEEP virtual ~Cart() { total = 0; }
    KEEP int add(int price) { return total += price; }
    KEEP int add(const char *name, unsigned long count) { return total += name[0] * count; }
    KEEP int size() const { return total; }
    KEEP bool operator==(const Cart &other) const { return total == other.total; }
    KEEP int operator()(int a) { return a + total; }
    KEEP explicit operator bool() const { return total; }
    struct Line { KEEP static int count(const std::string &text, std::vector<int> many) { return text.size() + many.size(); } };
};
namespace { KEEP int hidden(int a) { return a + 1; } }
template <class T> KEEP T largest(T a, T b) { return a < b ? b : a; }
KEEP int single(double) { return 1; }
}
extern "C" KEEP int plain_c(int a) { return a; }
KEEP int global_one(int a) { return a; }
int main(int argc, char **argv) {
    shop::Cart *cart = new shop::Cart(argc); shop::Box<int> box{argc}; shop::Box<long> wide{argc};
    int sum = cart->add(1) + cart->add(argv[0], 2) + cart->size() + (*cart == *cart) + (*cart)(1) + bool(*cart);
    sum += shop::Cart::Line::count(argv[0], {}) + shop::hidden(1) + shop::largest<int>(1, argc) + shop::single(2);
    sum += box.take(1) + wide.take(2) + plain_c(1) + global_one(1) + ([](int a) KEEP { return a + 1; })(argc);
    delete cart;
    return sum;
}
"""


@pytest.fixture(scope="module", params=["pie", "fixed", "debug file"])
def cpp(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    require("g++")
    folder = tmp_path_factory.mktemp("cpp")
    path = compile_c(
        folder, "it", CPP, "-x", "c++", *(["-no-pie", "-fno-pie"] if request.param == "fixed" else [])
    )
    if request.param == "debug file":
        run("objcopy", "--only-keep-debug", path, path + ".debug")
        run("strip", path)
        run("objcopy", f"--add-gnu-debuglink={path}.debug", path)
    return Program(path, debug_folders=())


def found(program: Program, name: str) -> Symbol:
    answer = program.find_symbol(name)
    assert isinstance(answer, Found), (name, answer)
    return answer.value


@pytest.mark.parametrize(
    ("name", "mangled"),
    [
        ("shop::Cart::size", "_ZNK4shop4Cart4sizeEv"),
        ("shop::Cart::size() const", "_ZNK4shop4Cart4sizeEv"),
        ("shop::Cart::add(int)", "_ZN4shop4Cart3addEi"),
        ("shop::Cart::add(char const*, unsigned long)", "_ZN4shop4Cart3addEPKcm"),
        ("shop::Cart::add(const char *, unsigned long)", "_ZN4shop4Cart3addEPKcm"),
        ("shop::Cart::operator==", "_ZNK4shop4CarteqERKS0_"),
        ("shop::Cart::operator()", "_ZN4shop4CartclEi"),
        ("shop::Cart::operator bool", "_ZNK4shop4CartcvbEv"),
        ("shop::(anonymous namespace)::hidden", "_ZN4shop12_GLOBAL__N_16hiddenEi"),
        ("shop::largest<int>", "_ZN4shop7largestIiEET_S1_S1_"),
        ("shop::largest", "_ZN4shop7largestIiEET_S1_S1_"),
        ("shop::largest<int>(int, int)", "_ZN4shop7largestIiEET_S1_S1_"),
        ("shop::Box<long>::take", "_ZN4shop3BoxIlE4takeEl"),
        (
            "shop::Cart::Line::count(std::string const&, std::vector<int, std::allocator<int>>)",
            "_ZN4shop4Cart4Line5countERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt6vectorIiSaIiEE",
        ),
        ("shop::Cart::Line::count", None),
        ("global_one", "_Z10global_onei"),
        ("plain_c", "plain_c"),
        ("main", "main"),
        ("_ZN4shop6singleEd", "_ZN4shop6singleEd"),
    ],
)
def test_a_function_is_found_by_what_the_programmer_calls_it(
    cpp: Program, name: str, mangled: str | None
) -> None:
    symbol = found(cpp, name)
    assert mangled in (None, symbol.name)
    assert found(cpp, symbol.name).address == symbol.address
    assert symbol.file_offset is not None


def test_overloads_are_ambiguous_and_each_is_told(cpp: Program) -> None:
    match cpp.find_symbol("shop::Cart::add"):
        case Ambiguous(symbols, 2):
            assert {symbol.demangled for symbol in symbols} == {
                "shop::Cart::add(int)",
                "shop::Cart::add(char const*, unsigned long)",
            }
        case other:
            raise AssertionError(other)
    match cpp.find_symbol("shop::Box::take"):
        case Ambiguous(symbols, 2):
            assert {symbol.name for symbol in symbols} == {
                "_ZN4shop3BoxIiE4takeEi",
                "_ZN4shop3BoxIlE4takeEl",
            }
        case other:
            raise AssertionError(other)


def test_a_constructor_and_a_destructor_are_one_function_each(cpp: Program) -> None:
    assert found(cpp, "shop::Cart::Cart").demangled == "shop::Cart::Cart(int)"
    assert found(cpp, "shop::Cart::~Cart").name in ("_ZN4shop4CartD1Ev", "_ZN4shop4CartD2Ev")


def test_a_wrong_name_gets_near_ones(cpp: Program) -> None:
    for wrong, right in {
        "shop::Cart::siz": "shop::Cart::size",
        "shop::Basket::size": "shop::Cart::size",
        "size": "shop::Cart::size",
        "single": "shop::single",
        "plain_": "plain_c",
    }.items():
        match cpp.find_symbol(wrong):
            case NotFound(near) | Unknown(_, near):
                assert right in near, (wrong, near)
            case other:
                raise AssertionError((wrong, other))


def test_patterns_of_namespaces(cpp: Program) -> None:
    assert cpp.symbols_matching(re.compile("shop::Cart::add")) == [
        "_ZN4shop4Cart3addEPKcm",
        "_ZN4shop4Cart3addEi",
    ]
    assert "_ZN4shop6singleEd" in cpp.symbols_matching(re.compile("shop::.*"))
    assert cpp.symbols_matching(re.compile("shop::nothing.*")) == []


RUST = r"""
mod stock {
    pub struct Shelf { pub items: u64 }
    pub trait Count { fn count(&self, extra: u64) -> u64; }
    impl Count for Shelf { #[inline(never)] fn count(&self, extra: u64) -> u64 { self.items + extra } }
    impl Shelf { #[inline(never)] pub fn put(&mut self, items: u64) -> u64 { self.items += items; self.items } }
    #[inline(never)] pub fn twice<T: std::ops::Add<Output = T> + Copy>(a: T) -> T { std::hint::black_box(a) + a }
}
#[no_mangle] #[inline(never)] pub extern "C" fn plain_rust(a: u64) -> u64 { a + 1 }
fn main() {
    use stock::Count;
    let mut shelf = stock::Shelf { items: std::env::args().count() as u64 };
    let sum = shelf.put(2) + shelf.count(3) + stock::twice(4u64) + plain_rust(5);
    std::process::exit(sum as i32);
}
"""


@pytest.mark.parametrize("mangling", ["legacy", "v0"])
def test_rust(tmp_path: Path, mangling: str) -> None:
    require("rustc")
    (tmp_path / "prog.rs").write_text(RUST)
    command = ["rustc", "-O", "-C", f"symbol-mangling-version={mangling}", "-o", str(tmp_path / "prog")]
    if mangling == "legacy":
        command[1:1] = ["-Z", "unstable-options"]
    done = subprocess.run(
        [*command, str(tmp_path / "prog.rs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, "RUSTC_BOOTSTRAP": "1"},
    )
    if done.returncode:
        pytest.skip(f"NOT TESTED: this rustc makes no program: {done.stderr[:200]}")
    program = Program(str(tmp_path / "prog"), debug_folders=())
    lines = read_nm(program.path)
    for name, word in {
        "prog::main": "4main",
        "prog::stock::Shelf::put": "3put",
        "<prog::stock::Shelf as prog::stock::Count>::count": "5count",
        "prog::stock::twice": "5twice",
        "plain_rust": "plain_rust",
    }.items():
        places = {
            line.address for line in lines if word in line.name and ("prog" in line.name or word == name)
        }
        assert found(program, name).address in places
    match program.find_symbol("prog::stock::Shelf::putt"):
        case NotFound(near):
            assert near == ("prog::stock::Shelf::put",)
        case other:
            raise AssertionError(other)


GO = """package main
import "os"
type Shelf struct{ items int }
//go:noinline
func (s *Shelf) Put(items int) int { s.items += items; return s.items }
//go:noinline
func add(a, b int) int { return a + b }
func main() { s := Shelf{1}; os.Exit(add(s.Put(2), len(os.Args))) }
"""


def test_go(tmp_path: Path) -> None:
    require("go")
    (tmp_path / "prog.go").write_text(GO)
    folders = [f"GOCACHE={tmp_path / 'cache'}", f"GOPATH={tmp_path / 'path'}"]
    run("env", *folders, "go", "build", "-o", tmp_path / "prog", tmp_path / "prog.go")
    program = Program(str(tmp_path / "prog"), debug_folders=())
    places = {line.name: line.address for line in read_nm(program.path)}
    for name in ("main.main", "main.add", "main.(*Shelf).Put", "runtime.main"):
        assert found(program, name).address == places[name]


def test_names_as_gos_linker_writes_them(tmp_path: Path) -> None:
    from .writer import write_elf

    names = ["main.main", "main.(*Shelf).Put", "type:.eq.[2]string", "main.add[go.shape.int]", "main.café"]
    path = tmp_path / "prog"
    path.write_bytes(write_elf([(name, 0x1000 + 16 * number, 0x12) for number, name in enumerate(names)]))
    program = Program(str(path), debug_folders=())
    for number, name in enumerate(names):
        assert found(program, name).address == 0x1000 + 16 * number
    assert program.find_symbol("main.(*Shelf).Get") == NotFound(("main.(*Shelf).Put",))
