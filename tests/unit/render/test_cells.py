"""Nothing that is recorded can do something to a terminal, and what is wide is known to be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probelang.render.cells import (
    ASCII,
    BLOCKS,
    bar,
    cut_line,
    escaped,
    fit,
    fit_right,
    marks_for,
    named,
    painted,
    plain,
    shown,
    spark,
    width,
)
from probelang.tracing.units import Unit

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=40) | st.text(
    "\x1b[\r\n\x07\u202e\u0301漢字e\ufe0f\u200b ", max_size=20
)


@given(TEXTS, st.integers(0, 30))
def test_cells(text: str, cells: int) -> None:
    safe = escaped(text)
    assert safe.isprintable()
    assert escaped(safe) == safe
    for fitted in (fit(safe, cells), fit_right(safe, cells)):
        assert width(fitted) == cells
    line = [(safe, ""), (safe, "bold")]
    assert width(plain(cut_line(line, cells))) <= cells
    assert painted([(safe, "")]) == safe


def test_width_is_a_terminals() -> None:
    """As the table says that terminals written in Python use; the two know different versions of Unicode."""
    from wcwidth import wcwidth

    known = [chr(code) for code in range(32, 0x20000) if chr(code).isprintable()]
    different = [char for char in known if wcwidth(char) != width(char)]
    assert len(different) < len(known) / 100
    for first, last in (
        "\u0020\u07ff",
        "\u1e00\u25ff",
        "\u3041\u30ff",
        "\u4e00\u9fff",
        "\uac00\ud7a3",
        "\uff01\uff60",
    ):
        assert [char for char in different if first <= char <= last] == []


def test_shown() -> None:
    assert shown("a\x1b[31m\n\u202e\udcff") == '"a\\x1b[31m\\n\\u202e\\udcff"'
    assert shown(None) == "(fault)"
    assert shown((1, 2)) == "{1,2}"
    assert named(-2, Unit.NUMBER, {-2: " ENOENT"}) == "-2 ENOENT"
    assert named(-2, Unit.NUMBER) == "-2"
    assert named(4096, Unit.BYTES) == "4 KiB"
    assert named(4321, Unit.BYTES) == "4321 B"


def test_pictures() -> None:
    assert spark([0, 1, 4, 8]) == " ▂▅█"
    assert spark([]) == ""
    assert spark([0, 0]) == "  "
    assert spark([0.001, 1000]) == "▁█"
    assert bar(1, 1000, 10) == "█"
    assert bar(5, 10, 10, ASCII) == "#####"
    assert bar(0, 0, 10) == ""
    assert marks_for("UTF-8") is BLOCKS
    assert marks_for("ascii") is marks_for(None) is ASCII
