"""The table of the linter's rules. Each is a module with `RULE` and one or more of the checks below.

check_spec(subject, report)                             once a spec
check_probe(subject, statement, report)                 for each probe without errors
check_field(subject, statement, field, report)          for each value it records, at its first point
check_condition(subject, statement, condition, report)  for its condition
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.lint.rules import (
    constant_condition,
    glob_without_wildcard,
    redundant_comparison,
    unused_definition,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.diagnostics import Rule
    from probelang.lint.subject import Subject
    from probelang.probes import Condition, Field

#: In the order of their codes.
MODULES: tuple[Any, ...] = (
    glob_without_wildcard,
    constant_condition,
    unused_definition,
    redundant_comparison,
)


def _checks(name: str) -> tuple[Any, ...]:
    return tuple(getattr(module, name) for module in MODULES if hasattr(module, name))


RULES: tuple[Rule, ...] = tuple(module.RULE for module in MODULES)
SPEC_CHECKS: tuple[Callable[[Subject, Report], None], ...] = _checks("check_spec")
PROBE_CHECKS: tuple[Callable[[Subject, Statement, Report], None], ...] = _checks("check_probe")
FIELD_CHECKS: tuple[Callable[[Subject, Statement, Field, Report], None], ...] = _checks("check_field")
CONDITION_CHECKS: tuple[Callable[[Subject, Statement, Condition, Report], None], ...] = _checks(
    "check_condition"
)
