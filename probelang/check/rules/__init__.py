"""The rules of the parser, the checker and the backends, in the order of their codes; `probelang.rules` has all there are."""

from __future__ import annotations

from probelang.check.rules import backends, conditions, facts, limits, names, points, types
from probelang.diagnostics import Rule
from probelang.syntax import rules as syntax

RULES: tuple[Rule, ...] = (
    *syntax.RULES,
    *names.RULES,
    *points.RULES,
    *types.RULES,
    *conditions.RULES,
    *limits.RULES,
    *backends.RULES,
    *facts.RULES,
)
