"""Conditions: what the kernel's filter lets through is what the condition says."""

from __future__ import annotations

from tests.kernels.cases.common import equal
from tests.kernels.lab.case import Case, every, exactly, fact, none, one

# Five reads of sizes that nobody else uses; each by its own process.
_READS = """
head -c 100000 /dev/zero >f
for size in 4321 4322 4323 8641 70000; do
    known r$size dd if=f of=/dev/null bs=$size count=1 2>/dev/null
done
"""
_SIZES = (4321, 4322, 4323, 8641, 70000)


def _filtered(name: str, condition: str, *sizes: int) -> Case:
    """A case in which, of the five reads, those of `sizes` fit `condition`."""
    # The first half keeps out what the shell and the lab themselves read.
    mine = "count in {4321, 4322, 4323, 8641, 70000}"
    return Case(
        f"condition-{name}",
        spec=f"rd = fprobe vfs_read if {mine} && ({condition}) {{ count, pos = *pos, $comm }}",
        do=_READS,
        expect=[
            *(one("rd", tid_=fact(f"r{size}"), count=size) for size in sizes),
            exactly(len(sizes), "rd"),
        ],
    )


CASES = [
    _filtered("equal", "count == 4322", 4322),
    _filtered("not-equal", "count != 4322", 4321, 4323, 8641, 70000),
    _filtered("order", "count < 4323 || count >= 70000", 4321, 4322, 70000),
    _filtered("range", "count in 4322..8641", 4322, 4323, 8641),
    _filtered("set", "count in {4321, 70000}", 4321, 70000),
    _filtered("not-in-set", "!(count in {4321, 70000})", 4322, 4323, 8641),
    _filtered("bits", "count & 1", 4321, 4323, 8641),
    _filtered("not", "!(count > 4322 && count < 70000)", 4321, 4322, 70000),
    _filtered("nested", "(count == 4321 || count == 4322) && !(count == 4321)", 4322),
    _filtered("arithmetic", "count == 2 * 4321 - 1 || count == (1 << 16) + 4464", 8641, 70000),
    _filtered("string", '$comm == "dd" && count < 4323', 4321, 4322),
    _filtered("string-not", '$comm != "dd"'),
    _filtered(
        "unrecorded", 'file->f_inode->i_size == 100000 && file->f_path.dentry->d_name.name == "f"', *_SIZES
    ),
    Case(
        "condition-on-a-signed-member",
        spec="rd = fprobe shmem_file_llseek if offset < 0 { offset, whence }",
        do="""
        head -c 5000 /dev/zero >f
        known forth dd if=f of=/dev/null bs=1000 skip=1 count=1 2>/dev/null
        $LAB/seekback f >out; fact tid $(cat out)
        """,
        programs=["seekback"],
        expect=[one("rd", tid_=fact("tid"), offset=-1234, whence=2), every("rd", offset=-1234)],
    ),
    Case(
        "condition-enumerator",
        spec="""
        listen = fprobe inet_csk_listen_start if sk->__sk_common.skc_family in {AF_INET, AF_INET6} && sk->sk_type == SOCK_STREAM {
            type = sk->sk_type
        }
        other = fprobe inet_csk_listen_start if sk->sk_type == SOCK_DGRAM { type = sk->sk_type }
        """,
        do="timeout 1 nc -l -p 4243 127.0.0.1",
        expect=[one("listen", type=1), none("other")],
    ),
    Case(
        "condition-negative-constant",
        spec="made = fprobe do_sys_openat2 if dfd == AT_FDCWD && how->flags & O_CREAT { path = user(filename): ustring }",
        do="known maker sh -c 'echo x >made'; known reader cat made",
        expect=[one("made", tid_=fact("maker"), path="made"), none("made", tid_=fact("reader"))],
    ),
    Case(
        "condition-thread-id",
        spec="rd = fprobe vfs_read if $tid > 1 && count == 4321 { count }\nno = fprobe vfs_read if $tid == 1 { count }",
        do=_READS,
        expect=[exactly(1, "rd", tid_=fact("r4321"), count=4321), none("no")],
    ),
    Case(
        "condition-file-mode",
        spec='opened = fprobe vfs_open if path->dentry->d_inode->i_mode & S_IFDIR && $comm == "ls" { name = path->dentry->d_name.name }',
        do="mkdir folder; echo x >file; known list ls folder >/dev/null; known other cat file",
        expect=[one("opened", tid_=fact("list"), name="folder"), none("opened", name="file")],
    ),
    Case(
        "condition-string-is-not-shell",
        spec="""
        const ODD = "a'b$(touch pwned)`touch pwned`;*"
        rd = fprobe vfs_read if name == ODD { name = file->f_path.dentry->d_name.name }
        """,
        do="""
        echo x >"a'b\\$(touch pwned)\\`touch pwned\\`;*"
        known reader dd if="$(echo ./a*)" of=/dev/null bs=512 2>/dev/null
        fact pwned $(find / /tmp -xdev -name pwned | wc -l)
        """,
        expect=[
            exactly(2, "rd", tid_=fact("reader"), name="a'b$(touch pwned)`touch pwned`;*"),
            lambda run: equal(run.facts["pwned"], "0"),
        ],
    ),
]
