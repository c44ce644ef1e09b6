"""The table of rules, and the example that each of them gives."""

from __future__ import annotations

import pytest

from probelang.diagnostics import Rule
from probelang.kernel.load import load_kernel
from probelang.project import lint_commands
from probelang.rules import RULES
from probelang.source import Source
from tests.support.specs import findings, run

#: What no spec alone can show: it takes a kernel with damaged BTF, one with modules or with its image, or a program.
WITHOUT_EXAMPLE = {"PRB902", "PRB503", "PRB213", "PRB214", "PRB215", "PRB216", "PRB217", "PRB325"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_the_example_breaks_the_rule(rule: Rule) -> None:
    if rule.code in WITHOUT_EXAMPLE:
        return
    if rule.code.startswith("PRB7"):
        wrong = lint_commands(Source("x.tracefs", rule.example), [load_kernel("7.3")])
        assert {found.rule.code for found in wrong} == {rule.code}
        return
    said = findings(rule.example) if rule.code.startswith("PRB6") else run(rule.example).diagnostics
    codes = {found.rule.code for found in said}
    if rule.example.startswith("monitor"):
        # which tracefs cannot do, whatever else is wrong with it
        codes.discard("PRB501")
    assert codes == {rule.code} or rule.code == "PRB010", codes
    assert rule.code in codes


def test_codes_and_slugs_are_unique() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.slug for rule in RULES}) == len(RULES)


def test_every_rule_is_documented() -> None:
    for rule in RULES:
        assert rule.doc.rstrip(")").endswith("."), rule.code
        assert len(rule.code) == 6 and rule.code.startswith("PRB"), rule.code
        assert rule.slug.replace("-", "").isalnum() and rule.slug == rule.slug.lower(), rule.code
