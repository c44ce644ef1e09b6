"""Which rules are asked: layers of selectors, as ruff has them."""

from __future__ import annotations

import pytest

from probelang.diagnostics import Severity
from probelang.rules import RULES
from probelang.selection import Choice
from probelang.selectors import SelectorError, check_selector, make_selection

CODES = {rule.code for rule in RULES}
SYNTAX = {code for code in CODES if code.startswith("PRB0")}


def asked(*layers: Choice, always: tuple[str, ...] = ()) -> set[str]:
    return CODES - make_selection(layers, (), always).ignored


def test_layers() -> None:
    assert asked() == CODES
    assert asked(Choice(ignore=("PRB6",))) == {code for code in CODES if code[:4] != "PRB6"}
    assert asked(Choice(select=("PRB606",))) == SYNTAX | {"PRB606"}
    assert asked(Choice(select=("glob-without-wildcard",), extend_select=("PRB9",))) - SYNTAX == {
        "PRB606",
        *(code for code in CODES if code[:4] == "PRB9"),
    }
    # the closest wins, and of two as close the one that ignores
    assert "PRB606" in asked(Choice(select=("PRB606",), ignore=("PRB6",)))
    assert "PRB606" not in asked(Choice(select=("PRB606",), ignore=("glob-without-wildcard",)))
    assert "PRB606" in asked(Choice(ignore=("PRB6",)), Choice(extend_select=("PRB6",)))
    # what is selected on the command line is all that is asked
    assert asked(Choice(select=("PRB3",), ignore=("PRB606",)), Choice(select=("PRB6",))) & {
        "PRB606",
        "PRB301",
    } == {"PRB606"}
    assert asked(Choice(select=("ALL",), ignore=("ALL",))) == SYNTAX
    assert "PRB606" not in asked(Choice(), Choice(select=("PRB606",)), always=("PRB6",))


def test_severities() -> None:
    made = make_selection((), [("glob-without-wildcard", Severity.ERROR), ("PRB6", Severity.INFO)])
    levels = dict(made.severities)
    assert levels["PRB606"] is Severity.ERROR and levels["PRB615"] is Severity.INFO
    assert not SYNTAX & set(dict(make_selection((), [("ALL", Severity.INFO)]).severities))


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("PRB998", "begins with `PRB998`"),
        ("prb6061", "did you mean `PRB606`"),
        ("unused_definitoin", "did you mean `unused-definition`"),
        ("wildcard", "did you mean `glob-without-wildcard`"),
        ("x" * 10000, "…"),
        ("\x1b[2J", "?[2J"),
        ("", "no rule"),
        ("PRB٣", "no rule"),
    ],
)
def test_wrong_selectors(word: str, hint: str) -> None:
    with pytest.raises(SelectorError) as caught:
        check_selector(word)
    assert hint in str(caught.value) and len(str(caught.value)) < 200
