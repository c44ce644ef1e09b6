"""What the reader makes of a ring buffer is what the kernel's own text says of the same hits, for values of every type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.inside import package
from tests.support.hits import KERNELS, PROGRAM, WORK, compare, spec_of

pytestmark = pytest.mark.kernels

JOB = r"""
tar xf package.tar
export PYTHONPATH=$PWD PROBELANG_CACHE_DIR=/tmp/cache
entry=$(python3.13 -c 'import struct
data = open("/bin/busybox", "rb").read()
entry, table = struct.unpack_from("<QQ", data, 24)
for number in range(struct.unpack_from("<H", data, 56)[0]):
    kind, _, offset, address, _, size = struct.unpack_from("<IIQQQQ", data, table + 56 * number)
    if kind == 1 and address <= entry < address + size:
        print(hex(entry - address + offset))')
sed -i "s/ENTRY/$entry/" spec.pl
python3.13 -P read_hits.py --flood 20000 || exit 1
python3.13 -P read_hits.py spec.pl python3.13 work.py
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_values_are_what_the_kernel_shows(kernel: str) -> None:
    spec = spec_of(kernel) + PROGRAM
    files = {
        "package.tar": package(),
        "read_hits.py": (Path(__file__).parent / "lab" / "read_hits.py").read_bytes(),
        "spec.pl": spec.encode(),
        "work.py": WORK.encode(),
    }
    outcome = run_job(fetch_kernel(kernel), Job(JOB, files, seconds=150), Machine(tools="python", cores=2))
    assert outcome.status == 0, outcome.output[-3000:]
    flooded, told = (json.loads(part.partition("\n")[0]) for part in outcome.output.split("\n%%\n")[1:])
    for read, lost in flooded.values():
        assert read + lost == 20000, flooded
    assert flooded["late"][1] > 0 < flooded["late"][0], flooded
    assert told["lost"] == []
    compare(told["text"], told["hits"], spec)
