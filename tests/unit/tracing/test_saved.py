"""Hits that were written as JSON are read back as they were, and anything else is said by its line."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.cli.main import main
from probelang.tracing.hits import Hit
from probelang.tracing.recording import Recording
from probelang.tracing.saved import Saved, SavedError
from tests.support.traced import made_hits


def _line(hit: Hit) -> str:
    """A hit as `run --format json` writes it."""
    fields = {column.name: value for column, value in zip(hit.event.columns, hit.values, strict=True)}
    told = {
        "event": hit.event.name,
        "time": hit.time,
        "cpu": hit.cpu,
        "tid": hit.tid,
        "comm": hit.comm,
        "fields": fields,
    }
    return json.dumps(told) + "\n"


def _read(text: str | bytes) -> tuple[Saved, list[Hit], list[tuple[int, int]]]:
    saved = Saved(io.BytesIO(text.encode() if isinstance(text, str) else text), "x")
    hits, lost = [], []
    for some, away in saved.batches():
        hits += some
        lost += away
    return saved, hits, lost


def test_what_was_written_is_read() -> None:
    hits = made_hits(9000)
    lines = [_line(hit) for hit in hits]
    lines.insert(100, '{"lost": 7, "cpu": 3}\n')
    saved, found, lost = _read("".join(lines))
    assert [event.name for event in saved.events] == list(dict.fromkeys(hit.event.name for hit in hits))
    assert lost == [(3, 7)]
    assert saved.duration == hits[-1].time - hits[0].time
    assert [(hit.event.name, *hit[1:6]) for hit in found] == [(hit.event.name, *hit[1:6]) for hit in hits]
    recording = Recording(saved.events)
    recording.take(found)
    assert recording.count == 9000


def test_places_and_stacks() -> None:
    hit = {
        "event": "io/rw",
        "time": 1,
        "cpu": 0,
        "tid": 1,
        "comm": "dd",
        "fields": {},
        "place": "vfs_read+0x4",
        "stack": ["a", "b"],
    }
    saved, found, _ = _read(json.dumps(hit))
    assert found[0].place == "vfs_read+0x4"
    assert found[0].stack == ("a", "b")
    recording = Recording(saved.events)
    recording.take(found)
    assert recording.events[0].places.counts == {"vfs_read+0x4": 1}
    assert recording.events[0].stacks.counts == {("a", "b"): 1}


def test_values_of_every_kind() -> None:
    fields: dict[str, object] = {
        "a": None,
        "b": 1 << 63,
        "c": "\udc80\x00<b>",
        "d": [1, 2],
        "e": ["x"],
        "f": 1.5,
        "g": {"x": []},
        "h": True,
        "i": [[1]],
    }
    told = {"event": "e", "time": 0, "cpu": 0, "tid": 0, "comm": "", "fields": fields}
    _, found, _ = _read(json.dumps(told))
    assert found[0].values == (
        None,
        1 << 63,
        "\udc80\x00<b>",
        (1, 2),
        ("x",),
        "1.5",
        '{"x": []}',
        "true",
        "[[1]]",
    )


GOOD = '{"event": "e", "time": 0, "cpu": 0, "tid": 0, "comm": "", "fields": {"a": 1}}\n'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x", "line 2: it is no JSON"),
        ("[" * 100_000, "line 2: it is no JSON"),
        ("1" * 5000, "line 2: it is no JSON"),
        ('"' + "x" * (1 << 20) + '"', "line 2: it is longer than 1 MiB"),
        ("[]", "line 2: it is neither a hit nor a count of lost ones"),
        ("{}", "line 2: it is neither a hit nor a count of lost ones"),
        ('{"lost": -1, "cpu": 0}', "line 2: its `lost` is no number from 0 on"),
        ('{"lost": 1}', "line 2: its `cpu` is no number from 0 on"),
        (GOOD.replace('"a"', '"b"'), "line 2: e had other fields before"),
        (GOOD.replace('"time": 0', '"time": 1e400'), "line 2: its `time` is no number from 0 on"),
        (GOOD.replace('"time": 0', f'"time": {1 << 64}'), "line 2: its `time` is no number from 0 on"),
        (GOOD.replace('"comm": ""', '"comm": 1'), "line 2: a hit has the name of a task"),
        (GOOD.replace('"event": "e"', '"event": []'), "line 2: a hit has a name and fields"),
        (GOOD.replace("}}", '}, "stack": 1}'), "line 2: a stack is a list"),
    ],
)
def test_what_is_wrong_is_said(line: str, said: str) -> None:
    with pytest.raises(SavedError) as caught:
        _read(GOOD + line + "\n")
    assert str(caught.value).endswith(said)


def test_too_many_events() -> None:
    with pytest.raises(SavedError, match="more than 1,000 events"):
        _read("".join(GOOD.replace('"e"', f'"e{number}"') for number in range(1001)))


@given(st.binary(max_size=200) | st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda of: st.lists(of, max_size=3) | st.dictionaries(st.sampled_from(("event", "time", "cpu", "tid", "comm", "fields", "lost", "place", "stack")), of, max_size=9), max_leaves=12).map(lambda told: json.dumps(told).encode()))  # fmt: skip
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        saved, hits, _ = _read(data)
    except SavedError:
        return
    recording = Recording(saved.events)
    recording.take(hits)
    assert recording.count == len(hits)


@pytest.fixture
def saved_file(tmp_path: Path) -> Path:
    path = tmp_path / "hits.jsonl"
    path.write_text("".join(map(_line, made_hits(1000))) + '{"lost": 3, "cpu": 0}\n')
    return path


def test_report(saved_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(saved_file), "--by", "comm"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("hits.jsonl · 1,000 hits · 3 lost (<1%) · ")
    assert "\nCOMM " in said
    page, picture = tmp_path / "out.html", tmp_path / "out.svg"
    assert main(["report", str(saved_file), "-o", str(page), "-o", str(picture)]) == 0
    assert capsys.readouterr().out == ""
    assert "1,000 hits of 2 events" in page.read_text()
    assert picture.read_text().startswith("<?xml")


def test_report_that_cannot_be(saved_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        ([str(saved_file), "--by", "com"], "no event has a field com: did you mean comm?"),
        (
            [str(saved_file), "--by", "zzzz"],
            "no event has a field zzzz: there are count, took, name, file, error, cpu, tid, comm, place",
        ),
        ([str(saved_file), "-o", str(tmp_path / "out.txt")], "a plot is a .png, .svg or .pdf file"),
        ([str(saved_file), "--by", "comm", "-o", "out.html"], "--by is for the summary"),
        ([str(tmp_path / "none")], "cannot read"),
        ([str(tmp_path)], "cannot read"),
    ):
        assert main(["report", *words]) == 2
        assert said in capsys.readouterr().err
    saved_file.write_text("nonsense\n")
    assert main(["report", str(saved_file)]) == 2
    assert "line 1: it is no JSON" in capsys.readouterr().err


def test_nothing_in_a_file_does_something_to_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "a\x1b[2J\x1b]0;t\x07\u202e\x9b31m\ud800</title><script>"
    hit = {"event": f"io/{hostile}", "time": 1000, "cpu": 0, "tid": 1, "comm": hostile, "fields": {hostile: hostile, "n" + hostile: 3}}  # fmt: skip
    file, page = tmp_path / "hits.json", tmp_path / "page.html"
    file.write_text("".join(json.dumps({**hit, "time": time}) + "\n" for time in (1000, 2000)))
    assert main(["report", str(file)]) == 0
    assert main(["report", "--by", hostile, str(file)]) == 0
    out = capsys.readouterr().out
    assert "".join(out.split("\n")).isprintable()
    assert main(["report", "-o", str(page), str(file)]) == 0
    text = page.read_text()
    assert "<script>" not in text.lower()
    assert re.sub(r"[\n\t]", "", text).isprintable()
