"""`docs/diagnostics.md` is what the table of rules says; their examples are tried in `tests/unit/check/test_rules.py`."""

from __future__ import annotations

import pytest

from probelang.diagnostics import Rule
from probelang.rules import RULES
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "diagnostics.md"
_HEAD = """\
# Diagnostics

Every code, what it means, and a spec that gives it. Written from the table of rules by `pytest tests/docs --update-goldens`.

"""
_PARTS = {
    "0": "Syntax",
    "1": "Names",
    "2": "Points and options",
    "3": "Expressions, types and conditions",
    "4": "Limits of kernels",
    "5": "Backends",
    "6": "Style and cost",
    "9": "Missing facts",
}


def test_page(request: pytest.FixtureRequest) -> None:
    text = render_page()
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "pytest tests/docs --update-goldens writes it anew"


def render_page() -> str:
    out = [_HEAD]
    part = ""
    for rule in sorted(RULES, key=lambda rule: rule.code):
        if rule.code[3] != part:
            part = rule.code[3]
            out.append(f"## {_PARTS[part]}\n\n")
        out.append(_render(rule))
    return "".join(out).rstrip("\n") + "\n"


def _render(rule: Rule) -> str:
    kernel = f" The kernel's own error: `{rule.kernel_error}`." if rule.kernel_error else ""
    text = f"### {rule.code} {rule.slug}\n\n{rule.severity.label.capitalize()}. {rule.doc}{kernel}\n\n"
    lines = rule.example.splitlines()
    if len(lines) > 12:
        lines = [*lines[:4], "…", *lines[-3:]]
    example = "\n".join(lines)
    return f"{text}```text\n{example}\n```\n\n" if example else text
