"""The tools that guests can be booted with work there, in each kernel they are for."""

from __future__ import annotations

import pytest

from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import fetch_kernel

pytestmark = pytest.mark.kernels

CURRENT = """
bpftrace --version
bpftrace -e 'BEGIN { printf("begun %d\\n", nsecs > 0); exit(); }'
perf probe -q --add 'look=vfs_read n=%dx:u64'
perf record -q -e probe:look -o /tmp/data dd if=/etc/passwd of=/dev/null bs=77 count=1 2>/dev/null
perf script -i /tmp/data | grep -o 'probe:look.* n=77'
"""
BOOKWORM = CURRENT.partition("perf")[0]


@pytest.mark.parametrize(
    ("tools", "kernel", "script", "says"),
    [
        ("current", "7.3", CURRENT, ("bpftrace v0.27", "begun 1", "n=77")),
        ("bookworm", "6.1", BOOKWORM, ("bpftrace v0.17", "begun 1")),
    ],
)
def test_tools_run(tools: str, kernel: str, script: str, says: tuple[str, ...]) -> None:
    outcome = run_job(fetch_kernel(kernel), Job(script, seconds=90), Machine(tools=tools))
    assert [text for text in says if text not in outcome.output] == [], outcome.output
