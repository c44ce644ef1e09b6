"""A script of bpftrace in its parts: comments, clauses, and what is neither. It is read once from its beginning to its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = re.compile(r'"(?:\\.|[^"\\\n])*"?|//[^\n]*|\s+|[{}/;,]|[^"/{};,\s]+', re.DOTALL)
_KIND = re.compile(r"[A-Za-z_]+(?::|$)", re.ASCII)
_PROGRAMS = ("uprobe", "u", "uretprobe", "ur", "usdt", "U")
_NO_PROBES = re.compile(r"(?:struct|union|enum|config|macro|fn|let|import)\b")
_MAX_POINT = 4096


@record
class Part:
    """A part of a script: `kind` is "comment", "clause", or "" for what is neither; `line` counts from 1."""

    kind: str
    text: str
    line: int
    points: tuple[str, ...] = ()
    predicate: str | None = None
    body: str = ""


def _pieces(text: str) -> list[tuple[str, int]]:
    """Words, white space, comments, strings and brackets, each with its place; what is not closed goes to the end."""
    pieces = []
    at = 0
    while at < len(text):
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            end = len(text) if end < 0 else end + 2
        elif text[at] == "#" and (at == 0 or text[at - 1] == "\n"):
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
        else:
            match = _PIECE.match(text, at)
            end = match.end() if match else at + 1
        pieces.append((text[at:end], at))
        at = end
    return pieces


def _is_comment(piece: str) -> bool:
    return piece[:2] in ("//", "/*") or piece[:1] == "#"


def read_parts(text: str) -> Iterator[Part]:
    """The parts of a script, one after the other."""
    pieces = _pieces(text)
    at, line, counted = 0, 1, 0
    while at < len(pieces):
        piece, place = pieces[at]
        if piece.isspace():
            at += 1
            continue
        line += text.count("\n", counted, place)
        counted = place
        if _is_comment(piece):
            yield Part("comment", piece, line)
            at += 1
            continue
        part, at = _read_part(text, pieces, at, line)
        yield part


def _read_part(text: str, pieces: list[tuple[str, int]], first: int, line: int) -> tuple[Part, int]:
    """What begins at a piece, up to the end of its braces, or of its line where it has none."""
    points: list[str] = []
    point = ""
    predicate: list[str] | None = None
    in_predicate = False
    start = pieces[first][1]
    at = first
    while at < len(pieces):
        piece, place = pieces[at]
        if piece == "{":
            end = _end_of_braces(pieces, at)
            if end < 0:
                return Part("", text[start:].rstrip(), line), len(pieces)
            points.append(point.strip())
            stop = pieces[end - 1][1] + 1
            whole = text[start:stop]
            if in_predicate or _NO_PROBES.match(whole) or not all(_KIND.match(one) for one in points):
                return Part("", whole, line), end + _next_is(pieces, end, ";")
            between = None if predicate is None else "".join(predicate)
            return Part("clause", whole, line, tuple(points), between, text[place + 1 : stop - 1]), end
        if in_predicate and predicate is not None:
            if piece == "/" and _next(pieces, at + 1) == "{":
                in_predicate = False
            elif not _is_comment(piece):
                predicate.append(piece)
        elif piece == "/" and _begins_predicate(point):
            in_predicate, predicate = True, []
        elif piece == ",":
            points.append(point.strip())
            point = ""
        elif piece == ";" or ("\n" in piece and _ends(point, points)) or len(point) > _MAX_POINT:
            return Part("", text[start : place + 1].strip(), line), at + 1
        elif not _is_comment(piece):
            point += piece
        at += 1
    return Part("", text[start:].rstrip(), line), len(pieces)


def _ends(point: str, points: list[str]) -> bool:
    """Whether a new line ends what stands there: no kind of probe has begun, nor a word before braces."""
    return (
        not points and re.match(r"[A-Za-z_]+\s*(?::|$)|\w+\s*=|\w+\s+\w+$", point.strip(), re.ASCII) is None
    )


def _next(pieces: list[tuple[str, int]], at: int) -> str:
    while at < len(pieces) and (pieces[at][0].isspace() or _is_comment(pieces[at][0])):
        at += 1
    return pieces[at][0] if at < len(pieces) else ""


def _next_is(pieces: list[tuple[str, int]], at: int, piece: str) -> bool:
    return at < len(pieces) and pieces[at][0] == piece


def _begins_predicate(point: str) -> bool:
    """Whether a slash behind what stands there begins a predicate, and is not part of a path."""
    stripped = point.strip()
    kind, colon, rest = stripped.partition(":")
    if not stripped or (colon and not rest):
        return False
    return point[-1:].isspace() or kind not in _PROGRAMS


def _end_of_braces(pieces: list[tuple[str, int]], at: int) -> int:
    """The piece behind the brace that closes; -1 where none does."""
    depth = 0
    for index in range(at, len(pieces)):
        piece = pieces[index][0]
        depth += (piece == "{") - (piece == "}")
        if depth == 0:
            return index + 1
    return -1


def statements_of(body: str) -> list[str]:
    """The statements of a body: what stands between semicolons, and what has braces of its own, which is one."""
    out, part, depth = [], "", 0
    for piece, _ in _pieces(body):
        if _is_comment(piece):
            continue
        depth += (piece == "{") - (piece == "}")
        if depth <= 0 and piece in (";", "}"):
            out.append(part + piece if piece == "}" else part)
            part = ""
        else:
            part += piece
    return [one.strip() for one in (*out, part) if one.strip()]
