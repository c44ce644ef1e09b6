from __future__ import annotations

import errno
import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.tracing import reader as reader_module
from probelang.tracing import reader_pages
from probelang.tracing.hits import Batch
from probelang.tracing.reader import Reader
from probelang.tracing.reader_decode import make_decoder
from probelang.tracing.reader_formats import ReaderError, parse_format
from probelang.tracing.reader_names import Symbols, Tasks
from tests.support.recordings import events_of, hits_of, read_all
from tests.support.recordings import lay_out as lay_out_recording
from tests.unit.tracing import rings


def counts(batches: list[Batch]) -> list[object]:
    return [hit.values[0] for hit in hits_of(batches)]


def lost(batches: list[Batch]) -> list[tuple[int, int]]:
    return [found for batch in batches for found in batch.lost]


def test_times_are_sums_of_what_records_say(tmp_path: Path) -> None:
    high = 3 << 59
    instance = rings.lay_out(
        tmp_path,
        [
            rings.page(
                1000,
                rings.record(rings.data(1)),
                rings.record(rings.data(2), 5),
                rings.extend(1 << 30),
                rings.record(rings.data(3), 1),
                rings.taken_back(rings.data(9)),
                rings.record(rings.data(4), 2),
                rings.stamp(5 << 30),
                rings.record(rings.data(5), 7),
            ),
            rings.page(
                high + 10, rings.stamp(20), rings.record(rings.data(6)), rings.record(rings.data(7), 1)
            ),
        ],
    )
    batches = read_all(instance, (rings.event(),))
    assert [(hit.time, *hit.values) for hit in hits_of(batches)] == [
        (1000, 1),
        (1005, 2),
        (1006 + (1 << 30), 3),
        (1008 + (1 << 30), 4),
        (7 + (5 << 30), 5),
        (high + 20, 6),
        (high + 21, 7),
    ]
    assert {(hit.tid, hit.comm, hit.cpu) for hit in hits_of(batches)} == {(7, "dd", 0)}
    assert lost(batches) == []


def test_other_events_and_what_is_left_of_a_page_are_no_hits(tmp_path: Path) -> None:
    rest = struct.pack("<I", 29) + rings.record(rings.data(3))
    instance = rings.lay_out(
        tmp_path, [rings.page(0, rings.record(rings.data(1, id=5)), rings.record(rings.data(2)), rest)]
    )
    assert counts(read_all(instance, (rings.event(),))) == [2]


def test_long_records(tmp_path: Path) -> None:
    long = rings.record(rings.data(1) + bytes(200))
    instance = rings.lay_out(tmp_path, [rings.page(0, long, rings.record(rings.data(2)))])
    assert counts(read_all(instance, (rings.event(),))) == [1, 2]


def test_cpus_are_merged_by_time(tmp_path: Path) -> None:
    pages = [
        [
            rings.page(start + cpu, *(rings.record(rings.data(0), 10) for _ in range(50)))
            for start in range(0, 5000, 1000)
        ]
        for cpu in range(3)
    ]
    batches = read_all(rings.lay_out(tmp_path, *pages), (rings.event(),))
    times = [hit.time for hit in hits_of(batches)]
    assert len(times) == 750
    assert times == sorted(times)
    assert [hit.cpu for hit in hits_of(batches)][:4] == [0, 1, 2, 0]


def test_lost_records_are_told_by_pages_and_at_the_end(tmp_path: Path) -> None:
    instance = rings.lay_out(
        tmp_path,
        [rings.page(0, rings.record(rings.data(1))), rings.page(9, rings.record(rings.data(2)), missed=12)],
        [rings.page(5, rings.record(rings.data(3)), flags=1 << 31)],
        [],
    )
    seen: list[Batch] = []
    with Reader(instance, (rings.event(),), proc=tmp_path) as reader:
        rings.write_lost(instance, 0, 12)
        rings.write_lost(instance, 1, 30)
        rings.write_lost(instance, 2, 4)
        seen += reader.batches(lambda: True)
    assert counts(seen) == [1, 3, 2]
    assert sorted(lost(seen)) == [(0, 12), (1, 30), (2, 4)]


def test_little_memory_loses_nothing_that_the_kernel_keeps(tmp_path: Path) -> None:
    pages = [rings.page(at, rings.record(rings.data(at))) for at in range(50)]
    batches = read_all(rings.lay_out(tmp_path, pages), (rings.event(),), waiting=4096)
    assert counts(batches) == list(range(50))


