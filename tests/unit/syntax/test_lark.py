"""Our scanner and driver against Lark with the same grammar: the same tokens, the same sentences."""

from __future__ import annotations

import logging
import random

import pytest
from hypothesis import given, settings
from lark import Lark, logger

from probelang.source import Source
from probelang.syntax import tables
from probelang.syntax.driver import END, Driver, accepts
from probelang.syntax.parse import parse
from probelang.syntax.report import Report
from tests.unit.syntax import reference
from tests.unit.syntax.examples import PRODUCTIONS, SAMPLE
from tests.unit.syntax.specs import Printer, statements


class Recorder(Driver):
    """A driver that remembers its tokens."""

    def __init__(self, text: str) -> None:
        super().__init__(text, 0, len(text), Report(), [])
        self.tokens: list[tuple[str, int, int]] = []

    def scan(self, state: int) -> str:
        terminal = super().scan(state)
        if terminal != END:
            self.tokens.append((terminal, self.begin, self.stop))
        return terminal


def our_tokens(text: str) -> list[tuple[str, int, int]] | None:
    driver = Recorder(text)
    driver.run()
    return None if driver.report.diagnostics else driver.tokens


def test_the_grammar_has_no_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger=logger.name):
        for start in ("file", "statement"):
            Lark(reference.GRAMMAR.read_text(), parser="lalr", start=start, debug=True)
    assert "conflict" not in caplog.text.lower()


def test_lark_accepts_the_sample() -> None:
    assert reference.tokens(SAMPLE, "file") is not None
    assert parse(Source("sample.pl", SAMPLE))[1] == []


@pytest.mark.parametrize("text", PRODUCTIONS)
def test_tokens_of_every_production(text: str) -> None:
    expected = reference.tokens(text)
    assert expected is not None
    assert our_tokens(text) == expected


@given(statements())
@settings(max_examples=80)
def test_tokens_of_random_statements(statement: Printer) -> None:
    expected = reference.tokens(statement.text)
    assert expected is not None
    assert our_tokens(statement.text) == expected


BROKEN = [
    "fprobe vfs_read if count > { count }",
    "fprobe vfs_read { count pos }",
    "fprobe vfs_read { x = }",
    "fprobe vfs_read { x: }",
    "fprobe vfs_read with { x }",
    "kprobe f if x in {} { a }",
    "kprobe f if x in A { a }",
    "kprobe { a }",
    "group 3",
    "const A",
    "args f(x) { a }",
    "watch v q { a }",
    "monitor every { a }",
    "kprobe f { use g }",
    "kprobe f { a[1 }",
    "kprobe f { (struct )a }",
    "kprobe f { $arg* + 1 }",
    "kprobe f { a } b",
]


@pytest.mark.parametrize("text", BROKEN)
def test_both_refuse(text: str) -> None:
    assert reference.tokens(text) is None
    assert our_tokens(text) is None


def test_the_automaton_takes_what_lark_takes() -> None:
    """Random walks over the automaton, with a wrong step now and then."""
    terminals = sorted({name for row in tables.ACTIONS for name in row} - {END})
    choose = random.Random(7)
    for _ in range(300):
        states = [tables.START]
        walk: list[str] = []
        ours = 0
        for _ in range(choose.randrange(1, 40)):
            good = [name for name in terminals if accepts(states, name)]
            wrong = not good or choose.random() < 0.02
            name = choose.choice(terminals if wrong else good)
            walk.append(name)
            if not accepts(states, name):
                break
            ours += 1
            step(states, name)
        else:
            ours += accepts(states, END)
        assert reference.accepted(walk) == ours, walk


def step(states: list[int], terminal: str) -> None:
    """The plain LALR automaton, without the driver's short cuts."""
    while (action := tables.ACTIONS[states[-1]][terminal]) < 0:
        made, length, _ = tables.RULES[~action]
        del states[len(states) - length :]
        states.append(tables.GOTOS[states[-1]][made])
    states.append(action)
