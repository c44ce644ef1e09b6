"""How values are recorded: by their C type, or by the fetch-arg type that was asked for."""

from __future__ import annotations

import pytest

from tests.support.specs import apply_fix, args, only, said

TCP = "fprobe tcp_v4_connect"


@pytest.mark.parametrize(
    ("probe", "expr", "fetch"),
    [
        ("fprobe vfs_read", "count", "u64"),
        ("fprobe vfs_read", "file", "x64"),
        ("fprobe vfs_read", "file->f_pos", "s64"),
        ("fprobe vfs_read", "file->f_flags", "u32"),
        ("fprobe vfs_read", "file->f_inode->i_mode", "u16"),
        ("fprobe vfs_read", "file->f_inode->i_blkbits", "u8"),
        ("fprobe vfs_read", "file->f_inode->i_sb->s_uuid.b", "u8[16]"),
        ("fprobe vfs_read", "file->f_inode->i_sb->s_id", "string"),
        ("fprobe vfs_read", "file->f_path.dentry->d_name.name", "string"),
        ("fprobe vfs_read", "file->f_inode->i_sb->s_type->name", "string"),
        ("fprobe vfs_read", "buf", "string"),
        ("fprobe vfs_read", "$comm", ""),
        ("fprobe vfs_read%return", "$retval", "s64"),
        ("fprobe tcp_v4_connect%return", "$retval", "s32"),
        ("fprobe tcp_set_state", "state", "s32"),
        # an enum, a bool
        ("fprobe tcp_v4_connect", "sk->sk_socket->state", "u32"),
        ("tprobe sched_switch", "preempt", "u8"),
        # unsigned char is a byte, not a character: addresses and packets are no strings
        ("fprobe dev_open", "dev->name", "string"),
        ("fprobe dev_open", "dev->perm_addr", "u8[32]"),
        ("fprobe netif_rx", "skb->data", "x64"),
        ("fprobe netif_rx", "skb->protocol", "u16"),
        # an array of two dimensions, by its elements
        ("fprobe vfs_read", "file->f_pos: x64", "x64"),
    ],
)
def test_natural_type(probe: str, expr: str, fetch: str) -> None:
    (arg,) = args(f"{probe} {{ x = {expr} }}")
    assert arg.rpartition(":")[2] == fetch if fetch else arg == "x=$comm"


@pytest.mark.parametrize(
    ("expr", "fetch"),
    [
        ("sk->sk_no_check_tx", "b1@2/8"),
        ("sk->sk_protocol", "u16"),
        ("sk->__sk_common.skc_reuse", "b4@0/8"),
        ("((struct tcp_sock *)sk)->repair", "b1@2/8"),
        ("((struct tcp_sock *)sk)->nonagle", "b4@0/8"),
    ],
)
def test_bitfields(expr: str, fetch: str) -> None:
    (arg,) = args(f"{TCP} {{ x = {expr} }}")
    assert arg.rpartition(":")[2] == fetch
    assert args(f"{TCP} {{ x = (u32){expr} }}") == [arg]


def test_a_bitfield_takes_no_other_type() -> None:
    assert said(f"{TCP} {{ x = sk->sk_no_check_tx: u8 }}") == [("type-mismatch", "u8")]
    assert [slug for slug, _ in said(f"{TCP} {{ x = (bool)sk->sk_no_check_tx }}")] == ["type-mismatch"]


@pytest.mark.parametrize("fetch", ["u64", "x64", "u64[1]"][:2])
def test_types_of_the_same_width_and_sign(fetch: str) -> None:
    assert args(f"fprobe vfs_read {{ count: {fetch} }}") == [f"count=count:{fetch}"]


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("file->f_op: symbol", "x=file->f_op:symbol"),
        ("file->f_op: symstr", "x=file->f_op:symstr"),
        ("file->f_path.dentry: %pd", "x=file->f_path.dentry->d_name.name:string"),
        ("file: %pD", "x=file->f_path.dentry->d_name.name:string"),
        ("file->f_inode->i_sb->s_uuid.b: x8[16]", "x=+992(file->f_inode->i_sb):x8[16]"),
        ("file->f_inode->i_sb->s_id: x8[32]", "x=+960(file->f_inode->i_sb):x8[32]"),
        ("pos: u8[8]", "x=+0(pos):u8[8]"),
        ("count: b4@4/64", "x=count:b4@4/64"),
        ("file->private_data: string", "x=+0(file->private_data):string"),
        ("buf: ustring", "x=buf:ustring"),
        ("buf: char[4]", "x=+0(buf):char[4]"),
    ],
)
def test_asked_types(expr: str, text: str) -> None:
    assert args(f"fprobe vfs_read {{ x = {expr} }}") == [text]


