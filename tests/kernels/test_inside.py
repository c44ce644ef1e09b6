"""probelang inside of a guest: it compiles for the kernel it runs on, and takes that kernel's snapshot home."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import tracefs
from probelang.kernel.load import load_kernel
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import KERNELS, fetch_kernel
from tests.kernels.lab.inside import package
from tests.kernels.lab.trace import parse_trace

pytestmark = pytest.mark.kernels

SPEC = """
group inside
rd = fprobe vfs_read if count == 4321 {
    count
    ino  = file->f_inode->i_ino
    name = file->f_path.dentry->d_name.name
}
missing = fprobe do_sys_openat2%return if $retval == -ENOENT && $comm == "cat" { error = $retval }
"""

JOB = r"""
tar xf package.tar
probelang() { python3.13 -P -m probelang "$@"; }
export PYTHONPATH=$PWD PROBELANG_CACHE_DIR=/tmp/cache
probelang compile -o inside.sh inside.pl || exit 1
sh inside.sh start || exit 2
cd /tmp; head -c 9000 /dev/zero >f; echo "ino $(stat -c %i f)"
dd if=f of=/dev/null bs=4321 count=1 2>/dev/null
cat /no/such/file 2>/dev/null
cat /sys/kernel/tracing/trace
cd - >/dev/null
sh inside.sh stop || exit 3
probelang compile --format commands inside.pl 2>/dev/null
probelang kernel snapshot -o snapshot || exit 4
echo BEGIN; base64 snapshot; echo END
"""


@pytest.mark.parametrize("kernel", (KERNELS[0], KERNELS[-1]))
def test_on_the_machine_itself(kernel: str, tmp_path: Path) -> None:
    files = {"package.tar": package(), "inside.pl": SPEC.encode()}
    outcome = run_job(fetch_kernel(kernel), Job(JOB, files, seconds=150), Machine(tools="python"))
    said, _, encoded = outcome.output.partition("BEGIN\n")
    assert outcome.status == 0, said[-3000:]
    inode = re.search(r"^ino (\d+)$", said, re.MULTILINE)
    assert inode is not None, said
    hits = [(hit.event, dict(hit.values)) for hit in parse_trace(said)]
    assert ("rd", {"count": 4321, "ino": int(inode[1]), "name": "f"}) in hits, said
    assert [values["error"] for event, values in hits if event == "missing"] == [-2], said

    snapshot = tmp_path / "snapshot"
    snapshot.write_bytes(base64.b64decode(encoded.partition("\nEND")[0]))
    assert snapshot.stat().st_size < 8 << 20
    known = load_kernel(str(snapshot))
    assert known.title == f"Linux {fetch_kernel(kernel).release}"
    elsewhere = analyse(Source("inside.pl", SPEC), known)
    lines = tracefs.render(elsewhere.events, "commands", ["inside.pl"], known).text
    assert lines and lines in said
