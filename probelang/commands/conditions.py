"""The condition of an eprobe as a tree: in the language's words, and compared with another.

It is read once the kernel is known to take it (`filters`), so nothing is checked here.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from probelang.commands.octets import parse_signed, parse_unsigned
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(
    r"\s*(?:(?P<join>&&|\|\|)|(?P<open>\()|(?P<close>\))|(?P<not>!(?![=~]))"
    r"|(?P<field>\w+)(?P<suffix>\.ustring|\.function)?\s*(?P<op>~|!=|==|<=|<|>=|>|&)\s*"
    r"(?P<value>\"[^\"]*\"|'[^']*'|CPUS\{[^}]*\}|-?\w+|\S+?(?=\s|$)))",
    re.ASCII,
)
_MAX_ATOMS = 10
_MAX_DEPTH = 100
_COMMON = {
    "common_pid": "$tid", "CPU": "$cpu", "cpu": "$cpu", "common_cpu": "$cpu", "COMM": "$comm", "comm": "$comm",
}  # fmt: skip


class NoWords(Exception):
    """The language cannot say it; the message is why."""


@record
class Comparison:
    """`field OP value`, with the field in the language's words."""

    field: str
    op: str
    value: int | str


@record
class Negation:
    """`!operand`."""

    operand: Tree


@record
class Joined:
    """Operands between `&&` or `||`."""

    op: str
    operands: tuple[Tree, ...]


Tree = Comparison | Negation | Joined


def parse_condition(text: str, signed: Mapping[str, bool]) -> Tree:
    """A condition that the kernel takes; `signed` are the fields of the event. Raises NoWords."""
    tokens: list[re.Match[str]] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise NoWords(f"the language has no words for `{text[at:].strip()[:40]}` in a condition")
        tokens.append(match)
        at = match.end()
    tree, end = _junction(tokens, 0, "||", signed, 0)
    if end < len(tokens):
        raise NoWords("the language has no words for this condition")
    return tree


def _junction(
    tokens: list[re.Match[str]], at: int, op: str, signed: Mapping[str, bool], depth: int
) -> tuple[Tree, int]:
    if depth > _MAX_DEPTH:
        raise NoWords("this condition is nested too deeply")
    operands = []
    while True:
        if op == "||":
            operand, at = _junction(tokens, at, "&&", signed, depth)
        else:
            operand, at = _operand(tokens, at, signed, depth)
        operands.append(operand)
        if at >= len(tokens) or tokens[at]["join"] != op:
            return operands[0] if len(operands) == 1 else Joined(op, tuple(operands)), at
        at += 1


def _operand(
    tokens: list[re.Match[str]], at: int, signed: Mapping[str, bool], depth: int
) -> tuple[Tree, int]:
    negated = False
    while at < len(tokens) and tokens[at]["not"]:
        negated = not negated
        at += 1
    if at >= len(tokens):
        raise NoWords("the language has no words for this condition")
    token = tokens[at]
    tree: Tree
    if token["open"]:
        tree, at = _junction(tokens, at + 1, "||", signed, depth + 1)
        if at >= len(tokens) or not tokens[at]["close"]:
            raise NoWords("the language has no words for this condition")
    elif token["field"]:
        tree = _comparison(token, signed)
    else:
        raise NoWords("the language has no words for this condition")
    return (Negation(tree) if negated else tree), at + 1


def _comparison(token: re.Match[str], signed: Mapping[str, bool]) -> Tree:
    field, op, value = token["field"], token["op"], token["value"]
    if token["suffix"]:
        raise NoWords(f"the language has no words for `{token['suffix']}` in a condition")
    name = field if field in signed else _COMMON.get(field)
    if name is None:
        raise NoWords(f"the language has no word for `{field}`")
    if value[0] in "'\"":
        return _glob(name, value[1:-1]) if op == "~" else Comparison(name, op, value[1:-1])
    number = parse_signed(value) if signed.get(field, True) else parse_unsigned(value)
    if number is None:
        raise NoWords(f"the language has no words for `{value}` in a condition")
    return Comparison(name, op, number)


def _glob(name: str, text: str) -> Tree:
    """`~ "text"` without the traps of the kernel's globs: a `!` in front, a digit in front, and the backslash before them."""
    if text[:1] == "!":
        return Negation(_glob(name, text[1:]))
    if text[:1].isdecimal():
        # compared to the letter
        return Comparison(name, "==", text)
    return Comparison(name, "~", text[1:] if re.match(r"\\[!\d]", text, re.ASCII) else text)


def render_condition(tree: Tree) -> str:
    """The condition in the language's words."""
    match tree:
        case Joined(op, operands):
            return f" {op} ".join(
                f"({render_condition(one)})" if isinstance(one, Joined) else render_condition(one)
                for one in operands
            )
        case Negation(operand):
            return f"!({render_condition(operand)})"
        case Comparison(field, op, str() as value):
            text = value.encode("latin-1").decode("utf-8", "replace")
            return f'{field} {op} "{text.replace(chr(92), chr(92) * 2).replace(chr(34), chr(92) + chr(34))}"'
        case Comparison(field, op, number):
            return f"{field} {op} {number}"


def same_condition(one: Tree, other: Tree) -> bool:
    """Whether two conditions hold in the same cases: true of the same comparisons, whatever those come to."""
    atoms = list(dict.fromkeys((*_atoms(one), *_atoms(other))))
    if len(atoms) > _MAX_ATOMS:
        return one == other
    for values in product((False, True), repeat=len(atoms)):
        known = dict(zip(atoms, values, strict=True))
        if _holds(one, known) != _holds(other, known):
            return False
    return True


_OPPOSITE = {"!=": "==", ">=": "<", "<=": ">"}


def _atom(compare: Comparison) -> tuple[Comparison, bool]:
    """A comparison as another one, and whether that is its opposite."""
    opposite = _OPPOSITE.get(compare.op)
    if opposite is None:
        return compare, False
    return Comparison(compare.field, opposite, compare.value), True


def _atoms(tree: Tree) -> Iterator[Comparison]:
    match tree:
        case Joined(_, operands):
            for one in operands:
                yield from _atoms(one)
        case Negation(operand):
            yield from _atoms(operand)
        case Comparison():
            yield _atom(tree)[0]


def _holds(tree: Tree, known: Mapping[Comparison, bool]) -> bool:
    match tree:
        case Joined("&&", operands):
            return all(_holds(one, known) for one in operands)
        case Joined(_, operands):
            return any(_holds(one, known) for one in operands)
        case Negation(operand):
            return not _holds(operand, known)
        case Comparison():
            atom, opposite = _atom(tree)
            return known[atom] != opposite
