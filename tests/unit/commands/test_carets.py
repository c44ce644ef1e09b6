"""Errors of the kernel's parser at their carets. `^` stands where the kernel puts its own; it is no part of the command."""

from __future__ import annotations

import pytest

from probelang.commands.judge import Judge
from probelang.kernel.load import load_kernel

OLD, NEW, LAST = ("6.1",), ("6.12", "7.3"), ("7.3",)
ALL = OLD + NEW
LONG = "n" * 64
NESTED = f"{'+8(' * 13}@8{')' * 14}"

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
    ("f vfs_read x=(task_struct,^->pid)file->comm", "NO_BTF_FIELD", LAST),
    ("f vfs_read x=(task_struct,^.pid)file->comm", "NO_BTF_FIELD", LAST),
    ("f vfs_read x=(task_struct,^.)file->comm", "NO_BTF_FIELD", LAST),
    ("f vfs_read x=(^task_struct_x)file->pid", "NO_PTR_STRCT", LAST),
    ("f vfs_read x=(a)((b)((c)((d)((e)((f)((g)((h)(^(i)file->i)->h)->g)->f)->e)->d)->c)->b)->a", "TOO_MANY_NESTED", LAST),
    # the same of other kinds, and what else each of them is asked
    *((f"{point} ^$arg10000", error, kernels) for point, error, kernels in (("p vfs_read", "BAD_ARG_NUM", OLD), ("p vfs_read", "NO_BTFARG", NEW), ("f vfs_read", "NO_BTFARG", NEW), ("t kfree", "NO_BTFARG", NEW))),
    *((f"{point}^{NESTED}", "TOO_MANY_OPS", kernels) for point, kernels in (("p vfs_read +8(", ("6.1", "6.12")), ("f vfs_read +8(", ("6.12",)), ("t kfree +8(", ("6.12",)))),
    *((f"{point} {'+0(' * 8}^+0(@0{')' * 9}", "TOO_MANY_NESTED", LAST) for point in ("p vfs_read", "f vfs_read", "t kfree")),
    *((f"{point} ^{'+1234567(' * 30}@1234{')' * 30}", "ARG_TOO_LONG", kernels) for point, kernels in (("p vfs_read", ALL), ("f vfs_read", NEW), ("t kfree", NEW))),
    *((f"{point} ^$stack10000", "BAD_STACK_NUM", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^@1234abcde", "BAD_MEM_ADDR", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^@+16", "FILE_ON_KPROBE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} a=\\^x", "BAD_IMM", NEW) for point in ("f vfs_read", "t kfree")),
    *((f'{point} a=\\"text^', "IMMSTR_NO_CLOSE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^+8@8)", "DEREF_NEED_BRACE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^+8x(@8)", "BAD_DEREF_OFFS", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(+8(@8^)", "DEREF_OPEN_BRACE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(^$comm)", "COMM_CANT_DEREF", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^!1", "BAD_FETCH_ARG", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(@8):u8[4^", "ARRAY_NO_CLOSE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(@8):u8[4]^x", "BAD_ARRAY_SUFFIX", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(@8):u8[^4x]", "BAD_ARRAY_NUM", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} +8(@8):u8[^256]", "ARRAY_TOO_BIG", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} @8:^u63", "BAD_TYPE", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} $stack0:^string", "BAD_STRING", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} @8:^b10@x/16", "BAD_BITFIELD", ALL if point[0] == "p" else NEW) for point in ("p vfs_read", "f vfs_read", "t kfree")),
    *((f"{point} ^{'n' * 33}=@8", "ARG_NAME_TOO_LONG", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^=@8", "NO_ARG_NAME", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} ^a.1=@8", "BAD_ARG_NAME", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} a=@8 ^a=@16", "USED_ARG_NAME", NEW) for point in ("f vfs_read", "t kfree")),
    *((f"{point} a=^", "NO_ARG_BODY", NEW) for point in ("f vfs_read", "t kfree")),
    ("f:io/^" + LONG + " vfs_read", "EVENT_TOO_LONG", NEW),
    ("t:io/^" + LONG + " kfree", "EVENT_TOO_LONG", NEW),
    ("f:^" + LONG + "/rd vfs_read", "GROUP_TOO_LONG", NEW),
    ("f:io/^rd.1 vfs_read", "BAD_EVENT_NAME", NEW),
    ("t:^i.o/rd kfree", "BAD_GROUP_NAME", NEW),
    ("t:^ kfree", "NO_EVENT_NAME", NEW),
    ("e:^i.o/rd sched/sched_switch", "BAD_GROUP_NAME", ALL),
    ("e:io/^rd.1 sched/sched_switch", "BAD_EVENT_NAME", ALL),
    ("t kmem^/kfree", "BAD_TP_NAME", NEW),
    ("t kfree ^%rax", "BAD_VAR", NEW),
    ("f vfs_read ^$none", "BAD_VAR", NEW),
    ("t kfree ^$none", "BAD_VAR", NEW),
    ("p vfs_read ^kount", "NO_BTFARG", NEW),
    ("p kfree ^$arg10", "NO_BTFARG", NEW),
    ("r kfree ^$retval", "NO_RETVAL", NEW),
    ("f kfree%return ^$retval", "NO_RETVAL", NEW),
    ("p vfs_read x=^$arg*", "BAD_VAR", NEW),
    ("p vfs_read $arg* ^$arg*", "DOUBLE_ARGS", NEW),
    ("p vfs_read+10 ^$arg*", "NOFENTRY_ARGS", NEW),
    ("p vfs_read%return $retval->^x", "NO_PTR_STRCT", NEW),
    ("p vfs_read file->^x", "NO_BTF_FIELD", NEW),
    ("p vfs_read file^-.x", "BAD_HYPHEN", NEW),
    ("p vfs_read ^file:string", "BAD_TYPE4STR", NEW),
    ("p /bin/cat:16(32)^%return", "BAD_REFCNT_SUFFIX", ALL),
    ("e ^syscalls.nothing", "BAD_ATTACH_EVENT", ALL),
    ("e syscalls/sys_enter_openat ^nothing", "BAD_FETCH_ARG", OLD),
    ("e syscalls/sys_enter_openat ^nothing", "NOSUP_BTFARG", ("6.12",)),
    ("e syscalls/sys_enter_openat ^nothing", "NO_EVENT_FIELD", LAST),
    ("e syscalls/sys_enter_openat a=^dfd", "BAD_FETCH_ARG", OLD),
    ("e syscalls/sys_enter_openat a=^dfd", "NOSUP_BTFARG", ("6.12",)),
    ("e syscalls/sys_enter_openat ^a=$nothing", "BAD_ATTACH_ARG", OLD),
    # synthetic events
    ("s:made ^chr a", "SYNTH_INVALID_TYPE", ALL),
    ("s:made ^unsigned a", "SYNTH_INCOMPLETE_TYPE", ALL),
    ("s:made char ^a]; int b", "SYNTH_BAD_NAME", ALL),
    ("s:^ma-de char a[]", "SYNTH_BAD_NAME", ALL),
    ("s:made char ^a-b[]", "SYNTH_BAD_NAME", ALL),
    ("s:made char a;^[]", "SYNTH_INVALID_FIELD", ALL),
    ("s:made char a; ^int", "SYNTH_INVALID_FIELD", ALL),
    ("s:made char ^a[; int b", "SYNTH_INVALID_ARRAY_SPEC", ALL),
    ("s:made char ^a[x]", "SYNTH_INVALID_ARRAY_SPEC", ALL),
    ("s:made char ^a[257]", "SYNTH_INVALID_ARRAY_SPEC", ALL),
    *((f"^s:{text}", "SYNTH_INVALID_CMD", ALL) for text in ("ma;de char a[]", "made ; char a[]", "made; char a[]", "made ;char a[]", "; char a[]", ";made char a[]", "made")),
    ("^s:other/made char a[", "SYNTH_INVALID_DYN_CMD", ALL),
]  # fmt: skip

