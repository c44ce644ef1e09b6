"""tprobe: raw tracepoints by their C arguments. Linux 6.1 has none, and must be told so."""

from __future__ import annotations

from tests.kernels.cases.common import READ
from tests.kernels.lab.case import Case, at_least, ending, every, fact, none, one, some

_REFUSED = {"6.1": r"error\[PRB\d+\][^\n]*tprobe"}

CASES = [
    Case(
        "tprobe-switch",
        spec="""
        switch = tprobe sched_switch if prev->pid != 0 {
            from = prev->comm
            to   = next->comm
            prev->pid
            prev->prio
            state = prev->__state ?? prev->state
        }
        """,
        do="known sleeper sleep 0.05; known nice sh -c 'renice -n 5 $$ >/dev/null; exec sleep 0.05'",
        expect=[
            some(
                "switch",
                comm_="sleep",
                **{"from": "sleep"},
                pid=fact("sleeper"),
                tid_=fact("sleeper"),
                prio=120,
                state=lambda value: int(str(value)) & 1 == 1,
            ),
            some("switch", pid=fact("nice"), prio=125),
            none("switch", pid=0),
        ],
        refused=_REFUSED,
    ),
    Case(
        "tprobe-wakeup",
        spec='wake = tprobe sched_wakeup if p->comm == "sleep" { p->comm, p->pid, by = $comm, cpu = p->wake_cpu }',
        do="known sleeper sleep 0.05",
        expect=[some("wake", comm="sleep", pid=fact("sleeper"), cpu=0), every("wake", comm="sleep")],
        refused=_REFUSED,
    ),
    Case(
        "tprobe-exec",
        spec="run = tprobe sched_process_exec { file = bprm->filename, argc = bprm->argc, old_pid, p->tgid }",
        do="known one /bin/true a b c",
        expect=[
            one("run", tid_=fact("one"), file=ending("true"), argc=4, old_pid=fact("one"), tgid=fact("one"))
        ],
        refused=_REFUSED,
    ),
    Case(
        "tprobe-system-calls",
        spec="call = tprobe sys_enter if id == 39 { id, regs->orig_ax }",
        do="$LAB/identity >out; fact tid $(cat out)",
        programs=["identity"],
        expect=[some("call", tid_=fact("tid"), id=39, orig_ax=39), every("call", id=39)],
        refused=_REFUSED,
    ),
    Case(
        "tprobe-many-points",
        spec='tprobe sched_process_{fork,exit} if $comm == "sh" { $comm }',
        do="known parent sh -c 'true & wait; (exit 3)'",
        expect=[
            some("sched_process_fork", tid_=fact("parent"), comm="sh"),
            one("sched_process_exit", tid_=fact("parent"), comm="sh"),
        ],
        refused=_REFUSED,
    ),
    Case(
        "tprobe-and-fprobe",
        spec="""
        group both
        rd = fprobe vfs_read if count == 4321 { count }
        wake = tprobe sched_wakeup { p->pid }
        """,
        do=READ + "sleep 0.02",
        expect=[one("rd", tid_=fact("reader")), some("wake", pid=at_least(1))],
        refused=_REFUSED,
    ),
]
