"""The whole `probelang run` against more hits than it can print at once: what was printed and what it says was lost are all there were.

The guest has one core, and its clock counts instructions (`-icount`), one a nanosecond: 200,000 hits a second are 5,000 instructions for each, however fast the
machine is that emulates it. How many hits there were is known of the program that makes them.
"""

from __future__ import annotations

import re

import pytest

from benchmarks.reader import JOB, files
from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import fetch_kernel

pytestmark = pytest.mark.kernels

HITS, RATE = 200_000, 200_000
#: Who reads, with how many KiB of buffer for each CPU; 0 is as `run` chooses it.
RUNS = (("run-json", 0), ("run-text", 0), ("run-json", 64))


def test_none_are_lost_unreported() -> None:
    steps = "".join(
        f"python3.13 -P -B reader_guest.py {name} {HITS} {RATE} {size} || exit 1\n" for name, size in RUNS
    )
    outcome = run_job(
        fetch_kernel("7.3"),
        Job(JOB + steps, files(), seconds=900),
        Machine(tools="python", options=("-icount", "shift=0")),
    )
    assert outcome.status == 0, outcome.output[-3000:]
    seconds = [float(text) for text in re.findall(rf"^SEEKS {HITS} ([\d.]+)$", outcome.output, re.MULTILINE)]
    told = re.findall(r"^READER ([\w-]+) (\d+) (\d+) ", outcome.output, re.MULTILINE)
    assert [name for name, _, _ in told] == [name for name, _ in RUNS], outcome.output
    for name, read, lost in told:
        # what was printed is counted in the guest, and is what `run` says
        assert int(read) + int(lost) == HITS, (name, outcome.output)
    assert [int(lost) for _, _, lost in told[:2]] == [0, 0], outcome.output
    assert int(told[2][2]) > 0 < int(told[2][1]), outcome.output
    # the program was not held up: they came at the rate that they were meant to
    assert max(seconds) < 1.5 * HITS / RATE, seconds
