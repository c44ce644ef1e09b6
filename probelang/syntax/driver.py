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
_MAX_STACK = 4 * MAX_DEPTH

OPENING = {"LPAR": ")", "CAST_LPAR": ")", "LBRACKET": "]", "LBRACE": "}"}
CLOSING = {"RPAR": "(", "RBRACKET": "[", "RBRACE": "{"}
END = "$END"
# what `scan` answers for a character that is the whole of a token which the language does not have
UNKNOWN = "?"
# what recovery answers where nothing more can be read
GIVE_UP = "give up"

# groups of the first scanner
NAME, NEWLINE, COMMENT, PUNCTUATION_MARK = 1, 2, 3, 4

Match = re.Match[str]

_scanners: list[Callable[[str, int, int], Match | None] | None] = [None] * len(SCANNERS)
# (state before, what was made, what comes next): the state when all rules that only pass it on have had their way
_passed: dict[tuple[int, str, str], int] = {}
_methods = [getattr(Builder, name) if name else None for _, _, name in RULES]
_DEEPER = {
    "binary",
    "unary",
    "arrow",
    "dot",
    "index",
    "cast",
    "call",
    "deref",
    "container_of",
    "in_set",
    "in_range",
}
_deepens = [name in _DEEPER for _, _, name in RULES]


def scanner(number: int) -> Callable[[str, int, int], Match | None]:
    """The `match` of a scanner, compiled when it is first wanted."""
    match = _scanners[number]
    if match is None:
        match = _scanners[number] = re.compile(SCANNERS[number][0]).match
    return match


def _pass_on(before: int, made: str, following: str) -> int:
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
    # only the top of the stack changes, so only that is copied
    kept = len(states)
    top: list[int] = []
    while True:
        state = top[-1] if top else states[kept - 1]
        action = ACTIONS[state].get(terminal)
        if action is None:
            return terminal == END and state == ACCEPT
        if action >= 0:
            return True
        name, length, _ = RULES[~action]
        if length <= len(top):
            del top[len(top) - length :]
        else:
            kept -= length - len(top)
            top.clear()
        top.append(GOTOS[top[-1] if top else states[kept - 1]][name])


class Bracket:
    """An open bracket: its terminal, its place, the height of the stack below it, and what new lines are.

    `outside` and `inside` say whether a new line separates fetch args around it and within it.
    """

    __slots__ = ("begin", "height", "inside", "outside", "terminal")

    def __init__(self, terminal: str, begin: int, height: int, outside: bool, inside: bool) -> None:
        self.terminal = terminal
        self.begin = begin
        self.height = height
        self.outside = outside
        self.inside = inside


