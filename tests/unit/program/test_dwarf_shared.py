"""What linkers and packagers do to debugging information: whole programs optimised, common parts put into one place."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from probelang.ctypes import CPointer, CStruct
from probelang.program.dwarf import LineFound
from probelang.program.dwarf_places import InRegister
from tests.unit.btf.compiler import require

from .dwarf_files import build, dwarf_of, open_dwarf, sections_of, symbols_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probelang.program.dwarf import Dwarf

HEADER = """\
struct shared { int a; long b; char name[20]; struct shared *next; unsigned f:3; };
enum color { RED, GREEN, BLUE };
typedef struct shared shared_t;
static inline __attribute__((always_inline)) int common(shared_t *s, int k) { return s->a * k + s->f + (int)s->b; }
"""
PART = """\
#include <stdio.h>
#include <stdlib.h>
#include "shared.h"
__attribute__((noinline)) int part%d(shared_t *s, enum color c, FILE *f) { int r = common(s, c); fputs("x", f); return r + %d; }
"""
MAIN = """\
#include <stdio.h>
#include "shared.h"
int part1(shared_t *, enum color, FILE *);
int part2(shared_t *, enum color, FILE *);
int main(int argc, char **argv) { shared_t s = {argc}; return part1(&s, argc, stdout) + part2(&s, argc, stdout); }
"""
FILES = {"shared.h": HEADER, "part1.c": PART % (1, 1), "part2.c": PART % (2, 2), "main.c": MAIN}


def plain(program: Path, folder: Path) -> Dwarf:
    return open_dwarf(program)


def in_one_file(program: Path, folder: Path) -> Dwarf:
    subprocess.run([require("dwz"), str(program)], check=True, timeout=60)
    return open_dwarf(program)


def in_a_file_of_its_own(program: Path, folder: Path) -> Dwarf:
    tool = require("dwz")
    shutil.copy(program, folder / "other")
    subprocess.run(
        [tool, "-m", str(folder / "common"), str(program), str(folder / "other")], check=True, timeout=60
    )
    return dwarf_of(sections_of(program), alternate=open_dwarf(folder / "common"))


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize(
    ("options", "make"),
    [("-O2", plain), ("-O2 -flto", plain), ("-O2", in_one_file), ("-O2", in_a_file_of_its_own)],
    ids=["plain", "lto", "dwz", "dwz shared"],
)
def test_functions_types_and_inlined_code_are_found(
    tmp_path: Path, options: str, make: Callable[[Path, Path], Dwarf], version: int
) -> None:
    program = build(tmp_path, FILES, f"-gdwarf-{version}", *options.split())
    symbols = symbols_of(program)
    dwarf = make(program, tmp_path)
    for name in ("part1", "part2"):
        (function,) = dwarf.find_function("", symbols[name])
        assert [(each.name, each.low) for each in dwarf.find_function(name)] == [(name, function.low)]
        assert (function.name, function.decl_line) == (name, 4)
        assert function.decl_file == str(tmp_path / f"{name}.c")
        assert [(param.name, param.type.text) for param in function.params] == [
            ("s", "shared_t *"),
            ("c", "enum color"),
            ("f", "FILE *"),
        ]
        assert function.params[1].location_at(function.low) == InRegister("si")
        pointer = function.params[0].type.describe()
        assert isinstance(pointer, CPointer)
        assert pointer.target is not None
        described = pointer.target.describe()
        assert isinstance(described, CStruct)
        found = described.ref.find_member("f")
        assert found is not None
        assert (found.bit_offset, found.bit_size) == (384, 3)
    inlined = dwarf.find_function("common")
    assert {each.around.name for each in inlined if each.around is not None} == {"part1", "part2"}
    assert dwarf.find_enumerator("BLUE") == 2
    struct = dwarf.find_type("struct", "shared")
    assert struct is not None
    assert struct.size() == 56
    line = dwarf.addresses_of_line("shared.h", 4)
    assert isinstance(line, LineFound)
    assert len(line.addresses) == 2
