"""Rules for people: what a code means, by itself, as a list, and as a page of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.selection import is_fixed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.diagnostics import Rule

FORMATS = ("text", "json", "markdown")
PARTS = {
    "0": "Syntax",
    "1": "Names",
    "2": "Points and options",
    "3": "Expressions, types and conditions",
    "4": "Limits of kernels",
    "5": "Backends",
    "6": "Style and cost",
    "7": "Raw commands",
    "9": "Missing facts",
}
_MOST_LINES = 12


def render_rules(rules: Sequence[Rule], format: str, width: int = 80) -> str:
    """Rules, each with all that is known of it."""
    if format == "json":
        import json

        return json.dumps([describe_rule(rule) for rule in rules], indent=2, ensure_ascii=False) + "\n"
    if format == "markdown":
        return "\n".join(render_markdown(rule) for rule in rules)
    return "\n".join(_render_text(rule, width) for rule in rules)


def render_list(rules: Iterable[Rule]) -> str:
    """A line for each rule, under the heading of its part."""
    out: list[str] = []
    part = ""
    for rule in rules:
        if rule.code[3] != part:
            part = rule.code[3]
            out.append(f"{'' if not out else chr(10)}{PARTS[part]}\n")
        out.append(f"  {rule.code}  {rule.severity.label:<7}  {rule.slug}\n")
    return "".join(out)


def describe_rule(rule: Rule) -> dict[str, Any]:
    """A rule as JSON has it."""
    return {
        "code": rule.code,
        "slug": rule.slug,
        "part": PARTS[rule.code[3]],
        "severity": rule.severity.label,
        "doc": rule.doc,
        "example": rule.example,
        "kernel_error": rule.kernel_error,
        "can_be_ignored": not is_fixed(rule),
    }


def render_page(rules: Iterable[Rule], head: str) -> str:
    """All rules as one document."""
    out = [head]
    part = ""
    for rule in rules:
        if rule.code[3] != part:
            part = rule.code[3]
            out.append(f"## {PARTS[part]}\n\n")
        out.append(render_markdown(rule, level=3) + "\n")
    return "".join(out).rstrip("\n") + "\n"


def render_markdown(rule: Rule, level: int = 1) -> str:
    """A rule as a part of a document."""
    text = f"{'#' * level} {rule.code} {rule.slug}\n\n{_sentence(rule)}\n"
    lines = rule.example.splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[:4], "…", *lines[-3:]]
    example = "\n".join(lines)
    return f"{text}\n```text\n{example}\n```\n" if example else text


def _sentence(rule: Rule) -> str:
    kernel = f" The kernel's own error: `{rule.kernel_error}`." if rule.kernel_error else ""
    return f"{rule.severity.label.capitalize()}. {rule.doc}{kernel}"


def _render_text(rule: Rule, width: int) -> str:
    from textwrap import fill, indent

    paragraphs = [
        f"{rule.code} {rule.slug}",
        fill(_sentence(rule), max(width, 20), break_long_words=False, break_on_hyphens=False),
    ]
    if rule.example:
        lines = rule.example.rstrip("\n").splitlines()
        shown = lines if len(lines) <= _MOST_LINES else [*lines[:4], "…", *lines[-3:]]
        paragraphs.append("Example:\n\n" + indent("\n".join(shown), "    "))
    if is_fixed(rule):
        paragraphs.append("It cannot be ignored.")
    return "\n\n".join(paragraphs) + "\n"
