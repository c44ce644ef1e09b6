"""eprobe: on other events, by their fields."""

from __future__ import annotations

from tests.kernels.cases.common import READ
from tests.kernels.lab.case import Case, at_least, ending, every, fact, none, one, shown, some

# Eprobes of Linux 6.1 read only the first byte of a field that is a `char *` (get_event_field in trace_eprobe.c).
_NO_POINTERS = {"6.1": r"error\[PRB\d+\]"}

CASES = [
    Case(
        "eprobe-openat",
        spec="""
        openat = eprobe syscalls:sys_enter_openat if flags & O_CREAT {
            filename
            flags: x32
            mode
        }
        """,
        do="umask 027; known maker sh -c 'echo x >made'; known reader cat made",
        expect=[
            some("openat", tid_=fact("maker"), filename="made", flags=shown("0x241"), mode=0o666),
            none("openat", tid_=fact("reader")),
        ],
        refused=_NO_POINTERS,
    ),
    Case(
        "eprobe-string-field",
        spec='to = eprobe sched:sched_switch if next_comm == "sleep" { next_comm, next_pid, prev_state }',
        do="known sleeper sleep 0.05",
        expect=[some("to", next_comm="sleep", next_pid=fact("sleeper")), every("to", next_comm="sleep")],
    ),
    Case(
        "eprobe-dynamic-string",
        spec="run = eprobe sched:sched_process_exec { filename, pid, old_pid }",
        do="known one /bin/true",
        expect=[one("run", tid_=fact("one"), filename=ending("true"), pid=fact("one"), old_pid=fact("one"))],
    ),
    Case(
        "eprobe-string-glob",
        spec='run = eprobe sched:sched_process_exec if filename ~ "*/true" { filename }',
        do="known yes /bin/true; known no /bin/false",
        expect=[one("run", tid_=fact("yes"), filename="/bin/true"), every("run", filename=ending("true"))],
    ),
    Case(
        "eprobe-signed-field",
        spec="out = eprobe syscalls:sys_exit_openat if ret < 0 { ret }",
        do="known missing cat /no/such/file 2>/dev/null; echo x >f; known fine cat f",
        expect=[one("out", tid_=fact("missing"), ret=shown("-2")), none("out", tid_=fact("fine"))],
    ),
    Case(
        "eprobe-array-field",
        spec="""
        state = eprobe sock:inet_sock_set_state if newstate == TCP_SYN_SENT { dport, family, newstate }
        """,
        setup="(nc -l -p 7778 127.0.0.1 >/dev/null &) ; sleep 0.3",
        do="known client nc 127.0.0.1 7778 </dev/null",
        expect=[one("state", tid_=fact("client"), dport=7778, family=2, newstate=2)],
    ),
    Case(
        "eprobe-common-fields",
        spec="exit = eprobe sched:sched_process_exit { comm, prio }",
        do="known one /bin/true",
        expect=[one("exit", tid_=fact("one"), comm="true", prio=120)],
    ),
    Case(
        "eprobe-constants",
        spec='end = eprobe sched:sched_process_exit if word == "some-text" { word = "some-text", n = 42, pid }',
        do="known one /bin/true",
        expect=[one("end", tid_=fact("one"), word="some-text", n=42, pid=fact("one"))],
    ),
    Case(
        "eprobe-kmalloc",
        spec="msg = eprobe kmem:kmalloc if bytes_req == 3049 { bytes_req, bytes_alloc, ptr, call_site: symbol }",
        do="known sender $LAB/message 3001",
        programs=["message"],
        expect=[
            some("msg", tid_=fact("sender"), bytes_req=3049, bytes_alloc=4096, ptr=at_least(1 << 63)),
            some("msg", tid_=fact("sender"), call_site=lambda value: "msg" in str(value)),
            every("msg", bytes_req=3049),
        ],
    ),
    Case(
        "eprobe-whose-name",
        # The event has a field `comm`, the woken task's; `$comm` is the waker's.
        spec='wake = eprobe sched:sched_wakeup if comm == "sleep" { by = $comm, comm, pid }',
        do="known sleeper sleep 0.2 & sleep 0.1; while [ -d /proc/$! ]; do :; done; wait",
        expect=[some("wake", by="sh", comm="sleep", pid=fact("sleeper")), every("wake", comm="sleep")],
    ),
    Case(
        "eprobe-on-a-probe",
        spec="""
        group chain
        rd = fprobe vfs_read if count == 4321 { count, name = file->f_path.dentry->d_name.name }
        again = eprobe chain:rd { count, name }
        """,
        do=READ,
        expect=[one("rd", tid_=fact("reader")), one("again", tid_=fact("reader"), count=4321, name="f")],
        # no fprobe there, and no eprobe on a kprobe anywhere
        refused={"6.1": r"PRB501.*no eprobe sit on a kprobe's event"},
    ),
    Case(
        "syscall-unsigned",
        # four bytes in eight of the event's record
        spec="rd = eprobe syscalls:sys_enter_read if fd == 0 && count == 4323 { fd, count }",
        do="""
        head -c 9000 /dev/zero >f
        known reader dd if=f of=/dev/null bs=4323 count=1 2>/dev/null
        """,
        expect=[one("rd", tid_=fact("reader"), fd=0, count=4323)],
    ),
    Case(
        "eprobe-many-points",
        spec="eprobe syscalls:sys_enter_{mkdir,rmdir}* { pathname }",
        do="known maker mkdir made; known remover rmdir made",
        expect=[
            one("sys_enter_mkdir", tid_=fact("maker"), pathname="made"),
            one("sys_enter_rmdir", tid_=fact("remover"), pathname="made"),
        ],
        refused=_NO_POINTERS,
    ),
    Case(
        "eprobe-block-requests",
        spec="""
        rq = eprobe block:block_rq_issue if bytes >= 4096 { dev, sector, bytes, nr_sector, rwbs, comm }
        """,
        setup="head -c 1000000 /dev/zero >disk; losetup /dev/loop0 disk",
        do="known writer dd if=/dev/zero of=/dev/loop0 bs=8192 seek=3 count=1 conv=fsync 2>/dev/null; losetup -d /dev/loop0",
        modules=["loop"],
        expect=[some("rq", sector=48, bytes=8192, nr_sector=16, dev=7 << 20)],
    ),
]
