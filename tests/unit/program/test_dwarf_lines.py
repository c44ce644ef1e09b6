"""Lines of source files: their addresses, the same as readelf's table, and what is said where there are none."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from probelang.program.dwarf import AmbiguousFile, LineFound, NoCode, NoFile
from probelang.program.dwarf_line_header import ends_with, normal_path
from tests.unit.btf.compiler import require

from .dwarf_files import build, open_dwarf

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "main.c": """\
#include <stdio.h>
#include "lib/inline.h"
int first(int x);
int second(int x);

int main(int argc, char **argv)
{
    int sum = 0;

    for (int i = 0; i < argc; i++)
        sum += first(i) + doubled(i);
    printf("%d\\n", sum + second(argc));
    return 0;
}
""",
    "one/part.c": """\
#include <stdio.h>
#include "../lib/inline.h"
#include "body.inc"
int first(int x)
{
    puts("first");
    return doubled(x) + from_body(x);
}
""",
    "two/part.c": """\
#include <stdio.h>

int second(int x)
{
    puts("second");

    return x + 7;
}
""",
    "one/body.inc": """\
static int __attribute__((noinline)) from_body(int x)
{
    puts("body");
    return x;
}
""",
    "lib/inline.h": """\
static inline __attribute__((always_inline)) int doubled(int x)
{
    return __builtin_expect(x, 0) ? x * 2 + 1 : 11;
}
""",
}
VARIANTS = [
    ("-O2", "-gdwarf-3"),
    ("-O2", "-gdwarf-4"),
    ("-O0", "-gdwarf-4"),
    ("-O0", "-gdwarf-5"),
    ("-O2", "-gdwarf-5"),
]


@pytest.fixture(scope="module", params=VARIANTS, ids=" ".join)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("lines"), FILES, *request.param)


def decoded(program: Path, mark: str = r"\s+x") -> dict[tuple[str, int], set[int]]:
    """Addresses by file and line, of rows marked as statements, as readelf prints them."""
    command = [require("readelf"), "--debug-dump=decodedline", "--wide", str(program)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found: dict[tuple[str, int], set[int]] = {}
    for line in text.splitlines():
        row = re.fullmatch(r"(\S+)\s+(\d+)\s+(0x[0-9a-f]+|0)(?:\s+\d+)?" + mark + r"\s*", line)
        if row:
            found.setdefault((row[1].rsplit("/", 1)[-1], int(row[2])), set()).add(int(row[3], 16))
    return found


def test_every_line_with_code_is_found_where_readelf_has_it(program: Path) -> None:
    dwarf, rows = open_dwarf(program), decoded(program)
    for file in ("main.c", "body.inc", "inline.h"):
        for line in range(1, 16):
            answer = dwarf.addresses_of_line(file, line)
            expected = rows.get((file, line))
            if expected is None:
                assert isinstance(answer, NoCode)
                later = [number for name, number in rows if name == file and number > line]
                assert answer.next_line == (min(later) if later else None)
            else:
                assert isinstance(answer, LineFound)
                assert set(answer.addresses) <= expected
                assert min(expected) in answer.addresses
                for address in answer.addresses:
                    assert dwarf.function_at(address) is not None


def test_a_line_of_an_inlined_function_has_an_address_for_each_instance(program: Path) -> None:
    dwarf = open_dwarf(program)
    answer = dwarf.addresses_of_line("inline.h", 3)
    assert isinstance(answer, LineFound)
    inside = []
    for address in answer.addresses:
        inner, outer = dwarf.functions_at(address)
        assert inner.name == "doubled"
        inside.append(outer.name)
    assert sorted(inside) == ["first", "main"]


def test_files_are_told_apart_by_their_folders(program: Path) -> None:
    dwarf, folder = open_dwarf(program), program.parent
    answer = dwarf.addresses_of_line("part.c", 5)
    assert isinstance(answer, AmbiguousFile)
    assert set(answer.files) == {f"{folder}/one/part.c", f"{folder}/two/part.c"}
    for name, function in (
        ("two/part.c", "second"),
        (f"{folder}/two/part.c", "second"),
        ("./two/part.c", "second"),
    ):
        found = dwarf.addresses_of_line(name, 5)
        assert isinstance(found, LineFound)
        assert found.file == f"{folder}/two/part.c"
        at = dwarf.function_at(found.addresses[0])
        assert at is not None
        assert at.name == function
    assert isinstance(dwarf.addresses_of_line("three/part.c", 5), NoFile)
    assert isinstance(dwarf.addresses_of_line("art.c", 5), NoFile)
    assert isinstance(dwarf.addresses_of_line("", 5), NoFile)


def test_lines_of_a_function_count_from_its_name(program: Path) -> None:
    dwarf = open_dwarf(program)
    (second,) = dwarf.find_function("second")
    assert dwarf.addresses_of_function_line(second, 0) == LineFound(
        (second.low,), f"{program.parent}/two/part.c", 3, ((second.low,),)
    )
    puts = dwarf.addresses_of_function_line(second, 2)
    assert puts == dwarf.addresses_of_line("two/part.c", 5)
    empty = dwarf.addresses_of_function_line(second, 3)
    assert empty == NoCode(f"{program.parent}/two/part.c", 6, 7)
    outside = dwarf.addresses_of_function_line(second, 60)
    assert outside == NoCode(f"{program.parent}/two/part.c", 63, None)


def test_addresses_have_their_lines(program: Path) -> None:
    dwarf = open_dwarf(program)
    lines: dict[int, set[tuple[str, int]]] = {}
    for place, addresses in decoded(program, r"(?:\s+x)?").items():
        for address in addresses:
            lines.setdefault(address, set()).add(place)
    for address, places in lines.items():
        told = dwarf.line_at(address)
        assert told is not None
        assert (told[0].rsplit("/", 1)[-1], told[1]) in places
    assert dwarf.line_at(1) is None


def test_prologues_end_behind_the_stores_of_parameters(tmp_path: Path) -> None:
    program = build(tmp_path, FILES, "-O0", "-g", "-fstack-protector-all", "-fcf-protection=full")
    dwarf = open_dwarf(program)
    (first,) = dwarf.find_function("first")
    end = dwarf.prologue_end(first)
    assert end is not None
    command = ["objdump", "-d", f"--start-address={first.low}", f"--stop-address={end}", str(program)]
    require("objdump")
    prologue = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert re.search(r"mov\s+%edi,-0x", prologue)


def test_a_function_split_into_hot_and_cold_parts(tmp_path: Path) -> None:
    source = """\
