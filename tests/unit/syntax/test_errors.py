"""The errors of broken specs, word for word: errors/*.txt are the product, reviewed as such.

A case is a spec, `----`, and what is said of it: place, code, message, then help, other labels and fixes; at last
what is kept of the tree. Cases are separated by `====`; control characters are drawn as their pictures (U+2400 on).
UPDATE_GOLDENS=1 writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probelang.diagnostics import Diagnostic, Rule
from probelang.source import Source, Span
from probelang.syntax import tree
from probelang.syntax.parse import parse
from probelang.syntax.rules import RULES, TOO_MANY_ERRORS
from tests.unit.syntax.dump import nodes
from tests.unit.syntax.texts import apply_fix

FOLDER = Path(__file__).parent / "errors"
FILES = sorted(FOLDER.glob("*.txt"))
BETWEEN, BELOW = "====\n", "----\n"


FROM_PICTURES = {0x2400 + number: number for number in range(32)}
TO_PICTURES = {number: picture for picture, number in FROM_PICTURES.items() if number not in (9, 10)}


def read_cases(path: Path) -> list[tuple[str, str]]:
    cases = []
    for case in path.read_text().split(BETWEEN):
        text, _, expected = case.partition(BELOW)
        cases.append((text.translate(FROM_PICTURES), expected))
    return cases


def render(text: str) -> str:
    """What is said of a text, and what is left of it."""
    source = Source("test.pl", text)
    file, diagnostics = parse(source)
    lines = []
    for diagnostic in diagnostics:
        lines.append(f"{place(source, diagnostic.label.span)} {diagnostic.rule.code}: {diagnostic.message}")
        lines += [f"    {place(source, label.span)} {label.text}" for label in diagnostic.others]
        if diagnostic.help:
            lines.append(f"    help: {diagnostic.help}")
        if diagnostic.fix:
            kind = "fix" if diagnostic.fix.safe else "unsafe fix"
            lines.append(f"    {kind}: {diagnostic.fix.title}")
    lines.append("kept: " + "; ".join(render_kept(text, statement) for statement in file.statements))
    return "\n".join(lines) + "\n"


def place(source: Source, span: Span) -> str:
    """`LINE:COLUMN` of the first character, and of the one after the last where there is one."""
    line, column = source.position(span.start)
    last, after = source.position(span.end)
    if span.start == span.end:
        return f"{line}:{column}"
    return f"{line}:{column}-{after}" if line == last else f"{line}:{column}-{last}:{after}"


def render_kept(text: str, statement: tree.Statement) -> str:
    def part(node: tree.Node) -> str:
        broken = any(type(inner).__name__.startswith("Broken") for inner in nodes(node))
        piece = " ".join(text[node.span.start : node.span.end].split())
        return f"<{piece}>" if broken else piece

    match statement:
        case tree.Probe():
            shown = " ".join(part(point) for point in statement.points)
            name = f"{statement.name.name} = " if statement.name else ""
            options = (
                " with " + ", ".join(part(option) for option in statement.options)
                if statement.options
                else ""
            )
            condition = f" if {part(statement.condition)}" if statement.condition else ""
            items = (
                " {" + ", ".join(part(item) for item in statement.items) + "}"
                if statement.items is not None
                else ""
            )
            return f"{name}{statement.kind.value} {shown}{options}{condition}{items}"
        case tree.Args():
            params = ", ".join(param.name.name for param in statement.params)
            return (
                f"args {statement.name.name}({params}) {{"
                + ", ".join(part(item) for item in statement.items)
                + "}"
            )
        case tree.BrokenStatement():
            return "broken"
    return part(statement)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_messages(path: Path) -> None:
    cases = read_cases(path)
    written = BETWEEN.join(f"{text}{BELOW}{render(text)}" for text, _ in cases).translate(TO_PICTURES)
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_text(written)
    assert path.read_text() == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_fix_cures_what_it_belongs_to(path: Path) -> None:
    for text, _ in read_cases(path):
        _, diagnostics = parse(Source("test.pl", text))
        for diagnostic in diagnostics:
            if diagnostic.fix is not None:
                fixed = apply_fix(text, diagnostic.fix)
                _, left = parse(Source("test.pl", fixed))
                assert key(diagnostic) not in [key(d) for d in left], (text, fixed)
                assert len(left) < len(diagnostics) + (not diagnostic.fix.safe), (text, fixed)


def key(diagnostic: Diagnostic) -> tuple[str, str, int]:
    return diagnostic.rule.code, diagnostic.message, diagnostic.label.span.start


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_the_example_of_a_rule_breaks_it(rule: Rule) -> None:
    _, diagnostics = parse(Source("example.pl", rule.example))
    codes = [diagnostic.rule.code for diagnostic in diagnostics]
    assert codes[-1] == rule.code
    assert len(codes) == 1 or rule is TOO_MANY_ERRORS


def test_codes_and_slugs_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len({rule.slug for rule in RULES}) == len(RULES)
    assert all(rule.code.startswith("PRB0") and rule.doc for rule in RULES)


def test_every_rule_is_in_the_goldens() -> None:
    said = "".join(path.read_text() for path in FILES)
    assert [rule.code for rule in RULES if f" {rule.code}: " not in said] == [
        "PRB010"
    ]  # needs a hundred errors
