"""How long one uprobe in a program with 100 MB of debugging information takes: `python -m benchmarks.dwarf [FOLDER]`.

Builds the program in FOLDER (a temporary one by default) with gcc, a minute's work, and compiles a spec for it, each time
in a new process, with the file out of the kernel's memory and nothing of it in the cache, and again. `python -c pass` is
the measure of the machine. `--check` fails where a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.lint import Command, run

FILES = 100
STRUCTS = 4800
FUNCTIONS = 30
ROUNDS = 9
COLD, CACHED = 83.0, 17.0
"""What is allowed, in runs of `python -c pass` (where that takes 12 ms, 1 s and 0.2 s): with nothing in memory or the cache, and again."""

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


def pack(program: Path) -> Path | None:
    """The same with compressed sections, or None where objcopy cannot."""
    packed = program.with_name("compressed")
    if not packed.exists():
        done = subprocess.run(["objcopy", "--compress-debug-sections=zlib", program, packed], check=False)
        if done.returncode:
            return None
    return packed


def drop(path: Path) -> None:
    """Have the kernel forget what it has of a file in memory."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def timed(command: Sequence[str], cache: Path) -> tuple[float, float]:
    """Seconds, and MiB at the most."""
    figures = run(Command("", command, {"PROBELANG_CACHE_DIR": str(cache)}))
    return figures[0], figures[2]


def commands_of(program: Path, folder: Path) -> dict[str, list[str]]:
    """Ours, and other tools that look for the same function and its parameters."""
    spec = folder / f"{program.name}.probe"
    spec.write_text(SPEC.format(program=program.resolve()))
    ours = [sys.executable, "-m", "probelang", "compile", "--kernel", "6.12", str(spec)]
    others = {
        "perf probe": [
            "perf",
            "probe",
            "-x",
            str(program),
            "-D",
            "function1500 count p->flags_0 name:string",
        ],
        "gdb": ["gdb", "-nx", "-batch", "-ex", "info scope function1500", str(program)],
        "readelf --debug-dump=info": ["readelf", "--debug-dump=info", str(program)],
    }
    found = {name: [shutil.which(words[0]) or "", *words[1:]] for name, words in others.items()}
    return {"probelang": ours, **{name: words for name, words in found.items() if words[0]}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    missed = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        program = build(folder)
        cache = Path(temporary) / "cache"
        print(f"{'':40} {'ms':>6} {'ratio':>7} {'MiB':>5}")

        def show(name: str, rounds: int, words: Sequence[str], before: Callable[[], Path]) -> float:
            figures, floors = [], []
            for _ in range(rounds):
                place = before()
                floors.append(timed([sys.executable, "-c", "pass"], cache)[0])
                figures.append(timed(words, place))
            seconds, memory = (statistics.median(each) for each in zip(*figures, strict=True))
            ratio = seconds / statistics.median(floors)
            print(f"{name:40} {seconds * 1000:6.0f} {ratio:7.1f} {memory:5.0f}", flush=True)
            return ratio

        show("python -c pass", ROUNDS, [sys.executable, "-c", "pass"], lambda: cache)
        for path in (program, pack(program)):
            if path is None:
                continue
            name = f"{path.stat().st_size / 1e6:.0f} MB" + (", compressed" if path != program else "")
            commands = commands_of(path, folder)
            ours = commands.pop("probelang")
            timed(ours, cache)  # modules and the kernel, which are not what is measured

            def forget(path: Path = path) -> Path:
                drop(path)
                cold = Path(tempfile.mkdtemp(dir=temporary))
                shutil.copytree(cache, cold, ignore=_of_programs, dirs_exist_ok=True)
                return cold

            missed |= show(f"{name}: cold", ROUNDS, ours, forget) > COLD
            missed |= show(f"{name}: again", ROUNDS, ours, lambda: cache) > CACHED
            for peer, words in commands.items():
                show(f"{name}: {peer}", 1 if peer.startswith("readelf") else 3, words, lambda: cache)
    return int(options.check and missed)


def _of_programs(folder: str, names: list[str]) -> set[str]:
    """Entries of the cache that are of programs."""
    return {name for name in names if b"|unpacked|" in (Path(folder) / name).read_bytes()}


if __name__ == "__main__":
    sys.exit(main())
