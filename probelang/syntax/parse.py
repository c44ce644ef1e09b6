"""Text to syntax tree. Never raises: what is wrong is in the diagnostics, and the tree says where it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.chunks import find_heads
from probelang.syntax.driver import Driver
from probelang.syntax.report import Report

if TYPE_CHECKING:
    from probelang.diagnostics import Diagnostic


def parse(source: Source) -> tuple[tree.File, list[Diagnostic]]:
    """The tree of a spec, and its syntax errors in source order."""
    text = source.text
    start = 1 if text.startswith("\ufeff") else 0
    report = Report()
    comments: list[tree.Comment] = []
    statements: list[tree.Statement] = []
    heads = find_heads(text, start)
    first = heads[0].line if heads else len(text)
    preamble = Driver(text, start, first, report, comments)
    if preamble.scan(preamble.states[-1]) != "$END":
        preamble.position = start
        del comments[:]
        statements.append(preamble.run())
    for index, head in enumerate(heads):
        end = heads[index + 1].line if index + 1 < len(heads) else len(text)
        driver = Driver(text, head.line, end, report, comments)
        driver.head, driver.head_terminal, driver.head_end = head.start, head.terminal, head.end
        statements.append(driver.run())
    return tree.File(Span(0, len(text)), tuple(statements), tuple(comments)), report.finish()
