"""Real programs, made by the compilers that are there."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from pathlib import Path

STATIC_PROBES = r"""
/* What <sys/sdt.h> leaves: a nop, and a note with the addresses of the nop, of a base and of a semaphore. */
#define NOTE(provider, name, semaphore, arguments) \
    "990: nop\n" \
    ".pushsection .note.stapsdt,\"?\",\"note\"\n" \
    ".balign 4\n" \
    ".4byte 992f-991f, 994f-993f, 3\n" \
    "991: .asciz \"stapsdt\"\n" \
    "992: .balign 4\n" \
    "993: .8byte 990b\n" \
    ".8byte _.stapsdt.base\n" \
    ".8byte " semaphore "\n" \
    ".asciz \"" provider "\"\n.asciz \"" name "\"\n.asciz \"" arguments "\"\n" \
    "994: .balign 4\n" \
    ".popsection\n" \
    ".ifndef _.stapsdt.base\n" \
    ".pushsection .stapsdt.base,\"aG\",\"progbits\",.stapsdt.base,comdat\n" \
    ".weak _.stapsdt.base\n.hidden _.stapsdt.base\n" \
    "_.stapsdt.base: .space 1\n.size _.stapsdt.base, 1\n" \
    ".popsection\n" \
    ".endif\n"
#define SEMAPHORE(name) \
    __extension__ unsigned short name __attribute__((unused)) __attribute__((section(".probes"), visibility("hidden")))
"""


class Line(NamedTuple):
    """A symbol as `nm` prints it."""

    name: str
    address: int
    letter: str


def require(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"NOT TESTED: needs {tool}, which is not installed")
    return path


def run(*command: str | Path) -> str:
    tool, *rest = [str(part) for part in command]
    done = subprocess.run([require(tool), *rest], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr[:3000]}"
    return done.stdout


def compile_c(folder: Path, name: str, source: str, *options: str) -> str:
    """The path of a program of C text, or of C++ text where the name's options say `-x c++`."""
    text, output = folder / f"{name}.c", folder / name
    text.write_text(source)
    tool = "g++" if "c++" in options else "gcc"
    run(tool, "-w", "-O1", *options, "-o", output, text)
    return str(output)


def read_nm(path: str, *options: str) -> list[Line]:
    lines = []
    for line in run("nm", "--defined-only", *options, path).splitlines():
        address, letter, name = line.split(maxsplit=2)
        lines.append(Line(name, int(address, 16), letter))
    return lines
