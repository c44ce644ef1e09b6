"""Selectors as a user writes them, checked against the table of all rules, and the selections that they make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.selection import ALL, EVERYTHING, Choice, Selection, is_fixed, shown, weight_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.diagnostics import Rule, Severity

_PREFIX = re.compile(r"PRB\d{0,3}", re.ASCII)


class SelectorError(Exception):
    """A word that selects nothing; the message says which words are near, and `near` is the nearest."""

    def __init__(self, message: str, near: str = "") -> None:
        super().__init__(message)
        self.near = near


def check_selector(word: str, suggest: bool = True) -> str:
    """A selector as it is compared: codes in capitals. Raises SelectorError, with near names if they are wanted."""
    from probelang.rules import RULES

    upper = word.upper()
    if upper == ALL:
        return ALL
    if _PREFIX.fullmatch(upper):
        if any(rule.code.startswith(upper) for rule in RULES):
            return upper
        raise SelectorError(f"no rule has a code that begins with `{upper}`")
    slug = word.lower().replace("_", "-")
    if any(rule.slug == slug for rule in RULES):
        return slug
    near = near_rules(word) if suggest else []
    raise SelectorError(f"no rule is called `{shown(word)}`{hint_for(near)}", near[0] if near else "")


def hint_for(near: list[str]) -> str:
    """`: did you mean …?`; "" where nothing is near."""
    from probelang.check.report import suggest

    return f": {suggest(near)}" if near else ""


def near_rules(word: str) -> list[str]:
    """Names of rules that a wrong one may stand for, at most three."""
    from probelang.check.report import near_names
    from probelang.rules import RULES

    if len(word) > 100:
        return []
    names = [rule.slug for rule in RULES]
    near = near_names(word.lower().replace("_", "-"), names)
    if not near and word[:3].upper() == "PRB":
        near = near_names(word.upper(), [rule.code for rule in RULES])
    if not near and len(word) > 3:
        near = [name for name in names if word.lower() in name][:3]
    return near


def _heaviest(rule: Rule, selectors: Iterable[str]) -> int:
    return max((weight_of(rule, selector) for selector in selectors), default=0)


def make_selection(
    layers: Sequence[Choice],
    severities: Sequence[tuple[str, Severity]] = (),
    always_ignored: Sequence[str] = (),
) -> Selection:
    """The outcome of layers, each on what those before it left, and of severities, of which the closest fit wins.

    `always_ignored` are of settings for single files, which nothing selects again. Selectors are checked already.
    """
    if not severities and not always_ignored and not any(layer != Choice() for layer in layers):
        return EVERYTHING
    from probelang.rules import RULES

    ignored, changed = set(), []
    for rule in RULES:
        if is_fixed(rule):
            continue
        chosen = True
        for layer in layers:
            selectors = (*(layer.select or ()), *layer.extend_select)
            plus, minus = _heaviest(rule, selectors), _heaviest(rule, layer.ignore)
            if layer.select is not None:
                chosen = plus > minus
            elif plus > minus:
                chosen = True
            elif minus:
                chosen = False
        if not chosen or _heaviest(rule, always_ignored):
            ignored.add(rule.code)
        best = 0
        level = rule.severity
        for selector, severity in severities:
            weight = weight_of(rule, selector)
            if weight >= max(best, 1):
                best, level = weight, severity
        if best:
            changed.append((rule.code, level))
    return Selection(frozenset(ignored), tuple(changed))
