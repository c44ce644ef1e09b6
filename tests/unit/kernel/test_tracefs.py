from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.kernel import tracefs

SCHED_PROCESS_EXEC = """\
name: sched_process_exec
ID: 305
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:const char * name;\toffset:32;\tsize:8;\tsigned:0;
\tfield:u8 saddr[4];\toffset:40;\tsize:4;\tsigned:0;
\tfield:__data_loc u32[] numbers;\toffset:44;\tsize:4;\tsigned:0;

print fmt: "filename=%s pid=%d", __get_str(filename), REC->pid
"""


def test_a_format_file_gives_every_field_with_its_type_place_and_kind() -> None:
    fields = {field.name: field for field in tracefs.parse_format(SCHED_PROCESS_EXEC)}
    assert list(fields)[:4] == ["common_type", "common_flags", "common_preempt_count", "common_pid"]
    assert [field.common for field in fields.values()] == [True] * 4 + [False] * 6
    shown = {name: (field.type, field.kind, field.size) for name, field in fields.items()}
    assert shown["filename"] == ("__data_loc char[]", "dynamic_string", 4)
    assert shown["pid"] == ("pid_t", "int", 4)
    assert shown["comm"] == ("char[16]", "string", 16)
    assert shown["name"] == ("const char *", "int", 8)
    assert shown["saddr"] == ("u8[4]", "array", 4)
    assert shown["numbers"] == ("__data_loc u32[]", "dynamic", 4)
    assert fields["pid"].signed
    assert fields["comm"].offset == 16


def test_packing_a_format_loses_nothing_that_a_field_holds() -> None:
    fields = tracefs.parse_format(SCHED_PROCESS_EXEC)
    assert tracefs.unpack_fields(tracefs.pack_fields(fields)) == fields
    assert tracefs.unpack_fields(tracefs.pack_format(SCHED_PROCESS_EXEC)) == fields


@given(
    st.text(max_size=300) | st.text(st.sampled_from("field:;\t offset size signed 0123[]ab\n"), max_size=300)
)
def test_rubbish_for_a_format_is_no_error(text: str) -> None:
    tracefs.parse_format(text)
    tracefs.unpack_fields(text)


@given(st.binary(max_size=300))
def test_rubbish_for_lists_is_no_error(data: bytes) -> None:
    tracefs.parse_functions(data)
    tracefs.parse_symbols(data, tracefs.TEXT_SYMBOLS)
    tracefs.parse_blacklist(data)
    tracefs.parse_aliases(b"1 T _stext\n9 T _etext\n" + data, {"a"})
    tracefs.scan_functions(data, b"a")
    tracefs.scan_symbols(data, b"a", tracefs.DATA_SYMBOLS)


def test_a_giant_number_in_a_format_is_passed_over() -> None:
    assert tracefs.parse_format(f"\tfield:int x;\toffset:{'9' * 5000};\tsize:4;\tsigned:1;") == ()


@pytest.mark.parametrize(
    "text",
    ["field:" * 200_000, "field:" + " " * 1_000_000, "field:int x" + "[" * 390 + ";offset:1;size:1;signed:1;" * 9999,
     ("field:" + "a " * 190 + ";offset:1;size:1;signed:1;") * 2000],
)  # fmt: skip
def test_hostile_formats_take_no_time(text: str) -> None:
    start = time.process_time()
    tracefs.parse_format(text)
    assert time.process_time() - start < 2


def test_hostile_kallsyms_take_no_time() -> None:
    start = time.process_time()
    for text in (b"f" * 2_000_000, b"0 T " * 500_000, b"0 T a\t[b]\n" * 200_000, b" _stext\n" * 200_000):
        tracefs.parse_symbols(text, tracefs.TEXT_SYMBOLS)
        tracefs.scan_symbols(text, b"a", tracefs.TEXT_SYMBOLS)
    assert time.process_time() - start < 4


def test_other_names_of_traceable_functions() -> None:
    text = b"""ffffffff81000000 T _stext
ffffffff81000010 t __do_sys_getppid
ffffffff81000010 T __x64_sys_getppid
ffffffff81000010 T __ia32_sys_getppid
ffffffff81000020 T alone
ffffffff81000030 T unreached
ffffffff81000030 T unreached_too
ffffffff81000040 T _etext
ffffffff82000000 T outside
ffffffff82000000 T __do_sys_getppid2
ffffffffc0000000 t of_module	[toy]
"""
    traceable = {"__do_sys_getppid", "alone", "outside"}
    assert sorted(tracefs.parse_aliases(text, traceable)) == [
        "__ia32_sys_getppid\t__do_sys_getppid",
        "__x64_sys_getppid\t__do_sys_getppid",
    ]
    hidden = re.sub(rb"(?m)^[0-9a-f]+", b"0" * 16, text)
    assert tracefs.parse_aliases(hidden, traceable) == []


def test_the_blacklist_gives_names() -> None:
    text = b"0xffffffff81c00990-0xffffffff81c009b0\tasm_exc_divide_error\n0x1-0x2\tasm_exc_overflow\n\n"
    assert tracefs.parse_blacklist(text) == ["asm_exc_divide_error", "asm_exc_overflow"]


@pytest.mark.parametrize(
    ("banner", "release"),
    [
        (
            "Linux version 6.12.107+deb13-cloud-amd64 (debian-kernel@x) (gcc) #1 SMP",
            "6.12.107+deb13-cloud-amd64",
        ),
        ("Darwin Kernel Version 23", None),
        ("", None),
    ],
)
def test_the_release_in_a_banner(banner: str, release: str | None) -> None:
    assert tracefs.kernel_release(banner) == release


def test_kallsyms_without_variables_tells_nothing_of_variables() -> None:
    code_only = b"ffffffff81000000 T vfs_read\nffffffff82000000 D jiffies\n" * 100
    assert tracefs.has_symbols(code_only, tracefs.TEXT_SYMBOLS)
    assert not tracefs.has_symbols(code_only, tracefs.DATA_SYMBOLS)
