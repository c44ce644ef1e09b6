"""How long one uprobe in a program with 100 MB of debugging information takes: `python -m benchmarks.dwarf [FOLDER]`.

Builds the program in FOLDER (a temporary one by default) with gcc, a minute's work, and compiles a spec for it, each time
in a new process; `python -c pass` runs in turn, as a measure of the machine. `--check` fails where a limit is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILES = 100
STRUCTS = 4800
FUNCTIONS = 30
ROUNDS = 9
LIMIT = 1.0
"""Seconds."""

SPEC = """\
probe = uprobe {program}:function1500 {{
    count
    flags = p->flags_0
    next = p->next->count
    name
}}
"""


def build(folder: Path) -> Path:
    """The program; one that is there already is taken."""
    program = folder / "large"
    if program.exists():
        return program
    header = "\n".join(
        f"struct s{n} {{ int count; unsigned long flags_{n}; struct s{max(0, n - 1)} *next; char name[{n % 30 + 1}]; "
        f"unsigned a:3, b:{n % 20 + 1}; long values_{n}[4]; void (*call)(struct s{n} *, int); "
        f"union {{ int u; long v; }}; short q{n}; unsigned char z; }};"
        for n in range(STRUCTS)
    )
    (folder / "all.h").write_text(header)
    objects = []
    for file in range(FILES):
        lines = ['#include "all.h"', "#include <stdio.h>"]
        for n in range(FUNCTIONS):
            lines.append(
                f"__attribute__((noinline)) int function{file * FUNCTIONS + n}(struct s{n} *p, int count, const char *name)"
                f" {{ for (int i = 0; i < count; i++) puts(name); return p->values_{n}[count & 3]; }}"
            )
        source, target = folder / f"file{file}.c", folder / f"file{file}.o"
        source.write_text("\n".join(lines))
        subprocess.run(
            ["gcc", "-O2", "-g", "-fno-eliminate-unused-debug-types", "-c", "-o", target, source], check=True
        )
        objects.append(target)
    (folder / "main.c").write_text("int main(void) { return 0; }")
    subprocess.run(["gcc", "-g", "-o", program, folder / "main.c", *objects], check=True)
    for target in objects:
        target.unlink()
    return program


def timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        program = build(folder)
        spec = folder / "large.probe"
        spec.write_text(SPEC.format(program=program.resolve()))
        compile = [sys.executable, "-m", "probelang", "compile", "--kernel", "6.12", str(spec)]
        floor = [sys.executable, "-c", "pass"]
        first = timed(compile)
        rounds = [(timed(floor), timed(compile)) for _ in range(ROUNDS)]
        floors, times = [statistics.median(each) for each in zip(*rounds, strict=True)]
        print(f"program: {program.stat().st_size / 1e6:.0f} MB")
    print(f"python -c pass: {floors * 1000:.0f} ms")
    print(f"one uprobe: first {first * 1000:.0f} ms, then {times * 1000:.0f} ms, {times / floors:.1f} floors")
    return int(options.check and max(first, times) > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
