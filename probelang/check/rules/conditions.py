"""Conditions and constants (33x)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

BAD_CONDITION = Rule(
    "PRB330",
    "bad-condition",
    Severity.ERROR,
    "A condition compares a value with a constant; the kernel's event filter can do no more.",
    example="fprobe vfs_read if count > pos",
)
OUT_OF_RANGE = Rule(
    "PRB331",
    "out-of-range",
    Severity.ERROR,
    "The constant does not fit the type of the value, so the comparison has one answer for every value.",
    example="fprobe vfs_read%return if $retval == 0xffffffffffffffff",
)
UNSIGNED_NEGATIVE = Rule(
    "PRB332",
    "unsigned-negative",
    Severity.ERROR,
    "An unsigned value is never below zero.",
    example="fprobe vfs_read if count < 0",
)
TEXT_COMPARISON = Rule(
    "PRB333",
    "text-comparison",
    Severity.ERROR,
    "Strings are compared with strings, by `==`, `!=` and `~`; numbers with numbers.",
    example='fprobe vfs_read if count == "a"',
)
CONSTANT_LEFT = Rule(
    "PRB334",
    "constant-left",
    Severity.ERROR,
    "The value stands on the left of a comparison, the constant on the right.",
    example="fprobe vfs_read if 4096 < count",
)
BAD_CONSTANT = Rule(
    "PRB335",
    "bad-constant",
    Severity.ERROR,
    "Not a constant: a number, a string, a `const`, an enumerator, a `#define` of the kernel's user API, or arithmetic of those, within 64 bits.",
    example="const A = 1 / 0",
)
AMBIGUOUS_CONSTANT = Rule(
    "PRB336",
    "ambiguous-constant",
    Severity.ERROR,
    "The name stands for different values in different places.",
    example="fprobe vfs_read if count == NSIGSEGV",
)
FILTER_TEXT = Rule(
    "PRB337",
    "filter-text",
    Severity.ERROR,
    "The kernel's filter takes a string in quotes and has no escapes, so some strings cannot be said.",
    example='eprobe sched:sched_switch if prev_comm == "a\\nb"',
)
MIXED_OPERATORS = Rule(
    "PRB338",
    "mixed-operators",
    Severity.ERROR,
    "`&` mixed with other operators as C would group them means something else than it looks like: write parentheses.",
    example="fprobe do_sys_openat2 if how->flags & 1 == 1",
)

RULES = (
    BAD_CONDITION,
    OUT_OF_RANGE,
    UNSIGNED_NEGATIVE,
    TEXT_COMPARISON,
    CONSTANT_LEFT,
    BAD_CONSTANT,
    AMBIGUOUS_CONSTANT,
    FILTER_TEXT,
    MIXED_OPERATORS,
)
