"""What `probelang lint` costs, guarded: the modules that start-up may not pay for, and time as ratios to Python itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lint import (
    FLOOR,
    MOST_MEMORY,
    Command,
    Figures,
    fmt_command,
    lint_command,
    measure,
    missed,
    prepare,
    render,
    write_specs,
)

#: Each of these takes from 1 to 90 ms to import.
EXPENSIVE = {
    "asyncio", "bz2", "ctypes", "dataclasses", "difflib", "elftools", "email", "hashlib", "inspect", "json", "lark", "logging",
    "lz4", "lzma", "pathlib", "platformdirs", "random", "shutil", "socket", "subprocess", "tarfile", "tempfile", "threading",
    "tokenize", "traceback", "unittest", "urllib", "zstandard",
}  # fmt: skip
_LIST_MODULES = """
import sys
before = set(sys.modules)
from probelang.cli.main import main
status = main(["lint", "--kernel", "6.12", sys.argv[1]])
print(status, *sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""
SPEC = 'x = fprobe vfs_open if name ~ "*.so" && $tid > 1 { name = path->dentry->d_name.name }\n'


def test_linting_imports_nothing_expensive(tmp_path: Path) -> None:
    spec = tmp_path / "x.probe"
    spec.write_text(SPEC)
    environment = {**os.environ, "PROBELANG_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):  # without a cache, and with it
        done = subprocess.run(
            [sys.executable, "-c", _LIST_MODULES, str(spec)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        status, *modules = done.stdout.split()
        assert status == "0", done.stdout
        assert EXPENSIVE.isdisjoint(modules), EXPENSIVE.intersection(modules)


def test_time_and_memory_against_python_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice what `benchmarks.lint` allows, in time of the processor: other tests may run beside this one."""
    for name in ("PROBELANG_CACHE_DIR", "PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "")  # put back at the end
    prepare(tmp_path)
    specs = write_specs(tmp_path)
    commands = [Command(FLOOR, [sys.executable, "-c", "pass"])]
    commands += [Command(f"lint {size}", lint_command("6.12", specs[size])) for size in (1, 100, 1000)]
    commands.append(Command("fmt 1000", fmt_command(specs[1000]), status=1))
    figures = measure(commands, 2)
    floor = figures[FLOOR].processor
    shown = render(figures)
    assert figures["lint 1"].processor < 20 * floor, shown
    assert figures["lint 100"].processor < 50 * floor, shown
    assert figures["lint 1000"].processor < 340 * floor, shown
    assert figures["fmt 1000"].processor < 1.1 * figures["lint 1000"].processor, shown
    assert max(one.memory for one in figures.values()) < MOST_MEMORY, shown


def test_what_is_missed_is_said() -> None:
    def figures(**walls: float) -> dict[str, Figures]:
        made = {
            FLOOR: 0.01,
            "lint 1": 0.05,
            "lint 100": 0.1,
            "lint 1000": 0.5,
            "lint 2000": 1.0,
            "lint 1, no cache": 0.06,
        }
        made.update({name.replace("_", " "): wall for name, wall in walls.items()})
        return {name: Figures([wall], [wall], 20.0) for name, wall in made.items()}

    assert missed(figures()) == []
    assert len(missed(figures(lint_1=0.11))) == 1
    assert len(missed(figures(lint_2000=1.9))) == 1
    assert missed(figures(fmt_1000=0.4)) == []
    assert len(missed(figures(fmt_1000=0.6))) == 1