class Driver:
    """One statement: the characters `start` to `end` of a text."""

    def __init__(self, text: str, start: int, end: int, report: Report, comments: list[tree.Comment]) -> None:
        self.text = text
        self.start = start
        self.position = start
        self.end = end
        self.report = report
        self.comments = comments
        self.builder = Builder(text, report)
        # where the word stands that begins the statement, what it counts as, and where the text goes on after it
        self.head = -1
        self.head_terminal = ""
        self.head_end = -1
        # the first line of the next statement, if there is one
        self.following: Span | None = None
        # the stack: a state, a value and its place in the text, and how deep the tree of the value is
        self.states = [START]
        self.values: list[Any] = [None]
        self.begins = [start]
        self.ends = [start]
        self.depths = [0]
        self.brackets: list[Bracket] = []
        self.lines = False  # whether a new line is a token here
        # the token that was scanned last
        self.begin = start
        self.stop = start
        self.word = ""
        self.mark = (
            self.states
        )  # the stack when that token was scanned: rules may be reduced before an error shows
        # errors up to here follow from one that was reported
        self.muted_to = -1
        self.odd_to = -1  # characters up to here that begin no token were reported
        self.failed_at = -1
        self.failures = 0
        self.unclosed = False

    def scan(self, state: int) -> str:
        """The terminal of the next token; `begin`, `stop` and `word` are its place and its text.

        The word is empty where something was wrong with the token, and was reported.
        """
        text, end = self.text, self.end
        special = SCANNER_OF[state]
        common = scanner(0)
        while True:
            if special:
                match = scanner(special)(text, self.position, end)
                if match:
                    index = match.lastindex or 0
                    self.begin, self.position = match.span(index)
                    self.stop = self.position
                    self.word = match[index]
                    return SCANNERS[special][1][index] or ""
            match = common(text, self.position, end)
            if match is None:
                from probelang.syntax.odd import scan_odd

                terminal = scan_odd(self, state)
                if terminal:
                    return terminal
                continue
            index = match.lastindex or 0
            self.begin, self.position = match.span(index)
            if index == NEWLINE:
                if self.lines:
                    self.stop = self.position
                    self.word = "\n"
                    return "NEWLINE"
            elif index == COMMENT:
                self.comments.append(tree.Comment(Span(self.begin, self.position)))
            else:
                self.stop = self.position
                word = self.word = match[index]
                if index == PUNCTUATION_MARK:
                    return PUNCTUATION[word]
                if index != NAME:
                    return SCANNERS[0][1][index] or ""
                if self.begin == self.head:
                    self.stop = self.position = self.head_end
                    self.word = self.head_terminal.lower()
                    return self.head_terminal
                terminal = KEYWORDS.get(word, "")
                return terminal if terminal in ACTIONS[state] else "NAME"

    def rewind(self, position: int) -> None:
        """Scan again from a place before the last token."""
        while self.comments and self.comments[-1].span.start >= position:
            self.comments.pop()
        self.begin = self.stop = self.position = position

    def in_block(self) -> bool:
        """Whether the braces of a probe or of `args` are open."""
        return any(bracket.inside for bracket in self.brackets)

    def run(self) -> tree.Statement:
        """The statement, or as much of it as could be read."""
        states, values, begins, ends, depths = self.states, self.values, self.begins, self.ends, self.depths
        builder, passed = self.builder, _passed
        terminal = ""
        while True:
            terminal = terminal or self.scan(states[-1])
            self.mark = states[:]
            if terminal == GIVE_UP:
                return self._broken()
            while True:
                action = ACTIONS[states[-1]].get(terminal)
                if action is None:
                    if terminal == END and states[-1] == ACCEPT:
                        statement: tree.Statement = values[-1]
                        return statement
                    from probelang.syntax.recovery import recover

                    terminal = recover(self, terminal)
                    break
                if action >= 0:
                    if terminal in OPENING:
                        inside = terminal == "LBRACE" and "NEWLINE" in ACTIONS[action]
                        self.brackets.append(Bracket(terminal, self.begin, len(states), self.lines, inside))
                        self.lines = inside
                    elif terminal in CLOSING:
                        if not self.word:
                            self._closed_by_end()
                        self.lines = self.brackets.pop().outside
                    states.append(action)
                    values.append(self.word)
                    begins.append(self.begin)
                    ends.append(self.stop)
                    depths.append(0)
                    terminal = ""
                    if len(states) > _MAX_STACK or len(self.brackets) > MAX_DEPTH:
                        terminal = self._too_deep(shifted=True)
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
                    depth = max(depths[-length:]) + _deepens[rule]
                    depths[-length:] = (depth,)
                    del states[-length:]
                else:
                    values.append(method(builder, [], [], []))  # type: ignore[misc]
                    begins.append(ends[-1])
                    ends.append(ends[-1])
                    depths.append(0)
                before = states[-1]
                state = passed.get((before, name, terminal))
                states.append(_pass_on(before, name, terminal) if state is None else state)
                if depths[-1] > MAX_DEPTH:
                    terminal = self._too_deep(shifted=False)
                    break

    def _closed_by_end(self) -> None:
        from probelang.syntax.recovery import report_open_block

        report_open_block(self)

    def _too_deep(self, shifted: bool) -> str:
        from probelang.syntax.recovery import recover_from_depth

        return recover_from_depth(self, shifted)

    def _broken(self) -> tree.BrokenStatement:
        name = None
        if (
            self.values[1:2] in (["const"], ["args"])
            and len(self.values) > 2
            and isinstance(self.values[2], str)
        ):
            name = tree.Ident(Span(self.begins[2], self.ends[2]), self.values[2])
        return tree.BrokenStatement(self.trimmed(), name)

    def trimmed(self) -> Span:
        """The statement's place without the blank lines and comments around it, as far as that is known."""
        body = self.text[self.start : self.end]
        begin = self.start + len(body) - len(body.lstrip())
        return Span(begin, max(begin, self.start + len(body.rstrip())))
