"""What time it is by an instance's trace clock: what was read up to now holds all that happened before."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_CHOSEN = re.compile(r"\[(\S+)\]")
_NOW = re.compile(r"^now ts: +(\d{1,12})\.(\d{6})$", re.MULTILINE)

#: Trace clocks that a program can read too.
_CLOCKS = {
    "mono": time.CLOCK_MONOTONIC,
    "mono_raw": time.CLOCK_MONOTONIC_RAW,
    "boot": time.CLOCK_BOOTTIME,
    "tai": time.CLOCK_TAI,
}
#: Trace clocks in nanoseconds that the kernel tells the time of in `per_cpu/cpuN/stats`, cut to microseconds.
_TOLD = ("local", "global", "perf")


def find_clock(instance: Path) -> Callable[[], int] | None:
    """The clock of an instance in nanoseconds; None of one that counts something else."""
    try:
        chosen = _CHOSEN.search((instance / "trace_clock").read_text())
    except OSError:
        return None
    name = chosen[1] if chosen else ""
    if name in _CLOCKS:
        clock = _CLOCKS[name]
        return lambda: time.clock_gettime_ns(clock)
    if name in _TOLD:
        return lambda: _told(instance)
    return None


def _told(instance: Path) -> int:
    try:
        found = _NOW.search((instance / "per_cpu" / "cpu0" / "stats").read_text())
    except OSError:
        found = None
    return int(found[1]) * 1_000_000_000 + int(found[2]) * 1000 if found else 0
