"""What the other modules leave out of the language: each form once, with a value that the guest knows."""

from __future__ import annotations

from tests.kernels.cases.common import READ, equal
from tests.kernels.lab.case import Case, at_least, every, exactly, fact, none, one, shown, some

_BEFORE_73 = ("6.1", "6.12", "7.2")

CASES = [
    Case(
        "system-call-function",
        # such a function is given the registers of the program
        spec="""
        op = kprobe __x64_sys_openat if path ~ "*/needle" {
            path  = user((const char *)regs->si)
            same  = (char *)regs->si: ustring
            flags = regs->dx: x32
            dir   = regs->di: s32
        }
        """,
        do="known opener cat /tmp/work/needle 2>/dev/null; known other cat /tmp/work/hay 2>/dev/null",
        expect=[
            one("op", tid_=fact("opener"), path="/tmp/work/needle", same="/tmp/work/needle", dir=-100),
            none("op", tid_=fact("other")),
        ],
    ),
    Case(
        "raw-user-memory",
        spec="""
        op = fprobe do_sys_openat2 if path ~ "*/needle" {
            path  = +u0(filename): ustring
            first = +u5(filename): x32
            third = user(filename)[2]: x8
        }
        """,
        do="known opener cat /tmp/work/needle 2>/dev/null",
        # "work", the first letter lowest
        expect=[
            one("op", tid_=fact("opener"), path="/tmp/work/needle", first=0x6B726F77, third=ord("m")),
        ],
    ),
    Case(
        "addresses-and-elements",
        spec="""
        rd = fprobe vfs_read if count == 4321 {
            name   = (&file->f_path)->dentry->d_name.name
            same   = (*(&file->f_path)).dentry->d_name.name
            letter = file->f_path.dentry->d_name.name[0]: x8
            fs     = file->f_inode->i_sb->s_id[1]: x8
            pos    = pos[0]
            low    = file->f_inode->i_ino: b8@0/64
            arg    = $arg3: u64
            count
        }
        """,
        do=READ + "fact low $(($(stat -c %i f) & 255))",
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                name="f",
                same="f",
                letter=ord("f"),
                fs=ord("m"),
                pos=8642,
                low=fact("low"),
                arg=4321,
            )
        ],
    ),
    Case(
        "character",
        spec="rd = fprobe vfs_read if count == 4321 { letter = file->f_path.dentry->d_name.name[0]: char, count }",
        do=READ,
        expect=[one("rd", tid_=fact("reader"), letter=shown("'f'"))],
        refused={"6.1": r"PRB401.*`char`"},
    ),
    Case(
        "choices",
        spec="""
        rd = fprobe no_such_function ?? vfs_read if count == 4321 {
            n    = @no_such_variable ?? 42
            who  = $current->comm ?? $comm
            size = ((struct no_such_struct *)file)->x ?? file->f_inode->i_size
            name = no_such_name->x ?? file->f_path.dentry->d_name.name
            count
        }
        """,
        do=READ,
        expect=[one("rd", tid_=fact("reader"), n=42, who="dd", size=20000, name="f")],
    ),
    Case(
        "running-task",
        spec="""
        rd = fprobe vfs_read if count == 4321 && $pid > 1 {
            $pid
            $tid
            who    = $current->comm
            parent = $current->real_parent->tgid
            count
        }
        """,
        do="fact shell $$\n" + READ,
        expect=[
            one(
                "rd",
                tid_=fact("reader"),
                pid=fact("reader"),
                tid=fact("reader"),
                who="dd",
                parent=at_least(1),
            )
        ],
        refused=dict.fromkeys(_BEFORE_73, r"PRB401.*(`\$current`|process id)"),
    ),
    Case(
        "condition-cpu",
        spec="rd = fprobe vfs_read if $cpu == 0 && count == 4321 { count }\nno = fprobe vfs_read if $cpu > 0 { count }",
        do=READ,
        expect=[one("rd", tid_=fact("reader")), none("no")],
    ),
    Case(
        "numbers-and-constants",
        spec="""
        const BASE = 4_000
        const HEX = 0x10e1
        const SUM = BASE + (1 << 8) + 0b1000011
        const NAME = "f"
        rd = fprobe vfs_read if count in {HEX, 0o10342} && count <= SUM - 1 && name == NAME {
            count
            name = file->f_path.dentry->d_name.name
        }
        """,
        do="""
        head -c 20000 /dev/zero >f
        for size in 4321 4322 4323; do known r$size dd if=f of=/dev/null bs=$size count=1 2>/dev/null; done
        """,
        expect=[one("rd", tid_=fact("r4321")), one("rd", tid_=fact("r4322")), exactly(2, "rd")],
    ),
    Case(
        "condition-strings",
        spec="""
        a = fprobe vfs_read if name in {"one", "two"} && count == 4321 { name = file->f_path.dentry->d_name.name }
        b = fprobe vfs_read if name ~ "t[w-z]?" && count == 4321 { name = file->f_path.dentry->d_name.name }
        c = fprobe vfs_read if !(name ~ "t*") && count == 4321 { name = file->f_path.dentry->d_name.name }
        """,
        do="for f in one two ten; do head -c 5000 /dev/zero >$f; dd if=$f of=/dev/null bs=4321 count=1 2>/dev/null; done",
        expect=[
            one("a", name="one"),
            one("a", name="two"),
            exactly(2, "a"),
            every("b", name="two"),
            every("c", name="one"),
        ],
    ),
    Case(
        "condition-set-and-not-zero",
        spec="""
        a = fprobe vfs_read if pos && count == 4321 { count }
        b = fprobe vfs_read if !*pos && count == 4321 { count }
        """,
        do=READ + "known first dd if=f of=/dev/null bs=4321 count=1 2>/dev/null",
        expect=[exactly(2, "a"), exactly(1, "b"), one("b", tid_=fact("first"))],
    ),
    Case(
        "named-tracepoints",
        spec='group both\nwake = tprobe sched_wak{eup,ing} if p->comm == "sleep" { p->comm, p->pid }',
        do="known sleeper sleep 0.05",
        expect=[some("wake", pid=fact("sleeper")), every("wake", comm="sleep")],
        refused={"6.1": r"error\[PRB\d+\][^\n]*tprobe"},
    ),
    Case(
        "address",
        spec="rd = kprobe 0xffffffff81000000 if n == 4321 { n = %dx: u64 }",
        do="""
        sed "s/0xffffffff81000000/0x$(grep ' vfs_read$' /proc/kallsyms | cut -d' ' -f1)/" $PROBE >changed
        sh changed start || exit 1
        """
        + READ
        + "fact hits $(grep -c n=4321 $T/trace)\nsh changed stop; fact stopped $?",
        by_hand=True,
        expect=[lambda run: equal((run.facts["hits"], run.facts["stopped"]), ("1", "0"))],
    ),
    Case(
        "most-points",
        spec="io = fprobe vfs_{read,write} with max=2 if count == 4321 { count }",
        do=READ,
        expect=[some("io", tid_=fact("reader")), every("io", count=4321)],
    ),
]
