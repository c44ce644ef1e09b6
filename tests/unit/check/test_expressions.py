"""Expressions: what C they mean, as the kernel is told to read it."""

from __future__ import annotations

import pytest

from probelang.analysis import analyse
from probelang.source import Source
from tests.support.specs import args, bundled, only, said


@pytest.mark.parametrize(
    ("expr", "old", "new"),
    [
        # members, by name where the kernel resolves names
        ("file->f_pos", "+104($arg1):s64", "file->f_pos:s64"),
        ("file->f_inode->i_ino", "+64(+32($arg1)):u64", "file->f_inode->i_ino:u64"),
        ("file->f_path.dentry", "+24($arg1):x64", "file->f_path.dentry:x64"),
        ("(*file).f_pos", "+104($arg1):s64", "+112(file):s64"),
        ("file[0].f_pos", "+104($arg1):s64", "+112(file):s64"),
        ("(&file->f_path)->dentry", "+24($arg1):x64", "file->f_path.dentry:x64"),
        ("file->f_inode->i_uid.val", "+4(+32($arg1)):u32", "file->f_inode->i_uid.val:u32"),
        # anonymous structs and unions
        ("file->f_inode->i_nlink", "+72(+32($arg1)):u32", "file->f_inode->i_nlink:u32"),
        # what a pointer points to, elements
        ("*pos", "+0($arg4):s64", "+0(pos):s64"),
        ("pos[0]", "+0($arg4):s64", "+0(pos):s64"),
        ("pos[2]", "+16($arg4):s64", "+16(pos):s64"),
        ("pos[-1]", "-8($arg4):s64", "-8(pos):s64"),
        ("file->f_inode->i_sb->s_uuid.b[3]", "+1003(+40(+32($arg1))):u8", "+995(file->f_inode->i_sb):u8"),
        # casts
        ("((struct file *)buf)->f_pos", "+104($arg2):s64", "+112(buf):s64"),
        ("(u8)count", "$arg3:u8", "count:u8"),
        ("(signed char)count", "$arg3:s8", "count:s8"),
        ("(unsigned short)file->f_pos", "+104($arg1):u16", "file->f_pos:u16"),
        ("(u32)file", "$arg1:u32", "file:u32"),
        ("(s64)count", "$arg3:s64", "count:s64"),
        ("(void *)count", "$arg3:x64", "count:x64"),
        ("*(u32 *)pos", "+0($arg4):u32", "+0(pos):u32"),
        ("**(struct file **)pos", "", ""),
        ("(*(struct file **)pos)->f_pos", "+104(+0($arg4)):s64", "+112(+0(pos)):s64"),
        (
            "container_of(file->f_inode, struct socket_alloc, vfs_inode)->socket.state",
            "-128(+32($arg1)):u32",
            "-128(file->f_inode):u32",
        ),
        # the kernel's own raw form, where a type says what lies there
        ("+8(file)", "+8($arg1):x64", "+8(file):x64"),
        ("-8(file)", "-8($arg1):x64", "-8(file):x64"),
        ("+8(+16(file)): u32", "+8(+16($arg1)):u32", "+8(+16(file)):u32"),
        ("+8(file): string", "+8($arg1):string", "+8(file):string"),
        ("+u8(buf): ustring", "+u8($arg2):ustring", "+u8(buf):ustring"),
        ("+8(file): u8[4]", "+8($arg1):u8[4]", "+8(file):u8[4]"),
        ("+8(file): string[2]", "+8($arg1):string[2]", "+8(file):string[2]"),
        ("$stack", "$stack:x64", "$stack:x64"),
        ("$stack3: u32", "$stack3:u32", "$stack3:u32"),
        ("$stack: string", "+0($stack):string", "+0($stack):string"),
        ("%di: s32", "%di:s32", "%di:s32"),
        ("@panic_timeout: s32", "@panic_timeout:s32", "@panic_timeout:s32"),
        ("@panic_timeout+4: s32", "@panic_timeout+4:s32", "@panic_timeout+4:s32"),
        ("@linux_banner: string", "@linux_banner:string", "@linux_banner:string"),
        ("@0xffffffff81000000: u8[4]", "@0xffffffff81000000:u8[4]", "@0xffffffff81000000:u8[4]"),
        ("((struct task_struct *)&@init_task)->pid", None, None),
        ("$arg3", "$arg3:u64", "count:u64"),
        ("$arg1->f_pos", "+104($arg1):s64", "file->f_pos:s64"),
        # constants
        ("42", "\\42:u64", "\\42:u64"),
        ("-1", "\\-1:s64", "\\-1:s64"),
        ("O_CREAT | 1", "\\65:u64", "\\65:u64"),
        ("'a'", "\\97:u64", "\\97:u64"),
        ('"text"', '\\"text"', '\\"text"'),
    ],
)
def test_expression(expr: str, old: str | None, new: str | None) -> None:
    spec = f"kprobe vfs_read {{ x = {expr} }}"
    if old is None or new is None:
        assert all(arg.startswith("x=@init_task+") and arg.endswith(":s32") for arg in args(spec))
        return
    if not old:
        assert said(spec) == [("struct-value", expr)]
        return
    assert args(spec, "6.1") == [f"x={old}"]
    assert args(spec, "6.12") == [f"x={new}"]


