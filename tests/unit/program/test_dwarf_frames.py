"""Frame descriptions: the same frame addresses that readelf works out, from either section."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from probelang.program.dwarf_frames import Frames
from probelang.program.dwarf_registers import register_name
from probelang.program.dwarf_wire import Sections
from tests.unit.btf.compiler import require

from .dwarf_files import build, sections_of

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """\
#include <stdio.h>
#include <alloca.h>
int leaf(int x) { return x + 1; }
int saves(int a, int b, int c) { puts("a"); int r = leaf(a) + b; puts("b"); return r * c; }
int grows(int n) { char *p = alloca(n); gets_in(p, n); return p[0]; }
int gets_in(char *p, int n) { return snprintf(p, n, "%d", n); }
int early(int x) { if (x < 3) return 1; puts("x"); puts("y"); return x; }
int main(int argc, char **argv) { return saves(argc, 2, 3) + grows(argc) + early(argc); }
"""
NAMES = {"rsp": "sp", "rbp": "bp", "r10": "r10"}


def reference(program: Path) -> dict[tuple[int, int], list[tuple[int, str]]]:
    """By readelf: for each description its range, and (address, rule) of each row."""
    command = [require("readelf"), "--debug-dump=frames-interp", "--wide", str(program)]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    found: dict[tuple[int, int], list[tuple[int, str]]] = {}
    rows: list[tuple[int, str]] | None = None
    for line in text.splitlines():
        head = re.search(r"FDE.*pc=([0-9a-f]+)\.\.([0-9a-f]+)", line)
        row = re.match(r"([0-9a-f]{16}) (\S+)", line)
        if head:
            rows = found.setdefault((int(head[1], 16), int(head[2], 16)), [])
        elif " CIE " in line:
            rows = None
        elif row and rows is not None:
            rows.append((int(row[1], 16), row[2]))
    return found


@pytest.mark.parametrize(
    "options",
    [
        "-O2",
        "-O0",
        "-O2 -fno-asynchronous-unwind-tables",
        "-O2 -gdwarf-3 -fno-asynchronous-unwind-tables -no-pie",
        "-O2 -Wl,--no-eh-frame-hdr -no-pie",
    ],
)
def test_frame_addresses_are_those_of_readelf(tmp_path: Path, options: str) -> None:
    program = build(tmp_path, {"frames.c": SOURCE}, "-g", "-w", *options.split())
    sections = sections_of(program)
    known = Sections(
        lambda name: sections[name][0] if name in sections else None,
        "x86_64",
        8,
        True,
        lambda name: sections[name][1] if name in sections else None,
    )
    known.renew_work()
    frames = Frames(known)
    compared = set()
    for (low, high), rows in reference(program).items():
        for position, (start, rule) in enumerate(rows):
            end = rows[position + 1][0] if position + 1 < len(rows) else high
            parts = re.fullmatch(r"([a-z0-9]+)([+-]\d+)", rule)
            expected = (NAMES[parts[1]], int(parts[2])) if parts else None
            for address in {start, max(start, end - 1)}:
                assert frames.frame_address(address, low) == expected, hex(address)
                # The start is a hint: a wrong one costs time only.
                assert frames.frame_address(address, address) == expected
            compared.add(expected)
    assert len(compared) >= 4
    assert frames.frame_address(1, 1) is None


def test_registers_have_the_kernels_names() -> None:
    assert [register_name("x86_64", number) for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17)] == [
        *("ax", "dx", "cx", "bx", "si", "di", "bp", "sp", "r8", "r15", "ip"),
        None,
    ]
    assert [register_name("aarch64", number) for number in (0, 29, 30, 31, 32, 64)] == [
        *("x0", "x29", "lr", "sp"),
        None,
        None,
    ]
    assert register_name("riscv", 3) is None
