"""The C compiler as the judge of layouts: what it says of its own structs, and how it reads ours."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Leaf(NamedTuple):
    """Where the compiler puts a member: bits from the start of its struct, `bits` 0 but for a bitfield."""

    offset: int
    bits: int
    size: int


def require(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"NOT TESTED: needs {tool}, which is not installed")
    return path


def compile_object(source: str, folder: Path, *options: str) -> Path:
    """Compile C text, with -fms-extensions as the kernel is; the object or program."""
    text, output = folder / "layout.c", folder / "layout.out"
    text.write_text(source)
    command = [require("gcc"), "-std=gnu11", "-w", "-fms-extensions", *options, "-o", str(output), str(text)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{done.stderr[:3000]}\n{source[:20_000]}"
    return output


def ask_layout(source: str, leaves: list[tuple[str, str, bool]], folder: Path) -> list[Leaf]:
    """For each (type, path, is bitfield) what the compiler answers; an empty path asks for the size of the type."""
    lines = []
    for type, path, is_bitfield in leaves:
        if not path:
            lines.append(f"show(0, 0, sizeof({type}));")
        elif is_bitfield:
            lines.append(
                f"{{ static union {{ {type} s; unsigned char b[sizeof({type})]; }} u; u.s.{path} = -1;"
                " find(u.b, sizeof u.b); }"
            )
        else:
            lines.append(f"show(8 * __builtin_offsetof({type}, {path}), 0, sizeof((({type} *)0)->{path}));")
    # Functions of some hundred lines each compile in a tenth of the time that one long one takes.
    chunks = [lines[at : at + 200] for at in range(0, len(lines), 200)]
    functions = "\n".join(
        f"static void part{number}(void) {{\n" + "\n".join(chunk) + "\n}"
        for number, chunk in enumerate(chunks)
    )
    calls = " ".join(f"part{number}();" for number in range(len(chunks)))
    program = f"""{source}
extern int printf(const char *, ...);
static void show(unsigned long offset, unsigned long bits, unsigned long size)
{{ printf("%lu %lu %lu\\n", offset, bits, size); }}
static void find(const unsigned char *b, unsigned long size)
{{
	unsigned long first = 0, count = 0;
	for (unsigned long i = size * 8; i-- > 0;)
		if (b[i / 8] >> i % 8 & 1)
			first = i, count++;
	show(first, count, 0);
}}
{functions}
int main(void) {{ {calls} return 0; }}
"""
    output = subprocess.run(
        [str(compile_object(program, folder))], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    answers = [Leaf(*map(int, line.split())) for line in output.splitlines()]
    assert len(answers) == len(leaves)
    return answers
