"""A statement, and the comments around it, as lines."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from probelang.formatter.lines import INDENT, WIDTH, Line
from probelang.formatter.spacing import join, read_atoms
from probelang.formatter.tokens import BLANKS, COMMENT, Token
from probelang.formatter.wrap import add_comments, wrap
from probelang.record import record
from probelang.source import columns

if TYPE_CHECKING:
    from probelang.formatter.tokens import Chunk

_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")


@record
class Unit:
    """The smallest that is laid out by itself: a statement, a comment of its own, or lines that are kept as they are.

    It takes the place of the characters up to `end`, from the end of the unit before; if `kept`, none of them changes.
    """

    end: int
    lines: list[Line]
    kept: bool = False


def lay_out(text: str, chunks: list[Chunk]) -> list[Unit]:
    """The units of a spec, not yet aligned; a chunk that is broken stays as it is."""
    units: list[Unit] = []
    before = 0
    for chunk in chunks:
        if chunk.broken:
            size = len(text[chunk.start : chunk.end].rstrip(BLANKS))
            if size:
                before = chunk.start + size
                units.append(Unit(before, [Line(-1, "", run=None)], kept=True))
            continue
        last = chunk.tokens[-1].end if chunk.tokens else chunk.start
        outside = [comment for comment in chunk.comments if comment.start >= last]
        if chunk.tokens:
            inside = [comment for comment in chunk.comments if comment.start < last]
            lines = _lay_out_statement(text, _merge(chunk.tokens, inside))
            lines[0].blank = bool(units) and _has_empty_line(text, before, chunk.tokens[0].start)
            if outside and not outside[0].own:
                lines[-1].comment = outside[0].text
                last = outside.pop(0).end
            units.append(Unit(last, lines))
            before = last
        for comment in outside:
            line = Line(0, "", comment.text)
            line.blank = bool(units) and _has_empty_line(text, before, comment.start)
            units.append(Unit(comment.end, [line]))
            before = comment.end
    return units


def _has_empty_line(text: str, start: int, end: int) -> bool:
    return _EMPTY_LINE.search(text, start, end) is not None


def _merge(tokens: list[Token], comments: list[Token]) -> list[Token]:
    """Both in the order of the source."""
    if not comments:
        return tokens
    return sorted([*tokens, *comments], key=lambda token: token.start)


def _lay_out_statement(text: str, tokens: list[Token]) -> list[Line]:
    opening = _find_block(tokens)
    header, remarks = read_atoms(tokens if opening < 0 else tokens[:opening], free=True)
    kind, equals = _find_run(tokens)
    if opening < 0:
        lines = wrap(header, 0)
        if len(lines) == 1 or (kind == "const" and lines[0].text.startswith("=", equals)):
            lines[0].run, lines[0].equals = kind, equals
        else:
            lines[0].run = None
        return lines
    body = tokens[opening + 1 : -1]
    short = not any(atom.comments for atom in header)
    if short and not remarks and "\n" not in text[tokens[opening].end : tokens[-1].start]:
        items = [join(read_atoms(item, free=False)[0]) for item in _split(body) if item]
        whole = join(header) + (" { " + ", ".join(items) + " }" if items else " {}")
        if columns(whole) <= WIDTH:
            return [Line(0, whole, run=kind, equals=equals)]
    lines = wrap(header, 0, reserve=len(" {"))
    inside = _lay_out_block(text, tokens[opening].end, [*remarks, *body] if len(lines) == 1 else body)
    if not inside and len(lines) == 1:
        lines[0].text += " {}"
        lines[0].run, lines[0].equals = kind, equals
        return lines
    if len(lines) > 1:
        # comments between a header of several lines and its brace
        add_comments(lines, remarks, INDENT)
    brace = "{" if inside else "{}"
    if lines[-1].indent or lines[-1].comment:
        lines.append(Line(0, brace, run=None))
    else:
        lines[-1].text += " " + brace
    if inside and not inside[0].text and inside[0].run is None:
        lines[-1].comment = inside.pop(0).comment
    lines[0].run = None
    for line in inside:
        line.indent += INDENT
    if inside:
        inside[0].blank = False
    return [*lines, *inside, Line(0, "}", run=None)] if brace == "{" else lines


def _find_block(tokens: list[Token]) -> int:
    """Where the brace of the fetch args is, -1 without one."""
    before = ""
    for index, token in enumerate(tokens):
        if token.terminal == "LBRACE" and before != "IN":
            return index
        if token.terminal != COMMENT:
            before = token.terminal
    return -1


def _find_run(tokens: list[Token]) -> tuple[str | None, int]:
    """Among which neighbours the name of a statement on one line is aligned, and where its `=` will be."""
    words = list(islice((token for token in tokens if token.terminal != COMMENT), 4))
    terminals = [word.terminal for word in words]
    if terminals[0] in ("GROUP", "CONST", "ARGS") and terminals[1:2] not in (["EQUAL"], ["SLASH"]):
        is_const = terminals[0] == "CONST"
        return ("const", len(f"const {words[1].text} ")) if is_const else (None, -1)
    for index in (1, 3):
        if terminals[index : index + 1] == ["EQUAL"]:
            return "probe", sum(len(word.text) for word in words[:index]) + 1
    return "probe", -1


def _split(tokens: list[Token]) -> list[list[Token]]:
    """Fetch args on one line, by their commas."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += _DEPTHS.get(token.terminal, 0)
        if token.terminal == "COMMA" and depth == 0:
            items.append([])
        else:
            items[-1].append(token)
    return items


_DEPTHS = {
    "LPAR": 1,
    "CAST_LPAR": 1,
    "LBRACKET": 1,
    "LBRACE": 1,
    "RPAR": -1,
    "RBRACKET": -1,
    "RBRACE": -1,
}


def _lay_out_block(text: str, start: int, tokens: list[Token]) -> list[Line]:
    """Fetch args and comments, each on lines of its own; a comment behind the brace is a first line without a run."""
    lines: list[Line] = []
    item: list[Token] = []
    depth = 0
    before = start

    def finish() -> None:
        nonlocal before
        if not item:
            return
        atoms, _ = read_atoms(item, free=False)
        made = wrap(atoms, 0)
        named = len(atoms) > 1 and atoms[1].terminal == "EQUAL"
        made[0].run, made[0].equals = "item", len(atoms[0].text) + 1 if named else -1
        made[0].blank = _has_empty_line(text, before, item[0].start)
        before = item[-1].end
        lines.extend(made)
        item.clear()

    for token in tokens:
        depth += _DEPTHS.get(token.terminal, 0)
        if depth:
            item.append(token)
        elif token.terminal in ("COMMA", "NEWLINE"):
            finish()
        elif token.terminal == COMMENT:
            finish()
            if not token.own and lines and lines[-1].text and "\n" not in text[before : token.start]:
                lines[-1].comment = token.text
            else:
                line = Line(0, "", token.text)
                line.run = None if not token.own and not lines else ""
                line.blank = _has_empty_line(text, before, token.start)
                lines.append(line)
            before = token.end
        else:
            item.append(token)
    finish()
    return lines
