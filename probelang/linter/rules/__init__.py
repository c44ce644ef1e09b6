"""The table of the linter's rules. Each is a module with `RULE` and one or more of the checks below.

check_spec(subject, report)                             once a spec
check_probe(subject, statement, report)                 for each probe without errors
check_field(subject, statement, field, report)          for each value it records, at its first point
check_condition(subject, statement, condition, report)  for its condition
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.linter.rules import (
    byte_order,
    char_pointer_as_number,
    constant_condition,
    duplicate_probe,
    entry_at_return,
    errno_sign,
    event_clash,
    freed_at_return,
    glob_by_equality,
    glob_without_wildcard,
    hot_function,
    kernel_memory_as_user,
    kprobe_at_entry,
    magic_number,
    missed_returns,
    partial_function,
    redundant_comparison,
    repeated_fetch_arg,
    short_duration,
    stack_address,
    truncated_comparison,
    unused_definition,
    user_memory_as_kernel,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.diagnostics import Rule
    from probelang.linter.subject import Subject
    from probelang.probes import Condition, Field

#: In the order of their codes.
MODULES: tuple[Any, ...] = (
    entry_at_return,
    freed_at_return,
    user_memory_as_kernel,
    kernel_memory_as_user,
    char_pointer_as_number,
    glob_without_wildcard,
    truncated_comparison,
    kprobe_at_entry,
    missed_returns,
    hot_function,
    constant_condition,
    partial_function,
    stack_address,
    event_clash,
    unused_definition,
    magic_number,
    redundant_comparison,
    repeated_fetch_arg,
    duplicate_probe,
    errno_sign,
    glob_by_equality,
    byte_order,
    short_duration,
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
