"""A part of a statement on as many lines as it takes.

Where it does not fit on one, or has comments inside, it is broken where that is done most readily (`Atom.level`), and
each piece again, if need be; then within brackets.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from probelang.formatter.lines import INDENT, WIDTH, Line
from probelang.formatter.spacing import CLOSE, NEVER, join
from probelang.source import columns

if TYPE_CHECKING:
    from probelang.formatter.spacing import Atom
    from probelang.formatter.tokens import Token


def wrap(atoms: list[Atom], indent: int, reserve: int = 0) -> list[Line]:
    """The lines of a part; `reserve` columns of the only line are for what follows there."""
    widths = [0, *accumulate(columns(atom.text) + atom.space for atom in atoms)]
    remarks = [0, *accumulate(bool(atom.comments) for atom in atoms)]
    lines: list[Line] = []
    # first and last atom, indentation, and how much deeper what is broken off begins
    pieces = [(0, len(atoms), indent, INDENT)]
    while pieces:
        begin, end, indent, deeper = pieces.pop()
        width = widths[end] - widths[begin] - atoms[begin].space
        fits = indent + width + (reserve if end - begin == len(atoms) else 0) <= WIDTH
        breaks: list[tuple[int, int, int, int]] = []
        if not fits or remarks[end] > remarks[begin + 1]:
            breaks = _break(atoms, begin, end, indent, deeper, widths, remarks)
        if breaks:
            pieces += reversed(breaks)
            continue
        # what stands before a closing bracket is still inside
        inside = atoms[begin].terminal in CLOSE
        add_comments(lines, atoms[begin].comments, indent + INDENT if inside else indent)
        lines.append(Line(indent, join(atoms[begin:end]).lstrip(" ")))
    return lines


def _break(
    atoms: list[Atom],
    begin: int,
    end: int,
    indent: int,
    deeper: int,
    widths: list[int],
    remarks: list[int],
) -> list[tuple[int, int, int, int]]:
    """The pieces of a piece, none where it cannot be broken."""
    level = NEVER
    places: list[int] = []
    # of the brackets that can be opened: how much is to be gained, first and last
    best = (False, 1, 0, 0)
    forced: list[int] = []
    index = begin
    while index < end:
        atom = atoms[index]
        if index > begin:
            if atom.level < level:
                level, places = atom.level, []
            if atom.level == level != NEVER:
                places.append(index)
            if atom.comments:
                forced.append(index)
        if index < atom.partner < end:
            close = atom.partner
            has_comments = remarks[close + 1] > remarks[index + 1]
            if close > index + 1 and (has_comments or atom.terminal != "CAST_LPAR"):
                best = max(best, (has_comments, widths[close] - widths[index + 1], index, close))
            elif has_comments:
                forced.append(close)
            index = close
        index += 1
    if places:
        starts = [begin, *places]
        ends = [*places, end]
        first = (begin, places[0], indent, deeper + INDENT)
        rest = [(a, b, indent + deeper, INDENT) for a, b in zip(starts[1:], ends[1:], strict=True)]
        return [first, *rest]
    if best[3] and (best[0] or not forced):
        _, _, opening, closing = best
        return [
            (begin, opening + 1, indent, deeper),
            (opening + 1, closing, indent + INDENT, 0),
            (closing, end, indent, deeper),
        ]
    if forced:
        starts = [begin, *forced]
        ends = [*forced, end]
        return [
            (a, b, indent if a == begin or atoms[a].terminal in CLOSE else indent + deeper, deeper)
            for a, b in zip(starts, ends, strict=True)
        ]
    return []


def add_comments(lines: list[Line], comments: list[Token], indent: int) -> None:
    """Comments behind the last line, where one stood there and has the room, or on lines of their own."""
    for comment in comments:
        if not comment.own and lines and lines[-1].text and not lines[-1].comment:
            lines[-1].comment = comment.text
        else:
            lines.append(Line(indent, "", comment.text))
