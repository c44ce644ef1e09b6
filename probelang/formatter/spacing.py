"""What stands between two tokens on one line, and where a line may be broken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.formatter.tokens import COMMENT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probelang.formatter.tokens import Token

#: How readily a line is broken at a place: the lower, the sooner.
PART, LIST, NEVER = -1, 0, 99
#: Before an operator with two operands; the order is that of the grammar's levels.
OPERATORS = {
    "LOGICAL_OR": 1,
    "LOGICAL_AND": 2,
    "PIPE": 3,
    "CARET": 4,
    "AMPERSAND": 5,
    "EQUAL_TO": 6,
    "NOT_EQUAL_TO": 6,
    "TILDE": 6,
    "LESS": 7,
    "LESS_EQUAL": 7,
    "GREATER": 7,
    "GREATER_EQUAL": 7,
    "SHIFT_LEFT": 8,
    "SHIFT_RIGHT": 8,
    "PLUS": 9,
    "MINUS": 9,
    "STAR": 10,
    "SLASH": 10,
    "PERCENT": 10,
    "CHOICE": 11,
}
OPEN = {"LPAR", "CAST_LPAR", "LBRACKET", "LBRACE"}
CLOSE = {"RPAR", "RBRACKET", "RBRACE"}
_PREFIXES = {"STAR", "AMPERSAND", "MINUS", "PLUS", "TILDE", "BANG"}
_OPERAND_ENDS = {
    "NAME",
    "USE",
    "NUMBER",
    "CHARACTER",
    "STRING",
    "VARIABLE",
    "REGISTER",
    "SYMBOL",
    "POINT",
} | CLOSE
_CALLED = {"NAME", "USE", "CONTAINER_OF", "DEREF"}
_TIGHT_BEFORE = {"COMMA", "COLON", "ARROW", "DOT", "DOT_DOT", "LBRACKET"} | CLOSE
_TIGHT_AFTER = {"ARROW", "DOT", "DOT_DOT"} | OPEN
_LIKE_A_DEREF = re.compile("u[0-9]")


class Atom:
    """A token with what stands before it: a space or not, comments, and how readily a line is broken there.

    `partner` is the index of the other bracket of a pair, -1 for what is none.
    """

    __slots__ = ("comments", "level", "partner", "space", "terminal", "text")

    def __init__(self, terminal: str, text: str, comments: list[Token]) -> None:
        self.terminal = terminal
        self.text = text
        self.comments = comments
        self.space = True
        self.level = NEVER
        self.partner = -1


def read_atoms(tokens: Iterable[Token], free: bool) -> tuple[list[Atom], list[Token]]:
    """The atoms of a part of a statement, and the comments behind the last; `free` where new lines mean nothing."""
    atoms: list[Atom] = []
    waiting: list[Token] = []
    for token in tokens:
        terminal = token.terminal
        if terminal == COMMENT:
            waiting.append(token)
        elif terminal == "COMMA":
            # a comment before a comma goes behind it
            atoms.append(Atom(terminal, ",", []))
        else:
            if terminal in CLOSE and atoms[-1].terminal == "COMMA":
                atoms.pop()
            atoms.append(Atom(terminal, token.text, waiting))
            waiting = []
    _set_gaps(atoms, free)
    return atoms, waiting


def join(atoms: Iterable[Atom]) -> str:
    """The atoms on one line, without their comments."""
    return "".join(" " + atom.text if atom.space else atom.text for atom in atoms)


def _set_gaps(atoms: list[Atom], free: bool) -> None:
    pointers = _find_pointers(atoms)
    opened: list[int] = []
    before = ""
    # whether an operand has just ended; whether what comes belongs to a prefix; whether these are options
    operand = tight = options = False
    operator_before: Atom | None = None
    for index, atom in enumerate(atoms):
        terminal = atom.terminal
        breakable = free or bool(opened)
        prefix = False
        level = NEVER
        if index in pointers:
            pass
        elif terminal in OPERATORS and (operand or terminal not in _PREFIXES):
            level = OPERATORS[terminal]
        elif terminal in _PREFIXES:
            prefix = True
        elif terminal in ("WITH", "IF"):
            level = PART
            options = terminal == "WITH"
        if before == "COMMA":
            level = LIST
        if operator_before is not None and atom.comments:
            # lines are broken before an operator, so comments behind it go there too
            operator_before.comments += atom.comments
            atom.comments = []

        if index == 0 or terminal in _TIGHT_BEFORE or before in _TIGHT_AFTER:
            atom.space = False
        elif index in pointers:
            atom.space = before != "STAR"
        elif tight:
            following = atoms[index + 1].terminal if index + 1 < len(atoms) else ""
            atom.space = _would_join(before, atom, following)
        elif terminal == "LPAR":
            atom.space = before not in _CALLED
        elif terminal == "EQUAL" or before == "EQUAL":
            atom.space = not options
        elif free and "SLASH" in (terminal, before) and index <= 2 and atoms[1].terminal == "SLASH":
            # the group of an event, no division
            atom.space = False
            level = NEVER
        atom.level = level if breakable else NEVER

        cast = False
        if terminal in OPEN:
            opened.append(index)
        elif terminal in CLOSE:
            atom.partner = opened.pop()
            atoms[atom.partner].partner = index
            cast = atoms[atom.partner].terminal == "CAST_LPAR"
        operand = terminal in _OPERAND_ENDS and not cast
        tight = prefix or cast
        operator_before = atom if 0 < level < NEVER and not prefix and terminal in OPERATORS else None
        before = terminal


def _find_pointers(atoms: list[Atom]) -> set[int]:
    """The stars of C types: nothing that could be multiplied or read follows them."""
    pointers = set()
    following = ""
    for index in range(len(atoms) - 1, -1, -1):
        terminal = atoms[index].terminal
        if terminal == "STAR" and following in ("RPAR", "COMMA", "pointer"):
            pointers.add(index)
            terminal = "pointer"
        following = terminal
    return pointers


def _would_join(before: str, atom: Atom, following: str) -> bool:
    """Whether a prefix and what it belongs to would be another token if they touched: `&&`, or `-u8(e)`."""
    if before == "AMPERSAND":
        return atom.terminal == "AMPERSAND"
    if before in ("PLUS", "MINUS"):
        return following == "LPAR" and _LIKE_A_DEREF.match(atom.text) is not None
    return False