def test_a_long_turn_ends_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "TURN", -1.0)
    pages = [[rings.page(at, rings.record(rings.data(at))) for at in range(start, 40, 2)] for start in (0, 1)]
    batches = read_all(rings.lay_out(tmp_path, *pages), (rings.event(),))
    assert counts(batches) == list(range(40))
    assert len(batches) >= 40


STACKED = "group io\nrd = fprobe vfs_read with stacktrace { count }"


def test_stacks_belong_to_the_hits_before_them(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "kallsyms").write_text(
        "0000000000000040 A low\nffffffff81000000 T one\nffffffff81000000 T other\nffffffff81000100 t two\t[some]\n"
    )
    first, second = [0xFFFFFFFF81000004], [0xFFFFFFFF81000110, 0x7FFFFFFF, 0x41, (1 << 64) - 1]
    instance = rings.lay_out(
        tmp_path,
        [
            rings.page(
                0,
                rings.record(rings.stack(second)),  # of a hit that nobody saw
                rings.record(rings.data(1)),
                rings.record(rings.data(2, tid=8)),  # in an interrupt, or so
                rings.record(rings.stack(second, tid=8)),
                rings.record(rings.stack(first)),
                rings.record(rings.data(3)),
            ),
            rings.page(9, rings.record(rings.stack(second * 30)), rings.record(rings.data(4))),
        ],
    )
    batches = read_all(instance, (rings.event(STACKED),))
    shown = ("two+0x10 [some]", "[FTRACE TRAMPOLINE]", "0x41")
    assert [(hit.values[0], hit.stack) for hit in hits_of(batches)] == [
        (1, ("one+0x4",)),
        (2, shown),
        (3, shown * 30),
        (4, ()),
    ]


def test_a_format_that_lacks_something_is_an_error(tmp_path: Path) -> None:
    for number, (old, new) in enumerate(
        [
            ("u64 count;", "u64 other;"),
            ("ID: 77", "ID: none"),
            ("count;\toffset:16;\tsize:8", "count;\toffset:16;\tsize:3"),
            ("count;\toffset:16", "count;\toffset:6"),
            ("int common_pid", "int uncommon_pid"),
            ("u64 count;\toffset:16;\tsize:8", "u64 count[];\toffset:16;\tsize:80000"),
        ]
    ):
        text = rings.COUNT_FORMAT.replace(old, new)
        assert text != rings.COUNT_FORMAT
        instance = rings.lay_out(tmp_path / str(number), [], format=text)
        with pytest.raises(ReaderError) as error:
            Reader(instance, (rings.event(),), proc=tmp_path)
        assert "\n" not in str(error.value)


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    instance = rings.lay_out(tmp_path, [], [])
    (instance / "per_cpu" / "cpu1" / "trace_pipe_raw").unlink()
    with pytest.raises(ReaderError, match="^cannot read .*trace_pipe_raw: No such file or directory$"):
        read_all(instance, (rings.event(),))
    (instance / "per_cpu" / "cpu1" / "trace_pipe_raw").mkdir()
    with pytest.raises(ReaderError, match="^cannot read the ring buffer: Is a directory$"):
        read_all(instance, (rings.event(),))
    (instance / "events" / "header_page").unlink()
    with pytest.raises(ReaderError, match="^cannot read .*header_page: No such file"):
        read_all(instance, (rings.event(),))


@pytest.mark.parametrize(
    "text", ["", "field: char data; offset:16", rings.HEADER_PAGE.replace("size:4080", "size:9999999")]
)
def test_pages_of_another_shape_are_an_error(tmp_path: Path, text: str) -> None:
    instance = rings.lay_out(tmp_path, [])
    (instance / "events" / "header_page").write_text(text)
    with pytest.raises(ReaderError):
        Reader(instance, (rings.event(),), proc=tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"\1",
        bytes(15),
        struct.pack("<QQ", 0, 4081) + bytes(4080),
        rings.page(0, rings.record(rings.data(1))[:20]),
        rings.page(0, rings.record(rings.data(1))[:-4]),
        rings.page(0, rings.record(rings.data(1)[:8])),
        rings.page(0, struct.pack("<II", 0, 0) + rings.data(1)),
        rings.page(0, struct.pack("<II", 0, 4) + rings.data(1)),
        rings.page(0, struct.pack("<II", 0, 5000) + rings.data(1)),
        rings.page(0, b"\1"),
    ],
)
def test_a_damaged_page_is_a_loss(tmp_path: Path, page: bytes) -> None:
    instance = rings.lay_out(tmp_path, [rings.page(0, rings.record(rings.data(1))), page.ljust(1, b"\0")])
    batches = read_all(instance, (rings.event(),))
    assert counts(batches) == [1]
    assert lost(batches) == [(0, 1)]


