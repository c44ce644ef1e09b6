"""Comments that ignore rules, and what is said of them."""

from __future__ import annotations

import time

import pytest

from probelang.diagnostics import Diagnostic
from probelang.project import lint
from probelang.selection import EVERYTHING, Choice, Selection
from probelang.selectors import make_selection
from probelang.source import Source
from tests.support.specs import apply_fix, bundled


def ask(text: str, *kernels: str, selection: Selection = EVERYTHING) -> list[Diagnostic]:
    return lint(Source("t.pl", text), [bundled(name) for name in kernels or ("6.12",)], selection=selection)


def said(text: str, *kernels: str) -> list[tuple[str, str]]:
    source = Source("t.pl", text)
    return [(found.rule.slug, source.slice(found.label.span)) for found in ask(text, *kernels)]


NARROW = "fprobe vfs_read { n = count: u8 }"


@pytest.mark.parametrize(
    "text",
    [
        NARROW + "  # probelang: ignore[narrowing]",
        NARROW + "  # probelang: ignore[PRB309]",
        NARROW + "  // Probelang:ignore [ prb3 ] as it is small",
        NARROW + "  # because  # probelang: ignore[narrowing]",
        "# probelang: ignore[narrowing]\n" + NARROW,
        "# probelang: ignore[narrowing]\n\n# the size\n" + NARROW,
        "fprobe vfs_read {\n    # probelang: ignore[narrowing]\n    n = count: u8\n}",
        "fprobe vfs_read {  # probelang: ignore[unknown-name]\n    n = count: u8 # probelang: ignore[ALL]\n  }".replace(
            "  # probelang: ignore[unknown-name]", ""
        ),
        NARROW.replace(" }", " # probelang: ignore[narrowing]\n}"),
    ],
)
def test_ignored(text: str) -> None:
    assert said(text) == []


def test_what_is_not_ignored() -> None:
    other = NARROW + "\n# probelang: ignore[narrowing]\nfprobe vfs_write"
    assert [slug for slug, _ in said(other)] == ["narrowing", "unused-ignore"]
    # a syntax error stays
    slugs = [slug for slug, _ in said("fprobe vfs_read { (count }  # probelang: ignore[PRB0]")]
    assert "unclosed" in slugs


def test_unused() -> None:
    text = "fprobe vfs_write { count }  # probelang: ignore[narrowing, PRB3]\n"
    (found,) = ask(text)
    assert found.message == "nothing is ignored here: `narrowing`, `PRB3` does not hold of line 1"
    assert found.fix is not None and apply_fix(text, found.fix) == "fprobe vfs_write { count }\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fprobe vfs_read # probelang: ignore[PRB3]", "fprobe vfs_read"),
        ("fprobe vfs_read # probelang: ignore[PRB3] # why\r\n", "fprobe vfs_read # why\r\n"),
        ("fprobe vfs_read # probelang: ignore[PRB3] why\n", "fprobe vfs_read # why\n"),
        ("fprobe vfs_read // probelang: ignore[PRB3] why\n", "fprobe vfs_read // why\n"),
        ("fprobe vfs_read # so # probelang: ignore[PRB3]\n", "fprobe vfs_read # so\n"),
        ("# probelang: ignore[PRB3]\nfprobe vfs_read\n", "fprobe vfs_read\n"),
        ("fprobe vfs_read { count }\n  # probelang: ignore[PRB3]", "fprobe vfs_read { count }\n"),
        (NARROW + " # probelang: ignore[PRB2, PRB3]", NARROW + " # probelang: ignore[PRB3]"),
        (NARROW + " # probelang: ignore[PRB3, PRB2]", NARROW + " # probelang: ignore[PRB3]"),
        (NARROW + " # probelang: ignore[PRB3,PRB2,]", NARROW + " # probelang: ignore[PRB3,]"),
    ],
)
def test_removed(before: str, after: str) -> None:
    (found,) = ask(before)
    assert found.rule.slug == "unused-ignore" and found.fix is not None and found.fix.safe
    assert apply_fix(before, found.fix) == after
    assert ask(after) == []


def test_unused_only_where_it_was_asked() -> None:
    text = "fprobe vfs_write { count }  # probelang: ignore[narrowing]\n"
    assert ask(text, selection=make_selection([Choice(ignore=("narrowing",))])) == []
    assert ask(text, selection=make_selection([Choice(ignore=("unused-ignore",))])) == []
    assert len(ask(text, selection=make_selection([Choice(select=("narrowing", "PRB690"))]))) == 1
    # used on one kernel is used
    text = "tprobe sched_switch { prev->comm }  # probelang: ignore[PRB401]\n"
    assert [slug for slug, _ in said(text, "6.12")] == ["unused-ignore"]
    assert said(text, "6.1", "6.12") == []
    # what was not checked may be what the comment is for
    text = "fprobe vfs_read { cuont, n = count: u8 }  # probelang: ignore[glob-without-wildcard]\n"
    assert "unused-ignore" not in [slug for slug, _ in said(text)]


@pytest.mark.parametrize(
    ("comment", "slug", "at"),
    [
        ("# probelang: ignore", "malformed-ignore", "# probelang: ignore"),
        ("# probelang: ignore[]", "malformed-ignore", "# probelang: ignore[]"),
        ("# probelang: ignore[narrowing", "malformed-ignore", "# probelang: ignore[narrowing"),
        ("# probelang: disable=narrowing ", "malformed-ignore", "# probelang: disable=narrowing"),
        ("# probelang:", "malformed-ignore", "# probelang:"),
        ("# probelang: ignore[narowing]", "unknown-ignore", "narowing"),
        ("# probelang: ignore[PRB47]", "unknown-ignore", "PRB47"),
    ],
)
def test_wrong_comments(comment: str, slug: str, at: str) -> None:
    assert said(f"fprobe vfs_write {comment}\n") == [(slug, at)]


def test_an_unknown_word_beside_known_ones() -> None:
    text = NARROW + " # probelang: ignore[narowing, narrowing]"
    (found,) = ask(text)
    assert found.rule.slug == "unknown-ignore" and found.fix is not None and not found.fix.safe
    text = "fprobe vfs_write # probelang: ignore[narowing, narrowing]"
    assert [slug for slug, _ in said(text)] == ["unknown-ignore", "unused-ignore"]


def test_others_comments() -> None:
    assert said("fprobe vfs_write  # probelang is a language\n# see probelang.toml\n") == []


def test_hostile_comments() -> None:
    began = time.process_time()
    ask("fprobe vfs_write # probelang: ignore[" + "narowing," * 20_000 + "]\n")
    ask("fprobe vfs_write # probelang: ignore[PRB3]\n" * 500)
    ask("# probelang: ignore[PRB3]\n" * 500)
    ask("# probelang: ignore[" * 20_000)
    assert time.process_time() - began < 5
