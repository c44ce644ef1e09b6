from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.container import HEADER, RECORD, Container, ContainerError, write_container

SECTIONS = {"btf": bytes(range(256)) * 20, "functions": b"\nvfs_read\n", "empty": b"", "btf:xfs": b"x" * 1000}


def sample(compress: frozenset[str] = frozenset({"btf", "empty"})) -> bytes:
    return write_container(SECTIONS, compress=compress)


@pytest.mark.parametrize("compress", [frozenset(), frozenset({"btf", "empty"}), frozenset(SECTIONS)])
def test_what_was_written_is_read(compress: frozenset[str]) -> None:
    container = Container(sample(compress))
    assert container.names == tuple(SECTIONS)
    for name, data in SECTIONS.items():
        assert bytes(container.section(name) or b"") == data
        assert container.raw_size(name) == len(data)
    assert container.section("nothing") is None


def test_sections_are_aligned_so_that_a_mapped_one_can_be_cast() -> None:
    data = sample(frozenset())
    assert all(data.index(section) % 64 == 0 for section in SECTIONS.values() if len(section) > 100)


def read_all(data: bytes, *, trusted: bool = False) -> None:
    container = Container(data, trusted=trusted)
    for name in container.names:
        container.section(name)


@given(st.binary(max_size=400))
def test_random_bytes_are_a_one_line_error(data: bytes) -> None:
    with pytest.raises(ContainerError) as caught:
        read_all(data)
    assert "\n" not in str(caught.value)


@given(st.integers(0, len(sample()) - 1))
def test_a_truncated_file_is_a_one_line_error(length: int) -> None:
    with pytest.raises(ContainerError):
        read_all(sample()[:length])


@given(st.integers(0, len(sample()) - 1), st.integers(1, 255))
def test_a_changed_byte_is_seen_or_lies_between_sections(at: int, change: int) -> None:
    data = bytearray(sample())
    data[at] ^= change
    try:
        container = Container(bytes(data))
        found = {name: bytes(container.section(name) or b"") for name in container.names}
    except ContainerError:
        return
    assert found == SECTIONS


def forged(codec: int, offset: int, stored: int, raw: int) -> bytes:
    table = RECORD.pack(b"btf", codec, 0, offset, stored, raw)
    length = HEADER.size + len(table) + 64
    body = zlib.compress(bytes(1 << 20))[:64]
    return HEADER.pack(b"\x89PRBKRN\n", 1, 1, zlib.crc32(table), 0, length) + table + body.ljust(64, b"\0")


@pytest.mark.parametrize(
    ("codec", "offset", "stored", "raw"),
    [
        (0, 1 << 60, 10, 10),
        (0, 0, 64, 64),
        (0, 128, 1 << 60, 1 << 60),
        (1, 128, 64, 1 << 40),
        (1, 128, 64, 1 << 27),
        (0, 128, 64, 60),
        (7, 128, 64, 64),
        (1, 128, 64, 10),
    ],
)
def test_impossible_places_and_sizes_are_refused(codec: int, offset: int, stored: int, raw: int) -> None:
    with pytest.raises(ContainerError):
        read_all(forged(codec, offset, stored, raw))


def test_a_bomb_is_not_inflated_beyond_what_it_claims() -> None:
    bomb = zlib.compress(bytes(200 << 20), 9)
    table = RECORD.pack(b"btf", 1, 0, 128, len(bomb), 1000)
    data = HEADER.pack(b"\x89PRBKRN\n", 1, 1, zlib.crc32(table), 0, 128 + len(bomb)) + table + bomb
    with pytest.raises(ContainerError, match="size it claims"):
        read_all(data, trusted=True)


def test_many_sections_that_inflate_together_to_gigabytes_are_refused() -> None:
    body = zlib.compress(bytes(100 << 20), 9)
    count = 10
    start = HEADER.size + count * RECORD.size
    table = b"".join(
        RECORD.pack(b"btf:%d" % number, 1, 0, start, len(body), 100 << 20) for number in range(count)
    )
    head = HEADER.pack(b"\x89PRBKRN\n", 1, count, zlib.crc32(table), 0, start + len(body))
    with pytest.raises(ContainerError, match="impossible size"):
        Container(head + table + body)


def test_a_file_of_a_later_version_says_so() -> None:
    data = bytearray(sample())
    data[8] = 9
    with pytest.raises(ContainerError, match="version 9"):
        Container(bytes(data))
