"""Numbers, durations, strings: their values, and what is wrong with which of their characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.syntax.literals import Flaw, parse_constant, parse_duration, parse_integer, parse_string
from tests.unit.syntax.specs import quote


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("42", 42),
        ("1_000_000", 10**6),
        ("0x1F", 31),
        ("0XfF_fF", 0xFFFF),
        ("0o17", 15),
        ("017", 15),
        ("00", 0),
        ("0b1010", 10),
        ("64UL", 64),
        ("0x1full", 31),
        ("0b1u", 1),
        ("18446744073709551615", 2**64 - 1),
        ("0xffffffffffffffff", 2**64 - 1),
        ("0b" + "1" * 64, 2**64 - 1),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert parse_integer(text) == value


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("08", 1, 2),
        ("0o18", 3, 4),
        ("0b12", 3, 4),
        ("12ab", 2, 4),
        ("0x1g2", 3, 5),
        ("1__0", 2, 3),
        ("1_", 1, 2),
        ("0x_1", 2, 3),
        ("0x", 0, 2),
        ("1.5", 0, 3),
        ("18446744073709551616", 0, 20),
        ("9" * 10_000, 0, 10_000),
        ("0x1" + "0" * 16, 0, 19),
        ("1lul", 1, 4),
    ],
)
def test_wrong_integers(text: str, start: int, end: int) -> None:
    flaw = parse_integer(text)
    assert isinstance(flaw, Flaw)
    assert (flaw.start, flaw.end) == (start, end)
    assert len(flaw.message) < 120


@given(st.from_regex(r"[0-9][0-9A-Za-z_]*(\.[0-9][0-9A-Za-z_]*)?", fullmatch=True))
def test_every_number_has_a_value_or_a_flaw_within_it(text: str) -> None:
    for parse in (parse_integer, parse_duration, parse_constant):
        value = parse(text)
        if isinstance(value, Flaw):
            assert 0 <= value.start < value.end <= len(text)
        else:
            assert 0 <= value < 1 << 64


@pytest.mark.parametrize(
    ("text", "value"),
    [("10ms", 10**7), ("1s", 10**9), ("5us", 5000), ("7ns", 7), ("1_000us", 10**6), ("10", 10), ("0x1s", None), ("10m", None), ("1.5s", None), ("99999999999s", None)],
)  # fmt: skip
def test_durations_are_numbers_of_nanoseconds(text: str, value: int | None) -> None:
    found = parse_constant(text)
    assert found == value if value is not None else isinstance(found, Flaw)


@pytest.mark.parametrize(
    ("text", "written"),
    [("10msec", "10ms"), ("3SEC", "3s"), ("5MS", "5ms"), ("64k", "64 * 1024"), ("2MiB", "2 * 1024 * 1024"), ("10m", None), ("12ab", None)],
)  # fmt: skip
def test_units_that_were_meant(text: str, written: str | None) -> None:
    flaw = parse_constant(text)
    assert isinstance(flaw, Flaw)
    assert flaw.written == written


@given(st.integers(0, 2**64 - 1))
def test_every_way_to_write_a_number(value: int) -> None:
    for written in (
        f"{value}",
        f"{value:#x}",
        f"{value:#o}",
        f"{value:#b}",
        f"{value:_}",
        f"0{value:o}",
        f"{value}ull",
    ):
        assert parse_integer(written) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a"', b"a"),
        (r'""', b""),
        (r'"\n\t\r\a\b\f\v\e\\\"\'\?"', b"\n\t\r\x07\x08\x0c\x0b\x1b\\\"'?"),
        (r'"\0\12\1234"', b"\0\n" + b"S4"),
        (r'"\x1b[\xFF"', b"\x1b[\xff"),
        ('"\u00e9\u2026"', "\u00e9\u2026".encode()),
        (r'"a\x41b"', b"aAb"),
    ],
)
def test_strings(text: str, value: bytes) -> None:
    assert parse_string(text) == (value, [])


@given(st.binary())
def test_quoted_bytes_come_back(value: bytes) -> None:
    assert parse_string(quote(value)) == (value, [])


@given(st.text().map(lambda body: body.replace("\\", "\\\\").replace('"', '\\"')))
def test_any_text_comes_back_as_utf_8_or_is_refused(body: str) -> None:
    value, flaws = parse_string(f'"{body}"')
    assert flaws or value.decode() == body.replace('\\"', '"').replace("\\\\", "\\")
    assert all(body[flaw.start - 1 : flaw.end - 1] for flaw in flaws)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1ns", 1), ("500us", 500_000), ("10ms", 10**7), ("1s", 10**9), ("1m", 6 * 10**10), ("09s", 9 * 10**9)],
)
def test_durations(text: str, value: int) -> None:
    assert parse_duration(text) == value