#include <stdlib.h>
#include <stdio.h>
void fail(const char *text) __attribute__((cold, noreturn));
__attribute__((noinline)) int parts(int x, int *p)
{
    if (p[x] < 0)
        fail("it");
    return p[x + 1];
}
void fail(const char *text) { puts(text); exit(1); }
int main(int argc, char **argv) { return parts(argc, &argc); }
"""
    program = build(tmp_path, {"hot.c": source}, "-O2", "-g", "-freorder-blocks-and-partition")
    dwarf = open_dwarf(program)
    (parts,) = dwarf.find_function("parts")
    assert len(parts.ranges) == 2
    cold = dwarf.addresses_of_line("hot.c", 7)
    assert isinstance(cold, LineFound)
    assert any(address in parts for address in cold.addresses)
    for low, high in parts.ranges:
        for address in (low, high - 1):
            found = dwarf.function_at(address)
            assert found is not None
            assert (found.name, found.low) == ("parts", parts.low)


def test_paths() -> None:
    assert normal_path("/a/./b/../c.c") == "/a/c.c"
    assert normal_path("../x/c.c") == "../x/c.c"
    assert ends_with("/src/fs/read.c", "fs/read.c")
    assert ends_with("/src/fs/read.c", "/src/fs/read.c")
    assert not ends_with("/src/fs/bread.c", "read.c")
