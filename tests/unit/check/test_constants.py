"""Constants: numbers, strings, `const`, enumerators, `#define`s, and arithmetic of those."""

from __future__ import annotations

import pytest

from tests.support.specs import args, filter_of, only, said


def value_of(expr: str) -> int:
    (arg,) = args(f"const X = {expr}\nfprobe vfs_read {{ x = X }}")
    return int(arg.removeprefix("x=\\").partition(":")[0])


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        ("42", 42),
        ("0x2A", 42),
        ("0X2a", 42),
        ("0o52", 42),
        ("052", 42),
        ("0b101010", 42),
        ("4_2", 42),
        ("0xffff_ffff", 0xFFFFFFFF),
        ("'*'", 42),
        ("'\\0'", 0),
        ("'\\x41'", 65),
        ("-1", -1),
        ("+1", 1),
        ("~0", -1),
        ("!0", 1),
        ("!5", 0),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 2 - 3", 5),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("1 << 4", 16),
        ("1 << 63", 1 << 63),
        ("-16 >> 2", -4),
        ("1 << 2 + 1", 8),
        ("6 & 3 | 8 ^ 1", 11),
        ("O_CREAT", 0o100),
        ("-ENOENT", -2),
        ("AF_INET6", 10),
        ("S_IFDIR | 0755", 0o40755),
        ("SIGKILL", 9),
        ("TCP_ESTABLISHED", 1),
        ("PAGE_SIZE", 4096),
        ("NULL", 0),
        ("true + true", 2),
        ("18446744073709551615", (1 << 64) - 1),
        ("-9223372036854775808", -(1 << 63)),
    ],
)
def test_value(expr: str, value: int) -> None:
    if expr == "PAGE_SIZE":
        pytest.skip("no user API has it") if said(f"const X = {expr}") else None
    assert value_of(expr) == value


@pytest.mark.parametrize(
    ("expr", "slug", "place"),
    [
        ("1 / 0", "bad-constant", "1 / 0"),
        ("1 % (2 - 2)", "bad-constant", "1 % (2 - 2)"),
        ("1 << 64", "bad-constant", "64"),
        ("1 << -1", "bad-constant", "-1"),
        ("0xffffffffffffffff + 1", "bad-constant", "0xffffffffffffffff + 1"),
        ("-0x8000000000000000 - 1", "bad-constant", "-0x8000000000000000 - 1"),
        ('"a" + 1', "bad-constant", '"a"'),
        ("$retval", "bad-constant", "$retval"),
        ("file->f_pos", "bad-constant", "file->f_pos"),
        ("NO_SUCH_THING", "unknown-name", "NO_SUCH_THING"),
        ("NSIGSEGV", "ambiguous-constant", "NSIGSEGV"),
        ("X", "unknown-name", "X"),
    ],
)
def test_what_is_no_constant(expr: str, slug: str, place: str) -> None:
    assert said(f"const X = {expr}") == [(slug, place)]


def test_a_bad_const_is_not_said_again_where_it_is_used() -> None:
    spec = """
    const A = 1 / 0
    const B = A + 1
    x = fprobe vfs_read if count == A || count in {B, A} { y = A, z = B * 2 }
    """
    assert said(spec) == [("bad-constant", "1 / 0")]


def test_a_const_can_use_what_stands_above() -> None:
    assert filter_of("const A = 1\nconst B = A + 1\nfprobe vfs_read if count == B") == "count == 2"
    found = only("const B = A + 1\nconst A = 1")
    assert (found.rule.slug, found.others[0].text) == ("unknown-name", "defined here")


def test_a_probe_can_use_what_stands_below() -> None:
    assert filter_of("fprobe vfs_read if count == B\nconst B = 3") == "count == 3"


def test_a_spec_may_define_what_the_kernel_calls_otherwise() -> None:
    assert filter_of("const O_CREAT = 5\nfprobe vfs_read if count == O_CREAT") == "count == 5"


def test_two_of_a_name() -> None:
    found = only("const A = 1\nconst A = 2")
    assert (found.rule.slug, found.kernel_error) == ("name-clash", None)


def test_near_constants() -> None:
    for wrong, right in {
        "TCP_ESTABLISED": "TCP_ESTABLISHED",
        "O_CRAET": "O_CREAT",
        "ENOENTT": "ENOENT",
        "o_creat": "O_CREAT",
        "BUGS": "BUG",
    }.items():
        found = only(f"const BUG = 1\nfprobe vfs_read if count == {wrong}")
        assert found.fix is not None and found.fix.edits[0].text == right
        assert found.kernel_error is None


def test_an_ambiguous_name_tells_who_gives_it_which_value() -> None:
    found = only("fprobe vfs_read if count == NSIGSEGV")
    assert len(found.notes) == 2 and all("siginfo.h" in note for note in found.notes)