def test_names_are_used_as_far_as_they_fit() -> None:
    chain = "file->f_path.dentry->d_sb->s_root->d_inode->i_sb->s_root->d_parent"
    (short,) = args(f"kprobe vfs_read {{ x = {chain} }}", "6.12")
    assert len(short) - 2 <= 63 and short.startswith("x=+") and short.endswith(":x64")
    assert args(f"kprobe vfs_read {{ x = {chain} }}", "7.3") == [f"x={chain}:x64"]


def test_what_is_read_through_a_user_pointer_is_user_memory() -> None:
    assert args("fprobe vfs_read { x = user(buf): ustring }", "6.1") == ["x=+u0($arg2):ustring"]
    assert args("fprobe vfs_read { x = *user(pos) }", "6.1") == ["x=+u0($arg4):s64"]
    assert args("fprobe vfs_read { x = ((struct iovec *)user(buf))->iov_len }", "6.12") == ["x=+u8(buf):u64"]
    assert args("fprobe vfs_read { x = ((struct iovec *)user(buf))[1].iov_base: ustring }", "6.12") == [
        "x=+u0(+u16(buf)):ustring"
    ]
    # a string behind a user pointer is one by itself
    assert args("fprobe do_sys_openat2 { x = user(filename) }", "6.12") == ["x=filename:ustring"]


def test_a_syscalls_pointers_are_user_pointers() -> None:
    assert args("eprobe syscalls:sys_enter_openat { filename }") == ["filename=+u0($filename):ustring"]
    assert args("eprobe syscalls:sys_enter_read { buf: x64 }") == ["buf=$buf:x64"]


def test_all_arguments() -> None:
    assert args("fprobe vfs_read { $arg* }") == [
        "file=file:x64",
        "buf=buf:string",
        "count=count:u64",
        "pos=pos:x64",
    ]
    assert args("fprobe vfs_read { x = 1, $arg* }")[0] == "x=\\1:u64"
    assert len(args("eprobe sched:sched_switch { $arg* }")) == 7
    assert said("fprobe vfs_read { count, $arg* }") == [("name-clash", "$arg*")]
    assert [slug for slug, _ in said("kprobe vfs_read+8 { $arg* }")] == ["unknown-name"]


# --------------------------------------------------------------------------------------------------- choices


