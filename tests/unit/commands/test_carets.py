"""Errors of the kernel's parser at their carets. `^` stands where the kernel puts its own; it is no part of the command."""

from __future__ import annotations

import pytest

from probelang.commands.judge import Judge
from probelang.kernel.load import load_kernel

OLD, NEW, LAST = ("6.1",), ("6.12", "7.3"), ("7.3",)
ALL = OLD + NEW
LONG = "n" * 64

#: The command, the error, and the kernels on which it is this one.
CASES = [
    # the head
    ("p^7 vfs_read", "MAXACT_NO_KPROBE", OLD),
    ("p^7 vfs_read", "BAD_MAXACT_TYPE", NEW),
    ("r^9999999 vfs_read", "MAXACT_TOO_BIG", ALL),
    ("r^0 vfs_read", "BAD_MAXACT", ALL),
    ("r^8x8 vfs_read", "BAD_MAXACT", ALL),
    ("f^7 vfs_read", "BAD_MAXACT_TYPE", ("6.12",)),
    ("f^7 vfs_read", "BAD_MAXACT", LAST),
    ("t^7 kfree", "BAD_MAXACT_TYPE", ("6.12",)),
    ("t^7 kfree", "BAD_MAXACT", LAST),
    ("p:^/rd vfs_read", "NO_GROUP_NAME", ALL),
    ("f:^/rd vfs_read", "NO_GROUP_NAME", NEW),
    ("t:^/rd kfree", "NO_GROUP_NAME", NEW),
    ("e:^/rd sched/sched_switch", "NO_GROUP_NAME", ALL),
    (f"p:^{LONG}/rd vfs_read", "GROUP_TOO_LONG", ALL),
    (f"t:^{LONG}/rd kfree", "GROUP_TOO_LONG", NEW),
    (f"e:^{LONG}/rd sched/sched_switch", "GROUP_TOO_LONG", ALL),
    ("p:^i.o/rd vfs_read", "BAD_GROUP_NAME", ALL),
    ("f:^2io/rd vfs_read", "BAD_GROUP_NAME", NEW),
    ("p:^ vfs_read", "NO_EVENT_NAME", ALL),
    ("f:^ vfs_read", "NO_EVENT_NAME", NEW),
    ("e:^ sched/sched_switch", "NO_EVENT_NAME", ALL),
    (f"p:io/^{LONG} vfs_read", "EVENT_TOO_LONG", ALL),
    (f"e:io/^{LONG} sched/sched_switch", "EVENT_TOO_LONG", ALL),
    ("p:io/^rd-1 vfs_read", "BAD_EVENT_NAME", ALL),
    ("t:io/^rd.1 kfree", "BAD_EVENT_NAME", NEW),
    # points
    ("p ^no_such_function", "BAD_PROBE_ADDR", ALL),
    ("p ^vfs_read-write", "BAD_PROBE_ADDR", ALL),
    ("p ^vfs_read+8-8", "BAD_PROBE_ADDR", ALL),
    ("p ^vfs_read-8", "BAD_PROBE_ADDR", ALL),
    ("f ^vfs_read+8", "FAIL_REG_PROBE", ("6.12",)),
    ("f ^vfs_read+8", "BAD_PROBE_ADDR", LAST),
    ("f ^no_such_function", "BAD_PROBE_ADDR", LAST),
    ("p ^name_show", "NON_UNIQ_SYMBOL", ALL),
    ("p ^vfs_read+3", "BAD_INSN_BNDRY", ALL),
    ("r ^vfs_read+10", "BAD_RETPROBE", ALL),
    ("p ^vfs_read+10%return", "BAD_RETPROBE", ALL),
    ("p vfs_read^%exit", "BAD_ADDR_SUFFIX", ALL),
    ("f vfs_read^%exit", "BAD_ADDR_SUFFIX", NEW),
    ("t kfree^%return", "BAD_ADDR_SUFFIX", NEW),
    ("t kmem^:kfree", "BAD_TP_NAME", NEW),
    ("e ^.sched_switch", "NO_GROUP_NAME", ALL),
    ("e ^sched.no_such_event", "BAD_ATTACH_EVENT", ALL),
    ("e ^sched_switch", "NO_EVENT_INFO", ALL),
    ("e ^sched.", "NO_EVENT_INFO", ALL),
    ("e sched.sched_switch if ^", "NO_EP_FILTER", ALL),
    ("p ^/no/such:16", "FILE_NOT_FOUND", ALL),
    ("p ^/dev:16", "NO_REGULAR_FILE", ALL),
    ("p /bin/cat:^16x", "BAD_UPROBE_OFFS", ALL),
    ("p /bin/cat:16^%exit", "BAD_ADDR_SUFFIX", ALL),
    ("p /bin/cat:16(32^", "REFCNT_OPEN_BRACE", ALL),
    ("p /bin/cat:16(32)^x", "BAD_REFCNT_SUFFIX", ALL),
    ("p /bin/cat:16(^3x)", "BAD_REFCNT", ALL),
    # names of args
    (f"p vfs_read ^{'n' * 33}=$stack", "ARG_NAME_TOO_LONG", ALL),
    ("p vfs_read ^=$stack", "NO_ARG_NAME", ALL),
    ("p vfs_read ^a.b=$stack", "BAD_ARG_NAME", ALL),
    ("p vfs_read a=$stack ^a=$stack", "USED_ARG_NAME", ALL),
    ("p vfs_read ^common_pid=$stack", "USED_ARG_NAME", ALL),
    ("p vfs_read a=^", "NO_ARG_BODY", ALL),
    # values
    ("p vfs_read ^$retval", "RETVAL_ON_PROBE", ALL),
    ("t kfree ^$retval", "RETVAL_ON_PROBE", NEW),
    ("r mmput ^$retval", "NO_RETVAL", NEW),
    ("p vfs_read ^$stack4096", "BAD_STACK_NUM", ALL),
    ("p vfs_read x=^$arg4096", "BAD_ARG_NUM", ALL),
    ("p vfs_read ^$nothing", "BAD_VAR", ALL),
    ("f vfs_read ^%di", "BAD_VAR", NEW),
    ("e sched.sched_switch ^%di", "BAD_VAR", ALL),
    ("p vfs_read ^%rdi", "BAD_REG_NAME", ALL),
    ("p vfs_read ^@16x", "BAD_MEM_ADDR", ALL),
    ("p vfs_read ^@+16", "FILE_ON_KPROBE", ALL),
    ("p /bin/cat:16 ^@+x", "BAD_FILE_OFFS", ALL),
    ("p /bin/cat:16 ^@jiffies", "SYM_ON_UPROBE", ALL),
    ("p vfs_read a=\\^x", "BAD_IMM", ALL),
    ('p vfs_read a=\\"text^', "IMMSTR_NO_CLOSE", ALL),
    ("p vfs_read ^+8$stack)", "DEREF_NEED_BRACE", ALL),
    ("p vfs_read ^+8x($stack)", "BAD_DEREF_OFFS", ALL),
    ("p vfs_read +8(+8($stack^)", "DEREF_OPEN_BRACE", ALL),
    ("p vfs_read +8(^$comm)", "COMM_CANT_DEREF", ALL),
    ("p vfs_read ^!1", "BAD_FETCH_ARG", ALL),
    ("p vfs_read ^" + "+8(" * 16 + "%di" + ")" * 16, "ARG_TOO_LONG", ("6.1", "6.12")),
    ("p vfs_read " + "+8(" * 8 + "^+8($stack" + ")" * 9, "TOO_MANY_NESTED", LAST),
    ("e sched.sched_switch ^$nothing", "BAD_VAR", NEW),
    ("e sched.sched_switch ^x=$nothing", "BAD_ATTACH_ARG", OLD),
    ("e sched.sched_switch x=^nothing", "NO_EVENT_FIELD", LAST),
    ("e sched.sched_switch x=^this_cpu_read(prev_pid)", "NOSUP_PERCPU", LAST),
    # types
    ("p vfs_read +0($stack):u8[4]^x", "BAD_ARRAY_SUFFIX", ALL),
    ("p vfs_read +0($stack):u8[4^", "ARRAY_NO_CLOSE", ALL),
    ("p vfs_read +0($stack):u8[^4x]", "BAD_ARRAY_NUM", ALL),
    ("p vfs_read +0($stack):u8[^65]", "ARRAY_TOO_BIG", ALL),
    ("p vfs_read $stack:^u63", "BAD_TYPE", ALL),
    ("p vfs_read $stack:^b4@61/64x", "BAD_TYPE", ALL),
    ("p vfs_read $stack:^b4@61/64", "BAD_BITFIELD", ALL),
    ("p vfs_read $stack:^string", "BAD_STRING", ALL),
    ("p vfs_read \\1:^symstr", "BAD_SYMSTRING", ALL),
    ("p /bin/cat:16 $stack:^symstr", "BAD_TYPE", NEW),
    ("p vfs_read $comm:^u64", "NEED_STRING_TYPE", NEW),
    ("f vfs_read ^pos:string", "BAD_TYPE4STR", NEW),
    # names out of BTF
    ("f vfs_read ^kount", "NO_BTFARG", NEW),
    ("f kfree ^$arg10", "NO_BTFARG", NEW),
    ("f schedule ^count", "NO_BTF_ENTRY", NEW),
    ("f vfs_read $arg* ^$arg*", "DOUBLE_ARGS", NEW),
    ("f vfs_read ^$arguments", "BAD_VAR", NEW),
    ("f vfs_read x=^$arg*", "BAD_VAR", NEW),
    ("f vfs_read +0(^$arg*)", "BAD_VAR", NEW),
    ("p vfs_read+10 ^$arg1", "NOFENTRY_ARGS", NEW),
    ("f schedule ^$arg*", "NOSUP_BTFARG", NEW),
    ("p /bin/cat:16 ^count", "NOSUP_BTFARG", NEW),
    ("f vfs_read file->^f_inod", "NO_BTF_FIELD", NEW),
    ("f vfs_read file->f_inode->^i_in", "NO_BTF_FIELD", NEW),
    ("f vfs_read file^-f_inode", "BAD_HYPHEN", NEW),
    ("f vfs_read file.^f_inode", "NOSUP_DAT_ARG", NEW),
    ("f vfs_read count->^x", "NO_PTR_STRCT", NEW),
    ("f vfs_read%return $retval->^x", "NO_PTR_STRCT", NEW),
    ("f kfree object->^x", "BAD_BTF_TID", NEW),
    # casts
    ("f vfs_read x=(^no_such_struct)file->x", "NO_PTR_STRCT", LAST),
    ("f vfs_read x=(task_struct)file^", "TYPECAST_REQ_FIELD", LAST),
    ("f vfs_read x=(task_struct)^@jiffies+8->pid", "TYPECAST_SYM_OFFSET", LAST),
    ("f vfs_read x=(task_struct,^in_execve)file->pid", "TYPECAST_NOT_ALIGNED", LAST),
    ("f vfs_read x=(task_struct,se^->x)file->pid", "TYPECAST_BAD_ARROW", LAST),
    ("f vfs_read x=(task_struct,^nothing)file->pid", "NO_BTF_FIELD", LAST),
    ("f vfs_read x=(task_struct)file->^nothing", "NO_BTF_FIELD", LAST),
]  # fmt: skip

