"""What a backend cannot do (5xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNSUPPORTED = Rule(
    "PRB501",
    "unsupported",
    Severity.ERROR,
    "The chosen backend cannot do this; the message names one that can.",
    example='fprobe vfs_read { text = "two words" }',
)
NOT_YET = Rule(
    "PRB502",
    "not-supported-yet",
    Severity.ERROR,
    "The language has it, and this release of probelang does not do it yet.",
    example="monitor every 1s { total = @nr_threads: s32 }",
)

RULES = (UNSUPPORTED, NOT_YET)