#: What a page may hold, and how often in a row.
PARTS = st.lists(
    st.tuples(
        st.sampled_from(("hit", "hit", "later", "longer", "extend", "stamp", "other", "back")),
        st.integers(1, 40),
    ),
    max_size=6,
)


def one_by_one(body: bytes) -> list[object]:
    """What records alike are by themselves: none of them is so many in a row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_pages, "_FEW", 1 << 20)
        return decoded(body)


def decoded(body: bytes) -> list[object]:
    event = rings.event()
    format = parse_format(rings.COUNT_FORMAT, "io/rd")
    nowhere = Path("/no/such")
    decoders = {format.id: make_decoder(event, format, Tasks(nowhere, nowhere), Symbols(nowhere))}
    hits: list[object] = []
    try:
        last: object = reader_pages.read_records(body, 3, decoders, hits)
    except reader_pages.Damaged as damage:
        last = str(damage)
    return [*hits, last]


@settings(max_examples=200)
@given(PARTS, st.lists(st.tuples(st.integers(16, 4095), st.integers(0, 255)), max_size=3))
def test_records_alike_are_what_they_are_by_themselves(
    parts: list[tuple[str, int]], damage: list[tuple[int, int]]
) -> None:
    records: list[bytes] = []
    for what, times in parts:
        for number in range(times):
            data = rings.data(number)
            records.append(
                {
                    "hit": rings.record(data, 9),
                    "later": rings.record(data, (1 << 27) - 1),
                    "longer": rings.record(data + bytes(8), 9),
                    "extend": rings.extend(1 << 30),
                    "stamp": rings.stamp(1 << 40),
                    "other": rings.record(rings.data(number, id=78), 9),
                    "back": rings.taken_back(data),
                }[what]
            )
    while sum(map(len, records)) > 4080:
        records.pop()
    page = bytearray(rings.page(1 << 35, *records))
    for place, value in damage:
        page[place] = value
    assert decoded(bytes(page)) == one_by_one(bytes(page))


def test_a_cpu_that_was_off_has_no_buffer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hit = rings.page(5, rings.record(rings.data(1)))
    instance = rings.lay_out(tmp_path, [hit], [])
    off = os.stat(instance / "per_cpu" / "cpu1" / "trace_pipe_raw").st_ino
    read = os.read

    def no_buffer(file: int, size: int) -> bytes:
        if os.fstat(file).st_ino == off:
            raise OSError(errno.ENODEV, "No such device")
        return read(file, size)

    monkeypatch.setattr(os, "read", no_buffer)
    assert counts(read_all(instance, (rings.event(),))) == [1]


@settings(max_examples=300)
@given(st.binary(min_size=17, max_size=600), st.booleans())
def test_no_page_raises(tmp_path_factory: pytest.TempPathFactory, body: bytes, honest: bool) -> None:
    if honest:
        body = struct.pack("<QQ", 5, len(body)) + body
    instance = rings.lay_out(tmp_path_factory.mktemp("ring"), [body.ljust(4096, b"\0")])
    read_all(instance, (rings.event(STACKED),))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 8191), st.integers(0, 255)), min_size=1, max_size=30),
    st.sampled_from(["6.1", "6.12", "7.3"]),
)
def test_no_damage_to_a_real_page_raises(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, int]], kernel: str
) -> None:
    instance = lay_out_recording(kernel, tmp_path_factory.mktemp("ring"))
    for path in instance.glob("per_cpu/*/trace_pipe_raw"):
        data = bytearray(path.read_bytes())
        for place, value in damage:
            if place < len(data):
                data[place] = value
        path.write_bytes(data)
    read_all(instance, events_of(kernel))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3000), st.characters(codec="latin-1")), min_size=1, max_size=8))
def test_no_format_raises_another_error(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, str]]
) -> None:
    instance = lay_out_recording("6.12", tmp_path_factory.mktemp("ring"))
    for path in instance.glob("events/*/*/format"):
        text = list(path.read_text())
        for place, char in damage:
            text[place % len(text)] = char
        path.write_text("".join(text))
    try:
        read_all(instance, events_of("6.12"))
    except ReaderError as error:
        assert "\n" not in str(error)


def test_batches_come_while_nothing_happens(tmp_path: Path) -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    instance = rings.lay_out(tmp_path, [])
    with Reader(instance, (rings.event(),), proc=tmp_path) as reader:
        batches = list(reader.batches(stop))
    assert [list(batch.hits) for batch in batches] == [[], [], [], []]
