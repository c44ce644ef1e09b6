"""Hardware breakpoints and clocks: no kernel has them in tracefs, bpftrace has both."""

from __future__ import annotations

from tests.kernels.lab.case import Case, exactly, fact, one, some
from tests.kernels.lab.fetch import KERNELS

CASES = [
    Case(
        "watch-variable",
        spec="w = watch vm_swappiness w { $comm, now = @vm_swappiness }",
        do="sh -c 'echo 41 >/proc/sys/vm/swappiness'; sh -c 'echo 43 >/proc/sys/vm/swappiness; read x </proc/sys/vm/swappiness'",
        expect=[one("w", comm="sh", now=41), one("w", comm="sh", now=43)],
        refused=dict.fromkeys(KERNELS, r"error\[PRB401\].*no wprobe events"),
    ),
    Case(
        "watch-who",
        spec="w = watch vm_swappiness w { $comm }",
        do="""
        known first sh -c 'echo 41 >/proc/sys/vm/swappiness'
        known second sh -c 'echo 43 >/proc/sys/vm/swappiness; read x </proc/sys/vm/swappiness'
        """,
        expect=[
            one("w", tid_=fact("first"), comm="sh"),
            one("w", tid_=fact("second"), comm="sh"),
            exactly(2, "w"),
        ],
        refused=dict.fromkeys(KERNELS, r"error\[PRB401\].*no wprobe events"),
    ),
    Case(
        "monitor-variable",
        spec="m = monitor every 100ms if swap in 44..45 { swap = @vm_swappiness }",
        do="echo 44 >/proc/sys/vm/swappiness; sleep 1; echo 60 >/proc/sys/vm/swappiness",
        expect=[some("m", swap=44)],
        refused=dict.fromkeys(
            KERNELS, r"error\[PRB501\].*no kernel has events in tracefs that a clock raises"
        ),
    ),
]
