"""Runs the LALR automaton of `tables` over the text of one statement, and looks for its tokens as it goes.

Tokens are contextual: what is looked for depends on the automaton's state. After an error, `recovery` puts the
automaton into a state from which it can go on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.build import Builder
from probelang.syntax.rules import BAD_CHARACTER, BAD_STRING, NESTING_TOO_DEEP, UNCLOSED
from probelang.syntax.tables import (
    ACCEPT,
    ACTIONS,
    GOTOS,
    KEYWORDS,
    PUNCTUATION,
    RULES,
    SCANNER_OF,
    SCANNERS,
    START,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.syntax.report import Report

MAX_DEPTH = 200
MAX_STACK = 4 * MAX_DEPTH

OPENING = {"LPAR": "(", "CAST_LPAR": "(", "LBRACKET": "[", "LBRACE": "{"}
CLOSING = {"RPAR": ")", "RBRACKET": "]", "RBRACE": "}"}
END = "$END"

_NAME, _NEWLINE, _COMMENT, _PUNCTUATION = 1, 2, 3, 4

Match = re.Match[str]

_scanners: list[Callable[[str, int, int], Match | None] | None] = [None] * len(SCANNERS)
# (state before, what was made, what comes next): the state after all rules that only pass it through
_passed: dict[tuple[int, str, str], int] = {}
_methods = [getattr(Builder, name) if name else None for _, _, name in RULES]
# rules that make a tree one level deeper
_deepens = [
    length > 1
    and name in {"binary", "unary", "arrow", "dot", "index", "cast", "call", "deref", "in_set", "in_range"}
    for _, length, name in RULES
]


def scanner(number: int) -> Callable[[str, int, int], Match | None]:
    """The `match` of a scanner, compiled when it is first wanted."""
    match = _scanners[number]
    if match is None:
        match = _scanners[number] = re.compile(SCANNERS[number][0]).match
    return match


def pass_through(before: int, made: str, following: str) -> int:
    """The state after `made` was made in state `before`, when rules of a single symbol have had their way."""
    state = GOTOS[before][made]
    while True:
        action = ACTIONS[state].get(following)
        if action is None or action >= 0:
            break
        name, length, method = RULES[~action]
        if length != 1 or method:
            break
        state = GOTOS[before][name]
    _passed[before, made, following] = state
    return state


def accepts(states: list[int], terminal: str) -> bool:
    """Whether the automaton, with these states on its stack, would take this terminal next."""
    stack = states.copy()
    while True:
        action = ACTIONS[stack[-1]].get(terminal)
        if action is None:
            return terminal == END and stack[-1] == ACCEPT
        if action >= 0:
            return True
        name, length, _ = RULES[~action]
        if length:
            del stack[-length:]
        stack.append(GOTOS[stack[-1]][name])


class Driver:
    """One statement: the characters `start` to `end` of a text."""

    def __init__(self, text: str, start: int, end: int, report: Report, comments: list[tree.Comment]) -> None:
        self.text = text
        self.position = start
        self.end = end
        self.report = report
        self.comments = comments
        self.builder = Builder(text, report)
        # where the word stands that begins the statement, what it counts as, and where it ends
        self.head = -1
        self.head_terminal = ""
        self.head_end = -1
        # the stack: a state, a value and its place in the text, and how deep the tree of the value is
        self.states = [START]
        self.values: list[Any] = [None]
        self.begins = [start]
        self.ends = [start]
        self.depths = [0]
        # the open brackets: terminal, place, height of the stack below it, whether new lines counted around it
        self.brackets: list[tuple[str, int, int, bool]] = []
        self.lines = False
        # the token that was scanned last
        self.begin = start
        self.stop = start
        self.word = ""

    def scan(self, state: int) -> str:
        """The terminal of the next token; `begin`, `stop` and `word` are its place and its text."""
        text, end = self.text, self.end
        special = SCANNER_OF[state]
        common = scanner(0)
        while True:
            if special:
                match = scanner(special)(text, self.position, end)
                if match:
                    index = match.lastindex or 0
                    self.begin, self.stop = match.span(index)
                    self.position = self.stop
                    self.word = match[index]
                    return SCANNERS[special][1][index] or ""
            match = common(text, self.position, end)
            if match is None:
                if self.skip_odd():
                    continue
                self.begin = self.stop = self.position = end
                self.word = ""
                return END if not self.in_block() else "RBRACE"
            index = match.lastindex or 0
            self.begin, self.stop = match.span(index)
            self.position = self.stop
            if index == _NAME:
                if self.begin == self.head:
                    self.stop = self.position = self.head_end
                    self.word = self.head_terminal.lower()
                    return self.head_terminal
                word = self.word = match[index]
                terminal = KEYWORDS.get(word)
                return terminal if terminal is not None and terminal in ACTIONS[state] else "NAME"
            if index == _PUNCTUATION:
                word = self.word = match[index]
                return PUNCTUATION[word]
            if index == _NEWLINE:
                if self.lines:
                    self.word = "\n"
                    return "NEWLINE"
            elif index == _COMMENT:
                self.comments.append(tree.Comment(Span(self.begin, self.stop)))
            else:
                self.word = match[index]
                return SCANNERS[0][1][index] or ""

    def skip_odd(self) -> bool:
        """Report and go past characters that begin no token; False at the end of the text."""
        text, at = self.text, self.position
        while at < self.end and text[at] in " \t\r":
            at += 1
        self.position = at
        if at >= self.end:
            return False
        stop = at + 1
        while stop < self.end and not text[stop].isascii():
            stop += 1
        self.report.error(BAD_CHARACTER, f"{text[at]!r} has no meaning here", Span(at, stop))
        self.position = stop
        return True

    def in_block(self) -> bool:
        return any(terminal == "LBRACE" for terminal, _, _, _ in self.brackets)

    def run(self) -> tree.Statement:
        """The statement, or as much of it as could be read."""
        states, values, begins, ends, depths = self.states, self.values, self.begins, self.ends, self.depths
        builder, passed = self.builder, _passed
        start = self.position
        while True:
            terminal = self.scan(states[-1])
            while True:
                action = ACTIONS[states[-1]].get(terminal)
                if action is None:
                    if terminal == END and states[-1] == ACCEPT:
                        statement: tree.Statement = values[-1]
                        return statement
                    self.report.error(UNCLOSED, f"unexpected {terminal}", Span(self.begin, self.stop))
                    return tree.BrokenStatement(Span(start, self.end))
                if action >= 0:
                    if terminal in OPENING:
                        self.brackets.append((terminal, self.begin, len(states), self.lines))
                        self.lines = terminal == "LBRACE" and "NEWLINE" in ACTIONS[action]
                    elif terminal in CLOSING:
                        self.lines = self.brackets.pop()[3]
                    states.append(action)
                    values.append(self.word)
                    begins.append(self.begin)
                    ends.append(self.stop)
                    depths.append(0)
                    break
                rule = ~action
                name, length, _ = RULES[rule]
                method = _methods[rule]
                if length == 1:
                    if method is not None:
                        values[-1] = method(builder, values[-1:], begins[-1:], ends[-1:])
                    states.pop()
                elif length:
                    values[-length:] = (method(builder, values[-length:], begins[-length:], ends[-length:]),)  # type: ignore[misc]
                    begins[-length:] = begins[-length : 1 - length]
                    ends[-length:] = ends[-1:]
                    depths[-length:] = (max(depths[-length:]) + _deepens[rule],)
                    del states[-length:]
                else:
                    values.append(method(builder, [], [], []))  # type: ignore[misc]
                    begins.append(ends[-1])
                    ends.append(ends[-1])
                    depths.append(0)
                before = states[-1]
                state = passed.get((before, name, terminal))
                states.append(pass_through(before, name, terminal) if state is None else state)
