"""How long `probelang lint` takes, as a whole process, beside Python itself and other tools: `python -m benchmarks.lint`.

Each command runs in turn, round after round, so that whatever else the machine does meets all of them alike; medians
are printed, and their ratio to `python -c pass`, which makes figures of different machines comparable. `--check` fails
where a limit of TARGETS is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probelang.kernel.load import load_kernel
from probelang.kernel.snapshot import build_snapshot
from tests.properties.generator import Generator

KERNEL = "6.12"
#: A fleet: what comes along, and one more as a snapshot. Its specs are made for the oldest, and most hold on all.
FLEET = ("6.1", "6.12", "7.3")
MANY = 1000
SIZES = (1, 100, 1000, 2000)
FLOOR = "python -c pass"
NO_CACHE = {"PROBELANG_CACHE_DIR": "/nonexistent/cache"}

#: Ratios to the floor: on the machine where `python -c pass` takes 12 ms they are 120 ms, 300 ms and 2 s.
TARGETS = {"lint 1": 10.0, "lint 100": 25.0, "lint 1000": 167.0}
#: The same, of what teams do: 12 s and 1 s for 1,000 specs of 5 probes on 4 kernels, with two processors; 60 ms.
FLEET_TARGETS = {"first": 1000.0, "again": 83.0, "unchanged": 5.0}
#: How much longer one spec takes on four kernels than on one.
MOST_FOR_FOUR = 2.0
#: What a run without any cache may take longer, in floors (60 ms).
NO_CACHE_COSTS = 5.0
MOST_MEMORY = 70.0
"""MiB, of any of them."""


@dataclass(frozen=True)
class Command:
    """One command and what it has to answer."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass
class Figures:
    """What was measured of one command: seconds, and seconds of the processor, for each run; the peak of memory in MiB."""

    walls: list[float] = field(default_factory=list)
    processors: list[float] = field(default_factory=list)
    memory: float = 0.0

    @property
    def wall(self) -> float:
        return statistics.median(self.walls)

    @property
    def processor(self) -> float:
        return statistics.median(self.processors)


def measure(commands: Sequence[Command], rounds: int) -> dict[str, Figures]:
    """Run all commands in turn, so many rounds; one more before them fills the caches and is not counted."""
    figures = {command.name: Figures() for command in commands}
    for number in range(rounds + 1):
        for command in commands:
            wall, processor, memory = run(command)
            if number:
                figures[command.name].walls.append(wall)
                figures[command.name].processors.append(processor)
                figures[command.name].memory = max(figures[command.name].memory, memory)
    return figures


# Started by a small process: the peak of memory that the kernel tells of a child includes what its parent had when it
# forked.
_STARTER = """
import os, sys, time
null = os.open(os.devnull, os.O_RDWR)
began = time.perf_counter()
actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
print(os.waitstatus_to_exitcode(status), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


def run(command: Command) -> tuple[float, float, float]:
    """Seconds, seconds of the processor and MiB of one run."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command.words]
    environment = {**os.environ, **command.environment}
    answer = subprocess.run(starter, env=environment, capture_output=True, text=True, check=True).stdout
    status, wall, processor, memory = answer.split()
    if int(status) != command.status:
        raise SystemExit(f"{' '.join(command.words)}: exit status {status}")
    return float(wall), float(processor), int(memory) / 1024


def lint_command(kernel: str, spec: Path) -> list[str]:
    """`probelang lint`, by this interpreter, of a spec that it has not seen."""
    return [
        *(sys.executable, "-m", "probelang", "lint", "--isolated", "--no-cache", "--exit-zero"),
        *("--kernel", kernel, str(spec)),
    ]


def fleet_command(kernels: Sequence[str], path: Path, *options: str) -> list[str]:
    """`probelang lint` on several kernels."""
    named = [word for kernel in kernels for word in ("--kernel", kernel)]
    return [
        *(sys.executable, "-m", "probelang", "lint", "--isolated", "--exit-zero", "--statistics"),
        *(*options, *named, str(path)),
    ]


