from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.tracing.reader_clock import find_clock
from probelang.tracing.reader_formats import FormatField, ReaderError, parse_format
from probelang.tracing.reader_names import INITIAL_PIDS, Symbols, Tasks, parse_cmdlines

KALLSYMS = (
    b"0000000000001000 A percpu\n"
    b"ffffffffc0000000 t inside\t[module]\n"
    b"ffffffff81000000 T first\n"
    b"ffffffff81000000 T alias\n"
    b"ffffffff81000010 t last\n"
    b"nonsense\n"
)


def proc(folder: Path, pids: str = INITIAL_PIDS) -> Path:
    """A /proc with two threads."""
    (folder / "self" / "ns").mkdir(parents=True)
    (folder / "self" / "ns" / "pid").symlink_to(pids)
    for tid, name in ((7, b"seven\n"), (8, b"li\nne\n")):
        (folder / str(tid)).mkdir()
        (folder / str(tid) / "comm").write_bytes(name)
    return folder


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0xFFFFFFFF81000000, "first+0x0"),
        (0xFFFFFFFF8100000F, "first+0xf"),
        (0xFFFFFFFF81000012, "last+0x2"),
        (0xFFFFFFFF91000010, "0xffffffff91000010"),
        (0xFFFFFFFF80FFFFFF, "0xffffffff80ffffff"),
        (0xFFFFFFFFC0000001, "inside+0x1 [module]"),
        (0x1001, "0x1001"),
        (0, "0x0"),
    ],
)
def test_symbols(tmp_path: Path, address: int, name: str) -> None:
    path = tmp_path / "kallsyms"
    path.write_bytes(KALLSYMS)
    assert Symbols(path).name(address) == name


def test_symbols_that_nobody_may_see(tmp_path: Path) -> None:
    path = tmp_path / "kallsyms"
    path.write_bytes(b"0000000000000000 T vfs_read\n")
    assert Symbols(path).name(0xFFFFFFFF81000000) == "0xffffffff81000000"
    assert Symbols(tmp_path / "none").function(0xFFFFFFFF81000000) == ""


def test_tasks_are_those_that_the_kernel_noted_and_then_those_that_live(tmp_path: Path) -> None:
    saved = tmp_path / "saved_cmdlines"
    saved.write_bytes(b"5 five\n7 noted\n")
    tasks = Tasks(saved, proc(tmp_path / "proc"))
    assert [tasks[tid] for tid in (0, 5, 7, 8, 9, -1)] == [
        "<idle>",
        "five",
        "noted",
        "li\nne",
        "<...>",
        "<...>",
    ]
    saved.write_bytes(b"5 other\n")
    while tasks[5] == "five":
        tasks.refresh()
    assert [tasks[tid] for tid in (5, 7)] == ["other", "seven"]


def test_numbers_of_another_namespace_are_not_asked_for(tmp_path: Path) -> None:
    tasks = Tasks(tmp_path / "saved_cmdlines", proc(tmp_path / "proc", "pid:[4026531999]"))
    assert tasks[7] == "<...>"


def test_a_name_cannot_feign_another_thread() -> None:
    assert parse_cmdlines(b"5 five\n7 x\n5 root\n9 nine\n") == {7: "x", 9: "nine"}
    assert parse_cmdlines(b"5 \xff\n\n x\n77777777777 y\n5x z\n3 a name of too many\n") == {5: "\udcff"}


@given(st.binary())
def test_no_notes_raise(data: bytes) -> None:
    parse_cmdlines(data)


FORMAT = """name: x
ID: 12
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:__data_loc char[] one;\toffset:8;\tsize:4;\tsigned:1;
\tfield:__data_loc char[][2] two;\toffset:12;\tsize:8;\tsigned:1;
\tfield:u16 many[];\toffset:20;\tsize:6;\tsigned:0;
\tfield:s64 number;\toffset:26;\tsize:8;\tsigned:1;
\tfield:char text[];\toffset:34;\tsize:16;\tsigned:1;
\tfield:struct thing odd[];\toffset:50;\tsize:16;\tsigned:1;
"""


def test_formats() -> None:
    format = parse_format(FORMAT, "x")
    assert format.id == 12
    assert list(format.fields.values())[1:] == [
        FormatField("one", 8, 4, False, 4, strings=1),
        FormatField("two", 12, 8, False, 4, 2, strings=2),
        FormatField("many", 20, 6, False, 2, 3),
        FormatField("number", 26, 8, True, 8),
        FormatField("text", 34, 16, False, 1, characters=True),
    ]


@given(st.text())
def test_no_format_raises_another_error(text: str) -> None:
    for whole in (text, FORMAT + text, text + FORMAT):
        try:
            parse_format(whole, "x")
        except ReaderError:
            pass


@pytest.mark.parametrize(
    ("clocks", "known"),
    [
        ("local global counter [mono] boot", True),
        ("[local] global", True),
        ("local [counter]", False),
        ("", False),
    ],
)
def test_clocks(tmp_path: Path, clocks: str, known: bool) -> None:
    (tmp_path / "trace_clock").write_text(clocks)
    (tmp_path / "per_cpu" / "cpu0").mkdir(parents=True)
    (tmp_path / "per_cpu" / "cpu0" / "stats").write_text("entries: 0\nnow ts:    12.000345\n")
    clock = find_clock(tmp_path)
    assert (clock is not None) == known
    if clock is not None:
        assert clock() == 12_000_345_000 or "mono" in clocks and clock() > 0