def test_the_first_expression_that_the_kernel_has() -> None:
    spec = "tprobe sched_switch { state = prev->state ?? prev->__state }"
    assert args(spec) == ["state=prev->__state:u32"]
    assert args("fprobe vfs_read { x = file->nope ?? nor_this ?? count }") == ["x=count:u64"]
    assert args("fprobe vfs_read { x = ((struct nope *)file)->x ?? count }") == ["x=count:u64"]
    assert args("fprobe vfs_read { x = count ?? file->nope }") == ["x=count:u64"]
    assert args("fprobe vfs_read { x = @no_such_variable ?? 42 }") == ["x=\\42:u64"]
    assert args("fprobe vfs_read { x = $current->comm ?? $comm }") == ["x=$comm"]
    assert args("fprobe vfs_read { x = this_cpu_read(@runqueues.nr_running) ?? 7 }") == ["x=\\7:u64"]


def test_a_choice_is_made_by_what_the_backend_can_have() -> None:
    text = "fprobe vfs_read { a = $pid ?? $tid, b = this_cpu_read(@runqueues.nr_running) ?? 7 }\neprobe sched:sched_switch { c = $pid ?? 7 }"
    bases = {}
    for target in ("tracefs", "perf", "bpftrace"):
        events = analyse(Source("t.pl", text), bundled("6.12"), target).events
        fields = [field for event in events for field in event.probe.fields]
        bases[target] = [type(field.access.base).__name__ for field in fields]
    assert bases["tracefs"] == ["Thread", "Immediate", "Immediate"]
    assert bases["perf"] == ["Thread", "Immediate", "Thread"]
    assert bases["bpftrace"] == ["Thread", "ThisCpu", "Thread"]


def test_qualifiers_change_nothing() -> None:
    assert args("fprobe vfs_read { x = (const char *)file->private_data }") == [
        "x=+0(file->private_data):string"
    ]
    assert args("fprobe vfs_read { x = (char const *)file }") == ["x=+0(file):string"]
    assert args("fprobe vfs_read { x = (volatile unsigned long)file }") == ["x=file:u64"]
    assert args("fprobe vfs_read { x = file->nope ?? 0 }") == ["x=\\0:u64"]


def test_a_choice_of_which_nothing_is_there_is_one_error() -> None:
    found = only("fprobe vfs_read { x = file->nope ?? file->nor_this }")
    assert found.rule.slug == "unknown-member" and "nor_this" in found.message
    assert any("`nope`" in note for note in found.notes)


def test_a_mistake_in_a_choice_is_no_absence() -> None:
    assert said("fprobe vfs_read { x = count->a ?? count }") == [("not-a-struct", "a")]


# ------------------------------------------------------------------------------------------------------ wrong


