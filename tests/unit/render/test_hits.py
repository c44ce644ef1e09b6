"""How hits are shown, as text and as JSON."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.render import hits as hits_module
from probelang.render.hits import TextSink
from probelang.render.hits_json import JsonSink
from probelang.render.hits_values import escape, quote, tame
from probelang.source import Source
from probelang.tracing.hits import Column, Hit, Sink, Totals, Traced, Value
from tests.support.hits import KERNELS
from tests.support.recordings import events_of, lay_out, read_all
from tests.unit.tracing import rings

GOLDENS = Path(__file__).parent / "hits"
TOTALS = Totals({}, 0, 0)


def text_of(make: Callable[[io.BytesIO], Sink], *hits: Hit, events: tuple[Traced, ...] = ()) -> str:
    out = io.BytesIO()
    sink = make(out)
    sink.begin(events or tuple({hit.event.recorded: hit.event for hit in hits}.values()))
    for hit in hits:
        sink.take([hit])
    sink.end(TOTALS)
    return out.getvalue().decode()


def hit(event: Traced, *values: Value, time: int = 1_234_567_890, tid: int = 7, comm: str = "dd") -> Hit:
    return Hit(event, time, 0, tid, comm, values)


def typed(*types: str) -> Traced:
    """An event that records values of some types, called a, b, …"""
    event = rings.event()
    columns = tuple(Column("abcdefgh"[number], type) for number, type in enumerate(types))
    return Traced(event.probe, event.recorded, columns)


@pytest.mark.parametrize("kernel", KERNELS)
def test_recordings(kernel: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    events = events_of(kernel)
    batches = read_all(lay_out(kernel, tmp_path), events)
    for suffix, make in (("txt", TextSink), ("json", JsonSink)):
        out = io.BytesIO()
        sink: Sink = make(out)
        sink.begin(events)
        for batch in batches:
            sink.take(batch.hits)
        sink.lost(1, 12)
        sink.end(TOTALS)
        golden = GOLDENS / f"{kernel}.{suffix}"
        if request.config.getoption("--update-goldens"):
            golden.write_bytes(out.getvalue())
        assert out.getvalue().decode() == golden.read_text()
        assert out.getvalue().decode().replace("\n", "").isprintable()


def test_json_has_what_was_recorded(tmp_path: Path) -> None:
    events = events_of("6.12")
    batches = read_all(lay_out("6.12", tmp_path), events)
    found = [one for batch in batches for one in batch.hits]
    lines = text_of(JsonSink, *found, events=events).splitlines()
    assert len(lines) == len(found)
    for line, one in zip(map(json.loads, lines), found, strict=True):
        assert (line["event"], line["time"], line["cpu"]) == (one.event.name, one.time, one.cpu)
        assert (line["tid"], line["comm"]) == (one.tid, one.comm)
        values = [list(value) if isinstance(value, tuple) else value for value in one.values]
        assert list(line["fields"].items()) == list(
            zip([column.name for column in one.event.columns], values, strict=True)
        )
        assert line.get("place", "") == one.place
        assert tuple(line.get("stack", ())) == one.stack


def test_columns_grow_and_do_not_shrink() -> None:
    event = typed("u64", "string", "x32")
    shown = text_of(
        TextSink,
        hit(event, 1, "a", 0x10),
        hit(event, 1000, "long", 0x1),
        hit(event, 1, "a", 0x10, tid=1234567),
        hit(event, 2, "b", 0x10),
        hit(event, 3, "x" * 60, 0x10),
        hit(event, 4, None, 0x10),
    )
    assert shown.replace("x" * 60, "x…") == (
        '    1.234567 [0] dd-7         rd a=1 b="a" c=0x10\n'
        '    1.234567 [0] dd-7         rd a=1000 b="long" c=0x1\n'
        '    1.234567 [0] dd-1234567   rd    a=1 b="a"    c=0x10\n'
        '    1.234567 [0] dd-7         rd    a=2 b="b"    c=0x10\n'
        '    1.234567 [0] dd-7         rd    a=3 b="x…" c=0x10\n'
        f"    1.234567 [0] dd-7         rd    a=4 {'b=(fault)':40} c=0x10\n"
    )


def test_a_line_is_made_by_a_function_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    make = hits_module._Lines.make

    def count(self: hits_module._Lines) -> None:
        nonlocal made
        made += 1
        make(self)

    monkeypatch.setattr(hits_module._Lines, "make", count)
    event = typed("u64", "string", "s32")
    hits = [hit(event, 5, "a", -1) for _ in range(50)]
    text_of(TextSink, *hits)
    text_of(lambda out: TextSink(out, True), *hits)
    assert made <= 6
    # a value that is longer than columns get does not make it anew each time
    text_of(TextSink, *[hit(event, 5, "a" * 60, -1) for _ in range(50)])
    assert made <= 9


def test_events_of_several_groups_are_told_apart() -> None:
    other = rings.event("group net\nrd = fprobe vfs_read { count }")
    shown = text_of(TextSink, hit(rings.event(), 1), hit(other, 2))
    assert [line.split()[3] for line in shown.splitlines()] == ["io/rd", "net/rd"]


def test_no_values_and_long_times() -> None:
    event = Traced(rings.event().probe, "io/rd", ())
    assert text_of(TextSink, hit(event, time=0)) == "    0.000000 [0] dd-7         rd\n"
    shown = text_of(TextSink, hit(event, time=1 << 63))
    assert shown == "9223372036.854775 [0] dd-7         rd\n"
    assert json.loads(text_of(JsonSink, hit(event, time=1 << 63)))["time"] == 1 << 63


def test_numbers_have_their_names() -> None:
    event = rings.event("group io\nrd = fprobe do_sys_openat2%return { $retval, $comm }")
    shown = text_of(TextSink, hit(event, -2, "a"), hit(event, 3, "a"), hit(event, -1, "a"))
    assert [line.split("rd ")[1] for line in shown.splitlines()] == [
        'retval=-2 ENOENT comm="a"',
        '        retval=3 comm="a"',
        '       retval=-1 comm="a"',
    ]
    event = rings.event("group io\nrd = fprobe hrtimer_start_range_ns { mode }")
    assert "mode=1 HRTIMER_MODE_REL\n" in text_of(TextSink, hit(event, 1))
    line = json.loads(text_of(JsonSink, hit(event, 1)))
    assert (line["fields"], line["names"]) == ({"mode": 1}, {"mode": "HRTIMER_MODE_REL"})
    assert "names" not in json.loads(text_of(JsonSink, hit(event, 4096)))


def test_places_and_stacks() -> None:
    event = rings.event("group io\nrd = fprobe vfs_{read,write} with stacktrace { count }")
    one = Hit(event, 0, 3, 7, "dd", (4,), "vfs_read", ("vfs_read+0x5", "ksys\n_read+0x1"))
    assert text_of(TextSink, one) == (
        "    0.000000 [3] dd-7         rd (vfs_read) count=4\n        vfs_read+0x5\n        ksys\\n_read+0x1\n"
    )
    line = json.loads(text_of(JsonSink, one))
    assert (line["place"], line["stack"]) == ("vfs_read", ["vfs_read+0x5", "ksys\n_read+0x1"])


def test_lost_ones_are_told() -> None:
    for make, expected in (
        (TextSink, "--- 1 event lost on CPU 0 ---\n--- 70 events lost on CPU 3 ---\n"),
        (JsonSink, '{"lost": 1, "cpu": 0}\n{"lost": 70, "cpu": 3}\n'),
    ):
        out = io.BytesIO()
        sink: Sink = make(out)
        sink.begin(())
        sink.lost(0, 1)
        sink.lost(3, 70)
        assert out.getvalue().decode() == expected


def test_colours_change_no_width() -> None:
    event = typed("u64", "string", "symbol", "x8", "char", "u8[2]")
    values = [(1, "a", "f+0x1", 2, "c", (1, 2)), (100, None, "function+0x10", 200, "\n", (10, 255))]
    plain = text_of(TextSink, *[hit(event, *each) for each in values])
    colored = text_of(lambda out: TextSink(out, True), *[hit(event, *each) for each in values])
    assert "\x1b[32m" in colored
    for code in ("\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[0m"):
        colored = colored.replace(code, "")
    assert colored == plain


@given(st.text(), st.text(), st.text(max_size=1))
def test_nothing_reaches_the_terminal(comm: str, value: str, char: str) -> None:
    event = typed("string", "char", "symbol", "string[2]")
    one = hit(event, value, char, value, (value, None), comm=comm)
    shown = text_of(TextSink, one, one)
    assert shown.count("\n") == 2
    assert shown.replace("\n", "").isprintable()
    assert json.loads(text_of(JsonSink, one))["fields"]["a"] == value


@given(st.binary())
def test_bytes_can_be_had_again(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    event = typed("string")
    line = text_of(JsonSink, hit(event, text))
    assert line.isascii()
    assert json.loads(line)["fields"]["a"].encode("utf-8", "surrogateescape") == data


def test_escapes_are_those_of_c() -> None:
    assert quote('a"b\\c\n\x1b\udcff\u202e') == '"a\\"b\\\\c\\n\\x1b\\xff\\u202e"'
    assert escape("a\t\U000e0001") == "a\\t\\U000e0001"
    assert quote("'", "'") == "'\\''"


def test_the_document_shows_what_is_shown(request: pytest.FixtureRequest) -> None:
    path = Path(__file__).parents[3] / "docs" / "hits.md"
    document = path.read_text()
    blocks = dict(re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", document, re.MULTILINE | re.DOTALL))
    analysis = analyse(Source("io.pl", blocks["probe"]), load_kernel("6.12"))
    big, missing = (
        Traced(
            event.probe,
            event.name,
            tuple(Column(field.name, field.fetch.text) for field in event.probe.fields if not field.auto),
        )
        for event in analysis.events
    )
    stack = ("fprobe_handler+0x113", "do_sys_openat2+0x5", "do_syscall_64+0x82")
    hits = [
        Hit(big, 312_004_150_000, 0, 4242, "dd", (100_000, 0xFFFFC90000A3BE88, "zero"), "vfs_read"),
        Hit(big, 312_004_871_000, 1, 4242, "dd", (1 << 20, 0, 'a \x1b[31mred" file\udcff'), "vfs_write"),
        Hit(missing, 312_107_003_000, 0, 4243, "cat", (-2,), "", stack),
        Hit(big, 312_220_017_000, 1, 4242, "dd", (70_000, 0, None), "vfs_read"),
    ]
    for kind, make in (("text", TextSink), ("json", JsonSink)):
        out = io.BytesIO()
        sink: Sink = make(out)
        sink.begin((big, missing))
        for hit in hits:
            sink.take([hit])
        sink.lost(1, 1500)
        shown = out.getvalue().decode()
        if request.config.getoption("--update-goldens"):
            document = document.replace(blocks[kind], shown)
            path.write_text(document)
        assert shown in document


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (b"  a-1 [000] ..... 1.000002: x: (f+0x4/0x9) n=1\n", b"  a-1 [000] ..... 1.000002: x: (f+0x4/0x9) n=1\n"),
        (b"  \x1b[2J\x1b]0;t\x07-1: comm=\"\x1b[31m\"\n", b'  \\x1b[2J\\x1b]0;t\\x07-1: comm="\\x1b[31m"\n'),
        ("é\tok \u202e \x9b31m\n".encode(), "é\tok \\u202e \\u009b31m\n".encode()),
        (b"\xff\xfe\r\n\0\n", b"\\xff\\xfe\\r\n\\0\n"),
        (b"", b""),
    ],
)  # fmt: skip
def test_lines_of_the_kernel_do_nothing_to_a_terminal(lines: bytes, shown: bytes) -> None:
    assert tame(lines) == shown