@pytest.mark.parametrize(
    ("probe", "expr", "slug", "fixed"),
    [
        ("fprobe vfs_read", "count: u8", "narrowing", None),
        ("fprobe vfs_read", "count: s64", "sign-change", "u64"),
        ("fprobe vfs_read", "file->f_pos: u64", "sign-change", "s64"),
        ("fprobe vfs_read%return", "$retval: u64", "sign-change", "s64"),
        ("fprobe vfs_read%return", "$retval: s32", "narrowing", None),
        ("fprobe do_sys_openat2", "dfd: s64", "widening", "s32"),
        ("fprobe do_sys_openat2", "dfd: u64", "widening", "u32"),
        ("fprobe vfs_read", "file->f_flags: x64", "widening", "x32"),
        ("fprobe vfs_read", "count: int", "unknown-fetch-type", "s32"),
        ("fprobe vfs_read", "count: u46", "unknown-fetch-type", "u64"),
        ("fprobe vfs_read", "count: string", "type-mismatch", None),
        ("fprobe vfs_read", "file->f_flags: string", "type-mismatch", None),
        ("fprobe vfs_read", "count: u8[4]", "type-mismatch", None),
        ("fprobe vfs_read", "file: %pd", "type-mismatch", None),
        ("fprobe vfs_read", "count: %pD", "type-mismatch", None),
        ("fprobe vfs_read", "$comm: u8", "type-mismatch", None),
        ("fprobe vfs_read", "$comm: ustring", "type-mismatch", None),
        ("fprobe vfs_read", "file->f_inode->i_sb->s_uuid.b: x64", "type-mismatch", None),
        ("fprobe vfs_read", "file->f_inode->i_sb->s_uuid.b: x8[17]", "widening", None),
        ("fprobe vfs_read", "+0(file): u8[65]", "array-size", None),
        ("fprobe vfs_read", "+0(file): u8[0]", "array-size", None),
        ("fprobe vfs_read", "file->f_path: u64", "struct-value", None),
        ("fprobe vfs_read", "300: u8", "narrowing", None),
        ("fprobe vfs_read", "-1: u64", "narrowing", None),
        ("fprobe vfs_read", "-129: s8", "narrowing", None),
        ("fprobe vfs_read", "file->f_flags: symstr", "widening", "x32"),
        ("fprobe vfs_read", "file->f_flags: symbol", "widening", "x32"),
        ("fprobe vfs_read", "file->f_op: symstr[2]", "type-mismatch", None),
        ("fprobe vfs_read", "file: %pD[2]", "type-mismatch", None),
        ("fprobe vfs_read", "+0(file): %pd", "type-mismatch", None),
        ("fprobe vfs_read", "count: b8@60/64", "unknown-fetch-type", None),
        ("fprobe vfs_read", "count: b1@0/24", "unknown-fetch-type", None),
    ],
)
def test_narrowing_wrong_signs_and_strings_of_something_else(
    probe: str, expr: str, slug: str, fixed: str | None
) -> None:
    spec = f"{probe} {{ x = {expr} }}"
    found = only(spec)
    assert found.rule.slug == slug
    if fixed is not None:
        assert found.fix is not None
        assert apply_fix(spec, found.fix) == f"{probe} {{ x = {expr.partition(':')[0]}: {fixed} }}"


def test_a_cast_says_that_narrowing_is_meant() -> None:
    assert args("fprobe vfs_read { x = (u8)count }") == ["x=count:u8"]


def test_a_struct_is_an_error_that_lists_its_members() -> None:
    found = only("fprobe vfs_read { file->f_path }")
    assert found.notes == ("its members: mnt, dentry",)
    assert found.label.text == "say which member, for example `.mnt`"


def test_the_same_value_is_asked_for_on_each_kernel() -> None:
    """`do_sys_openat2` returns `long` up to 6.12 and `int` on 7.3: the type is the kernel's."""
    spec = "fprobe do_sys_openat2%return if $retval < 0 { $retval }"
    assert args(spec, "6.1") == ["retval=$retval:s64"]
    assert args(spec, "6.12") == ["retval=$retval:s64"]
    assert args(spec, "7.3") == ["retval=$retval:s32"]


# -------------------------------------------------------------------------------------- calling convention


def test_what_stands_behind_a_struct_passed_by_value() -> None:
    spec = "fprobe tcp_setsockopt { sk, level, optname, optlen }"
    assert args(spec, "6.1") == ["sk=$arg1:x64", "level=$arg2:s32", "optname=$arg3:s32", "optlen=$arg6:u32"]
    assert args(spec, "6.12")[-1] == "optlen=$arg6:u32"
    assert said("fprobe tcp_setsockopt { optval }") == [("struct-value", "optval")]
    assert [slug for slug, _ in said("fprobe tcp_setsockopt { optval.is_kernel }")] == ["no-address"]


def test_a_small_struct_passed_by_value_is_in_its_register() -> None:
    assert args("fprobe from_kuid { kuid.val }", "6.1") == ["val=$arg2:u32"]
    assert args("fprobe from_kuid { kuid.val }", "6.12") == ["val=kuid:u32"]
    assert said("fprobe from_kuid { kuid }") == [("struct-value", "kuid")]


def test_parameters_beyond_the_registers_are_on_the_stack() -> None:
    names = args("fprobe __vfs_setxattr { $arg* }", "6.1")
    assert all(f"$arg{number}" in arg for number, arg in enumerate(names, 1)) and len(names) == 7
