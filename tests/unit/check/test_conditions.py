"""Conditions: what the kernel's filter is told, and what it cannot be told."""

from __future__ import annotations

import pytest

from tests.support.specs import accepted, apply_fix, args, filter_of, only, run, said


def number(condition: str) -> str | None:
    return filter_of(f"const BIG = 64 * 1024\nfprobe vfs_read if {condition} {{ count }}")


def text(condition: str) -> str | None:
    return filter_of(f"fprobe vfs_read if {condition} {{ $comm }}")


@pytest.mark.parametrize(
    ("condition", "filter"),
    [
        ("count == 1", "count == 1"),
        ("count != 1", "count != 1"),
        ("count < 1", "count < 1"),
        ("count <= 1", "count <= 1"),
        ("count > 1", "count > 1"),
        ("count >= 1", "count >= 1"),
        ("count & 1", "count & 1"),
        ("count", "count != 0"),
        ("!count", "!(count != 0)"),
        ("!(count & 1)", "!(count & 1)"),
        ("count == 1 && count == 2 || count == 3", "(count == 1 && count == 2) || count == 3"),
        ("count == 1 && (count == 2 || count == 3)", "count == 1 && (count == 2 || count == 3)"),
        ("count == 1 || count == 2 || count == 3", "count == 1 || count == 2 || count == 3"),
        ("!(count == 1 || count == 2)", "!(count == 1 || count == 2)"),
        ("count in {1, 2}", "count == 1 || count == 2"),
        ("count in {1}", "count == 1"),
        ("count in {1, 2} && count > 0", "(count == 1 || count == 2) && count > 0"),
        ("!(count in {1, 2})", "!(count == 1 || count == 2)"),
        ("count in 1..2", "count >= 1 && count <= 2"),
        ("count in 1..BIG - 1", "count >= 1 && count <= 65535"),
        ("count in 1..1", "count >= 1 && count <= 1"),
        ("count > BIG", "count > 65536"),
        ("count == 0x10", "count == 16"),
        ("count == 0o17 || count == 017 || count == 0b11", "count == 15 || count == 15 || count == 3"),
        ("count == 1_000", "count == 1000"),
        ("count == 'a'", "count == 97"),
        ("count == '\\n'", "count == 10"),
        ("count == O_CREAT", "count == 64"),
        ("count == S_IFDIR | S_IFREG", None),
        ("count == (S_IFDIR | S_IFREG)", "count == 49152"),
        ("count & (O_CREAT | O_EXCL)", "count & 192"),
        ("count & ~1", "count & 18446744073709551614"),
        ("count == TCP_ESTABLISHED", "count == 1"),
        ("count == AF_INET6 || count == SIGKILL", "count == 10 || count == 9"),
        ("count == 2 * (3 + 4) - 10 / 3 % 2 << 1", "count == 26"),
        ("count == 7 ^ 2", None),
        ("count == (7 ^ 2 & 3)", "count == 5"),
        ("count == true || count == false", "count == 1 || count == 0"),
        ("count == 0xffffffffffffffff", "count == 18446744073709551615"),
        ("$tid == 1", "common_pid == 1"),
        ("$cpu in {0, 1}", "common_cpu == 0 || common_cpu == 1"),
    ],
)
def test_numbers(condition: str, filter: str | None) -> None:
    if filter is None:
        assert said(f"fprobe vfs_read if {condition} {{ count }}")
    else:
        assert number(condition) == filter


@pytest.mark.parametrize(
    ("condition", "filter"),
    [
        ('$comm == "bash"', 'comm == "bash"'),
        ('$comm != "bash"', 'comm != "bash"'),
        ('$comm ~ "ba*"', 'comm ~ "ba*"'),
        ('$comm in {"a", "b"}', 'comm == "a" || comm == "b"'),
        ('$comm == ""', 'comm == ""'),
        ('$comm == "a b"', 'comm == "a b"'),
        ('$comm == "a\\"b"', "comm == 'a\"b'"),
        ('$comm == "a\'b"', 'comm == "a\'b"'),
        ('$comm == "a\\\\b"', 'comm == "a\\b"'),
        ('$comm == "a*b"', 'comm == "a*b"'),
        ('$comm == "12"', 'comm == "12"'),
        ('$comm ~ "1*"', 'comm ~ "\\1*"'),
        ('$comm ~ "!x*"', 'comm ~ "\\!x*"'),
        ('$comm ~ "[ab]?"', 'comm ~ "[ab]?"'),
        ('$comm == "été"', 'comm == "été"'),
        ('$comm == "$(id)`id`;|&"', 'comm == "$(id)`id`;|&"'),
    ],
)
def test_strings(condition: str, filter: str) -> None:
    assert text(condition) == filter


def test_a_const_may_be_a_string() -> None:
    assert filter_of('const NAME = "ba*"\nfprobe vfs_read if $comm ~ NAME { $comm }') == 'comm ~ "ba*"'