def fmt_command(spec: Path) -> list[str]:
    """`probelang fmt`, of a spec that it would change: it is laid out, and read again to compare what it says."""
    return [sys.executable, "-m", "probelang", "fmt", "--check", str(spec)]


def write_specs(folder: Path) -> dict[int, Path]:
    """Specs of so many different probes, on functions, tracepoints and events of a real kernel."""
    generator = Generator(load_kernel(KERNEL))
    paths = {}
    for size in SIZES:
        paths[size] = folder / f"{size}.probe"
        paths[size].write_text(generator.spec(random.Random(size), size, f"made{size}"))
    return paths


def write_fleet(folder: Path) -> tuple[list[str], Path]:
    """Four kernels, and a folder of many specs of five probes."""
    captured = sorted(Path.home().glob(".cache/probelang-lab/captured/7.2*"))
    other = load_kernel(str(captured[0]) if captured else FLEET[-1])
    snapshot = folder / "other.kernel"
    snapshot.write_bytes(build_snapshot(other.sources))
    generator = Generator(load_kernel(FLEET[0]))
    many = folder / "many"
    many.mkdir()
    for number in range(MANY):
        spec = generator.spec(random.Random(number), 5, f"made{number}")
        (many / f"{number:04}.probe").write_text(spec)
    return [*FLEET, str(snapshot)], many


def measure_fleet(folder: Path, rounds: int) -> tuple[str, list[str]]:
    """What teams do: the table, and what is beyond its limit. The first run of all is done once."""
    kernels, many = write_fleet(folder)
    one = many / "0000.probe"
    floor = Command(FLOOR, [sys.executable, "-c", "pass"])
    first = Command(f"{MANY} files, 4 kernels", fleet_command(kernels, many))
    commands = [
        floor,
        Command("the same again", first.words),
        Command("1 file, unchanged", fleet_command(kernels[:1], one)),
        Command("1 file, 1 kernel", fleet_command(kernels[1:2], one, "--no-cache")),
        Command("1 file, 4 kernels", fleet_command(kernels, one, "--no-cache")),
    ]
    measure([commands[-1]], 0)
    before = measure([floor], 5)[FLOOR]
    wall, processor, memory = run(first)
    figures = measure(commands, rounds)
    shown = {FLOOR: before, first.name: Figures([wall], [processor], memory), **figures}
    base = figures[FLOOR]
    # on an idle machine with two processors; on a busy one no clock tells
    parallel = processor / 2
    floors = {
        "first": parallel / before.processor,
        "again": figures["the same again"].processor / base.processor,
        "unchanged": figures["1 file, unchanged"].processor / base.processor,
    }
    wrong = [
        f"{name}: {floors[name]:.1f} floors of the processor, and {limit} are allowed"
        for name, limit in FLEET_TARGETS.items()
        if floors[name] > limit
    ]
    four = figures["1 file, 4 kernels"].processor / figures["1 file, 1 kernel"].processor
    if four > MOST_FOR_FOUR:
        wrong.append(f"a spec on four kernels takes {four:.1f} times as long as on one")
    lines = [f"{name}: {value:.1f} floors of the processor" for name, value in floors.items()]
    return render(shown) + "\n".join([*lines, f"four kernels: {four:.2f} times one"]) + "\n", wrong


def write_btf(folder: Path) -> Path:
    """The BTF of the kernel as a raw file."""
    data = load_kernel(KERNEL).sources.section("btf")
    assert data is not None
    path = folder / "vmlinux.btf"
    path.write_bytes(data)
    return path


def lint_commands(folder: Path) -> list[Command]:
    """Ours."""
    specs, btf = write_specs(folder), write_btf(folder)
    # what a raw BTF file does not tell is a warning
    commands = [Command(f"lint {size}", lint_command(KERNEL, path)) for size, path in specs.items()]
    commands += [Command(f"fmt {size}", fmt_command(specs[size]), status=1) for size in (100, 1000)]
    commands.append(Command("lint 1, no cache", lint_command(KERNEL, specs[1]), NO_CACHE))
    commands.append(Command("lint 1, raw BTF", lint_command(str(btf), specs[1])))
    commands.append(Command("lint 1, raw BTF, no cache", lint_command(str(btf), specs[1]), NO_CACHE))
    return commands


