"""Names of C++ and Rust, as their demanglers give them and as people write them."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.program.demangle import (
    LARGEST_OUTPUT,
    NameQuery,
    base_name,
    demangle,
    mangled_words,
    normalize,
    without_arguments,
)

from .build import read_nm, run

NAMES = {
    "_Z3addii": ("add(int, int)", "add"),
    "_ZN4shop4Cart3addEPKc": ("shop::Cart::add(char const*)", "shop::Cart::add"),
    "_ZN4shop4CartC1Ev": ("shop::Cart::Cart()", "shop::Cart::Cart"),
    "_ZN4shop4CartD0Ev": ("shop::Cart::~Cart()", "shop::Cart::~Cart"),
    "_ZNK1AcvbEv": ("A::operator bool() const", "A::operator bool"),
    "_ZN1AclEi": ("A::operator()(int)", "A::operator()"),
    "_ZN1AlsIiEERS_T_": ("A& A::operator<<<int>(int)", "A::operator<<<int>"),
    "_ZN1AptEv": ("A::operator->()", "A::operator->"),
    "_Znwm": ("operator new(unsigned long)", "operator new"),
    "_ZN12_GLOBAL__N_14helpEv": ("(anonymous namespace)::help()", "(anonymous namespace)::help"),
    "_Z1fIiET_S0_": ("int f<int>(int)", "f<int>"),
    "_Z1fPFvvE": ("f(void (*)())", "f"),
    "_ZNSs4swapERSs": ("std::string::swap(std::string&)", "std::string::swap"),
    "_ZSt9terminatev": ("std::terminate()", "std::terminate"),
    "_ZZ4mainENKUlvE_clEv": ("main::'lambda'()::operator()() const", "main::'lambda'()::operator()"),
    "_Z3foov.cold": ("foo() (.cold)", "foo(.cold)"),
    "_Z3bazB5cxx11v": ("baz[abi:cxx11]()", "baz[abi:cxx11]"),
    "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE": (
        "core::fmt::Write::write_fmt",
        "core::fmt::Write::write_fmt",
    ),
    "_ZN65_$LT$Test$u20$as$u20$foo..Bar$LT$$RF$u8$GT$$GT$3bar17h0123456789abcdefE": (
        "<Test as foo::Bar<&u8>>::bar",
        "<Test as foo::Bar<&u8>>::bar",
    ),
    "_RNvC4prog4main": ("prog::main", "prog::main"),
    "main": (None, "main"),
    "_start": (None, "_start"),
    "_Z": (None, "_Z"),
    "_ZN": (None, "_ZN"),
    "_R": (None, "_R"),
}


@pytest.mark.parametrize("mangled", NAMES)
def test_demangled_and_without_parameters(mangled: str) -> None:
    text, base = NAMES[mangled]
    if mangled.startswith("_ZN65"):
        mangled = mangled.replace("_ZN65", f"_ZN{len('_$LT$Test$u20$as$u20$foo..Bar$LT$$RF$u8$GT$$GT$')}")
    assert demangle(mangled) == text
    assert base_name(text or mangled) == base


@pytest.mark.parametrize(
    ("query", "text", "rank"),
    [
        ("add", "add(int, int)", 1),
        ("add(int,int)", "add(int, int)", 0),
        ("add ( int , int )", "add(int, int)", 0),
        ("add(int)", "add(int, int)", None),
        ("add", "shop::add(int)", None),
        ("shop::Cart::add(const char *)", "shop::Cart::add(char const*)", 0),
        ("f(const unsigned long &)", "f(unsigned long const&)", 0),
        ("f(void)", "f()", 0),
        ("f<int>", "int f<int>(int)", 1),
        ("f", "int f<int>(int)", 2),
        ("f<int>(int)", "int f<int>(int)", 0),
        ("f<char>", "int f<int>(int)", None),
        ("std::vector::push_back", "std::vector<int, std::allocator<int>>::push_back(int const&)", 2),
        (
            "std::vector<int, std::allocator<int> >::push_back",
            "std::vector<int, std::allocator<int>>::push_back(int const&)",
            1,
        ),
        (
            "g(std::string)",
            "g(std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>)",
            0,
        ),
        ("baz", "baz[abi:cxx11]()", 1),
        ("foo", "foo() (.cold)", None),
        ("A::operator()", "A::operator()(int)", 1),
        ("operator new", "operator new(unsigned long)", 1),
        ("A::operator<<", "A& A::operator<<<int>(int)", 2),
        ("<Test as foo::Bar<&u8>>::bar", "<Test as foo::Bar<&u8>>::bar", 0),
        ("a::f", "a::f::<u8>", 2),
        ("A::size", "A::size() const", 1),
        ("A::size() const", "A::size() const", 0),
    ],
)
def test_what_somebody_wrote_is_compared(query: str, text: str, rank: int | None) -> None:
    assert NameQuery(query).rank(text) == rank


def test_words_that_a_mangled_name_spells_out() -> None:
    assert mangled_words("shop::Cart<char>::add") == ["4shop", "4Cart", "3add"]
    assert mangled_words("std::string::swap") == ["4swap"]
    assert mangled_words("A::operator bool") == ["1A"]
    assert mangled_words("operator new") == []
    assert mangled_words("krate::_inner") == ["5krate", "_inner"]
    assert without_arguments("a<b<c>>::d<e>") == "a::d"


@pytest.mark.parametrize(
    "path", ["/lib/x86_64-linux-gnu/libstdc++.so.6", "/lib/x86_64-linux-gnu/libLLVM-15.so.1"]
)
def test_every_name_of_a_real_library_is_found_by_its_own_words(path: str) -> None:
    if not os.path.exists(path):
        pytest.skip(f"NOT TESTED: no {path}")
    names = {
        line.name.partition("@")[0]
        for line in read_nm(path, "-D")
        if line.letter in "TW" and line.name.startswith("_Z")
    }
    unbounded = missed = 0
    for name in sorted(names)[:: 1 + len(names) // 6000]:
        text = demangle(name)
        if text is None:
            unbounded += 1
            continue
        query = NameQuery(base_name(text))
        words = mangled_words(query.base)
        missed += not all(word in name for word in words) or query.rank(text) not in (0, 1)
        assert NameQuery(text).rank(text) == 0
    assert unbounded <= len(names) // 50
    assert missed <= 5  # conversions to pointers to members, and functions that return functions


def test_names_are_those_of_cxxfilt() -> None:
    names = [name for name in NAMES if name.startswith("_Z") and NAMES[name][0] and "17h" not in name]
    printed = run("c++filt", *names).splitlines()
    for name, theirs in zip(names, printed, strict=True):
        if "lambda" not in theirs and ".cold" not in name:
            full = "std::basic_string<char, std::char_traits<char>, std::allocator<char> >"
            assert normalize(demangle(name) or "") == normalize(theirs.replace(full, "std::string"))


def bomb(levels: int) -> str:
    """A name that stands for 2^levels copies of its first part."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def reference(number: int) -> str:
        text = ""
        number -= 1
        while True:
            text = digits[number % 36] + text
            number //= 36
            if not number:
                return f"S{text}_"

    parts = [f"S0_I{reference(level + 2)}{reference(level + 2)}E" for level in range(levels)]
    return "_Z1f1B1AIS_S_E" + "".join(parts)


