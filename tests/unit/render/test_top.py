"""`--top`: what its pictures say (`frames/`, by `--update-goldens`), that they fit, and that nothing recorded gets out of its cell."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.render.cells import ASCII, BLOCKS, escaped, painted, plain, width
from probelang.render.overview import By, Row, View, frame
from probelang.render.top import Top
from probelang.tracing.frequent import Frequent
from probelang.tracing.hits import Hit, Totals
from probelang.tracing.recording import Recording
from probelang.tracing.units import Unit
from tests.support.traced import made_hits, traced

FRAMES = Path(__file__).parent / "frames"

MANY = "group io\n" + "\n".join(
    f"event_{'with_a_long_name_' * (number % 3)}{number} = fprobe vfs_read {{ count, pos = *pos }}"
    for number in range(40)
)


def _recording(hits: int = 20_000) -> Recording:
    recording = Recording(traced())
    recording.take(made_hits(hits))
    return recording


def _view(recording: Recording, by: str | None = None, hits: list[Hit] | None = None) -> View:
    rows = tuple(
        Row(event.count / 12, tuple(recording.timeline.spans(place, 60)))
        for place, event in enumerate(recording.events)
    )
    table = None
    if by is not None:
        values = Frequent()
        values.add([hit.comm for hit in hits or []])
        table = By(
            by, values, {value: count / 12 for value, count in values.counts.items()}, Unit.NUMBER, bare=True
        )
    return View("reads.pl", recording, 12 * 10**9, rows, "LAST 60 S", table, "q ends")


def _many() -> Recording:
    events = traced(MANY)
    recording = Recording(events)
    recording.take(
        [
            Hit(events[n % 40], 10**12 + n * 10**6, 0, 1, "dd", (n, -n))
            for n in range(0, 4000, 3)
            if n % 40 < 35
        ]
    )
    recording.lose(0, 77)
    return recording


FRAMES_OF = {
    "wide": lambda: frame(_view(_recording()), 110, 30),
    "usual": lambda: frame(_view(_recording(), "comm", made_hits(20_000)), 80, 24),
    "small": lambda: frame(_view(_recording(), "comm", made_hits(20_000)), 50, 12),
    "ascii": lambda: frame(_view(_recording()), 80, 24, ASCII),
    "many-events": lambda: frame(_view(_many()), 100, 30),
    "no-hit": lambda: frame(_view(Recording(traced()), "comm"), 80, 24),
    "one-hit": lambda: frame(_view(_recording(1), "comm", made_hits(1)), 80, None),
    "whole": lambda: frame(_view(_many()), 100, None),
}


@pytest.mark.parametrize("name", FRAMES_OF)
def test_frames(name: str, request: pytest.FixtureRequest) -> None:
    said = "".join(plain(line) + "\n" for line in FRAMES_OF[name]())
    path = FRAMES / f"{name}.txt"
    if request.config.getoption("--update-goldens"):
        path.write_text(said)
    assert said == path.read_text()


TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=30) | st.sampled_from(
    ("", "\x1b[2J", "漢" * 30, "\r\n", "e\u0301")
)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, st.integers(0, 2**64 - 1)), max_size=12),
    st.integers(1, 130),
    st.none() | st.integers(1, 40),
    st.sampled_from((BLOCKS, ASCII)),
)
def test_it_fits(hits: list[tuple[str, str, int]], columns: int, lines: int | None, marks: object) -> None:
    read = traced()[0]
    recording = Recording(traced())
    recording.take([Hit(read, 10**9, 0, 1, comm, (n, n, name, n)) for comm, name, n in hits])
    made = [Hit(read, 10**9, 0, 1, comm, (n, n, name, n)) for comm, name, n in hits]
    found = frame(_view(recording, "comm", made), columns, lines, marks)  # type: ignore[arg-type]
    assert lines is None or len(found) <= lines
    for line in found:
        assert plain(line).isprintable()
        assert width(plain(line)) <= columns
        assert re.sub(r"\x1b\[[0-9;]+m", "", painted(line)).isprintable()
    if columns > 100 and lines is None:
        every = "\n".join(map(plain, found))
        for comm, _, _ in hits:
            assert escaped(comm)[:20] in every


class _Out(io.StringIO):
    encoding = "utf-8"


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_it_says_once_what_was() -> None:
    out = _Out()
    top = Top(out, "reads.pl", by="name")
    top.begin(traced())
    hits = made_hits(3000)
    for start in range(0, 3000, 500):
        top.take(hits[start : start + 500])
        top.take([])
    top.lost(1, 7)
    assert out.getvalue() == ""
    top.end(Totals({}, 7, 10**10))
    said = out.getvalue()
    assert "3,000 hits" in said
    assert "7 lost" in said
    names = sum(hit.values[2] == "data" for hit in hits if hit.event is traced()[0])
    assert re.search(rf'^"data" +{names // 10} +{names} ', said, re.MULTILINE), said
    assert "\x1b" not in said


@pytest.mark.parametrize("by", ["comm", "tid", "cpu", "error", "file"])
def test_by(by: str) -> None:
    out = _Out()
    top = Top(out, "reads.pl", by=by)
    top.begin(traced())
    top.take(made_hits(500))
    top.end(Totals({}, 0, 10**9))
    said = out.getvalue()
    assert f"\n{by.upper()} " in said
    if by == "error":
        assert "\n-2 ENOENT " in said
    if by == "file":
        assert "\n0xffff8880000" in said


def test_rates_are_those_of_the_last_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.render.top.is_screen", lambda _: True)
    drawn: list[list[str]] = []

    class Screen:
        def __init__(self, *_: object) -> None: ...

        def enter(self) -> None: ...

        def leave(self) -> None: ...

        def asked_to_end(self) -> bool:
            return False

        def draw(self, lines: list[list[tuple[str, str]]]) -> None:
            drawn.append([plain(line) for line in lines])

    monkeypatch.setattr("probelang.render.top.Screen", Screen)
    clock = _Clock()
    top = Top(_Out(), "reads.pl", by="comm", clock=clock)
    missing = traced()[1]
    top.begin(traced())
    hits = [Hit(missing, number, 0, 1, "dd", (-2,)) for number in range(300)]
    top.take(hits[:100])
    assert len(drawn) == 1, "not before a second has gone by"
    clock.now += 1
    top.take(hits[:200])
    assert re.search(r"^io/missing +300 +300 +█$", "\n".join(drawn[-1]), re.MULTILINE)
    assert re.search(r"^dd +300 +300 100%", "\n".join(drawn[-1]), re.MULTILINE)
    # nothing comes for two and a half seconds, and then 50
    clock.now += 2.5
    top.take(hits[:50])
    assert re.search(r"^io/missing +20 +350 +█▁▁$", "\n".join(drawn[-1]), re.MULTILINE), drawn[-1]
    clock.now += 1
    top.take([])
    assert re.search(r"^io/missing +0 +350 +█▁▁$", "\n".join(drawn[-1]), re.MULTILINE)
    assert drawn[-1][0].startswith("reads.pl · 350 hits · none lost · 0/s · 4.5 s")
