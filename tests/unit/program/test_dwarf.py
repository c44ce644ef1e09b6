"""Functions and their parameters: what gcc was given, found again, and the same as pyelftools finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from elftools.dwarf.locationlists import LocationEntry, LocationParser
from elftools.elf.elffile import ELFFile

from probelang.program.dwarf_places import (
    Constant,
    EntryValue,
    InMemory,
    InPieces,
    InRegister,
    Piece,
    Unavailable,
)

from .dwarf_files import build, open_dwarf, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

    from probelang.program.dwarf import Dwarf
    from probelang.program.dwarf_places import Location

MAIN = """\
#include <stdio.h>
struct bits { int a:3; unsigned b:5; long c; unsigned long d:40; };
struct pair { long x, y; };
struct big { long x[5]; };
long other(struct pair *p, int scale);
static inline __attribute__((always_inline)) int twice(struct bits *p, int k)
{
    return p->a + 2 * k;
}
__attribute__((noinline)) int work(struct bits *p, int count, char *name)
{
    int result = twice(p, count);
    printf("%s\\n", name);
    result += twice(p, count + 1);
    return result + 2;
}
__attribute__((noinline)) long pairs(struct pair q, double z, int n)
{
    puts("hi");
    return q.x + q.y + n + (long)z;
}
__attribute__((noinline)) long stack(long a, long b, long c, long d, long e, long f, struct big g, int seventh)
{
    puts("hi");
    return a + b + g.x[1] + seventh;
}
__attribute__((noinline)) static int helper(int only_here, int unused)
{
    puts("x");
    return only_here * 3;
}
int main(int argc, char **argv)
{
    struct bits b = {1, 2, 3};
    struct pair q = {1, 2}, lost = {3, 4};
    struct big g = {{argc}};
    return work(&b, argc, argv[0]) + pairs(lost, 1.0, argc) + other(&q, argc) + helper(argc, 1)
        + stack(1, 2, 3, 4, 5, 6, g, argc);
}
"""
OTHER = """\
#include <stdio.h>
struct pair { long x, y; };
__attribute__((noinline)) static int helper(struct pair *in_other)
{
    puts("y");
    return in_other->y;
}
long other(struct pair *p, int scale)
{
    return helper(p) * scale + p->x;
}
"""
FILES = {"main.c": MAIN, "sub/other.c": OTHER}
VARIANTS = [
    *[("-O2", f"-gdwarf-{version}") for version in (3, 4, 5)],
    *[("-O0", f"-gdwarf-{version}") for version in (4, 5)],
    ("-O2", "-gdwarf-5", "-no-pie"),
    ("-O2", "-g", "-ffunction-sections", "-freorder-blocks-and-partition"),
]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Path]:
    return {variant: build(tmp_path_factory.mktemp("program"), FILES, *variant) for variant in VARIANTS}


@pytest.fixture(params=VARIANTS, ids=" ".join)
def program(request: pytest.FixtureRequest, programs: dict[tuple[str, ...], Path]) -> Path:
    return programs[request.param]


@pytest.fixture
def optimised(programs: dict[tuple[str, ...], Path]) -> Path:
    return programs["-O2", "-gdwarf-5"]


@pytest.fixture
def plain(programs: dict[tuple[str, ...], Path]) -> Path:
    return programs["-O0", "-gdwarf-5"]


def shape(dwarf: Dwarf, name: str) -> list[tuple[str, str]]:
    (function,) = [found for found in dwarf.find_function(name) if not found.inlined]
    return [(param.name, param.type.text) for param in function.params]


def test_functions_by_name_have_their_parameters_and_types(program: Path) -> None:
    dwarf = open_dwarf(program)
    assert shape(dwarf, "work") == [("p", "struct bits *"), ("count", "int"), ("name", "char *")]
    assert shape(dwarf, "pairs") == [("q", "struct pair"), ("z", "double"), ("n", "int")]
    assert shape(dwarf, "main") == [("argc", "int"), ("argv", "char **")]
    (work,) = dwarf.find_function("work")
    assert work.returns is not None
    assert work.returns.text == "int"
    assert (work.decl_file, work.decl_line) == (
        str(program.parent / "main.c"),
        MAIN[: MAIN.index("int work")].count("\n") + 1,
    )
    assert work.linkage_name is None
    assert dwarf.find_function("no_such_function") == []
    assert dwarf.find_function("puts") == []


def test_functions_by_the_address_of_their_symbol(program: Path) -> None:
    dwarf, symbols = open_dwarf(program), symbols_of(program)
    for name in ("work", "pairs", "main", "other", "stack"):
        address = symbols[name]
        (function,) = dwarf.find_function("the symbol's name does not matter", address)
        assert (function.name, function.low) == (name, address)
        inside = dwarf.function_at(function.high - 1)
        assert inside is not None
        assert inside.name == name
        assert inside.die.same_as(function.die)
    assert dwarf.function_at(1) is None
    assert dwarf.function_at(1 << 70) is None


def test_static_functions_of_one_name_are_all_found(program: Path) -> None:
    found = open_dwarf(program).find_function("helper")
    out_of_line = sorted([[param.name for param in each.params] for each in found if not each.inlined])
    assert out_of_line == [["in_other"], ["only_here", "unused"]]
    assert {each.decl_file for each in found} == {str(program.parent / name) for name in FILES}


def test_inlined_functions_are_found_where_they_were_inlined(program: Path) -> None:
    dwarf = open_dwarf(program)
    (work,) = dwarf.find_function("work")
    found = dwarf.find_function("twice")
    assert len(found) == 2
    for each in found:
        assert each.inlined
        assert each.around is not None
        assert each.around.name == "work"
        assert each.low in work
        assert [param.name for param in each.params] == ["p", "k"]
    inner, outer = dwarf.functions_at(found[0].ranges[0][0])
    assert (inner.name, outer.name) == ("twice", "work")


def test_parameters_in_registers_at_the_entry(optimised: Path) -> None:
    dwarf = open_dwarf(optimised)
    (work,) = dwarf.find_function("work")
    assert [param.location_at(work.low) for param in work.params] == [
        InRegister("di"),
        InRegister("si"),
        InRegister("dx"),
    ]
    (pairs,) = dwarf.find_function("pairs")
    struct, floating, number = [param.location_at(pairs.low) for param in pairs.params]
    assert struct == InPieces((Piece(InRegister("di"), 0, 8), Piece(InRegister("si"), 8, 8)))
    assert isinstance(floating, Unavailable)
    assert "floating point" in floating.reason
    assert number == InRegister("dx")


def test_parameters_on_the_stack_are_there_from_the_entry_on(program: Path) -> None:
    (stack,) = open_dwarf(program).find_function("stack")
    by_name = {param.name: param for param in stack.params}
    # The return address is at the stack pointer, the struct of 40 bytes behind it.
    assert by_name["g"].location_at(stack.low) == InMemory("sp", 8)
    assert by_name["seventh"].location_at(stack.low) == InMemory("sp", 48)


def test_frame_slots_hold_parameters_only_behind_the_prologue(plain: Path) -> None:
    dwarf = open_dwarf(plain)
    (work,) = dwarf.find_function("work")
    end = dwarf.prologue_end(work)
    assert end is not None
    assert work.low < end < work.high
    for param in work.params:
        early = param.location_at(work.low)
        assert isinstance(early, Unavailable)
        assert [(alive.low, alive.high) for alive in early.alive] == [(end, work.high)]
        late = param.location_at(end)
        assert isinstance(late, InMemory)
        assert late.register == "bp"


def test_optimised_out_says_where_it_is_still_alive(optimised: Path) -> None:
    dwarf = open_dwarf(optimised)
    (work,) = dwarf.find_function("work")
    name = work.params[2]
    last = work.high - 1
    gone = name.location_at(last)
    assert gone == EntryValue("dx") or isinstance(gone, Unavailable)
    alive = name.alive_ranges()
    assert alive[0].low == work.low
    assert all(part.high <= last for part in alive)
    assert work.decl_line is not None
    assert alive[0].line == work.decl_line + 1  # that of its brace
    (main,) = dwarf.find_function("main")
    (local,) = [each for each in main.variables_at(main.low) if each.name == "lost"]
    nowhere = local.location_at(main.low)
    assert nowhere == Unavailable("was optimised out")


def test_a_constant_parameter_is_a_constant(optimised: Path) -> None:
    found = [
        param.location_at(function.low)
        for function in open_dwarf(optimised).find_function("helper")
        for param in function.params
        if param.name == "unused"
    ]
    assert found in ([Constant(1)], [InRegister("si")])


def reference(path: Path) -> list[tuple[Any, Any]]:
    """Subprograms with code as pyelftools reads them, and how to read locations."""
    with path.open("rb") as file:
        info = ELFFile(file).get_dwarf_info()
        parser = LocationParser(info.location_lists())
        found = []
        for unit in info.iter_CUs():
            for die in unit.iter_DIEs():
                if die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.attributes:
                    params = []
                    for child in die.iter_children():
                        if child.tag == "DW_TAG_formal_parameter":
                            attribute = child.attributes.get("DW_AT_location")
                            parsed = (
                                parser.parse_from_attribute(attribute, unit["version"], child)
                                if attribute is not None
                                else None
                            )
                            params.append((unit, parsed))
                    found.append((die, params))
        return found


@pytest.mark.parametrize("variant", [each for each in VARIANTS if "-O2" in each], ids=" ".join)
def test_locations_are_those_that_pyelftools_reads(
    variant: tuple[str, ...], programs: dict[tuple[str, ...], Path]
) -> None:
    program = programs[variant]
    dwarf = open_dwarf(program)
    compared = 0
    names = ("ax", "dx", "cx", "bx", "si", "di", "bp", "sp", *(f"r{number}" for number in range(8, 16)))
    for die, params in reference(program):
        function = dwarf.function_at(die.attributes["DW_AT_low_pc"].value)
        assert function is not None
        # Those that nothing is left of are known to us by the abstract function alone.
        own = [param for param in function.params if param.die.offset > function.die.offset]
        for param, (unit, parsed) in zip(own, params, strict=True):
            base = unit.get_top_DIE().attributes["DW_AT_low_pc"].value
            for entry in parsed if isinstance(parsed, list) else ():
                if not isinstance(entry, LocationEntry):
                    base = entry.base_address
                    continue
                added = 0 if entry.is_absolute else base
                start, end = entry.begin_offset + added, entry.end_offset + added
                expression = bytes(entry.loc_expr)
                if start == end:
                    continue
                if len(expression) == 1 and 0x50 <= expression[0] < 0x60:
                    expected: Location = InRegister(names[expression[0] - 0x50])
                elif (
                    expression[:1] in (b"\xa3", b"\xf3")
                    and expression[-1:] == b"\x9f"
                    and len(expression) == 4
                ):
                    expected = EntryValue(names[expression[2] - 0x50])
                else:
                    continue
                assert param.location_at(start) == param.location_at(end - 1) == expected
                compared += 1
    assert compared > 20