@pytest.mark.parametrize(
    "name",
    [
        bomb(20),
        bomb(60),
        bomb(400),
        "_Z1f" + "P" * 1_000_000 + "i",
        "_Z1f" + "1AI" * 100_000,
        "_ZN" + "1a" * 100_000 + "E",
        "_RNvC" + "1a" * 100_000,
        "_Z3a\0b",
        "_Z1f" + "DpT_" * 900,
        "_Z1fIJ" + "i" * 100 + "EEv" + "1BIDp1AIT_EE" + "".join(f"1BIDp1AIT_S{n}_EE" for n in "48CG"),
        "_RNvC4prog4" + "".join(f"TB{n}_B{n}_E" for n in range(50)),
    ],
    ids=lambda name: name[:20],
)
def test_no_name_takes_long_or_much(name: str) -> None:
    begin = time.perf_counter()
    text = demangle(name)
    assert text is None or len(text) <= LARGEST_OUTPUT
    assert time.perf_counter() - begin < 1


@given(st.text("_ZRNSIETKLPC0123456789ab.$@", max_size=80))
def test_no_name_raises(name: str) -> None:
    for prefix in ("_Z", "_R", "_ZN", ""):
        text = demangle(prefix + name)
        base_name(text or name)
        NameQuery(prefix + name).rank(text or name)


@given(st.text("ab:<>(){}[] ,&*~.'operator", max_size=60))
def test_no_query_raises(text: str) -> None:
    query = NameQuery(text)
    query.key()
    query.rank(text)
    without_arguments(normalize(text))


def test_without_the_demangler_names_stay_as_they_are() -> None:
    code = (
        "import sys; sys.modules['pycxxfilt'] = None\n"
        "from probelang.program.demangle import demangle\n"
        "assert demangle('_Z3addii') is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
