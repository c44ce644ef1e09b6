"""Boots kernels and records what their ring buffers hold after a spec with values of every type was hit.

    python scripts/record_hits.py [KERNEL...]

Writes `tests/unit/tracing/data/KERNEL.tar.gz`, laid out like the tracing folder: what the reader's plain tests read.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.inside import package
from tests.support.hits import KERNELS, WORK, spec_of

DATA = ROOT / "tests" / "unit" / "tracing" / "data"
JOB = """
tar xf package.tar
export PYTHONPATH=$PWD PROBELANG_CACHE_DIR=/tmp/cache
python3.13 -P read_hits.py --record spec.pl python3.13 work.py
"""


def record(kernel: str) -> bytes:
    """The files of the tracing folder, packed."""
    files = {
        "package.tar": package(),
        "read_hits.py": (ROOT / "tests/kernels/lab/read_hits.py").read_bytes(),
        "spec.pl": spec_of(kernel).encode(),
        "work.py": WORK.encode(),
    }
    outcome = run_job(fetch_kernel(kernel), Job(JOB, files, seconds=150), Machine(tools="python", cores=2))
    if outcome.status != 0:
        sys.exit(outcome.output)
    found: dict[str, str] = json.loads(outcome.output.rpartition("\n%%\n")[2])
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, text in sorted(found.items()):
            data = base64.b64decode(text)
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)


if __name__ == "__main__":
    for name in sys.argv[1:] or KERNELS:
        data = record(name)
        DATA.mkdir(parents=True, exist_ok=True)
        (DATA / f"{name}.tar.gz").write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