@pytest.mark.parametrize(
    ("expr", "slug", "place"),
    [
        ("cuont", "unknown-name", "cuont"),
        ("cuont->f_pos->x", "unknown-name", "cuont"),
        ("*cuont", "unknown-name", "cuont"),
        ("file->f_inod->i_ino", "unknown-member", "f_inod"),
        ("file.f_pos", "arrow-or-dot", ".f_pos"),
        ("file->f_path->dentry", "arrow-or-dot", "->dentry"),
        ("count->x", "not-a-struct", "x"),
        ("count.x", "not-a-struct", "x"),
        ("buf->x", "not-a-struct", "x"),
        ("((void *)file)->f_pos", "not-a-struct", "f_pos"),
        ("(@slab_caches).pid", "not-a-struct", "pid"),
        ("*count", "not-a-pointer", "*count"),
        ("count[0]", "not-a-pointer", "count[0]"),
        ("file->f_inode->i_sb->s_uuid.b[16]", "bad-index", "16"),
        ("file->f_inode->i_sb->s_uuid.b[count]", "bad-index", "count"),
        ("((struct fiel *)file)->f_pos", "unknown-type", "struct fiel *"),
        ("((file *)buf)->f_pos", "unknown-type", "file *"),
        ("file->f_inode->i_sb->s_mtd->index", "incomplete-type", "index"),
        ("file->f_path", "struct-value", "file->f_path"),
        ("*file", "struct-value", "*file"),
        ("*(void *)buf", "unrecordable", "*(void *)buf"),
        ("*file->f_op->read", "unrecordable", "*file->f_op->read"),
        ("&file->f_pos", "no-address", "&file->f_pos"),
        ("&count", "no-address", "&count"),
        ("&@panic_timeout", "no-address", "&@panic_timeout"),
        ("(u64)&@panic_timeout", "no-address", "(u64)&@panic_timeout"),
        ("count + 1", "no-arithmetic", "count + 1"),
        ("-count", "no-arithmetic", "-count"),
        ("count == 1", "no-arithmetic", "count == 1"),
        ("count && file", "no-arithmetic", "count && file"),
        ("count in {1}", "no-arithmetic", "count in {1}"),
        ("(bool)count", "no-arithmetic", "bool"),
        ("(u64)$comm", "type-mismatch", "$comm"),
        ("((struct file *)$comm)->f_pos", "type-mismatch", "$comm"),
        ("((struct file *)file->f_flags)->f_pos", "widening", "file->f_flags"),
        ("+8(file->f_flags)", "not-a-pointer", "file->f_flags"),
        ("+8(3)", "not-a-pointer", "3"),
        ("$retval", "no-retval", "$retval"),
        ("$nope", "unknown-variable", "$nope"),
        ("$arg5", "unknown-variable", "$arg5"),
        ("$arg0", "unknown-variable", "$arg0"),
        ("%eax", "unknown-register", "%eax"),
        ("@no_such_symbol", "unknown-variable", "@no_such_symbol"),
        ("strlen(buf)", "unknown-call", "strlen"),
        ("entry(count)", "unknown-call", "entry(count)"),
        ("user(count)", "not-a-pointer", "count"),
        ("container_of(count, struct file, f_pos)", "not-a-pointer", "count"),
        ("container_of(file->f_inode, struct file, f_nope)", "unknown-member", "f_nope"),
        ("1 / 0", "bad-constant", "1 / 0"),
    ],
)
def test_one_diagnostic_at_the_place(expr: str, slug: str, place: str) -> None:
    assert said(f"kprobe vfs_read {{ x = {expr} }}") == [(slug, place)]


@pytest.mark.parametrize("kind", ["fprobe vfs_read", "tprobe sched_switch", "eprobe sched:sched_switch"])
def test_registers_are_for_kprobes(kind: str) -> None:
    assert said(f"{kind} {{ %di }}") == [("unknown-variable", "%di")]


def test_retval_of_nothing() -> None:
    assert said("fprobe mark_page_accessed%return { $retval }") == [("no-retval", "$retval")]
    assert said("tprobe sched_switch { $retval }") == [("no-retval", "$retval")]


def test_a_member_behind_a_define_is_told() -> None:
    found = only("fprobe tcp_v4_connect { sk->sk_reuse }")
    assert found.label.text == "did you mean `__sk_common.skc_reuse`?"
    assert "#define" in found.notes[0]


def test_widening_of_a_negative_number_is_told() -> None:
    assert said("fprobe do_sys_openat2 { x = (u64)dfd }") == [("sign-change", "u64")]
    # nothing is lost of these
    assert args("fprobe do_sys_openat2 { x = (s64)dfd }") == ["x=dfd:s32"]
    assert args("fprobe vfs_read { x = (u64)file->f_flags }") == ["x=file->f_flags:u32"]


def test_near_names_are_three_at_most() -> None:
    for spec in ("fprobe vfs_rea", "fprobe vfs_read { x = file->f_ }", "fprobe vfs_read { x = coun }"):
        assert only(spec).label.text.count("`") <= 6


def test_notes_tell_where_the_knowledge_comes_from() -> None:
    assert any("6.12" in note for note in only("fprobe vfs_read { file->f_inod }").notes)
    assert any("6.12" in note and "`pos`" in note for note in only("fprobe vfs_read { cuont }").notes)
