"""Every construct of the language, each with the smallest spec that has it; `PROGRAM` stands for a file to probe."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Construct:
    title: str
    spec: str
    kernel: str = "7.3"


@dataclass(frozen=True)
class Area:
    title: str
    constructs: tuple[Construct, ...]


def _area(title: str, *rows: tuple[str, str] | tuple[str, str, str]) -> Area:
    return Area(title, tuple(Construct(*row) for row in rows))


def _fetch(title: str, expression: str, point: str = "fprobe vfs_read") -> tuple[str, str]:
    return title, f"x = {point} {{ v = {expression} }}"


AREAS = (
    _area(
        "Points",
        ("`kprobe FUNC`", "x = kprobe vfs_read { count }"),
        ("`kprobe FUNC+OFFSET`", "x = kprobe vfs_read+9 { v = %dx }"),
        ("`kprobe FUNC%return`", "x = kprobe vfs_read%return { $retval }"),
        ("`kprobe 0xADDRESS`", "x = kprobe 0xffffffff81000000 { v = %dx }"),
        ("`fprobe FUNC`", "x = fprobe vfs_read { count }"),
        ("`fprobe FUNC` on Linux 6.1", "x = fprobe vfs_read { count }", "6.1"),
        ("`fprobe FUNC%return`", "x = fprobe vfs_read%return { $retval }"),
        ("`tprobe TRACEPOINT`", "x = tprobe sched_switch { prev->flags, next->comm }"),
        ("`tprobe`, values that the event has", "x = tprobe sched_switch { next_pid = next->pid }"),
        ("`tprobe TRACEPOINT` on Linux 6.1", "x = tprobe sched_switch { prev->pid }", "6.1"),
        ("`eprobe SYSTEM:EVENT`", "x = eprobe sched:sched_switch { next_pid, next_comm }"),
        ("`eprobe` of a system call", "x = eprobe syscalls:sys_enter_openat { filename, flags }"),
        (
            "`eprobe` on an event of the spec",
            "y = fprobe vfs_read { count }\nx = eprobe constructs:y if count > 9 { count }",
        ),
        ("`uprobe PATH:SYMBOL`", "x = uprobe PROGRAM:work { n }"),
        ("`uprobe PATH:0xOFFSET`", "x = uprobe /bin/busybox:0x1000 { v = %di, s = +0(%si): string }"),
        ("`uprobe PATH:SYMBOL%return`", "x = uprobe PROGRAM:work%return { $retval }"),
        ("`usdt PATH:PROVIDER:NAME`", "x = usdt STATIC:app:step { n = $arg1, s = $arg2: string }"),
        ("`watch SYMBOL w`", "x = watch jiffies_64 w { $comm }"),
        ("`watch 0xADDRESS rw len N`", "x = watch 0xffffffff82000000 rw len 4"),
        ("`watch SYMBOL x`", "x = watch vfs_read x"),
        ("`monitor every DURATION`", "x = monitor every 250ms { threads = @nr_threads }"),
        ("several points", "x = fprobe vfs_{read,write} { count }"),
        ("the first that is there, `a ?? b`", "x = fprobe no_such_function ?? vfs_read { count }"),
    ),
    _area(
        "Options",
        ("`with stacktrace`", "x = fprobe vfs_read with stacktrace if count > 4096"),
        ("`with disabled`", "x = fprobe vfs_read with disabled { count }"),
        ("`with maxactive=N`", "x = kprobe vfs_read%return with maxactive=8 { $retval }"),
    ),
    _area(
        "Expressions",
        _fetch("a parameter", "count"),
        _fetch("a member behind pointers", "file->f_inode->i_ino"),
        _fetch("an array element", "file->f_inode->i_sb->s_id[2]"),
        _fetch("`*e`", "*pos"),
        _fetch("a bitfield", "sk->sk_no_check_tx", "fprobe tcp_connect"),
        _fetch("a cast", "((struct seq_file *)file->private_data)->count"),
        _fetch("`container_of`", "container_of(file->f_path.mnt, struct mount, mnt)->mnt_id"),
        _fetch("`a ?? b`", "file->no_such_member ?? file->f_pos"),
        _fetch("`user(e)`", "user(buf): string"),
        _fetch("`$comm`", "$comm"),
        _fetch("`$tid`", "$tid"),
        _fetch("`$pid`", "$pid"),
        _fetch("`$cpu`", "$cpu"),
        _fetch("`$current`", "$current->real_parent->comm"),
        _fetch("`$argN`", "$arg3"),
        ("`$arg*`", "x = fprobe vfs_read { $arg* }"),
        _fetch("`$stack`, `$stackN`", "$stack1"),
        _fetch("a register", "%dx", "kprobe vfs_read"),
        _fetch("`@symbol`", "@nr_threads"),
        _fetch("`@0xaddress`", "@0xffffffff82000000: u32"),
        _fetch("`+8(e)`", "+8(file): x64"),
        _fetch("`+u8(e)`", "+u0(buf): x64"),
        _fetch("a number", "42"),
        _fetch("a string", '"text"'),
        _fetch("`this_cpu_read`, `this_cpu_ptr`", "this_cpu_read(@runqueues.nr_running)"),
        ("a parameter at a return", "x = fprobe vfs_read%return { count }"),
        ("a member at a return", "x = fprobe vfs_read%return { file->f_pos }"),
        ("`entry(e)`", "x = fprobe vfs_read%return { v = entry(file->f_pos) }"),
        ("`$duration`", "x = fprobe vfs_read%return { took = $duration }"),
    ),
    _area(
        "Types",
        *(
            _fetch(f"`{type}`", f"count: {type}")
            for type in ("u8", "s16", "x32", "u64", "char", "symbol", "b4@2/64")
        ),
        _fetch("an enum", "reason", "fprobe sk_skb_reason_drop"),
        _fetch("an array of integers", "sk->__sk_common.skc_daddr: u8[4]", "fprobe tcp_connect"),
        _fetch("`char[]`, `string`", "file->f_inode->i_sb->s_id"),
        _fetch("`char *`, `string`", "file->f_path.dentry->d_name.name"),
        _fetch("`ustring`", "filename: ustring", "fprobe do_sys_openat2"),
        _fetch("`symstr`", "file->f_op->read: symstr"),
        _fetch("`%pd`", "file->f_path.dentry: %pd"),
        _fetch("`%pD`", "file: %pD"),
        _fetch("`string[N]`", "+0(file): string[2]"),
    ),
    _area(
        "Conditions",
        *(
            (
                f"`{condition}`",
                f"x = fprobe vfs_read if {condition} {{ count, name = file->f_path.dentry->d_name.name }}",
            )
            for condition in (
                "count == 1",
                "count != 1",
                "count < 10",
                "count & 0xff",
                "count in {1, 2}",
                "count in 1..9",
                'name == "a"',
                'name != "a"',
                'name ~ "a*"',
                'name ~ "*a"',
                'name ~ "*a*"',
                'name ~ "a?b[0-9]*"',
                "count > 1 && count < 9",
                "!(count > 1 || count < 9)",
                '$comm == "dd"',
                "$tid == 1",
                "$pid == 1",
                "$cpu == 1",
            )
        ),
        ("a negative number", "x = fprobe vfs_read%return if $retval < -3 { $retval }"),
    ),
)
