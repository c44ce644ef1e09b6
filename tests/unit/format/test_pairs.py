"""Specs and their layout, in `pairs/*.txt`: `=== title`, a spec, `---`, and the layout it must get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from probelang.formatter.spec import format_spec
from probelang.source import Source

FOLDER = Path(__file__).parent / "pairs"
_PAIR = re.compile(r"^=== (.*)\n((?:.*\n)*?)---\n((?:(?!===).*\n)*)", re.MULTILINE)


def pairs() -> Iterator[tuple[Path, str, str, str]]:
    for path in sorted(FOLDER.glob("*.txt")):
        for title, given, expected in _PAIR.findall(path.read_text()):
            yield path, title, given, expected


@pytest.mark.parametrize(
    ("path", "title", "given", "expected"),
    list(pairs()),
    ids=[f"{path.stem}: {title}" for path, title, *_ in pairs()],
)
def test_layout(path: Path, title: str, given: str, expected: str, request: pytest.FixtureRequest) -> None:
    formatted = format_spec(Source("pair.pl", given))
    assert not formatted.diagnostics, [str(found.message) for found in formatted.diagnostics]
    if formatted.text != expected and request.config.getoption("--update-goldens"):
        old = f"=== {title}\n{given}---\n"
        path.write_text(path.read_text().replace(old + expected, old + formatted.text))
        return
    assert formatted.text == expected
    assert not format_spec(Source("pair.pl", expected)).changed


def test_pairs_are_found() -> None:
    """As many as there are titles."""
    titles = sum(path.read_text().count("\n===") + 1 for path in FOLDER.glob("*.txt"))
    assert len(list(pairs())) == titles > 20
