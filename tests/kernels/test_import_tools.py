"""What perf and bpftrace record by their own words, and by what probelang makes of those: the same hits, the same values."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from probelang.analysis import analyse
from probelang.backends import bpftrace, perf
from probelang.imports import import_source
from probelang.kernel.interface import Kernel
from probelang.source import Source
from tests.kernels.lab.boot import Job, Machine, run_jobs
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.perf import parse_script
from tests.kernels.lab.target import target_kernel

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")

_WORK = """
work() {
	head -c 9000 /dev/zero >/tmp/read_me
	dd if=/tmp/read_me of=/tmp/written bs=4321 count=1 2>/dev/null
	cat /no/such/file 2>/dev/null
	cp /bin/busybox /tmp/marked
	/tmp/marked 2>/dev/null
	true
}
"""

SCRIPT = """
#!/usr/bin/env bpftrace
/* in all forms that are simple enough */
kprobe:vfs_read /arg2 == 4321/ { printf("A n=%d ino=%lu name=%s flags=0x%x\\n", arg2, ((struct file *)arg0)->f_inode->i_ino,
	str(((struct file *)arg0)->f_path.dentry->d_name.name), ((struct file *)arg0)->f_flags); }
kretprobe:vfs_read /retval == 4321/ { printf("B ret=%d\\n", retval); }
fentry:vfs_write /args.count == 4321/ { $f = args.file; printf("C n=%d comm=%s ino=%lu\\n", args.count, comm, $f->f_inode->i_ino); }
fexit:vfs_write /retval == 4321 && comm == "dd"/ { printf("D ret=%d n=%d\\n", retval, args.count); }
tracepoint:syscalls:sys_enter_write /args.count == 4321/ { printf("E n=%d fd=%d\\n", args.count, args.fd); }
rawtracepoint:sched_process_exec /comm == "marked"/ { printf("F tgid=%d who=%s\\n", ((struct task_struct *)arg0)->tgid, str(((struct task_struct *)arg0)->comm)); }
kprobe:do_sys_openat2 /str(uptr(arg1)) == "/no/such/file"/ { printf("G name=%s\\n", str(uptr(arg1))); }
uprobe:/bin/busybox:0x1 { printf("left behind"); }
kprobe:vfs_read { @ = count(); }
"""
CLAUSES = {"vfs_read": "A", "vfs_read_return": "B", "vfs_write": "C", "vfs_write_return": "D", "sys_enter_write": "E", "sched_process_exec": "F", "do_sys_openat2": "G"}  # fmt: skip

_BPFTRACE = """
(bpftrace -B none ./own >/tmp/own 2>&1 & echo $! >/tmp/tracers)
(bpftrace -B none ./ours >/tmp/ours 2>&1 & echo $! >>/tmp/tracers)
for try in $(seq 400); do
	grep -q Attach /tmp/own && grep -q Attach /tmp/ours && break
	sleep 0.2
done
sleep 3
work
for try in $(seq 300); do
	[ $(grep -c '^[A-G] ' /tmp/own) -ge 7 ] && [ $(grep -c ': [a-z_0-9]*: (' /tmp/ours) -ge 7 ] && break
	sleep 0.2
done
kill -INT $(cat /tmp/tracers)
for one in $(cat /tmp/tracers); do while kill -0 $one; do sleep 0.1; done; done 2>/dev/null
cat /tmp/own; echo %%; cat /tmp/ours
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_script_of_bpftrace(kernel: str) -> None:
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    made = import_source(Source("own.bt", SCRIPT), known)
    assert len(made.left) == 2, made.left
    analysis = analyse(Source("own.pl", made.text), known, "bpftrace")
    assert not analysis.failed, [said.message for said in analysis.diagnostics]
    ours = bpftrace.render(analysis.events, "script", ["own.pl"], known).text
    own = SCRIPT[: SCRIPT.index("uprobe:")]
    job = Job(_WORK + _BPFTRACE, {"own": own.encode(), "ours": ours.encode()}, seconds=300)
    outcome = run_jobs(files, [job], Machine(tools="current"))[0]
    theirs, _, mine = outcome.output.partition("%%\n")
    expected = Counter(
        (match[1], _values(match[2])) for match in re.finditer(r"^([A-G]) (.*)$", theirs, re.MULTILINE)
    )
    found = Counter(
        (CLAUSES[match[1]], _values(match[2]))
        for match in re.finditer(r": (\w+): \([^)]*\) (.*)$", mine, re.MULTILINE)
    )
    assert expected and set(CLAUSES.values()) == {clause for clause, _ in expected}, outcome.output
    assert found == expected, f"{found - expected}\n{expected - found}\n{outcome.output}"


def _values(text: str) -> frozenset[tuple[str, str]]:
    """`n=1 name="x"` by name, without the quotes."""
    names = {"retval": "ret", "count": "n"}
    pairs = re.findall(r"(\w+)=(\"[^\"]*\"|\S+)", text)
    return frozenset((names.get(name, name), value.strip('"')) for name, value in pairs)


SPEC = """
group io
big = kprobe vfs_read { n = count, ino = file->f_inode->i_ino, name = file->f_path.dentry->d_name.name, $comm }
back = kprobe vfs_read%return { ret = $retval }
sent = kprobe vfs_write { n = count: u32, x = file->f_flags: x32 }
"""
_PERF = """
cat >/tmp/work <<'END'
{work}
work
END
grep '^perf probe' own >/tmp/define
sh -e /tmp/define || exit 1
perf record -q -a -e io:big -e io:back__return -e io:sent -o /tmp/own -- sh /tmp/work || exit 1
perf probe -q -d 'io:*' || exit 1
sh ./ours record -q -N -o /tmp/ours -- sh /tmp/work || exit 1
for one in own ours; do
	perf script -i /tmp/$one -F comm,tid,cpu,time,event,trace
	echo %%
done
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_definitions_of_perf(kernel: str) -> None:
    """Those that the backend writes, read again."""
    files = fetch_kernel(kernel)
    known = target_kernel(files)
    own = _perf(SPEC, known, "commands")
    made = import_source(Source("own", own), known)
    assert not made.left, made.left
    again = _perf(made.text, known, "commands")
    assert sorted(own.split("-a ")) == sorted(again.split("-a "))
    job = Job(
        _PERF.format(work=_WORK),
        {"own": own.encode(), "ours": _perf(made.text, known, "script").encode()},
        seconds=240,
    )
    outcome = run_jobs(files, [job], Machine(tools="current"))[0]
    assert outcome.status == 0, outcome.output
    theirs, mine, _ = outcome.output.split("%%\n")
    expected, found = (_hits(part) for part in (theirs, mine))
    assert len(expected) == 3 and expected == found, outcome.output


def _perf(text: str, known: Kernel, form: str) -> str:
    analysis = analyse(Source("own.pl", text), known, "perf")
    assert not analysis.failed, [said.message for said in analysis.diagnostics]
    return perf.render(analysis.events, form, ["own.pl"], known).text


def _hits(text: str) -> Counter[tuple[str, str]]:
    """What `dd` read and wrote, by event."""
    kept: Counter[tuple[str, str]] = Counter()
    for hit, _ in parse_script(text):
        values = dict(hit.values)
        if hit.comm == "dd" and 4321 in values.values():
            values.pop("ino", None)
            kept[re.sub(r"(?:__return)+$", "", hit.event), str(sorted(values.items(), key=str))] += 1
    return kept
