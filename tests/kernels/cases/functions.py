"""kprobe and fprobe: points, parameters, return values, options."""

from __future__ import annotations

from tests.kernels.cases.common import READ, equal, stack_has
from tests.kernels.lab.case import (
    Case,
    at_least,
    ending,
    every,
    exactly,
    fact,
    none,
    one,
    shown,
    some,
)

CASES = [
    Case(
        "fprobe-large-reads",
        spec="""
        group io
        const BIG = 64 * 1024
        big_read = fprobe vfs_read if count > BIG {
            count
            ino  = file->f_inode->i_ino
            name = file->f_path.dentry->d_name.name
            pos  = *pos
        }
        """,
        do="""
        head -c 300000 /dev/zero >big.data
        fact ino $(stat -c %i big.data)
        known reader dd if=big.data of=/dev/null bs=100000 skip=1 count=2 2>/dev/null
        dd if=big.data of=/dev/null bs=65536 count=1 2>/dev/null
        """,
        expect=[
            exactly(2, "big_read", count=100000, ino=fact("ino"), name="big.data", tid_=fact("reader")),
            one("big_read", count=100000, pos=100000),
            one("big_read", count=100000, pos=200000),
            none("big_read", count=65536),
        ],
    ),
    Case(
        "kprobe-parameters",
        spec="rd = kprobe vfs_read if count == 4321 { count, ino = file->f_inode->i_ino, pos = *pos, $comm }",
        do=READ,
        expect=[
            exactly(1, "rd", comm_="dd", count=4321, ino=fact("ino"), pos=2 * 4321, comm="dd"),
            every("rd", count=4321),
        ],
    ),
    Case(
        "kprobe-return",
        spec="rd = kprobe vfs_read%return if $retval == 4321 { $retval }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), retval=4321), every("rd", retval=4321)],
    ),
    Case(
        "fprobe-return",
        spec="rd = fprobe vfs_read%return if $retval in {4320, 4321} { n = $retval }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), n=4321), every("rd", n=4321)],
    ),
    Case(
        "return-is-signed",
        # `do_sys_openat2` returns a long up to 6.12 and an int on 7.3.
        spec="""
        failed = fprobe do_sys_openat2%return if $retval < 0 { error = $retval }
        gone   = kprobe do_sys_openat2%return if $retval == -ENOENT { error = $retval }
        opened = fprobe do_sys_openat2%return if $retval >= 0 { fd = $retval }
        """,
        do="""
        echo x >there
        known missing cat /no/such/file 2>/dev/null
        known denied cat there/inside 2>/dev/null
        known fine cat there
        """,
        expect=[
            one("failed", tid_=fact("missing"), error=shown("-2")),
            one("gone", tid_=fact("missing"), error=shown("-2")),
            one("failed", tid_=fact("denied"), error=shown("-20")),
            none("gone", tid_=fact("denied")),
            none("failed", tid_=fact("fine")),
            some("opened", tid_=fact("fine"), fd=3),
        ],
    ),
    Case(
        "parameter-at-return",
        spec="rd = fprobe vfs_read%return if count == 4321 { count, n = $retval }",
        do=READ + "dd if=f of=/dev/null bs=4321 skip=4 2>/dev/null",
        expect=[
            one("rd", tid_=fact("reader"), count=4321, n=4321),
            one("rd", count=4321, n=20000 - 4 * 4321),
            one("rd", count=4321, n=0),
        ],
    ),
    Case(
        "member-at-return-is-read-at-return",
        spec="rd = fprobe vfs_read%return if $retval == 4321 { after = *pos }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), after=3 * 4321)],
    ),
    Case(
        "offset-and-register",
        spec="in = kprobe vfs_read+9 if n == 4321 { n = %dx: u64, pos = +0(%cx): s64 }",
        do=READ,
        expect=[one("in", tid_=fact("reader"), n=4321, pos=2 * 4321)],
    ),
    Case(
        "raw-dereference",
        spec="rd = kprobe vfs_read if n == 4321 { n = $arg3: u64, again = %dx: u64, pos = +0($arg4): s64 }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), n=4321, again=4321, pos=2 * 4321)],
    ),
    Case(
        "function-without-a-name",
        # bpftrace 0.27 has none for functions that begin with rcu_, and takes their addresses
        spec="""
        set   = fprobe rcu_expedited_store { count, first = *buf }
        came  = kprobe rcu_expedited_store { n = $arg4: u64 }
        taken = fprobe rcu_expedited_store%return if $retval == 2 { $retval, count, took = $duration }
        """,
        do="known writer sh -c 'echo 0 >/sys/kernel/rcu_expedited'",
        expect=[
            one("set", tid_=fact("writer"), count=2, first=ord("0")),
            one("came", tid_=fact("writer"), n=2),
            one("taken", tid_=fact("writer"), retval=2, count=2, took=at_least(1)),
        ],
    ),
    Case(
        "all-arguments",
        spec="rd = fprobe vfs_read if count == 4321 { $arg* }",
        do=READ,
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                count=4321,
                file=at_least(1 << 63),
                pos=at_least(1 << 63),
            )
        ],
    ),
    Case(
        "args-lists",
        spec="""
        args of_file(f: struct file *) { ino = f->f_inode->i_ino, size = f->f_inode->i_size }
        rd = fprobe vfs_read if count == 4321 { use of_file(file), count }
        wr = fprobe vfs_write if count == 4322 { use of_file(file), count }
        """,
        do=READ
        + "head -c 4322 /dev/zero >g; fact other $(stat -c %i g); dd if=g of=g bs=4322 conv=notrunc 2>/dev/null",
        expect=[
            one("rd", tid_=fact("reader"), ino=fact("ino"), size=20000, count=4321),
            one("wr", comm_="dd", ino=fact("other"), size=4322, count=4322),
        ],
    ),
    Case(
        "many-points",
        spec="""
        io = fprobe vfs_{read,write} if count == 4321 { count, name = file->f_path.dentry->d_name.name }
        fprobe vfs_{read,writ?} if count == 4321 { count }
        """,
        do=READ + "known writer dd if=/dev/zero of=g bs=4321 count=1 2>/dev/null",
        expect=[
            one("io", tid_=fact("reader"), name="f"),
            one("vfs_read", tid_=fact("reader"), count=4321),
            one("io", tid_=fact("writer"), name="g"),
            one("vfs_write", tid_=fact("writer"), count=4321),
        ],
    ),
    Case(
        "first-of-two-functions",
        spec="gone = fprobe filename_unlinkat ?? do_unlinkat { path = name->name, dfd }",
        do="echo x >victim; known remover rm victim",
        expect=[one("gone", tid_=fact("remover"), path=ending("victim"), dfd=-100)],
    ),
    Case(
        "unnamed",
        spec="fprobe vfs_read if count == 4321 { count, file->f_inode->i_ino, $comm }\nfprobe vfs_read%return if $retval == 4321 { $retval }",
        do=READ,
        expect=[
            one("vfs_read", tid_=fact("reader"), count=4321, i_ino=fact("ino"), comm="dd"),
            one("vfs_read_return", tid_=fact("reader"), retval=4321),
        ],
    ),
    Case(
        "stack-of-a-hit",
        spec="rd = fprobe vfs_read with stacktrace if count == 4321 { count }",
        do=READ,
        expect=[one("rd", tid_=fact("reader")), lambda run: stack_has(run, "ksys_read")],
    ),
    Case(
        "disabled",
        spec="group off_group\noff = fprobe vfs_read with disabled if count == 4321 { count }\non = fprobe vfs_read if count == 4321 { count }",
        do=READ
        + 'fact off $(cat $T/events/off_group/off/enable); fact filter "$(cat $T/events/off_group/off/filter)"',
        expect=[none("off"), one("on", count=4321), lambda run: equal(run.facts["off"], "0")],
    ),
    Case(
        "maxactive",
        spec="group most\nrd = kprobe vfs_read%return with maxactive=7 if $retval == 4321 { $retval }",
        do=READ + 'fact line "$(grep most/rd $T/dynamic_events)"',
        expect=[one("rd", retval=4321), lambda run: equal(run.facts["line"][:3], "r7:")],
    ),
]