def peers(folder: Path) -> list[Command]:
    """Other tools that read the same BTF, where they are installed."""
    btf = str(folder / "vmlinux.btf")
    found = []
    if bpftool := shutil.which("bpftool"):
        found.append(Command("bpftool btf dump", [bpftool, "btf", "dump", "file", btf]))
        found.append(Command("bpftool btf dump (C)", [bpftool, "btf", "dump", "file", btf, "format", "c"]))
    if pahole := shutil.which("pahole"):
        found.append(Command("pahole -C file", [pahole, "-C", "file", btf]))
    if (bpftrace := shutil.which("bpftrace")) and os.geteuid() == 0:
        program = 'fentry:vfs_read { printf("%d\\n", args.file->f_inode->i_ino); }'
        found.append(
            Command("bpftrace --dry-run", [bpftrace, "--dry-run", "-e", program], {"BPFTRACE_BTF": btf})
        )
    return [command for command in found if _works(command)]


def _works(command: Command) -> bool:
    try:
        run(command)
    except (OSError, SystemExit):
        return False
    return True


def render(figures: Mapping[str, Figures]) -> str:
    """The figures as a table."""
    floor = figures[FLOOR]
    lines = [f"{'':26} {'ms':>7} {'ratio':>7} {'cpu ms':>7} {'ratio':>7} {'MiB':>5}"]
    for name, one in figures.items():
        wall, processor = one.wall / floor.wall, one.processor / floor.processor
        times = f"{one.wall * 1000:7.0f} {wall:7.1f} {one.processor * 1000:7.0f} {processor:7.1f}"
        lines.append(f"{name:26} {times} {one.memory:5.0f}")
    return "\n".join(lines) + "\n"


def missed(figures: Mapping[str, Figures]) -> list[str]:
    """What is beyond its limit."""
    floor = figures[FLOOR].wall
    wrong = [
        f"{name}: {figures[name].wall / floor:.1f} floors, and {limit} are allowed"
        for name, limit in TARGETS.items()
        if figures[name].wall > limit * floor
    ]
    more = (figures["lint 1, no cache"].wall - figures["lint 1"].wall) / floor
    if more > NO_CACHE_COSTS:
        wrong.append(f"no cache costs {more:.1f} floors, and {NO_CACHE_COSTS} are allowed")
    each = [(figures[f"lint {size}"].wall - figures["lint 1"].wall) / size for size in (1000, 2000)]
    if each[1] > 1.5 * each[0]:
        wrong.append("a probe among 2,000 costs more than 1.5 times one among 1,000")
    if "fmt 1000" in figures and figures["fmt 1000"].wall > figures["lint 1000"].wall:
        wrong.append("to format 1,000 probes takes longer than to lint them")
    for name, one in figures.items():
        if name.startswith(("lint", "fmt")) and one.memory > MOST_MEMORY:
            wrong.append(f"{name}: {one.memory:.0f} MiB, and {MOST_MEMORY:.0f} are allowed")
    return wrong


def prepare(folder: Path) -> None:
    """An environment in which both caches, ours and that of Python's byte code, are there and empty."""
    os.environ["PROBELANG_CACHE_DIR"] = str(folder / "cache")
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lint", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=15, help="how often each command runs (15)")
    parser.add_argument("--fleet", action="store_true", help="many specs on several kernels, instead")
    parser.add_argument("--check", action="store_true", help="fail where a limit is missed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="probelang-benchmark-") as made:
        folder = Path(made)
        prepare(folder)
        if options.fleet:
            table, wrong = measure_fleet(folder, options.rounds)
            sys.stdout.write(table)
            return say_missed(wrong, options.check)
        commands = [Command(FLOOR, [sys.executable, "-c", "pass"]), *lint_commands(folder), *peers(folder)]
        figures = measure(commands, options.rounds)
    sys.stdout.write(render(figures))
    return say_missed(missed(figures), options.check)


def say_missed(wrong: Sequence[str], check: bool) -> int:
    for line in wrong:
        print(f"missed: {line}")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
