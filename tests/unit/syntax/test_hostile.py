"""Whatever the bytes: no exception, no hang, nodes and errors within the text, time in proportion to its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.source import Source
from probelang.syntax import tree
from probelang.syntax.driver import MAX_DEPTH
from probelang.syntax.parse import parse
from probelang.syntax.report import MAX_ERRORS
from tests.unit.syntax.dump import nodes
from tests.unit.syntax.examples import PRODUCTIONS, SAMPLE

CORPUS = SAMPLE + "\n".join(PRODUCTIONS)


def check(text: str) -> None:
    file, diagnostics = parse(Source("hostile.pl", text))
    assert len(diagnostics) <= MAX_ERRORS + 1
    places = [(d.rule.code, d.label.span.start, d.message) for d in diagnostics]
    assert len(places) == len(set(places))
    assert [start for _, start, _ in places[:MAX_ERRORS]] == sorted(
        start for _, start, _ in places[:MAX_ERRORS]
    )
    for diagnostic in diagnostics:
        assert diagnostic.message and "\n" not in diagnostic.message and len(diagnostic.message) < 400
        for label in (diagnostic.label, *diagnostic.others):
            assert 0 <= label.span.start <= label.span.end <= len(text)
        for edit in diagnostic.fix.edits if diagnostic.fix else ():
            assert 0 <= edit.span.start <= edit.span.end <= len(text)
    end = 0
    for statement in file.statements:
        assert end <= statement.span.start <= statement.span.end <= len(text)
        end = statement.span.end
    for node in nodes(file):
        assert 0 <= node.span.start <= node.span.end <= len(text)
    comments = [comment.span.start for comment in file.comments]
    assert comments == sorted(set(comments))
    if any(isinstance(statement, tree.BrokenStatement) for statement in file.statements):
        assert diagnostics


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_bytes(data: bytes) -> None:
    check(data.decode("utf-8", "surrogateescape"))
    check("kprobe f { " + data.decode("latin-1"))


@given(
    st.lists(
        st.sampled_from(
            [*"{}()[]\"'#/\\;:,.$@%~!=<>?|&^+-*\n\t \r", "kprobe ", "x", " if ", "in ", "0x", "\u00e9"]
        ),
        max_size=60,
    )
)
@settings(max_examples=300)
def test_punctuation(pieces: list[str]) -> None:
    check("".join(pieces))
    check("kprobe f if a { b " + "".join(pieces))


@given(st.data())
@settings(max_examples=300)
def test_mutations_of_good_specs(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(CORPUS) - 1))
    text = CORPUS[start : start + data.draw(st.integers(0, 600))]
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(at, min(len(text), at + 8)))
        piece = data.draw(
            st.sampled_from(
                ["", "{", "}", "(", ")", '"', "\n", ",", "=", " if ", "\x00", "kprobe ", "\u201c", "->", "??"]
            )
        )
        text = text[:at] + piece + text[stop:]
    check(text)


SIZE = 20_000
HOSTILE = {
    "braces": "kprobe f " + "{" * SIZE,
    "parentheses": "kprobe f if " + "(" * SIZE,
    "parentheses in a block": "kprobe f { x = " + "(" * SIZE,
    "mixed brackets": "kprobe f { " + "([{" * (SIZE // 3),
    "wrong closers": "kprobe f { a b " + "(" * (SIZE // 2) + "]" * (SIZE // 2),
    "members": "kprobe f { x = " + "a->" * (SIZE // 3),
    "sums": "kprobe f if " + "a+" * (SIZE // 2) + "a",
    "prefixes": "kprobe f if " + "!" * SIZE,
    "casts": "kprobe f { x = " + "(u32)" * (SIZE // 5) + "a }",
    "words in a parenthesis": "kprobe f { x = " + "(a " * (SIZE // 3),
    "subscripts": "kprobe f { a" + "[0]" * (SIZE // 3),
    "NUL": "\0\n" * (SIZE // 2),
    "errors": "kprobe f {\n" + "a b\n" * (SIZE // 4),
    "statements that are none": "a b\n" * (SIZE // 4),
    "misspelt": "x = kprob f\n" * (SIZE // 12),
    "no point": "kprobe\n" * (SIZE // 7),
    "quotes": '"\n' * (SIZE // 2),
    "semicolons": "kprobe f { " + "a;" * (SIZE // 2),
    "spaces": "kprobe" + " " * SIZE + "f",
    "digits": "const A = " + "9" * SIZE,
    "a long point": "kprobe " + "{a" * (SIZE // 2),
    "many choices": "kprobe {" + "a," * (SIZE // 2),
    "alternatives": "kprobe " + "a ?? " * (SIZE // 5) + "a",
    "commas": "kprobe f {" + "," * SIZE,
    "pointers": "args f(a: b " + "*" * SIZE + ")",
    "typographic": "\u201c" * SIZE,
    "letters": "kprobe f {\n" + "\u00e9\n" * (SIZE // 2),
    "escapes": 'kprobe f { "' + "\\q" * (SIZE // 2) + '" }',
    "open parentheses in lines": "kprobe f {\n" + "x = (a\n" * (SIZE // 7),
    "nots": "kprobe f if " + "not " * (SIZE // 4),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_the_length_only(name: str) -> None:
    """Four times the text takes about four times as long; a quadratic step would take sixteen."""
    text = HOSTILE[name]
    check(text)
    quarter = best_time(text[: len(text) // 4])
    assert best_time(text) < 9 * quarter + 0.05


def best_time(text: str) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        parse(Source("hostile.pl", text))
        times.append(time.process_time() - start)
    return min(times)


def test_the_deepest_nesting_that_is_read() -> None:
    deepest = "kprobe f { " + "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH + " }"
    assert [d.rule.code for d in parse(Source("x", deepest))[1]] == ["PRB009"]
    assert parse(Source("x", deepest.replace("((", "(", 1).replace("))", ")", 1)))[1] == []
    unaries = "kprobe f { " + "*" * MAX_DEPTH + "a }"
    assert parse(Source("x", unaries))[1] == []
    assert [d.rule.code for d in parse(Source("x", unaries.replace("*a", "**a")))[1]] == ["PRB009"]
