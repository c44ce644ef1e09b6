"""Per-CPU variables, and variables that BTF lacks."""

from __future__ import annotations

from tests.kernels.cases.common import READ, equal, first
from tests.kernels.lab.case import Case, at_least, fact, one, shown
from tests.kernels.lab.suite import Run

_OLD = {
    name: "PRB401.* cannot record per-CPU variables: it takes Linux 7.3" for name in ("6.1", "6.12", "7.2")
}

CASES = [
    Case(
        "per-cpu-members",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            queued = this_cpu_read(@runqueues.nr_running)
            curr   = this_cpu_ptr(@runqueues)->curr->comm
            id     = this_cpu_read(@runqueues.curr)->pid
            same   = this_cpu_ptr(&@runqueues)->curr->pid
            number = this_cpu_read(@cpu_number)
            gets   = this_cpu_ptr(container_of(file->f_path.mnt, struct mount, mnt)->mnt_pcp)->mnt_gets
        }
        """,
        do=READ,
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                queued=at_least(1),
                curr="dd",
                id=fact("reader"),
                same=fact("reader"),
                number=0,
                gets=at_least(1),
            )
        ],
        refused=_OLD,
    ),
    Case(
        "per-cpu-at-return",
        spec="""
        rd = fprobe vfs_read%return if $retval == 4321 {
            before = entry(this_cpu_read(@runqueues.curr)->pid)
            after  = this_cpu_read(@runqueues.curr)->pid
        }
        """,
        do=READ,
        expect=[one("rd", before=fact("reader"), after=fact("reader"))],
        refused=_OLD,
    ),
    Case(
        "variables-by-their-headers",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            first   = @init_task.comm
            id      = @init_task.pid
            swap    = @vm_swappiness
            panic   = @panic_timeout
            cpus    = @nr_cpu_ids
            threads = @nr_threads
            now     = @jiffies_64
            running = @system_state
        }
        """,
        setup="echo 37 >/proc/sys/vm/swappiness",
        do=READ
        + "fact threads $(cut -d/ -f2 /proc/loadavg | cut -d' ' -f1)\nfact panic $(cat /proc/sys/kernel/panic)",
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                first="swapper/0",
                id=0,
                swap=37,
                panic=fact("panic"),
                cpus=1,
                threads=at_least(10),
                now=at_least(1 << 20),
            )
        ],
    ),
    Case(
        "array-of-strings",
        spec="rd = fprobe vfs_read if count == 4321 { count, names = @envp_init: string[2] }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), names=shown('{"HOME=/","TERM=linux"}'))],
    ),
    Case(
        "memory-at-an-address",
        spec="rd = fprobe vfs_read if count == 4321 { count, at = @0xffffffff81000000: x64, same = @_text: x64 }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), at=at_least(1)), lambda run: equal(*_pair(run))],
    ),
]


def _pair(run: Run) -> tuple[object, object]:
    """What lies at the address where guests have `_text`, and what at the symbol."""
    values = first(run, "rd")
    return values["at"], values["same"]
