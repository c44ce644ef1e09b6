"""Parameters at the entry of functions: by the rules for calls the same as gcc's own locations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probelang.program.dwarf_abi import entry_places
from probelang.program.dwarf_places import InMemory, InPieces, InRegister, Unavailable

from .dwarf_files import build, open_dwarf

if TYPE_CHECKING:
    from pathlib import Path

    from probelang.program.dwarf_places import Location

SOURCE = """\
#include <stdio.h>
struct two { long a; int b; };
struct mix { double d; int i; };
struct three { long a, b, c; };
struct small { char a, b; };
struct floats { float x, y, z; };
enum kind { ONE, TWO };
struct three result(int x, struct two t, struct three m, struct small s, float f, struct mix q, long a, long b)
{
    puts("a");
    struct three r = {x + t.b + m.c + s.b, f + q.d + q.i, a + b};
    return r;
}
long many(char c, enum kind k, void *p, struct floats f, struct two t, struct two no_room, int last, long late)
{
    puts("b");
    return c + k + (long)p + (long)f.z + t.a + no_room.a + last + late;
}
long wide(__int128 i, long double l, int j, union { double d; long n; } u)
{
    puts("c");
    return i + (long)l + j + u.n;
}
int main(int argc, char **argv)
{
    return 0;
}
"""


def shown(places: list[Location | Unavailable]) -> list[object]:
    """What is compared: neither why something isn't there, nor where it is later."""
    shown: list[object] = []
    for place in places:
        match place:
            case Unavailable():
                shown.append(None)
            case InPieces(pieces):
                shown.append(
                    [
                        (None if isinstance(part.place, Unavailable) else part.place, part.start)
                        for part in pieces
                    ]
                )
            case _:
                shown.append(place)
    return shown


@pytest.mark.parametrize("compiler", ["gcc", "g++"])
def test_without_optimisation_parameters_are_where_optimised_code_says(tmp_path: Path, compiler: str) -> None:
    name = "entry.c" if compiler == "gcc" else "entry.cc"
    text = (
        SOURCE
        if compiler == "gcc"
        else SOURCE.replace("union { double d; long n; } u", "struct two u").replace("u.n", "u.a")
    )
    plain, optimised = tmp_path / "plain", tmp_path / "optimised"
    for folder in (plain, optimised):
        folder.mkdir()
    first = open_dwarf(build(plain, {name: text}, "-O0", "-g", compiler=compiler))
    second = open_dwarf(build(optimised, {name: text}, "-O2", "-g", "-fno-inline", compiler=compiler))
    for function in ("result", "many", "wide", "main"):
        (unoptimised,) = first.find_function(function)
        (reference,) = second.find_function(function)
        assert [param.name for param in unoptimised.params] == [param.name for param in reference.params]
        expected = shown([param.location_at(reference.low) for param in reference.params])
        places = shown(unoptimised.places_at_entry())
        # gcc says nothing of some that it splits at once (__int128), or can't be fetched (in registers of SSE).
        assert [place for place, known in zip(places, expected, strict=True) if known is not None] == [
            place for place in expected if place is not None
        ]
        assert sum(place is not None for place in expected) >= len(expected) - 2
        assert shown(reference.places_at_entry()) == expected
    (result,) = first.find_function("result")
    floating = result.places_at_entry()[4]
    assert isinstance(floating, Unavailable)
    assert "floating point" in floating.reason


def test_a_class_with_a_destructor_is_handed_over_by_its_address(tmp_path: Path) -> None:
    source = """
    struct Owner { int *p; ~Owner(); int x; };
    Owner::~Owner() { delete p; }
    int take(int first, Owner owner, Owner &other, int last) { return first + owner.x + other.x + last; }
    int main() { return 0; }
    """
    (take,) = open_dwarf(build(tmp_path, {"a.cc": source}, "-O0", "-g", compiler="g++")).find_function("take")
    assert take.places_at_entry() == [
        InRegister("di"),
        InMemory("si", 0),
        InRegister("dx"),
        InRegister("cx"),
    ]


def test_the_rules_of_arm64(tmp_path: Path) -> None:
    dwarf = open_dwarf(build(tmp_path, {"entry.c": SOURCE}, "-O0", "-g"))
    expected = {
        "result": [
            InRegister("x0"),
            [(InRegister("x1"), 0), (InRegister("x2"), 8)],
            InMemory("x3", 0),  # a copy that the caller made
            InRegister("x4"),
            None,
            [(InRegister("x5"), 0), (InRegister("x6"), 8)],
            InRegister("x7"),
            InMemory("sp", 0),
        ],
        "many": [
            *(InRegister("x0"), InRegister("x1"), InRegister("x2"), None),
            [(InRegister("x3"), 0), (InRegister("x4"), 8)],
            [(InRegister("x5"), 0), (InRegister("x6"), 8)],
            *(InRegister("x7"), InMemory("sp", 0)),
        ],
    }
    for name, places in expected.items():
        (function,) = dwarf.find_function(name)
        types = [param.type for param in function.params]
        assert shown(entry_places("aarch64", types, [False] * len(types), function.returns)) == places
