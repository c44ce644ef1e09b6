"""Which events can be removed, as booted kernels have it."""

from __future__ import annotations

import pytest

from probelang.commands.judge import Judge
from probelang.kernel.load import load_kernel
from tests.commands.opinions import written

EVENTS = [
    ("d", "p:io/e vfs_fsync a=$stack0:u64"),
    ("d", "r:io/r vfs_fsync a=$stack0:u64"),
    ("d", "s:made u64 x"),
    ("t", "io/e hist:keys=common_pid:v=a"),
    ("t", "io/r hist:keys=common_pid:onmatch(io.e).trace(made,$v)"),
]


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_what_a_trigger_uses_stays(kernel: str) -> None:
    judge = Judge(load_kernel(kernel))
    for file, text in EVENTS:
        assert judge.judge(*written(file, text)).taken, text
    for name in ("io/e", "e", "io/r", "synthetic/made"):
        verdict = judge.judge(f"-:{name}")
        assert (verdict.taken, verdict.silence) == (False, "event-busy"), name
    lines = [
        # one of several probes goes, the last one stays
        ("p:io/e vfs_statfs a=$stack0:u64", True),
        ("-:io/e vfs_statfs", True),
        ("-:io/e", False),
        # all go in the order in which they were made, up to the first that stays
        ("p:go/e vfs_fsync", True),
        ("p:io/e vfs_statfs a=$stack0:u64", True),
        ("-:e", False),
        ("-:go/e", False),
    ]
    assert [(line, judge.judge(line).taken) for line, _ in lines] == lines


def test_a_removal_in_doubt_casts_doubt_on_what_it_names() -> None:
    """Whether `g/x` is there is not known, so neither is whether `-:g/` finds it; all others are not touched."""
    judge = Judge(load_kernel("6.12"))
    assert judge.judge("p:g/x bpf_bprintf_bufs $retval").taken is not True
    doubted = judge.judge("p:g/y __pfx_vfs_read").taken
    assert doubted is None
    assert judge.judge("p:g/z vfs_read").taken
    assert judge.judge("p:other/z vfs_read").taken
    assert judge.judge("-:g/").taken is None
    assert judge.judge("-:other/z").taken
    assert judge.judge("-:g/z").taken is None
    assert judge.judge("t:other/t sched_switch").taken
