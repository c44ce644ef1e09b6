"""Text to syntax tree. Never raises: what is wrong is in the diagnostics, and the tree says where it is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import replace
from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.chunks import STATEMENT_KEYWORDS, Head, find_heads
from probelang.syntax.driver import END, Driver, scanner
from probelang.syntax.report import Report
from probelang.syntax.tables import SCANNERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.diagnostics import Diagnostic


def parse(
    source: Source, make_driver: Callable[[str, int, int, Report, list[tree.Comment]], Driver] = Driver
) -> tuple[tree.File, list[Diagnostic]]:
    """The tree of a spec, and its syntax errors in source order.

    `make_driver` makes the reader of one statement, for who wants to know more of it than its tree.
    """
    text = source.text
    start = 1 if text.startswith("\ufeff") else 0
    report = Report()
    comments: list[tree.Comment] = []
    statements: list[tree.Statement] = []
    heads = find_heads(text, start)
    first = heads[0].line if heads else len(text)
    driver = make_driver(text, start, first, report, comments)
    driver.following = first_line(text, first)
    before = read_before(driver)
    if before is not None:
        statements.append(before)
    for index, head in enumerate(heads):
        end = heads[index + 1].line if index + 1 < len(heads) else len(text)
        driver = make_driver(text, head.line, end, report, comments)
        driver.following = first_line(text, end)
        statements.append(read_statement(driver, head))
    return tree.File(Span(0, len(text)), tuple(statements), tuple(comments)), report.finish()


def first_line(text: str, start: int) -> Span | None:
    """The line that begins at `start`, without the blanks it begins with; None at the end of the text."""
    if start >= len(text):
        return None
    end = text.find("\n", start)
    end = end if end >= 0 else len(text)
    return Span(end - len(text[start:end].lstrip()), end)


def read_before(driver: Driver) -> tree.Statement | None:
    """What stands before the first statement, if it is more than comments."""
    return None if driver.scan(driver.states[-1]) == END else _read_broken(driver, driver.begin)


def read_statement(driver: Driver, head: Head) -> tree.Statement:
    """The statement that a head begins."""
    text, said = driver.text, driver.report.count
    if not head.terminal:
        return _read_broken(driver, head.line)
    if text[head.end - 1] == ":":
        from probelang.syntax.words import explain_clause, find_line_comments

        if explain_clause(text, head.start, driver.end, driver.report):
            driver.comments += find_line_comments(text, head.end, driver.end)
            return tree.BrokenStatement(driver.trimmed())
    driver.head, driver.head_terminal, driver.head_end = head.start, head.terminal, head.end
    if STATEMENT_KEYWORDS.get(text[head.start : head.end]) != head.terminal:
        _report_spelling(driver, head)
    statement = driver.run()
    if isinstance(statement, tree.Probe) and driver.report.count > said:
        return replace(statement, flawed=True)
    return statement


def _read_broken(driver: Driver, begin: int) -> tree.BrokenStatement:
    """Text that begins no statement."""
    from probelang.syntax.words import explain_line, find_line_comments, find_name

    while driver.text[begin] in " \t":
        begin += 1
    if begin > driver.muted_to:
        explain_line(driver.text, begin, driver.end, driver.report)
    driver.comments += find_line_comments(driver.text, begin, driver.end)
    driver.start = begin
    return tree.BrokenStatement(driver.trimmed(), find_name(driver.text, begin))


def _report_spelling(driver: Driver, head: Head) -> None:
    """Report a misspelt keyword or another tool's, which is read as what it means here."""
    from probelang.syntax.words import FOREIGN, report_foreign, report_misspelling

    text = driver.text
    word = text[head.start : head.end].rstrip(":")
    if word not in FOREIGN:
        report_misspelling(word, head.terminal.lower(), head.start, driver.report)
        return
    match = scanner(_POINT)(text, head.end, driver.end)
    point = Span(*match.span(1)) if match else Span(head.end, head.end)
    report_foreign(text, head.start, word, point, driver.report)
    if FOREIGN[word].returns:
        driver.builder.returns = Span(head.start, head.start + len(word))


_POINT = next(number for number, (_, names) in enumerate(SCANNERS) if names == (None, "POINT"))
