"""What a hit costs: `python -m benchmarks.overhead [--kernel 7.3]`, in a guest with the real bpftrace and perf.

A program reads one byte at a time from /dev/zero, in a loop, and a probe sits on `vfs_read`: by each backend, with a condition
that rejects every hit and with one that accepts them all. A loop without a probe runs before and behind each, and the cost is a
ratio to those two; medians of all rounds. The guest is emulated, and its clock counts instructions (`-icount`), so that what else the
machine does is nothing to it: what a hit costs on a processor is another number of nanoseconds, and not quite the same ratio.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from probelang.analysis import analyse
from probelang.backends import DEFAULT_SETTINGS, get_backend
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import KERNELS, fetch_kernel
from tests.kernels.lab.target import target_kernel

LOOP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	long count = atol(argv[1]);
	int file = open("/dev/zero", O_RDONLY);
	char byte;
	struct timespec a, b;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < count; i++)
		if (read(file, &byte, 1) != 1)
			return 1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("NS %s %.1f\n", argv[2], ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / count);
	return 0;
}
"""

SPEC = """
group cost
hit = {kind} vfs_read if count {condition} {{ count, pos = file->f_pos }}
"""

PROBES = {
    "tracefs fprobe": ("tracefs", "fprobe"),
    "tracefs kprobe": ("tracefs", "kprobe"),
    "bpftrace fentry": ("bpftrace", "fprobe"),
    "perf": ("perf", "fprobe"),
}
CONDITIONS = {"rejects": "== 12345", "accepts": "== 1"}
READS = 20_000

_RUN = {
    "tracefs": "sh {file} start; {loop}; sh {file} stop; echo >/sys/kernel/tracing/trace\n",
    "bpftrace": "bpftrace {file} >/tmp/out 2>/tmp/said & until grep -q Attached /tmp/said; do sleep 0.2; done; sleep 0.5; "
    "{loop}; kill -INT %1; wait; rm -f /tmp/out\n",
    "perf": "sh {file} record -o /tmp/data -- {loop} 2>/dev/null; rm -f /tmp/data\n",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernel", choices=KERNELS, default="7.3")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    ratios = measure(options.kernel, options.rounds)
    print(
        f"Linux {fetch_kernel(options.kernel).release}, {READS} reads of one byte each, medians of {options.rounds} rounds"
    )
    print(f"{'':24}{'a read':>10}{'what a hit adds':>18}")
    print(f"{'no probe':24}{1.0:>9.2f}x")
    for name in PROBES:
        for condition in CONDITIONS:
            ratio = statistics.median(ratios[f"{name}, {condition}".replace(" ", "_")])
            print(f"{f'{name}, {condition}':24}{ratio:>9.2f}x{ratio - 1:>17.2f}x")


def measure(kernel: str, rounds: int) -> dict[str, list[float]]:
    """How many times as long a read takes with a probe on it as without, by what sits on it; one for each round."""
    files = {"loop": build_loop()}
    known = target_kernel(fetch_kernel(kernel))
    steps = ["chmod +x loop"]
    for name, (target, kind) in PROBES.items():
        for condition, compared in CONDITIONS.items():
            label = f"{name}, {condition}".replace(" ", "_")
            analysis = analyse(Source("cost.pl", SPEC.format(kind=kind, condition=compared)), known, target)
            if analysis.failed:
                sys.exit(f"{name}: {[found.message for found in analysis.diagnostics]}")
            backend = get_backend(target)
            script = backend.render(analysis.events, "script", ["cost.pl"], known, DEFAULT_SETTINGS).text
            files[label] = script.encode()
            steps.append(f"./loop {READS} bare")
            steps.append(_RUN[target].format(file=label, loop=f"./loop {READS} {label}"))
    body = "\n".join(steps)
    job = f"for round in {' '.join(map(str, range(rounds)))}; do\n{body}\n./loop {READS} bare\ndone\n"
    outcome = run_job(
        fetch_kernel(kernel),
        Job(job, files, seconds=600),
        Machine(tools="current", options=("-icount", "shift=0")),
    )
    if outcome.status != 0:
        sys.exit(outcome.output)
    told = re.findall(r"^NS (\S+) ([\d.]+)$", outcome.output, re.MULTILINE)
    found: dict[str, list[float]] = {}
    for (_, before), (label, value), (_, behind) in zip(told, told[1:], told[2:], strict=False):
        if label != "bare":
            found.setdefault(label, []).append(2 * float(value) / (float(before) + float(behind)))
    missing = {f"{name}, {condition}".replace(" ", "_") for name in PROBES for condition in CONDITIONS} - set(
        found
    )
    if missing:
        sys.exit(f"no times of {missing}\n{outcome.output}")
    return found


def build_loop() -> bytes:
    """The static program that reads."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "loop.c"), Path(folder, "loop")
        source.write_text(LOOP)
        subprocess.run(["gcc", "-O2", "-static", "-o", program, source], check=True)
        return program.read_bytes()


if __name__ == "__main__":
    main()
