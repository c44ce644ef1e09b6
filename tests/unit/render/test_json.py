"""Diagnostics as JSON."""

from __future__ import annotations

import json
from typing import Any

from probelang.render.json import render_json
from tests.support.specs import run


def rendered(spec: str) -> list[dict[str, Any]]:
    analysis = run(spec)
    found: list[dict[str, Any]] = json.loads(
        render_json((analysis.source, one) for one in analysis.diagnostics)
    )
    return found


def place(found: dict[str, Any]) -> tuple[int, int, int, int]:
    return found["line"], found["column"], found["end_line"], found["end_column"]


def test_columns_count_characters() -> None:
    for before, column in {"": 19, "x = ": 23, "\tx = ": 24, "x =\t": 23}.items():
        (found,) = rendered(f"fprobe vfs_read {{ {before}cuont }}")
        assert place(found) == (1, column, 1, column + 5)
    (found,) = rendered('fprobe vfs_read if $comm == "中𝄞é" { cuont }')
    assert place(found) == (1, 37, 1, 42)


def test_line_ends_of_every_kind() -> None:
    for end in ("\n", "\r\n"):
        (found,) = rendered(f"# a{end}{end}fprobe vfs_read {{{end}  cuont{end}}}{end}")
        assert place(found) == (4, 3, 4, 8)


def test_a_place_of_several_lines() -> None:
    (found,) = rendered("fprobe vfs_read { x = (count\n  + 1) }")
    assert place(found) == (1, 24, 2, 6)


def test_what_stands_beside_the_places_is_among_the_notes() -> None:
    (found,) = rendered("fprobe vfs_read { count, count }")
    assert "the first: line 1, column 19" in found["notes"]
    (found,) = rendered("fprobe vfs_read { file->f_inod }")
    assert found["notes"][0].startswith("did you mean `f_inode`")
    assert "label" not in found and "related" not in found


def test_edits_have_places() -> None:
    (found,) = rendered("fprobe vfs_read if 4096 < count")
    assert found["fix"] == {
        "title": "write `count > 4096`",
        "safe": True,
        "edits": [{"line": 1, "column": 20, "end_line": 1, "end_column": 32, "text": "count > 4096"}],
    }


def test_bytes_that_are_no_text_are_still_json() -> None:
    analysis = run("fprobe vfs_read { \udcff }")
    text = render_json((analysis.source, one) for one in analysis.diagnostics)
    assert text.isascii() and json.loads(text)
