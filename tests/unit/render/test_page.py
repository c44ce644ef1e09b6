"""The report is one file, says what was recorded, and nothing that was recorded is anything but text in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.render.cells import escaped
from probelang.render.page import highlighted, render_page
from probelang.render.plot import PlotError
from probelang.render.recorder import Recorder, check_outputs
from probelang.source import Source
from probelang.tracing.hits import Hit, Totals
from probelang.tracing.recording import Recording
from tests.support.traced import SPEC, made_hits, traced

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.sampled_from(
    ("<script>alert(1)</script>", "</style><script>", "\"><img src=x onerror=alert(1)>", "--><!--", "]]>", "&lt;", "\x00\x1b[2J\u202e", "\udc80", "'onload='x")
)  # fmt: skip

#: What a page consists of, whatever is in it.
_TAGS = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "b",
        "i",
        "figure",
        "figcaption",
        "svg",
        "line",
        "text",
        "polygon",
        "rect",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "code",
        "pre",
        "a",
        "section",
        "span",
        "details",
        "summary",
        "footer",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "class",
        "viewbox",
        "role",
        "aria-label",
        "x1",
        "x2",
        "y1",
        "y2",
        "x",
        "y",
        "width",
        "height",
        "points",
        "text-anchor",
        "scope",
        "href",
        "id",
        "style",
        "title",
    ]
)
_VOID = frozenset(("meta",))


class _Reader(HTMLParser):
    """Checks every tag and keeps the texts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # `title` is also an element of SVG
        assert tag in _TAGS, tag
        for name, value in attrs:
            assert name in _ATTRIBUTES, (tag, name)
            if name == "href":
                assert value is not None
                assert re.fullmatch(r"#event\d+", value)
            if name == "style":
                assert value is not None
                assert re.fullmatch(r"width:[\d.]+%", value)
            if name in ("title", "aria-label"):
                self.titles.append(value or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")

    def handle_pi(self, data: str) -> None:
        raise AssertionError("an instruction")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError("a declaration")


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@settings(max_examples=60)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=8), TEXTS, TEXTS)
def test_hostile_texts(pairs: list[tuple[str, str]], title: str, spec: str) -> None:
    read = traced()[0]
    recording = Recording(traced())
    recording.take([Hit(read, 10**9, 0, 1, comm, (1, 1, name, 1)) for comm, name in pairs])
    page = render_page(recording, title, 10**9, ((title, title),))
    page.encode()
    reader = _read(page)
    assert not title or reader.texts.count(escaped(title)) >= 3
    for comm, name in pairs[:3]:
        assert escaped(comm) in reader.texts or not comm
        assert f'"{escaped(name)}"' in reader.texts
    assert "<script" not in page.lower()
    shown = _read(f"<pre>{highlighted(Source('x', spec))}</pre>")
    lines = spec.replace("\r\n", "\n").split("\n")
    assert "".join(shown.texts) == "\n".join("\t".join(map(escaped, line.split("\t"))) for line in lines)


def test_what_it_says() -> None:
    hits = made_hits(20_000)
    recording = Recording(traced())
    recording.take(hits)
    recording.lose(0, 25)
    page = render_page(recording, "reads.pl", 12 * 10**9, (("Kernel", "Linux 6.12"),))
    text = "\n".join(_read(page).texts)
    own = [hit for hit in hits if hit.event is traced()[0]]
    assert "20,000 hits of 3 events in 12.0 s, 1,667 a second; 25 lost (<1%)" in text
    assert f"{len(own):,}" in text
    assert "fprobe vfs_read%return" in text
    assert f"{sum(hit.values[2] == 'data' for hit in own):,}" in text
    assert "-2 ENOENT" in text
    assert re.search(
        r"min \S+ ns · p50 \d\S* µs · p90 \S+ ms · p99 \S+ ms · max \S+ ms · logarithmic axis", text
    )
    assert "hits were lost" in text
    assert "since the first hit" in text
    for word in ("fprobe", "vfs_read%return", "$duration"):
        assert f">{word}</span>" in page


def test_it_fetches_nothing() -> None:
    recording = Recording(traced())
    recording.take(made_hits(100))
    page = render_page(recording, "reads.pl", 10**9)
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|url\(|@import|src=|<script|<link", page)


@pytest.mark.parametrize("hits", [0, 1, 2, 1000])
def test_few_hits(hits: int) -> None:
    recording = Recording(traced())
    recording.take(made_hits(hits))
    text = "\n".join(_read(render_page(recording, "x", hits)).texts)
    assert ("There was no hit." in text) == (hits == 0)


def test_equal_runs_are_equal_files() -> None:
    pages = []
    for _ in range(2):
        recording = Recording(traced())
        recording.take(made_hits(500))
        pages.append(render_page(recording, "x", 10**9))
    assert pages[0] == pages[1]


def test_many_events_have_few_colours() -> None:
    events = traced("group io\n" + "\n".join(f"e{number} = kprobe vfs_read" for number in range(30)))
    recording = Recording(events)
    recording.take([Hit(event, 10**9 + place, 0, 1, "x", ()) for place, event in enumerate(events)])
    page = render_page(recording, "x", 10**9)
    assert "23 others" in page
    assert "s8" not in page


def test_the_timeline_begins_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((4 * 10**12, 4 * 10**12 + 8 * 10**9))
    monkeypatch.setattr("time.monotonic_ns", lambda: next(clock))
    out = tmp_path / "out.html"
    sink = Recorder(None, str(out), "reads.pl")
    sink.begin(traced())
    missing = traced()[1]
    sink.take([Hit(missing, 4 * 10**12 + 5 * 10**9, 0, 1, "x", (-2,))])
    sink.lost(0, 3)
    sink.end(Totals({}, 3, 8 * 10**9))
    text = "\n".join(_read(out.read_text()).texts)
    assert "since the start" in text
    assert "8 s" in text
    assert "1 hit of 3 events in 8 s, 0.1 a second; 3 lost (75%)" in text


def test_outputs_are_checked_before(tmp_path: Path) -> None:
    good = str(tmp_path / "out.html")
    check_outputs(None, good)
    assert not Path(good).exists()
    (tmp_path / "folder.html").mkdir()
    for plot, report, said in (
        (None, "out.png", "a report is an .html file, not out.png; --plot makes pictures"),
        ("out.html", None, "a plot is a .png, .svg or .pdf file, not out.html; --report makes pages"),
        ("out", None, "a plot is a .png, .svg or .pdf file, not out"),
        (None, f"{tmp_path}/none/out.html", f"there is no folder {tmp_path}/none"),
        (None, f"{tmp_path}/folder.html", "it is a folder"),
    ):
        with pytest.raises(PlotError, match=re.escape(said)):
            check_outputs(plot, report)


def test_a_spec_is_coloured() -> None:
    made = highlighted(Source("x", SPEC))
    assert made.startswith('<span class="k">group</span> io\n')
    assert '<span class="f">$retval</span> &gt; <span class="d">0</span>' in made
    broken = highlighted(Source("x", "fprobe fprobe {{{ # what <b>\n"))
    assert '<span class="c"># what &lt;b&gt;</span>' in broken
