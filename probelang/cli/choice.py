"""Which rules the command line selects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.cli.common import UsageError
from probelang.diagnostics import SEVERITIES
from probelang.selection import Choice, shown
from probelang.selectors import SelectorError, check_selector

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from probelang.diagnostics import Severity


def read_choice(options: argparse.Namespace) -> Choice:
    """`--select`, `--ignore` and what extends them. Raises UsageError."""
    select = _selectors("--select", options.select) if options.select else None
    if select == ():
        raise UsageError("--select: it names no rule, so that none would be asked; ALL are all")
    ignore = (
        *_selectors("--ignore", options.ignore),
        *_selectors("--extend-ignore", options.extend_ignore),
    )
    return Choice(select, _selectors("--extend-select", options.extend_select), ignore)


def _selectors(option: str, given: Sequence[str] | None) -> tuple[str, ...]:
    words = [word.strip() for one in given or () for word in one.split(",")]
    return tuple(_selector(option, word) for word in words if word)


def _selector(option: str, word: str) -> str:
    try:
        return check_selector(word)
    except SelectorError as error:
        raise UsageError(f"{option}: {error}") from None


def read_severities(options: argparse.Namespace) -> tuple[tuple[str, Severity], ...]:
    """`--severity SELECTOR=LEVEL`. Raises UsageError."""
    made = []
    for word in (word.strip() for one in options.severity or () for word in one.split(",")):
        selector, equals, level = word.partition("=")
        if not equals or level.strip().lower() not in SEVERITIES:
            known = ", ".join(SEVERITIES)
            raise UsageError(f"--severity: `{shown(word)}` is no RULE=LEVEL, with a level of {known}")
        made.append((_selector("--severity", selector.strip()), SEVERITIES[level.strip().lower()]))
    return tuple(made)