#: Conditions of an eprobe on `sched_switch`; the kernel shows them alone, and its carets behind a name are one too far.
CONDITIONS = [
    ("prev_pid =^ 3", "FILT_INVALID_OP"),
    ("^(prev_pid == 3", "FILT_TOO_MANY_OPEN"),
    ("prev_pid == 3^)", "FILT_TOO_MANY_CLOSE"),
    ('prev_comm == ^"x', "FILT_MISSING_QUOTE"),
    ("prev_pid == 3 ^4", "FILT_TOO_MANY_PREDS"),
    ("prev_pid == 3^x", "FILT_ILLEGAL_INTVAL"),
    ("nothing ^== 3", "FILT_FIELD_NOT_FOUND"),
    ("prev_comm == 3^", "FILT_EXPECT_STRING"),
    ("prev_pid == '^x'", "FILT_EXPECT_DIGIT"),
    ("prev_pid ~ 3^", "FILT_ILLEGAL_FIELD_OP"),
    ("prev_pid == x^", "FILT_INVALID_VALUE"),
]

#: Triggers of `io/r`, an event with the numbers `a` and `b`, which has none yet.
TRIGGERS = [
    ("hist:keys=common_pid:vals=a:sort=common_pid,^junk", "INVALID_SORT_FIELD"),
    ("hist:keys=common_pid:vals=a:^sort=", "EMPTY_ASSIGNMENT"),
    ("hist:keys=common_pid:vals=a:^sort=common_pid,", "EMPTY_SORT_FIELD"),
    ("hist:keys=common_pid:vals=a:sort=common_pid.^junk", "INVALID_SORT_MODIFIER"),
    ("hist:keys=common_pid:vals=a,b:^sort=common_pid,a,b", "TOO_MANY_SORT_FIELDS"),
    ("hist:keys=common_pid:vals=^junk", "FIELD_NOT_FOUND"),
    ("hist:keys=common_pid:vals=^a.log2", "BAD_FIELD_MODIFIER"),
    ("hist:keys=^junk", "FIELD_NOT_FOUND"),
    ("hist:keys=a.^junk", "BAD_FIELD_MODIFIER"),
]
TRIGGERED = "p:io/r vfs_fsync a=$stack0:u64 b=$stack1:u64"

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
    (["t:io/rd kfree", "^f:io/rd kfree"], "DIFF_PROBE_TYPE", NEW),
    (["f:io/rd vfs_read", "^f:io/rd vfs_write%return"], "DIFF_PROBE_TYPE", NEW),
    *(([f"{kind}:io/rd kfree a=\\1", f"{kind}:io/rd kfree ^{arg}"], "DIFF_ARG_TYPE", kernels) for kind, kernels in (("p", ALL), ("f", NEW), ("t", NEW)) for arg in ("b=\\1", "a=\\1:u8", 'a=\\"text"')),
    *(([f"{kind}:io/rd kfree a=\\1", f"^{kind}:io/rd kfree a=\\1"], "SAME_PROBE", kernels) for kind, kernels in (("p", ALL), ("f", NEW), ("t", LAST))),
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


@pytest.mark.parametrize(("text", "error"), TRIGGERS)
def test_errors_of_triggers(text: str, error: str) -> None:
    for kernel in ALL:
        judge = Judge(load_kernel(kernel), files)
        assert judge.judge(TRIGGERED).taken
        verdict = judge.judge(text.replace("^", "", 1), "events/io/r/trigger")
        assert [(entry.name, entry.column) for entry in verdict.log] == [(f"HIST_{error}", text.index("^"))]


@pytest.mark.parametrize(("text", "error"), CONDITIONS)
def test_errors_of_conditions(text: str, error: str) -> None:
    for kernel in ALL:
        name, column = run(kernel, [f"e:a/b sched.sched_switch if {text.replace('^', '', 1)}"])
        assert (kernel, name, column) == (kernel, error, text.index("^"))
