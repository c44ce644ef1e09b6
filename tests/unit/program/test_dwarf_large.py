"""A question about one function costs what that function costs, however large the program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from probelang.ctypes import CPointer
from probelang.program.dwarf import Dwarf, LineFound
from probelang.program.dwarf_places import InRegister

from .dwarf_files import build, dwarf_of, sections_of, symbols_of

if TYPE_CHECKING:
    from pathlib import Path

STRUCTS = 150
FUNCTIONS = 20
MOST_STEPS = 2_000
"""Entries stepped over, for a function whose unit has thousands and whose program has tens of thousands."""


def sources(files: int) -> dict[str, str]:
    header = "\n".join(
        f"struct s{n} {{ int count; long flags_{n}; struct s{max(0, n - 1)} *next; char name[{n % 30 + 1}]; "
        f"unsigned a:3, b:{n % 20 + 1}; void (*call)(struct s{n} *, int); union {{ int u; long v; }}; }};"
        for n in range(STRUCTS)
    )
    made = {"all.h": header}
    for file in range(files):
        lines = ['#include "all.h"', "int puts(const char *);"]
        for n in range(FUNCTIONS):
            number = file * FUNCTIONS + n
            lines.append(
                f"int function{number}(struct s{n} *p, int count) {{ puts(p->name); return p->flags_{n} + count; }}"
            )
        made[f"file{file}.c"] = "\n".join(lines)
    made["main.c"] = "int main(void) { return 0; }"
    return made


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    options = ("-O1", "-g", "-fno-eliminate-unused-debug-types")
    return build(tmp_path_factory.mktemp("large"), sources(12), *options)


class Counted:
    """Sections of a program, and how much of them a question looked at."""

    def __init__(self, path: Path, *without: str) -> None:
        sections = {name: each for name, each in sections_of(path).items() if name not in without}
        self.size = len(sections[".debug_info"][0])
        self.dwarf: Dwarf = dwarf_of(sections)

    def steps(self) -> int:
        """Entries, ranges and rows stepped over since the last question began."""
        sections = self.dwarf._reader.sections
        spent = sections._work
        sections.renew_work()
        return sections._work - spent

    def bytes_read(self) -> int:
        """Of `.debug_info`, kept in memory."""
        return sum(len(unit._data or b"") for unit in self.dwarf._reader.units._by_offset.values())


@pytest.mark.parametrize("without", [(), (".debug_aranges",)], ids=["with aranges", "without"])
def test_one_function_is_found_without_reading_the_others(program: Path, without: tuple[str, ...]) -> None:
    counted = Counted(program, *without)
    assert counted.size > 250_000
    dwarf = counted.dwarf
    address = symbols_of(program)["function123"]
    (function,) = dwarf.find_function("function123", address)
    assert counted.steps() < MOST_STEPS
    assert counted.bytes_read() < counted.size / 8
    assert [param.location_at(function.low) for param in function.params] == [
        InRegister("di"),
        InRegister("si"),
    ]
    assert counted.steps() < MOST_STEPS
    pointer = function.params[0].type.describe()
    assert isinstance(pointer, CPointer)
    assert pointer.target is not None
    assert pointer.target.find_member("flags_3") is not None
    assert counted.steps() < MOST_STEPS
    assert function.decl_file is not None
    assert counted.bytes_read() < counted.size / 8


def test_one_line_is_found_without_reading_entries_of_other_files(program: Path) -> None:
    counted = Counted(program)
    answer = counted.dwarf.addresses_of_line("file7.c", 5)
    assert isinstance(answer, LineFound)
    found = counted.dwarf.function_at(answer.addresses[0])
    assert found is not None
    assert found.name == f"function{7 * FUNCTIONS + 2}"
    assert counted.bytes_read() < counted.size / 8


def test_a_name_is_found_without_walking_entries(program: Path) -> None:
    counted = Counted(program)
    (function,) = counted.dwarf.find_function("function99")
    assert counted.steps() < MOST_STEPS
    assert function.low == symbols_of(program)["function99"]
    assert counted.bytes_read() < counted.size / 8
