"""Which rules are asked, and how bad what they say is: `--select`, `--ignore` and `--severity`, on the command line and in a project's settings.

A selector is a code (`PRB606`), the beginning of one (`PRB6`), a slug (`glob-without-wildcard`) or `ALL`. Where several
fit a rule the longest wins; of two of one length that which ignores. Syntax errors are said whatever is selected: what
could not be read was not checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Severity
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from probelang.diagnostics import Diagnostic, Rule

ALL = "ALL"
_EXACT = 100


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


def shown(word: str) -> str:
    """A word of the user's in a message: not longer than a line."""
    word = "".join(char if char.isprintable() else "?" for char in word)
    return word if len(word) <= 60 else word[:60] + "…"


def matches(selector: str, rule: Rule) -> bool:
    """Whether a selector stands for a rule."""
    return weight_of(rule, selector) > 0


def selects(selector: str, rule: Rule) -> bool:
    """Whether a selector fits a rule, and a syntax error's never."""
    return not is_fixed(rule) and weight_of(rule, selector) > 0


def weight_of(rule: Rule, selector: str) -> int:
    """How closely a selector fits a rule; 0 where it does not."""
    if selector == ALL:
        return 1
    if selector == rule.slug or selector == rule.code:
        return _EXACT
    return len(selector) if selector[:3] == "PRB" and rule.code.startswith(selector) else 0