#: Several commands, of which the last is refused.
SEQUENCES = [
    (["p:io/rd vfs_read a=$stack", "^r:io/rd vfs_read a=$stack"], "DIFF_PROBE_TYPE", ALL),
    (["p:io/rd vfs_read a=$stack", "p:io/rd vfs_read ^b=$stack"], "DIFF_ARG_TYPE", ALL),
    (["p:io/rd vfs_read a=$stack", "p:io/rd vfs_write ^a=$stack:u8"], "DIFF_ARG_TYPE", ALL),
    (["p:io/rd vfs_read a=$stack", "p:io/rd vfs_write a=$stack ^b=$stack"], "DIFF_ARG_TYPE", ALL),
    (["p:io/rd vfs_read a=$stack", "^p:io/rd vfs_read a=$stack"], "SAME_PROBE", ALL),
    (["p:io/rd vfs_read a=$stack", "p:io/rd vfs_write a=$stack", "^p:io/rd vfs_write a=$stack"], "SAME_PROBE", ALL),
    (["f:io/rd vfs_read", "^p:io/rd vfs_read"], "EVENT_EXIST", NEW),
    (["f:io/rd kfree", "^t:io/rd kfree"], "DIFF_PROBE_TYPE", NEW),
    (["e:io/rd sched.sched_switch", "^e:io/rd sched.sched_switch"], "EVENT_EXIST", ALL),
    (["^p:sched/sched_switch vfs_read"], "EVENT_EXIST", ALL),
]  # fmt: skip


def files(path: str) -> str | None:
    return {"/bin/cat": "cat", "/dev": ""}.get(path)


def run(kernel: str, commands: list[str]) -> tuple[str, int | None]:
    judge = Judge(load_kernel(kernel), files)
    for command in commands[:-1]:
        assert judge.judge(command).taken, command
    verdict = judge.judge(commands[-1])
    assert verdict.taken is False, verdict
    return verdict.log[0].name, verdict.log[0].column


@pytest.mark.parametrize(("command", "error", "kernels"), CASES, ids=[case[0][:40] for case in CASES])
def test_errors_at_the_caret(command: str, error: str, kernels: tuple[str, ...]) -> None:
    for kernel in kernels:
        name, column = run(kernel, [command.replace("^", "", 1)])
        assert (kernel, name, column) == (kernel, error, command.index("^"))


@pytest.mark.parametrize(("commands", "error", "kernels"), SEQUENCES)
def test_errors_of_sequences(commands: list[str], error: str, kernels: tuple[str, ...]) -> None:
    for kernel in kernels:
        name, column = run(kernel, [command.replace("^", "", 1) for command in commands])
        assert (kernel, name, column) == (kernel, error, commands[-1].index("^"))
