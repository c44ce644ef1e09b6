"""Documents that are edited know what documents know that are opened anew, and do no more than they must for it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang import ignores
from probelang.analysis import lint
from probelang.analysis.document import Document
from probelang.check.report import in_source_order
from probelang.linter.fleet import merge
from probelang.selection import EVERYTHING
from probelang.source import Source
from probelang.syntax.parse import parse
from tests.lsp.edits import BITS, NAME, compare, edit_at_random, same_state, specs, type_out
from tests.unit.analysis.carets import kernel

ROOT = Path(__file__).parent.parent.parent.parent
SPEC = """\
group io
const BIG = 64 * 1024
const BIGGER = BIG + 1
args of_file(f: struct file *) { f->f_pos }

one = fprobe vfs_read if count > BIGGER { use of_file(file) }
two = fprobe vfs_write if count > 1 { count }
three = eprobe io:one { f_pos }
"""


def checked(document: Document) -> int:
    """How many statements were checked for what is known now."""
    document.state(kernel())
    return document._on[id(kernel())].memory.checked


@pytest.mark.parametrize(
    ("old", "new", "number"),
    [
        ("count }\n", "count, file }\n", 1),  # a probe that nothing depends on
        ("two =", "four =", 1),
        ("BIG + 1", "BIG + 2", 3),  # a constant, the probe that compares with it, and the one on that probe
        ("64 * 1024", "32 * 1024", 4),
        ("f->f_pos", "f->f_flags", 2),  # a list, and the probe that uses it, which has an error then
        ("group io", "group out", 5),
        ("group io", "# about\ngroup io", 0),  # what only moves is not looked at
    ],
)
def test_only_what_depends_on_an_edit_is_checked_anew(old: str, new: str, number: int) -> None:
    document = Document(NAME, SPEC)
    assert checked(document) == 5
    start = SPEC.index(old)
    document.edit(start, start + len(old), new)
    assert checked(document) == number
    compare(document, [kernel()])
    same_state(document, kernel())


def test_only_the_statement_of_an_edit_is_parsed_anew() -> None:
    document = Document(NAME, SPEC)
    before = document.state(kernel()).tree.statements
    start = SPEC.index("count }")
    document.edit(start, start + 5, "pos")
    after = document.state(kernel()).tree.statements
    assert [one is other for one, other in zip(before, after, strict=True)] == [True] * 5 + [False, True]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 0, "\ufeff"),
        (0, len(SPEC), ""),
        (SPEC.index("one ="), SPEC.index("two ="), ""),
        (SPEC.index("\ntwo"), SPEC.index("\ntwo") + 1, ""),
        (SPEC.index("one ="), SPEC.index("one ="), "# "),
        (len(SPEC), len(SPEC), "fprobe vfs_read {"),
        (-5, 10_000, "group g\n"),
    ],
)
def test_edits_at_the_borders_of_statements(start: int, end: int, text: str) -> None:
    document = Document(NAME, SPEC)
    document.state(kernel())
    document.edit(start, end, text)
    compare(document, [kernel()])
    document.edit(0, len(document.text), SPEC)
    compare(document, [kernel()])


def test_a_whole_new_text_counts_as_an_edit_of_what_differs() -> None:
    document = Document(NAME, SPEC)
    before = document.state(kernel()).tree.statements
    document.replace(SPEC.replace("count > 1 ", "count > 12 "))
    after = document.state(kernel()).tree.statements
    assert sum(one is not other for one, other in zip(before, after, strict=True)) == 1
    document.replace("")
    assert document.state(kernel()).diagnostics == ()


def test_too_many_errors_are_counted_as_the_parser_counts_them() -> None:
    lines = [f"fprobe vfs_read {{ {'= ' * (n % 5)}}}\n" for n in range(150)]
    text = "".join(lines)
    document = Document(NAME, text)
    compare(document, [kernel()])
    document.edit(0, len(lines[0]) * 3, "")
    compare(document, [kernel()])
    document.edit(0, 0, lines[4] * 3)
    compare(document, [kernel()])


def test_the_store_begins_anew_before_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.analysis.pieces._MOST_STORED", 2000)
    document = Document(NAME, SPEC)
    start = SPEC.index("count }")
    for _ in range(200):
        document.edit(start, start, "x")
        document.edit(start, start + 1, "")
    assert len(document.pieces.store.text) < 2000 + 5 * len(SPEC) + 500
    assert document.text == SPEC
    compare(document, [kernel()])


def test_comments_that_ignore() -> None:
    text = "fprobe vfs_read { n = count: u8 }  # probelang: ignore[narrowing]\nfprobe vfs_write { n = count: u8 }\n"
    document = Document(NAME, text)
    for edit in ((0, 0, ""), (33, 35, " "), (0, 0, "# x\n"), (5, 6, ""), (40, 60, "")):
        document.edit(*edit)
        source = Source(NAME, document.text)
        found = merge([lint(source, kernel())], {kernel().name: kernel().title})
        wanted = in_source_order(ignores.apply(source, parse(source)[0], found, EVERYTHING, [kernel().name]))
        assert document.diagnostics([kernel()]) == wanted


def test_another_target_is_asked_anew() -> None:
    text = SPEC + "watch jiffies w\nfprobe vfs_read { x = $current?->pid ?? count }\n"
    document = Document(NAME, text)
    for target in ("tracefs", "bpftrace", "perf", "tracefs"):
        found = list(document.state(kernel("6.1"), target).diagnostics)
        assert found == list(lint(Source(NAME, text), kernel("6.1"), target))


def test_programs_that_change(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    document = Document(NAME, f"uprobe {program}:main\n")
    assert [found.rule.slug for found in document.state(kernel()).diagnostics] == ["missing-fact"]
    program.write_bytes(b"no program")
    document.edit(0, 0, "\n")
    compare(document, [kernel()])


_edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(BITS) | st.text(max_size=5)), max_size=6
)


@settings(max_examples=40)
@given(which=st.integers(0, 1000), edits=_edits)
def test_random_edits(which: int, edits: list[tuple[float, int, str]]) -> None:
    """Hypothesis finds the shortest edits after which something differs."""
    corpus = specs()
    document = Document(NAME, corpus[which % len(corpus)][:1200])
    document.state(kernel())
    for share, length, text in edits:
        start = int(share * len(document.text))
        document.edit(start, min(start + length, len(document.text)), text)
        compare(document, [kernel()])
    same_state(document, kernel())


@pytest.mark.parametrize("seed", range(6))
def test_random_edits_and_all_questions(seed: int) -> None:
    edit_at_random(10_000 + seed, [kernel(), kernel("6.1")], 25, 1500)


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/*.pl")), ids=lambda path: path.stem)
def test_an_example_typed_letter_by_letter(path: Path) -> None:
    text = path.read_text()
    start = random.Random(path.stem).randrange(max(len(text) - 250, 1))
    for _ in type_out(text[start : start + 250], [kernel()], every=10):
        pass
