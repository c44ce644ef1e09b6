"""PRB615: a `const`, an `args` list or a parameter of one that nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.linter.subject import Subject

RULE = Rule(
    "PRB615",
    "unused-definition",
    Severity.WARNING,
    "A `const` that no expression names, an `args` list that no `use` takes, or a parameter of one that its fetch args do not name: it was forgotten, or "
    "its name is misspelt where it was to be used.",
    example="const LARGE = 64 * 1024\nfprobe vfs_read if count > 65536",
)


def check_spec(subject: Subject, report: Report) -> None:
    if subject.broken:
        # what could not be read, or looked up, may be what uses it
        return
    statements = subject.tree.statements
    if not any(isinstance(statement, tree.Const | tree.Args) for statement in statements):
        return
    used = [_used(statement) for statement in statements]
    names = {name for those, _ in used for name in those}
    lists = {name for _, those in used for name in those}
    for statement in statements:
        match statement:
            case tree.Const(span, tree.Ident(at, name)) if name not in names:
                _say(subject, report, span, at, f"no expression uses the constant `{name}`")
            case tree.Args(span, tree.Ident(at, name)) if name not in lists:
                _say(subject, report, span, at, f"no probe uses `args {name}`")
            case tree.Args(params=params, items=items):
                _parameters(params, items, report)


#: What statements use, by their identity: while one is typed, the others of a spec stay as they are. Begun anew when it is full.
_kept: dict[int, tuple[tree.Statement, tuple[frozenset[str], frozenset[str]]]] = {}
_MOST_KEPT = 1024


def _used(statement: tree.Statement) -> tuple[frozenset[str], frozenset[str]]:
    """The names, and the `args` lists, that a statement uses."""
    known = _kept.get(id(statement))
    if known is not None and known[0] is statement:
        return known[1]
    names, lists = set(), set()
    for node in tree.walk(statement):
        match node:
            case tree.Name(_, name):
                names.add(name)
            case tree.Use(_, tree.Ident(_, name)):
                lists.add(name)
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    found = frozenset(names), frozenset(lists)
    _kept[id(statement)] = statement, found
    return found


def _parameters(
    params: tuple[tree.ArgsParam, ...], items: tuple[tree.FetchItem, ...], report: Report
) -> None:
    used = {node.name for item in items for node in tree.walk(item) if isinstance(node, tree.Name)}
    for param in params:
        if param.name.name not in used:
            report.add(
                RULE, param.name.span, f"no fetch arg of this list uses its parameter `{param.name.name}`"
            )


def _say(subject: Subject, report: Report, span: Span, at: Span, message: str) -> None:
    end = span.end
    text = subject.source.text
    while end < len(text) and text[end] in " \t":
        end += 1
    whole = Span(span.start, end + 1) if text[end : end + 1] == "\n" else span
    report.add(RULE, at, message, fix=Fix("remove it", (Edit(whole, ""),), safe=False))
