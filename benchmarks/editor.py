"""How long a user of an editor waits for `probelang lsp`: `python -m benchmarks.editor`.

A server is spoken to as an editor does, over its standard input and output, about a spec of 1,000 lines for the
kernel 7.3 that comes along. Figures are milliseconds from the last byte sent to the last byte received; beside them
stands the time of the processor that the server took on average, which other programs on the machine do not change much.
`--check` fails where a limit is missed.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from probelang.kernel.load import load_kernel
from tests.lsp.wire import Wire
from tests.properties.generator import Generator

KERNEL = "7.3"
LINES = 1000
URI = "file:///tmp/probelang-benchmark/io.probe"

#: Milliseconds: the 95th percentile, but for what happens once.
LIMITS = {"keystroke": 20.0, "completion of functions": 10.0, "hover": 5.0, "start": 800.0}
#: MiB: all of it, and what 10,000 edits may add.
MOST_MEMORY = 120.0
MOST_GROWTH = 10.0

_TICK = os.sysconf("SC_CLK_TCK")
_QUERIES = ("vfs_re", "tcp", "s", "", "sched_cl", "do_sys_o", "ip6_", "vfsrd", "kmem_cache_al", "zz", "read")


@dataclass
class Figures:
    """What was measured of one question: milliseconds of each, and of the processor on average."""

    name: str
    times: list[float] = field(default_factory=list)
    processor: float = 0.0

    def quantile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def write_spec(lines: int = LINES) -> str:
    """A spec of so many lines, all of whose probes are different."""
    generator = Generator(load_kernel(KERNEL))
    text = generator.spec(random.Random(lines), lines // 3, "made")
    rows = text.split("\n")[: lines - 8]
    while rows and not rows[-1].startswith("}"):
        rows.pop()
    end = [
        "",
        "last = fprobe vfs_read if count > 4096 {",
        "    count",
        "    ino = file->f_inode->i_ino",
        "    pos = *pos",
        "}",
        "",
    ]
    return "\n".join([*rows, *end])


def processor_time(pid: int) -> float:
    """Milliseconds of the processor that a process has taken."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) * 1000 / _TICK


def memory(pid: int) -> float:
    """MiB that a process has in memory, those of files that it maps included."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def measure(wire: Wire, name: str, rounds: int, ask: Callable[[int], object]) -> Figures:
    """The times of many questions."""
    figures = Figures(name)
    before = processor_time(wire.process.pid)
    for number in range(rounds):
        start = time.perf_counter()
        ask(number)
        figures.times.append((time.perf_counter() - start) * 1000)
    figures.processor = (processor_time(wire.process.pid) - before) / rounds
    return figures


class Typist:
    """Edits a line somewhere in the spec, a letter at a time, and takes them back."""

    def __init__(self, wire: Wire, text: str, seed: int) -> None:
        self.wire = wire
        self.rows = text.split("\n")
        self.random = random.Random(seed)
        self.version = 1
        self.line = 0
        self.typed = 0

    def key(self, _: int = 0) -> object:
        """One keystroke, and what is said then."""
        self.version += 1
        if self.typed == 0:
            candidates = [n for n, row in enumerate(self.rows) if row.startswith("    ")]
            self.line = self.random.choice(candidates)
        start = len(self.rows[self.line])
        if self.typed < 6:
            self.typed += 1
            at = (self.line, start + self.typed - 1)
            return self.wire.edit(URI, self.version, at, at, "_count"[self.typed - 1])
        self.typed = 0
        return self.wire.edit(URI, self.version, (self.line, start), (self.line, start + 6), "")


def run(rounds: int, edits: int) -> tuple[list[Figures], float, float]:
    """All figures, the memory at the end, and what the edits added to it."""
    text = write_spec()
    begin = time.perf_counter()
    with Wire({"kernels": [KERNEL]}) as wire:
        wire.begin()
        wire.open(URI, text)
        start = Figures("start", [(time.perf_counter() - begin) * 1000], processor_time(wire.process.pid))
        typist = Typist(wire, text, 1)
        measure(wire, "warm", 50, typist.key)
        found = [start, measure(wire, "keystroke", rounds, typist.key)]
        while typist.typed:
            typist.key()
        last = text.count("\n", 0, text.index("last = fprobe"))

        def complete(number: int) -> object:
            query = _QUERIES[number % len(_QUERIES)]
            typist.version += 1
            wire.edit(URI, typist.version, (last, 14), (last, len(f"last = fprobe {asked[-1]}")), query)
            asked.append(query)
            begin = time.perf_counter()
            answer = wire.at("completion", URI, last, 14 + len(query))
            alone.append((time.perf_counter() - begin) * 1000)
            return answer

        asked, alone = ["vfs_read"], []
        names = measure(wire, "completion of functions", rounds // 2, complete)
        wire.edit(URI, typist.version + 1, (last, 14), (last, 14 + len(asked[-1])), "vfs_read")
        typist.version += 1
        names.times = alone
        # without the keystroke before it
        names.processor = 0.0
        found.append(names)
        found.append(
            measure(
                wire, "completion of members", rounds // 2, lambda _: wire.at("completion", URI, last + 2, 16)
            )
        )
        places = [(last, 16), (last + 1, 6), (last + 2, 18), (last + 2, 26), (last + 3, 11), (last, 27)]
        found.append(
            measure(wire, "hover", rounds // 2, lambda n: wire.at("hover", URI, *places[n % len(places)]))
        )
        whole = {"textDocument": {"uri": URI}}
        found.append(
            measure(
                wire, "semantic tokens", 20, lambda _: wire.ask("textDocument/semanticTokens/full", whole)
            )
        )
        found.append(measure(wire, "outline", 20, lambda _: wire.ask("textDocument/documentSymbol", whole)))
        before = memory(wire.process.pid)
        for number in range(edits):
            typist.key(number)
        after = memory(wire.process.pid)
    return found, after, after - before


def missed(found: list[Figures], most: float, growth: float, slack: float = 1.0) -> list[str]:
    """The limits that were not kept, a sentence each."""
    wrong = []
    for figures in found:
        limit = LIMITS.get(figures.name)
        value = figures.quantile(0.95)
        if limit is not None and value > limit * slack:
            wrong.append(f"{figures.name}: {value:.1f} ms, and {limit * slack:g} are allowed")
    if most > MOST_MEMORY:
        wrong.append(f"{most:.0f} MiB of memory, and {MOST_MEMORY:.0f} are allowed")
    if growth > MOST_GROWTH:
        wrong.append(f"memory grew by {growth:.1f} MiB, and {MOST_GROWTH:.0f} are allowed")
    return wrong


def render(found: list[Figures], most: float, growth: float, edits: int) -> str:
    """The figures as a table."""
    lines = [f"{'':26}{'median':>8}{'95 %':>8}{'limit':>8}{'cpu':>8}"]
    for figures in found:
        limit = LIMITS.get(figures.name)
        lines.append(
            f"{figures.name:26}{statistics.median(figures.times):8.1f}{figures.quantile(0.95):8.1f}"
            f"{f'{limit:g}' if limit else '':>8}{figures.processor or 0:8.1f}"
        )
    lines.append(f"{most:.0f} MiB of memory after {edits:,} edits, which added {growth:.1f}")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and with `--check` judge."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--edits", type=int, default=10_000)
    parser.add_argument("--check", action="store_true", help="fail where a limit is missed")
    options = parser.parse_args()
    found, most, growth = run(options.rounds, options.edits)
    print(render(found, most, growth, options.edits))
    wrong = missed(found, most, growth)
    for line in wrong:
        print(line)
    return 1 if options.check and wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
