"""Synthetic events beside others of their name, as booted kernels have them."""

from __future__ import annotations

import pytest

from probelang.commands.judge import Judge
from probelang.kernel.load import load_kernel


@pytest.mark.parametrize("kernel", ["6.12", "7.3"])
def test_only_events_of_its_kind_are_in_the_way(kernel: str) -> None:
    judge = Judge(load_kernel(kernel))
    lines = {
        "t:synthetic/common sched_switch": True,
        "s:common u64 h": True,
        "s:common u64 i": False,
        "-:synthetic/common": True,
        "p:synthetic/other vfs_read": True,
        "s:other u64 h": True,
    }
    assert {line: judge.judge(line).taken for line in lines} == lines
