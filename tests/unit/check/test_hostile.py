"""Specs that are larger, deeper or wronger than anybody writes end soon, with something to say."""

from __future__ import annotations

import time

import pytest

from tests.support.specs import run

N = 1000

SPECS = {
    "functions": "".join(f"a{n} = fprobe nope{n}\n" for n in range(N)),
    "tracepoints": "".join(f"a{n} = tprobe nope{n}\n" for n in range(N)),
    "constants": "".join(f"a{n} = fprobe vfs_read if count == NOPE{n}\n" for n in range(N)),
    "members": "".join(f"a{n} = fprobe vfs_read {{ file->nope{n} }}\n" for n in range(N)),
    "symbols": "".join(f"a{n} = fprobe vfs_read {{ @nope{n} }}\n" for n in range(N)),
    "clashes": "fprobe vfs_read\n" * N,
    "fetch args": "fprobe vfs_read {\n" + "".join(f"a{n} = count\n" for n in range(N)) + "}",
    "a set": "fprobe vfs_read if count in {" + ", ".join(str(n) for n in range(N)) + "}",
    "braces": "fprobe " + "{a,b}" * 40,
    "stars": "fprobe " + "*a" * 500,
    # doubles at each of 16 levels
    "lists": "args b0(f: struct file *) { x = f->f_pos }\n"
    + "".join(f"args b{n}(f: struct file *) {{ use b{n - 1}(f), use b{n - 1}(f) }}\n" for n in range(1, 16))
    + "fprobe vfs_read { use b15(file) }",
}


@pytest.mark.parametrize("name", SPECS)
def test_it_ends(name: str) -> None:
    begun = time.monotonic()
    analysis = run(SPECS[name])
    assert analysis.failed
    assert time.monotonic() - begun < 20
