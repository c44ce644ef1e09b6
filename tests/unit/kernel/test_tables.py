from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.kernel import tracefs
from probelang.kernel.tables import RawTable, Table, build_table, literal_prefix

NAMES = st.text(st.sampled_from("ab_z.0"), min_size=1, max_size=6)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["", "mod", "2\t", "1\tmod"])), max_size=40), NAMES)
def test_a_table_finds_what_a_dict_of_its_lines_has(pairs: list[tuple[str, str]], other: str) -> None:
    table = Table.of_lines(f"{name}\t{value}" if value else name for name, value in pairs)
    for name in [*(name for name, _ in pairs), other]:
        assert sorted(table.find_all(name)) == sorted(value for key, value in pairs if key == name)
    assert table.keys() == sorted({name for name, _ in pairs})
    assert len(table) == len(pairs)


@given(
    st.lists(NAMES, max_size=30, unique=True),
    st.sampled_from(["a.*", "a?b.*", "_z", ".*", "ab|a.*", "(?i)A.*"]),
)
def test_matching_a_pattern_is_fullmatch_on_every_key(names: list[str], text: str) -> None:
    pattern = re.compile(text)
    assert Table.of_lines(names).matching(pattern) == sorted(
        name for name in names if pattern.fullmatch(name)
    )


@given(st.binary(max_size=200), NAMES)
def test_a_table_of_rubbish_answers_without_a_traceback(data: bytes, name: str) -> None:
    table = Table(data)
    assert isinstance(table.find_all(name), list)
    assert isinstance(table.keys(), list)
    assert table.matching(re.compile("a.*")) is not None


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("vfs_.*", "vfs_"),
        ("vfs_?x", "vfs"),
        ("a|b", ""),
        ("vfs_read", "vfs_read"),
        ("[ab]c", ""),
        ("ab{2}c", "a"),
    ],
)
def test_the_literal_prefix_of_a_pattern(text: str, prefix: str) -> None:
    assert literal_prefix(re.compile(text)) == prefix


KALLSYMS = b"""\
ffffffff81000000 T vfs_read
ffffffff81000010 t helper
ffffffff81000020 t helper
ffffffff81000030 T __pfx_vfs_read
ffffffff81000040 D jiffies
ffffffffc0000000 t xfs_read\t[xfs]
ffffffffc0000000 t helper\t[xfs]
ffffffffc0001000 t bpf_prog_1234\t[bpf]
"""


@pytest.mark.parametrize("patience", [0, 100])
def test_raw_kallsyms_and_the_table_made_of_it_answer_alike(patience: int) -> None:
    table = RawTable(
        KALLSYMS,
        lambda data, name: tracefs.scan_symbols(data, name, tracefs.TEXT_SYMBOLS),
        lambda data: tracefs.parse_symbols(data, tracefs.TEXT_SYMBOLS),
        patience=patience,
    )

    def count(name: str) -> dict[str, int]:
        homes: dict[str, int] = {}
        for value in table.find_all(name):
            number, _, home = value.partition("\t")
            homes[home] = homes.get(home, 0) + int(number or 1)
        return homes

    assert count("vfs_read") == {"": 1}
    assert count("helper") == {"": 2, "xfs": 1}
    assert count("xfs_read") == {"xfs": 1}
    assert count("jiffies") == {}
    assert count("bpf_prog_1234") == {}
    assert count("fs_read") == {}
    assert count("__pfx_vfs_read") == ({} if patience == 0 else {"": 1})


def test_raw_functions_are_searched_at_first_and_made_a_table_when_that_pays() -> None:
    kept: list[bytes] = []
    raw = b"vfs_read\nxfs_read [xfs]\nread\nvfs_read\n"
    table = RawTable(raw, tracefs.scan_functions, tracefs.parse_functions, kept.append, patience=3)
    assert table.find_all("vfs_read") == ["", ""]
    assert table.find_all("xfs_read") == ["xfs"]
    assert table.find_all("read") == [""]
    assert not kept
    assert table.find_all("xfs_read") == ["xfs"]
    assert kept == [build_table(["vfs_read", "vfs_read", "read", "xfs_read\txfs"])]
    assert table.keys() == ["read", "vfs_read", "xfs_read"]
