"""What it costs to read hits: `python -m benchmarks.reader [--kernel 7.3]`, in a guest of one core with the real bpftrace.

A program seeks, and a probe on `shmem_file_llseek` records three numbers. Who reads them is, in turn: `probelang`'s reader alone, with its
text, with its JSON, the whole `probelang run` into a file, with each of its outputs, `cat trace_pipe`, and bpftrace's `printf`. The cost is the processor time of who
reads, for each hit. Then 200,000 hits a second for five seconds, faster than an emulated core can print them: what is lost must be told, by the whole
command, whose lines are counted.
The guest's clock counts instructions (`-icount`), a nanosecond each, so what else the machine does is nothing to it.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import KERNELS, fetch_kernel
from tests.kernels.lab.inside import package

SEEK = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
static long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}
int main(int argc, char **argv)
{
	long count = atol(argv[1]), rate = atol(argv[2]), start = now();
	int file = open("/tmp/seek", O_RDWR | O_CREAT, 0600);
	for (long i = 0; i < count; i++) {
		while ((now() - start) < i * 1000000000L / rate)
			;
		if (lseek(file, 4321, SEEK_SET) != 4321)
			return 1;
	}
	printf("SEEKS %ld %.2f\n", count, (now() - start) / 1e9);
	return 0;
}
"""
READERS = ("decode", "text", "json", "run-text", "run-json", "run-top", "cat", "bpftrace")
FLOODED = ("run-text", "run-json", "run-top", "run-raw", "cat")
JOB = """
tar xf package.tar; chmod +x seek; mkdir -p tests/kernels/lab; mv read_hits.py tests/kernels/lab
export PYTHONPATH=$PWD PROBELANG_CACHE_DIR=/tmp/cache
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernel", choices=KERNELS, default="7.3")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--hits", type=int, default=20_000, help="hits of a round")
    parser.add_argument("--rate", type=int, default=20_000, help="hits a second then")
    parser.add_argument("--flood", type=int, default=1_000_000, help="hits of the flood; 0 leaves it out")
    parser.add_argument("--flood-rate", type=int, default=200_000)
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument("--flooded", default=",".join(FLOODED), help="who reads the flood")
    parser.add_argument(
        "--flood-buffer", type=int, default=0, help="KiB of the kernel's buffer; 0 is what each chooses"
    )
    options = parser.parse_args()
    run = "python3.13 -P -B reader_guest.py"
    readers = list(filter(None, options.readers.split(",")))
    steps = [f"{run} {reader} {options.hits} {options.rate} 16384" for reader in readers] * options.rounds
    if options.flood:
        steps += [
            f"{run} {reader} {options.flood} {options.flood_rate} {options.flood_buffer}"
            for reader in filter(None, options.flooded.split(","))
        ]
    job = JOB + "".join(f"{step} || exit 1\n" for step in steps)
    outcome = run_job(
        fetch_kernel(options.kernel),
        Job(job, files(), seconds=3000),
        Machine(tools="python+current", options=("-icount", "shift=0")),
    )
    if outcome.status != 0:
        sys.exit(outcome.output)
    print(
        f"Linux {fetch_kernel(options.kernel).release}, one core, {options.hits} hits at {options.rate} a second"
    )
    report(outcome.output, options.hits, options.flood, options.flood_rate)


def report(output: str, hits: int, flood: int, rate: int) -> None:
    """Print what was measured."""
    costs: dict[str, list[float]] = {}
    seconds = [float(text) for text in re.findall(rf"^SEEKS {flood} ([\d.]+)$", output, re.MULTILINE)]
    flooded = []
    for name, read, lost, used, late in re.findall(
        r"^READER ([\w-]+) (\d+) (\d+) (-?\d+) ([\d.]+)$", output, re.MULTILINE
    ):
        if flood and int(read) + int(lost) == flood:
            flooded.append((name, int(read), int(lost), int(used), late))
        elif int(read) + int(lost) == hits:
            costs.setdefault(name, []).append(int(used) / max(int(read), 1))
        else:
            sys.exit(f"{name}: {read} hits and {lost} lost ones are not what there was\n{output}")
    base = statistics.median(costs["cat"]) if "cat" in costs else None
    for name, found in costs.items():
        cost = statistics.median(found)
        print(f"{name:10}{cost:>8.0f} ns a hit" + (f"{cost / base:>8.2f} times cat" if base else ""))
    for (name, read, lost, used, late), took in zip(flooded, seconds, strict=True):
        print(
            f"{flood} hits at {rate} a second, which took {took} s, {name}: {read} read, {lost} lost and told, "
            f"{used / 1e9:.1f} s of processor, done {late} s later"
        )


def files() -> dict[str, bytes]:
    """What the guest needs."""
    here = Path(__file__).parent
    lab = here.parent / "tests" / "kernels" / "lab"
    return {
        "package.tar": package(),
        "reader_guest.py": (here / "reader_guest.py").read_bytes(),
        "read_hits.py": (lab / "read_hits.py").read_bytes(),
        "seek": build_seek(),
    }


def build_seek() -> bytes:
    """The static program that seeks."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "seek.c"), Path(folder, "seek")
        source.write_text(SEEK)
        subprocess.run(["gcc", "-O2", "-static", "-o", program, source], check=True)
        return program.read_bytes()


if __name__ == "__main__":
    main()
