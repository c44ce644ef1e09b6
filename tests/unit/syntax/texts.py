"""Parsing in tests: texts that must be right, and nodes by the text they were made from."""

from __future__ import annotations

from collections.abc import Iterable

from probelang.diagnostics import Diagnostic, Edit, Fix
from probelang.source import Source
from probelang.syntax import tree
from probelang.syntax.parse import parse


def parse_valid(text: str) -> tree.File:
    """The tree of a text without errors."""
    file, diagnostics = parse(Source("test.pl", text))
    assert not diagnostics, (text, [diagnostic.message for diagnostic in diagnostics])
    return file


def parse_broken(text: str) -> tuple[tree.File, list[Diagnostic]]:
    """The tree and the errors of a text that has errors."""
    file, diagnostics = parse(Source("test.pl", text))
    assert diagnostics, text
    return file, diagnostics


def parse_statement(text: str) -> tree.Statement:
    (statement,) = parse_valid(text).statements
    return statement


def parse_probe(text: str) -> tree.Probe:
    statement = parse_statement(text)
    assert isinstance(statement, tree.Probe)
    return statement


def parse_expression(text: str) -> tree.Expr:
    """The expression, its spans as if the text were the whole source behind `const X = `."""
    statement = parse_statement(f"const X = {text}\n")
    assert isinstance(statement, tree.Const)
    return statement.value


def parse_item(text: str) -> tree.FetchItem:
    probe = parse_probe("kprobe f {\n" + text + "\n}\n")
    assert probe.items is not None
    (item,) = probe.items
    return item


def parse_point(text: str) -> tree.Point:
    """The point of `KIND POINT`."""
    (point,) = parse_probe(text).points
    return point


def apply_fix(text: str, fix: Fix) -> str:
    """The text with the edits of a fix made."""
    return apply_edits(text, fix.edits)


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
