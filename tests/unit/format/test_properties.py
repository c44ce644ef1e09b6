"""What holds for the layout of every spec, random ones and those of the repository."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.formatter.lines import WIDTH
from probelang.formatter.spec import format_range, format_spec
from probelang.formatter.tokens import BLANKS
from probelang.source import Source, Span
from probelang.syntax.parse import parse
from tests.docs.blocks import DOCUMENTS, ROOT, Block, read_blocks
from tests.unit.format.test_pairs import pairs
from tests.unit.syntax.dump import dump
from tests.unit.syntax.examples import PRODUCTIONS, SAMPLE
from tests.unit.syntax.specs import Printer, files
from tests.unit.syntax.test_hostile import CORPUS, HOSTILE
from tests.unit.syntax.texts import apply_edits

BLOCKS = [block for document in DOCUMENTS for block in read_blocks(document) if block.kind == "probe"]


def check(text: str) -> str:
    """The layout of a good spec: it says the same, has the same comments, and is its own layout."""
    source = Source("spec.pl", text)
    formatted = format_spec(source)
    assert not formatted.diagnostics and formatted.changed == (formatted.text != text)
    before, after = parse(source)[0], parse(Source("spec.pl", formatted.text))[0]
    assert dump(after.statements) == dump(before.statements)
    comments = [
        formatted.text[comment.span.start : comment.span.end].rstrip(BLANKS) for comment in after.comments
    ]
    assert comments == [
        text[comment.span.start : comment.span.end].rstrip(BLANKS) for comment in before.comments
    ]
    assert format_spec(Source("spec.pl", formatted.text)).text == formatted.text
    check_lines(formatted.text)
    return formatted.text


def check_lines(text: str) -> None:
    body = text.removeprefix("\ufeff").replace("\r\n", "\n")
    assert body == "" or (body.endswith("\n") and not body.startswith("\n") and not body.endswith("\n\n"))
    assert "\n\n\n" not in body
    assert not any(line.endswith((" ", "\t", "\r")) for line in body.split("\n"))


@given(files())
@settings(max_examples=200)
def test_random_specs(spec: Printer) -> None:
    check(spec.text)
    check(spec.text.replace("\n", "\r\n"))


@given(files(), st.data())
@settings(max_examples=100)
def test_comments_and_lines_anywhere(spec: Printer, data: st.DataObject) -> None:
    """Wherever a comment or a new line changes nothing in the tree, it is no trouble to the layout."""
    text = spec.text
    for _ in range(data.draw(st.integers(1, 6))):
        blanks = [index for index, char in enumerate(text) if char in " \n"]
        if not blanks:
            break
        at = data.draw(st.sampled_from(blanks))
        more = data.draw(st.sampled_from([" # c\n", "\n# own\n", "\n\n\n", "\n  ", "\t", " // c \n\n"]))
        changed = text[:at] + more + text[at:]
        if not parse(Source("spec.pl", changed))[1]:
            text = changed
    check(text)


@given(files(), st.data())
@settings(max_examples=100)
def test_ranges_of_random_specs(spec: Printer, data: st.DataObject) -> None:
    """Edits of a part are among those of the whole, and the whole is what the edits of all of it make."""
    source = Source("spec.pl", spec.text)
    everything = format_range(source, Span(0, len(spec.text)))
    assert apply_edits(spec.text, everything) == format_spec(source).text
    start = data.draw(st.integers(0, len(spec.text)))
    part = format_range(source, Span(start, data.draw(st.integers(start, len(spec.text)))))
    assert set(part) <= set(everything)
    assert list(part) == sorted(part, key=lambda edit: edit.span.start)


@given(st.binary(max_size=300))
@settings(max_examples=100)
def test_bytes(data: bytes) -> None:
    check_any(data.decode("utf-8", "surrogateescape"))
    check_any("fprobe f  { a }\nkprobe f { " + data.decode("latin-1"))


@given(st.data())
@settings(max_examples=250)
def test_mutations_of_good_specs(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(CORPUS) - 1))
    text = CORPUS[start : start + data.draw(st.integers(0, 600))]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(at, min(len(text), at + 4)))
        piece = data.draw(
            st.sampled_from(
                ["", "{", "}", "(", ")", "\n", ",", " = ", " if ", "# c\n", "\x0c", "\r", "\u201c", "kprobe "]
            )
        )
        text = text[:at] + piece + text[stop:]
    check_any(text)


def check_any(text: str) -> None:
    """A spec with syntax errors stays as it is; of its statements only those without may change, and only in layout."""
    source = Source("hostile.pl", text)
    formatted = format_spec(source)
    if not formatted.diagnostics:
        check(text)
        return
    assert formatted.text == text
    edits = format_range(source, Span(0, len(text)))
    changed = apply_edits(text, edits)
    squeezed = str.maketrans("", "", " \t\r\n,\ufeff")
    assert sorted(changed.translate(squeezed)) == sorted(text.translate(squeezed))
    assert not format_range(Source("hostile.pl", changed), Span(0, len(changed)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str) -> None:
    """Time grows with the length only."""
    text = HOSTILE[name]
    check_any(text)
    # a part may be broken where the whole is not, and a good spec is read twice
    assert best_time(text) < 25 * best_time(text[: len(text) // 4]) + 0.2


def best_time(text: str) -> float:
    times = []
    for _ in range(2):
        start = time.process_time()
        format_range(Source("hostile.pl", text), Span(0, len(text)))
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    "text",
    [
        "fprobe f if " + "(" * 150 + "a" + " || b" * 40 + ")" * 150,
        "fprobe f { x = " + "foo(" * 150 + "a" + ")" * 150 + " }",
        "fprobe f if " + " && ".join(f"a{i} == {i}" for i in range(190)),
        "fprobe f if a in {" + ", ".join(map(str, range(20_000))) + "}",
        "fprobe f {\n" + "a # x\n" * 10_000 + "}",
        "fprobe f {" + "a, " * 10_000 + "a}",
        "\n".join(f"a{i} = kprobe f {{ x = 1 }} # c" for i in range(3000)),
        "# c\n\n\n" * 20_000,
        "fprobe f if a" + " # c\n" * 10_000 + "&& b",
    ],
    ids=lambda text: text[:20],
)
def test_large_and_deep(text: str) -> None:
    start = time.process_time()
    check(text)
    assert time.process_time() - start < 20


def test_the_sample_and_all_productions() -> None:
    for text in [SAMPLE, *(production + "\n" for production in PRODUCTIONS)]:
        check(text)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").iterdir()), ids=lambda path: path.name)
def test_examples_have_their_layout(path: object) -> None:
    text = ROOT.joinpath("examples", str(path)).read_text()
    assert check(text) == text


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_specs_of_the_documents_have_their_layout(block: Block) -> None:
    source = Source(str(block), block.text)
    if not parse(source)[1]:
        assert format_spec(source).text == block.text


def test_width() -> None:
    """Nothing that can be broken is longer, but for what comments take."""
    for _, _, _, expected in pairs():
        for line in expected.split("\n"):
            assert len(line.partition("#")[0]) <= WIDTH or "long  = aaa" in line
