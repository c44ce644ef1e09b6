"""Globs as the kernel takes them for fprobes, and numbers as it reads them."""

from __future__ import annotations

import time

import pytest

from probelang.commands.judge import Judge
from probelang.commands.octets import is_good_name, leading_number, parse_signed, parse_unsigned
from probelang.commands.target import glob_pattern
from probelang.kernel.load import load_kernel


@pytest.mark.parametrize(
    ("glob", "fits", "not_fits"),
    [
        ("vfs_*", ["vfs_", "vfs_read"], ["vfs", "xvfs_read"]),
        ("*read*x", ["readx", "a_read_xx"], ["read", "xread"]),
        ("vfs_?ead", ["vfs_read"], ["vfs_ead", "vfs_rread"]),
        ("vfs_[rw]*", ["vfs_read", "vfs_write"], ["vfs_open"]),
        ("vfs_[!a-q]ead", ["vfs_read"], ["vfs_head"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("a.b", ["a.b"], ["axb"]),
        ("**", ["", "x"], []),
        ("[", ["["], ["x"]),
    ],
)
def test_globs(glob: str, fits: list[str], not_fits: list[str]) -> None:
    pattern = glob_pattern(glob)
    assert [name for name in fits + not_fits if pattern.fullmatch(name)] == fits


def test_places_without_a_symbol_are_no_functions() -> None:
    kernel = load_kernel("6.1")
    table = kernel.table("functions")
    assert table is not None
    names = [name for name in table.keys() if name.startswith("__ftrace_invalid_address")]  # noqa: SIM118
    verdict = Judge(kernel).judge(f"p:a/b {names[0]}")
    assert [entry.name for entry in verdict.log] == ["BAD_PROBE_ADDR"]


def test_no_glob_takes_long() -> None:
    table = load_kernel("6.12").table("functions")
    assert table is not None
    began = time.process_time()
    table.matching(glob_pattern("*e*" * 30 + "!"))
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12), ("0x1F", 31), ("010", 8), ("+7", 7), ("0", 0), ("08", None), ("", None), ("-1", None), ("1x", None),
        ("0x", None), ("++1", None), ("18446744073709551615", (1 << 64) - 1), ("18446744073709551616", None),
        ("0" * 5000 + "1", 1), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_unsigned(text: str, number: int | None) -> None:
    assert parse_unsigned(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-8", -8), ("-0x10", -16), ("+8", 8), ("--8", None), ("-+8", None), ("-", None),
        ("9223372036854775807", (1 << 63) - 1), ("9223372036854775808", None), ("-9223372036854775808", -(1 << 63)),
    ],
)  # fmt: skip
def test_signed(text: str, number: int | None) -> None:
    assert parse_signed(text) == number


def test_leading_numbers_and_names() -> None:
    assert (
        leading_number("12@3") == (12, 2)
        and leading_number("0x1fz") == (31, 4)
        and leading_number("x") == (0, 0)
    )
    assert is_good_name("_a1") and not is_good_name("1a") and not is_good_name("a-b") and not is_good_name("")
    assert is_good_name("a-b", hyphens=True) and is_good_name("\xe9")
