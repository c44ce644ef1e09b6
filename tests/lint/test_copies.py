"""A probe that was copied: one mistake is said once."""

from __future__ import annotations

import time

import pytest

from probelang.analysis import read
from probelang.analysis.document import Document
from probelang.linter import fleet
from probelang.linter.copies import without_copies
from probelang.project import lint
from probelang.source import Source
from tests.support.specs import bundled


def said(text: str) -> list[tuple[str, int]]:
    """The rules and lines of what the command line says, which is what an editor says."""
    kernel = bundled("6.12")
    found = lint(Source("t.pl", text), [kernel])
    document = Document("t.pl", "")
    document.replace(text)
    assert [(one.rule, one.label.span) for one in document.diagnostics([kernel])] == [
        (one.rule, one.label.span) for one in found
    ]
    return [(one.rule.slug, text[: one.label.span.start].count("\n") + 1) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fprobe vfs_read { cuont }\n" * 2, [("unknown-name", 1), ("name-clash", 2)]),
        ("fprobe vfs_read { cuont }\n" * 3, [("unknown-name", 1), ("name-clash", 2), ("name-clash", 3)]),
        ("x = fprobe vfs_read { count }\n" * 2, [("name-clash", 2)]),
        (
            "fprobe vfs_read { cuont }\nfprobe vfs_read { cuont, pso }\n",
            [("unknown-name", 1), ("name-clash", 2), ("unknown-name", 2), ("unknown-name", 2)],
        ),
        (
            "fprobe vfs_read { cuont }\nfprobe vfs_write { cuont }\n",
            [("unknown-name", 1), ("unknown-name", 2)],
        ),
        (
            "# probelang: ignore[unknown-name]\nfprobe vfs_read { cuont }\nfprobe vfs_read { cuont }\n",
            [("name-clash", 3), ("unknown-name", 3)],
        ),
    ],
)
def test_copies(text: str, expected: list[tuple[str, int]]) -> None:
    assert said(text) == expected


def test_many_copies_take_no_time() -> None:
    text = "fprobe vfs_read { cuont }\n" * 1500
    kernel = bundled("6.12")
    file, _ = read(Source("t.pl", text))
    found = [*fleet.lint(Source("t.pl", text), [kernel])]
    start = time.process_time()
    assert len(without_copies(Source("t.pl", text), found, lambda: file)) == 1500
    assert time.process_time() - start < 2
