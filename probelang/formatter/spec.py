"""What can be asked of the formatter: a spec in its one layout, or the edits that give a part of it that layout.

The command line, and every editor, asks here. The layout changes neither what a spec says nor its comments, and a
spec that has it is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Diagnostic, Edit
from probelang.formatter.layout import lay_out
from probelang.formatter.lines import align, render_line
from probelang.formatter.tokens import BLANKS, read_chunks, simplify
from probelang.record import record
from probelang.source import Source, Span

if TYPE_CHECKING:
    from probelang.formatter.tokens import Chunk


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class FormatError(Exception):
    """The layout of a spec would say something else than the spec: a fault of the formatter."""


@record
class Formatted:
    """A spec in its layout; one with syntax errors, which are the diagnostics, as it is."""

    source: Source
    text: str
    diagnostics: tuple[Diagnostic, ...]

    @property
    def changed(self) -> bool:
        """Whether the layout is another than that of the source."""
        return self.text != self.source.text


def format_spec(source: Source) -> Formatted:
    """The whole spec in its layout. Never loses a character that means something: raises `FormatError` instead."""
    chunks, diagnostics = read_chunks(source)
    text = source.text
    if not diagnostics:
        edits = _find_edits(source.text, chunks)
        text = _apply(source.text, edits)
        if edits:
            _compare(chunks, text)
    return Formatted(source, text, tuple(diagnostics))


def format_range(source: Source, span: Span) -> tuple[Edit, ...]:
    """The edits that give the statements and comments that `span` touches the layout they have in the whole spec.

    Statements with syntax errors stay as they are, and keep no other from being formatted. The edits are in order,
    whole lines, and do not overlap. Raises `FormatError` as `format_spec` does.
    """
    chunks, _ = read_chunks(source)
    edits = tuple(_find_edits(source.text, chunks, span))
    if edits:
        _compare(chunks, _apply(source.text, edits))
    return edits


def _find_edits(text: str, chunks: list[Chunk], span: Span | None = None) -> list[Edit]:
    """What is to be replaced in each unit that `span` touches, or in all."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    newline = find_newline(text)
    units = lay_out(text, chunks)
    align([line for unit in units for line in unit.lines])
    edits: list[Edit] = []
    start = len(mark)
    for unit in units:
        # the end of the line belongs to the unit, whatever blanks are before it
        end = text.find("\n", unit.end) + 1 or len(text)
        if text[unit.end : end].strip(BLANKS):
            raise FormatError
        made = "".join((newline if line.blank else "") + render_line(line) + newline for line in unit.lines)
        if (
            not unit.kept
            and text[start:end] != made
            and (span is None or (start <= span.end and span.start <= unit.end))
        ):
            edits.append(_trim(text, start, end, made))
        start = end
    if text[start:].strip(BLANKS):
        raise FormatError
    if start < len(text) and (span is None or span.end >= start):
        edits.append(Edit(Span(start, len(text)), ""))
    return edits


def find_newline(text: str) -> str:
    """How lines end: as the first one does."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _trim(text: str, start: int, end: int, made: str) -> Edit:
    """The edit without the lines at either end that stay the same."""
    old, new = _LINE.findall(text[start:end]), _LINE.findall(made)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    first = start + sum(map(len, old[:head]))
    last = end - sum(map(len, old[len(old) - tail :]))
    return Edit(Span(first, last), "".join(new[head : len(new) - tail]))


def _apply(text: str, edits: list[Edit] | tuple[Edit, ...]) -> str:
    parts = []
    before = 0
    for edit in edits:
        parts += [text[before : edit.span.start], edit.text]
        before = edit.span.end
    return "".join([*parts, text[before:]])


def _compare(chunks: list[Chunk], text: str) -> None:
    again, _ = read_chunks(Source("", text))
    if simplify([chunk for chunk in chunks if not chunk.broken]) != simplify(
        [chunk for chunk in again if not chunk.broken]
    ):
        raise FormatError