def test_signed_values() -> None:
    probe = "fprobe vfs_read%return if {} {{ r = $retval }}"
    for condition, filter in {
        "$retval < 0": "r < 0",
        "$retval == -ENOENT": "r == -2",
        "r in {-EAGAIN, -EINTR}": "r == -11 || r == -4",
        "r in -133..-1": "r >= -133 && r <= -1",
        "r & 0x8000000000000000": "r & -9223372036854775808",
        "r & ~1": "r & -2",
        "r >= -9223372036854775808": "r >= -9223372036854775808",
    }.items():
        assert filter_of(probe.format(condition)) == filter


def test_pointers_compare_with_null_and_addresses() -> None:
    assert filter_of("fprobe vfs_read if file == NULL || file != 0 { file }") == "file == 0 || file != 0"
    assert filter_of("fprobe vfs_read if file > 0xffff888000000000 { file }") == "file > 18446612682070032384"


def test_what_is_not_recorded_is_recorded_for_the_filter() -> None:
    spec = 'fprobe vfs_read if file->f_inode->i_mode & S_IFDIR && $comm == "a" { count }'
    assert args(spec) == ["count=count:u64", "i_mode=file->f_inode->i_mode:u16", "comm=$comm"]
    (event,) = accepted(spec).events
    assert event.filter == 'i_mode & 16384 && comm == "a"'
    assert [field.auto for field in event.probe.fields] == [False, True, True]


def test_it_is_recorded_once() -> None:
    assert args("fprobe vfs_read if file->f_pos == 1 || file->f_pos == 2 || file -> f_pos > 3 {}") == [
        "f_pos=file->f_pos:s64"
    ]
    assert args("fprobe vfs_read if file->f_pos == 1 { place = file->f_pos }") == ["place=file->f_pos:s64"]
    assert args('fprobe vfs_read if $comm == "a" || $comm == "b"') == ["comm=$comm"]


def test_a_name_that_is_taken_is_not_taken_again() -> None:
    spec = "fprobe vfs_read if file->f_pos == 1 { f_pos = count, f_pos_2 = pos }"
    assert args(spec)[-1] == "f_pos_3=file->f_pos:s64"
    assert filter_of(spec) == "f_pos_3 == 1"


def test_a_fetch_arg_is_compared_as_it_is_recorded() -> None:
    assert filter_of("fprobe vfs_read if low == 255 { low = (u8)count }") == "low == 255"
    assert said("fprobe vfs_read if low == 256 { low = (u8)count }") == [("out-of-range", "256")]
    assert filter_of("fprobe vfs_read if low == -1 { low = (s8)count }") == "low == -1"


def test_a_fetch_arg_hides_a_parameter_of_its_name() -> None:
    assert filter_of("fprobe vfs_read if count == 1 { count = file->f_pos }") == "count == 1"
    assert args("fprobe vfs_read if count == 1 { count = file->f_pos }") == ["count=file->f_pos:s64"]


def test_bitfields_and_bools() -> None:
    probe = "fprobe tcp_v4_connect if {} {{ $comm }}"
    assert filter_of(probe.format("sk->sk_no_check_tx == 1")) == "sk_no_check_tx == 1"
    assert filter_of(probe.format("sk->__sk_common.skc_reuse & 8")) == "skc_reuse & 8"
    assert said(probe.format("sk->__sk_common.skc_reuse == 16")) == [("out-of-range", "16")]
    assert filter_of("tprobe sched_switch if preempt == true") == "preempt == 1"
    assert said("tprobe sched_switch if preempt == 2") == [("out-of-range", "2")]


# ----------------------------------------------------------------------------------------------- of eprobes


def test_an_eprobe_filters_its_own_event_where_it_can() -> None:
    spec = 'eprobe sched:sched_switch if prev_comm == "a" && next_pid > 1 { prev_prio }'
    (event,) = accepted(spec).events
    assert event.commands == (
        'e:t/sched_switch sched.sched_switch prev_prio=$prev_prio:s32 if prev_comm == "a" && next_pid > 1',
    )
    assert event.filter is None


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        # a syscall's arguments stand in eight unsigned bytes, of which an `int` has but four
        ("dfd == AT_FDCWD", ["dfd=$dfd:s32"]),
        ("flags & O_CREAT", ["flags=$flags:s32"]),
        ("mode == 0", ["mode=$mode:u16"]),
        # what the event has no copy of
        ('filename ~ "/etc/*"', ["filename=+u0($filename):ustring"]),
        # what the kernel would split or cut off
        ('filename == "a  b"', ["filename=+u0($filename):ustring"]),
    ],
)
def test_an_eprobe_filters_what_it_records_elsewhere(condition: str, fields: list[str]) -> None:
    spec = f"eprobe syscalls:sys_enter_openat if {condition}"
    (event,) = accepted(spec).events
    assert event.commands[0].split()[2:] == fields
    assert event.filter is not None


@pytest.mark.parametrize("wrong", ["a  b", "#1", "à"])
def test_strings_that_a_command_cannot_hold_go_into_the_filter(wrong: str) -> None:
    (event,) = accepted(f'eprobe sched:sched_switch if prev_comm == "{wrong}"').events
    assert event.filter == f'prev_comm == "{wrong}"'


