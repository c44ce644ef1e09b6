"""Strings and names of files that want to be code, through the real perf and bpftrace: they stay strings."""

from __future__ import annotations

import pytest

from probelang.analysis import analyse
from probelang.backends import get_backend
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, run_job
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.target import target_kernel

pytestmark = pytest.mark.kernels

KERNEL = "7.3"

STRINGS = (
    "$(touch /tmp/pwned)",
    "`touch /tmp/pwned`",
    "';touch /tmp/pwned;'",
    "a && system(touch)",
    "%s%n%p%d",
    "{ system(1) }",
    "*/ END { exit(); } /*",
    "// comment",
    "# comment",
    "|| 1 == 1",
    "\\$HOME",
    "--filter x",
    "$1 @x",
)
#: In a spec's own escapes: what breaks out of double quotes, and out of a line.
ESCAPED = (
    r"\"); system(\"touch /tmp/pwned\"); printf(\"",
    r"x\" || 1 == 1 || comm == \"",
    r"back\\",
    r"\\\\\" }",
)

_BPFTRACE = """
bpftrace --unsafe probe >/tmp/out 2>/tmp/said & tracer=$!
for try in $(seq 100); do grep -q Attached /tmp/said && break; kill -0 $tracer 2>/dev/null || break; sleep 0.3; done
sleep 0.5
{work}
kill -INT $tracer; wait $tracer
cat /tmp/said /tmp/out
"""
_PERF = """
echo '{work}' >work.sh
sh ./probe record -o /tmp/data -- sh work.sh || exit 9
perf script -i /tmp/data
"""
_AFTER = """
ls -a /tmp . | grep pwned && exit 7
cat /sys/kernel/tracing/dynamic_events
echo survived
"""


def spec(target: str) -> str:
    """A probe for each string, which no file has as its name, and one that is hit."""
    texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in STRINGS] + list(ESCAPED)
    if target == "perf":
        # the kernel's filter has no escapes, and says so: PRB338
        texts = [text for text in texts if not ("'" in text and '\\"' in text)]
    lines = ["group hostile", "hit = fprobe vfs_read if count == 4321 { count }"]
    lines += [
        f'p{number} = fprobe vfs_read if name == "{text}" {{ name = file->f_path.dentry->d_name.name }}'
        for number, text in enumerate(texts)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("target", ["bpftrace", "perf"])
def test_strings_stay_strings(target: str) -> None:
    files = fetch_kernel(KERNEL)
    known = target_kernel(files)
    analysis = analyse(Source("hostile.pl", spec(target)), known, target)
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    backend = get_backend(target)
    script = backend.render(analysis.events, "script", ["hos`touch /tmp/pwned`\ntile.pl"], known).text
    work = "dd if=/dev/zero of=/dev/null bs=4321 count=1 2>/dev/null"
    job = {"bpftrace": _BPFTRACE, "perf": _PERF}[target].format(work=work) + _AFTER
    outcome = run_job(files, Job(job, {"probe": script.encode()}, seconds=150), Machine(tools="current"))
    assert outcome.status == 0, outcome.output
    assert outcome.output.endswith("survived\n"), outcome.output
    assert "count=4321" in outcome.output, outcome.output
    assert "hostile" not in outcome.output.rpartition("count=4321")[2], outcome.output
