"""The files of `examples/` about files and processes, each with work that makes its events happen."""

from __future__ import annotations

from tests.kernels.lab.case import Case, between, ending, exactly, fact, none, one, shown, some

CASES = [
    Case(
        "example-reads",
        example="examples/reads.pl",
        do="""
        head -c 300000 /dev/zero >big.data
        fact ino $(stat -c %i big.data)
        known reader dd if=big.data of=/dev/null bs=100000 skip=1 count=2 2>/dev/null
        dd if=big.data of=/dev/null bs=65536 count=1 2>/dev/null
        known folder cat /tmp 2>/dev/null
        """,
        expect=[
            one("big_read", tid_=fact("reader"), count=100000, ino=fact("ino"), name="big.data", pos=100000),
            one("big_read", tid_=fact("reader"), count=100000, ino=fact("ino"), name="big.data", pos=200000),
            none("big_read", count=65536),
            one("failed_read", tid_=fact("folder"), error=shown("-21"), comm="cat"),
        ],
    ),
    Case(
        "example-slow-reads",
        example="examples/slow_reads.pl",
        do="""
        mkfifo pipe
        fact ino $(stat -c %i pipe)
        (sleep 0.3; echo hello) >pipe &
        known slow dd if=pipe of=out bs=4321 count=1 2>/dev/null
        known fast dd if=out of=/dev/null bs=4321 count=1 2>/dev/null
        wait
        """,
        expect=[
            one(
                "slow_read",
                tid_=fact("slow"),
                took=between(200_000_000, 20_000_000_000),
                result=6,
                name="pipe",
                ino=fact("ino"),
                before=0,
                count=4321,
                comm="dd",
            ),
            # the shell that starts it may wait longer for its own
            none("slow_read", tid_=fact("fast"), name="out"),
        ],
    ),
    Case(
        "example-failed-opens",
        example="examples/failed_opens.pl",
        do="""
        echo x >there
        known missing cat /no/such/file 2>/dev/null
        known denied cat there/inside 2>/dev/null
        known fine cat there
        """,
        expect=[
            one(
                "failed_open",
                tid_=fact("missing"),
                error=shown("-2"),
                path="/no/such/file",
                dir=-100,
                comm="cat",
            ),
            one("failed_open", tid_=fact("denied"), error=shown("-20"), path="there/inside"),
            none("failed_open", tid_=fact("fine")),
        ],
    ),
    Case(
        "example-opens",
        example="examples/opens.pl",
        do="umask 027; known missing cat /no/such/file 2>/dev/null; known maker sh -c 'echo x >made'; known fine cat made",
        expect=[
            one("open", tid_=fact("missing"), path="/no/such/file", flags=shown("0x8000")),
            one("open_failed", tid_=fact("missing"), error=shown("-2")),
            one("creation", tid_=fact("maker"), path="made", mode=shown("0x1b6")),
            some("open", tid_=fact("fine"), path="made"),
            none("creation", tid_=fact("fine")),
            none("open_failed", tid_=fact("fine")),
        ],
    ),
    Case(
        "example-deletions",
        example="examples/deletions.pl",
        do="""
        mkdir logs
        for name in one.log two.log three.txt; do echo x >logs/$name; done
        ln logs/two.log logs/again
        fact one $(stat -c %i logs/one.log)
        fact two $(stat -c %i logs/two.log)
        known first rm logs/one.log
        known none rm logs/three.txt
        known missing rm logs/four.log 2>/dev/null
        known mover mv logs/again logs/over.log
        echo x >logs/five.log
        fact five $(stat -c %i logs/five.log)
        echo y >logs/six
        known over mv -f logs/six logs/five.log
        known second rm logs/two.log
        """,
        expect=[
            one(
                "deleted",
                tid_=fact("first"),
                name="one.log",
                folder="logs",
                ino=fact("one"),
                links=1,
                comm="rm",
            ),
            one("deleted", tid_=fact("second"), name="two.log", ino=fact("two"), links=2),
            exactly(2, "deleted"),
            one("unlink", tid_=fact("none"), path="logs/three.txt", comm="rm"),
            one("unlink", tid_=fact("first"), path="logs/one.log"),
            one(
                "overwritten",
                tid_=fact("over"),
                **{"from": "six"},
                to="five.log",
                ino=fact("five"),
                comm="mv",
            ),
            none("overwritten", tid_=fact("mover")),
        ],
    ),
    Case(
        "example-processes",
        example="examples/processes.pl",
        do="""
        known one /bin/true
        known status sh -c 'exit 3'
        known killed sh -c 'kill -KILL $$'
        """,
        expect=[
            one("exec", tid_=fact("one"), filename=ending("true"), pid=fact("one")),
            one("fork", parent="sh", tid=fact("one"), pid=fact("one")),
            one("failure", tid_=fact("status"), code=shown("0x300"), comm="sh"),
            one("failure", tid_=fact("killed"), code=shown("0x9")),
            none("failure", tid_=fact("one")),
        ],
    ),
    Case(
        "example-signals",
        example="examples/signals.pl",
        programs=["segfault"],
        do="""
        known sleeper sleep 5 &
        sleep 0.1
        pid=$(sed -n 's/^sleeper //p' /run/facts)
        known killer sh -c "kill -TERM $pid"
        wait
        known broken $LAB/segfault
        known self sh -c 'kill -SEGV $$'
        """,
        expect=[
            one("signal", tid_=fact("killer"), sig=15, sender="sh", comm="sleep", pid=fact("sleeper")),
            one("fatal_fault", tid_=fact("broken"), sig=11, code=1, comm="segfault", pid=fact("broken")),
            none("fatal_fault", tid_=fact("self")),
        ],
    ),
    Case(
        "example-config-writes",
        example="examples/config_writes.pl",
        do="""
        mkdir etc
        echo x >etc/some.conf
        chown nobody etc/some.conf
        fact ino $(stat -c %i etc/some.conf)
        head -c 5000 /dev/zero >new
        known writer dd if=new of=etc/some.conf bs=4321 conv=notrunc 2>/dev/null
        known eraser sh -c ': >etc/some.conf'
        known opener chmod 666 etc/some.conf
        known other cp new etc/some.text
        """,
        expect=[
            one(
                "write",
                tid_=fact("writer"),
                name="some.conf",
                folder="etc",
                ino=fact("ino"),
                owner=65534,
                count=4321,
                pos=0,
                comm="dd",
            ),
            one("write", tid_=fact("writer"), count=5000 - 4321, pos=4321),
            one(
                "chmod",
                tid_=fact("opener"),
                name="some.conf",
                ino=fact("ino"),
                mode=shown("0x81b6"),
                comm="chmod",
            ),
            exactly(1, "chmod"),
            one(
                "truncate",
                tid_=fact("eraser"),
                name="some.conf",
                folder="etc",
                ino=fact("ino"),
                length=0,
                comm="sh",
            ),
            none("write", tid_=fact("other")),
        ],
    ),
    Case(
        "example-become-root",
        example="examples/become_root.pl",
        programs=["identity"],
        do="""
        cp $LAB/identity identity
        chmod 4755 identity
        chmod 755 /tmp /tmp/work
        known user su nobody -s /bin/sh -c 'exec /tmp/work/identity' >/dev/null
        """,
        expect=[
            one("become_root", tid_=fact("user"), uid=65534, gid=65534, comm="identity"),
            exactly(1, "become_root"),
        ],
    ),
]