# ------------------------------------------------------------------------------------------------------ wrong


@pytest.mark.parametrize(
    ("condition", "slug", "place"),
    [
        ("count < 0", "unsigned-negative", "count < 0"),
        ("count == -1", "unsigned-negative", "count == -1"),
        ("count in {1, -1}", "unsigned-negative", "-1"),
        ("count in -1..4", "unsigned-negative", "-1"),
        ("file->f_flags == 0x100000000", "out-of-range", "0x100000000"),
        ("file->f_pos == 0x8000000000000000", "out-of-range", "0x8000000000000000"),
        ("count in 5..1", "out-of-range", "5..1"),
        ("file->f_flags & 0x100000000", "out-of-range", "0x100000000"),
        ("file->f_flags & O_RDONLY", "bad-condition", "file->f_flags & O_RDONLY"),
        ('count == "a"', "text-comparison", '"a"'),
        ('count ~ "a"', "text-comparison", '"a"'),
        ("$comm == 1", "text-comparison", "1"),
        ("$comm == 'a'", "text-comparison", "'a'"),
        ('$comm < "a"', "text-comparison", '$comm < "a"'),
        ('$comm & "a"', "text-comparison", '$comm & "a"'),
        ('$comm in "a".."b"', "text-comparison", '$comm in "a".."b"'),
        ("$comm", "bad-condition", "$comm"),
        ("count == pos", "bad-condition", "pos"),
        ("count == file->f_pos", "bad-condition", "file->f_pos"),
        ("count in {1, pos}", "bad-condition", "pos"),
        ("count in 1..pos", "bad-condition", "pos"),
        ("4096 < count", "constant-left", "4096"),
        ("NULL == file", "constant-left", "NULL"),
        ("true", "bad-condition", "true"),
        ("1", "bad-condition", "1"),
        ("1 == 1", "bad-condition", "1 == 1"),
        ("3 in {3}", "bad-condition", "3 in {3}"),
        ("1 in 0..2", "bad-condition", "1 in 0..2"),
        ("count + 1 == 2", "no-arithmetic", "count + 1"),
        ("count & 1 == 1", "mixed-operators", "count & 1 == 1"),
        ("(count & 3) == 1", "mixed-operators", "(count & 3) == 1"),
        ("count == 1 == 2", "mixed-operators", "count == 1 == 2"),
        ("count == NO_SUCH", "unknown-name", "NO_SUCH"),
        ("count & O_CRAET", "unknown-name", "O_CRAET"),
        ("cuont == 1", "unknown-name", "cuont"),
        ("cuont->x == 1 && cuont.y > 2", "unknown-name", "cuont"),
        ("file->f_path == 1", "struct-value", "file->f_path"),
        ("file->f_inode->i_sb->s_uuid.b == 1", "bad-condition", "file->f_inode->i_sb->s_uuid.b == 1"),
        ('$comm == "a\\nb"', "filter-text", '$comm == "a\\nb"'),
        ('$comm == "both \\" and \'"', "filter-text", '$comm == "both \\" and \'"'),
        ('$comm == "\\xff"', "filter-text", '$comm == "\\xff"'),
        (f'$comm ~ "{"x" * 256}"', "filter-text", f'$comm ~ "{"x" * 256}"'),
        ('$comm == "0123456789abcdef"', "out-of-range", '"0123456789abcdef"'),
    ],
)
def test_one_diagnostic_at_the_place(condition: str, slug: str, place: str) -> None:
    found = said(f"fprobe vfs_read if {condition} {{ x = $stack }}")
    if condition.startswith("cuont->x"):
        assert found == [(slug, place)] * 2
        return
    assert found == [(slug, place)]


def test_a_mirrored_comparison_can_be_turned_round() -> None:
    for wrong, right in {
        "4096 < count": "count > 4096",
        "4096 >= count": "count <= 4096",
        "1 + 2 == count": "count == 1 + 2",
        '"a" != $comm': '$comm != "a"',
    }.items():
        spec = f"fprobe vfs_read if {wrong}"
        found = only(spec)
        assert found.fix is not None and found.fix.safe
        assert apply_fix(spec, found.fix) == f"fprobe vfs_read if {right}"
        assert accepted(apply_fix(spec, found.fix))


def test_a_filter_may_be_as_long_as_a_page() -> None:
    short = ", ".join(str(1000 + number) for number in range(200))
    assert filter_of(f"fprobe vfs_read if count in {{{short}}} {{ count }}")
    long = ", ".join(str(1000 + number) for number in range(400))
    assert [slug for slug, _ in said(f"fprobe vfs_read if count in {{{long}}} {{ count }}")] == [
        "command-too-long"
    ]


def test_no_probe_is_dropped_without_a_word() -> None:
    for condition in (
        "true",
        "1 == 1",
        "BAD",
        "count ==",
        "(",
        "count in {}",
        "NULL",
        '"a"',
        "-count",
        "count ? 1 : 2",
    ):
        analysis = run(f"fprobe vfs_read if {condition} {{ count }}")
        assert analysis.failed, condition
