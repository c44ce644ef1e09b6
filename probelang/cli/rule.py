"""`probelang rule`: what a code, a slug or the beginning of a code stands for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import OK, UsageError, terminal_width
from probelang.rules import RULES
from probelang.selection import ALL, matches
from probelang.selectors import SelectorError, check_selector

if TYPE_CHECKING:
    import argparse

    from probelang.diagnostics import Rule


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang rule`."""
    parser.add_argument(
        "rules",
        metavar="RULE",
        nargs="*",
        help="a code, the beginning of one, or a slug; without, all are listed",
    )
    parser.add_argument(
        "--format", choices=("text", "json", "markdown"), default="text", help="how they are shown"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    from probelang.render.rule import render_list, render_rules

    chosen = _choose(options.rules)
    if options.format == "text" and not options.rules:
        text = render_list(chosen)
    else:
        text = render_rules(chosen, options.format, terminal_width())
    sys.stdout.write(text)
    return OK


def _choose(words: list[str]) -> list[Rule]:
    """The rules that any of the words stands for (`602` is `PRB602`), in order; all without words. Raises UsageError."""
    wanted = []
    for word in words or [ALL]:
        try:
            wanted.append(check_selector(f"PRB{word}" if word.isdigit() else word))
        except SelectorError as error:
            raise UsageError(f"{error} (`probelang rule` lists all)") from None
    return [one for one in RULES if any(matches(selector, one) for selector in wanted)]
