"""The table of all rules: what the checker, the backends and the linter can say."""

from __future__ import annotations

from probelang.check.rules import RULES as _CHECKED
from probelang.commands.rules import RULES as _COMMANDS
from probelang.diagnostics import Rule
from probelang.linter.rules import RULES as _LINTED
from probelang.linter.rules.ignores import RULES as _IGNORES

#: By their codes.
RULES: tuple[Rule, ...] = tuple(
    sorted((*_CHECKED, *_LINTED, *_IGNORES, *_COMMANDS), key=lambda rule: rule.code)
)
