"""Which rules are asked, and how bad what they say is: `--select`, `--ignore` and `--severity`, on the command line and in a project's settings.

A selector is a code (`PRB606`), the beginning of one (`PRB6`), a slug (`glob-without-wildcard`) or `ALL`. Where several
fit a rule the longest wins; of two of one length that which ignores. Syntax errors are said whatever is selected: what
could not be read was not checked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Severity
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.diagnostics import Diagnostic, Rule

ALL = "ALL"
_EXACT = 100
_PREFIX = re.compile(r"PRB\d{0,3}", re.ASCII)


class SelectorError(Exception):
    """A word that selects nothing; the message says which words are near, and `near` is the nearest."""

    def __init__(self, message: str, near: str = "") -> None:
        super().__init__(message)
        self.near = near


@record
class Choice:
    """One layer of a selection; `select` is None where it leaves what was selected before."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


@record
class Selection:
    """The codes that are left out, and severities by code that are not the rule's own."""

    ignored: frozenset[str] = frozenset()
    severities: tuple[tuple[str, Severity], ...] = ()

    def apply(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        """What is to be said of what was found, in the same order."""
        changed = dict(self.severities)
        if not changed and not self.ignored:
            return list(diagnostics)
        kept = []
        for found in diagnostics:
            code = found.rule.code
            if code in self.ignored:
                continue
            level = changed.get(code)
            kept.append(found if level is None or level is found.severity else replace(found, severity=level))
        return kept


EVERYTHING = Selection()


def is_fixed(rule: Rule) -> bool:
    """Whether a rule is said whatever is selected: syntax errors."""
    return rule.code.startswith("PRB0")


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


def shown(word: str) -> str:
    """A word of the user's in a message: not longer than a line."""
    word = "".join(char if char.isprintable() else "?" for char in word)
    return word if len(word) <= 60 else word[:60] + "…"


def matches(selector: str, rule: Rule) -> bool:
    """Whether a selector stands for a rule."""
    return _weight(rule, selector) > 0


def selects(selector: str, rule: Rule) -> bool:
    """Whether a selector fits a rule, and a syntax error's never."""
    return not is_fixed(rule) and _weight(rule, selector) > 0


def _weight(rule: Rule, selector: str) -> int:
    """How closely a selector fits a rule; 0 where it does not."""
    if selector == ALL:
        return 1
    if selector == rule.slug or selector == rule.code:
        return _EXACT
    return len(selector) if selector[:3] == "PRB" and rule.code.startswith(selector) else 0


def _heaviest(rule: Rule, selectors: Iterable[str]) -> int:
    return max((_weight(rule, selector) for selector in selectors), default=0)


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
            weight = _weight(rule, selector)
            if weight >= max(best, 1):
                best, level = weight, severity
        if best:
            changed.append((rule.code, level))
    return Selection(frozenset(ignored), tuple(changed))
