"""What is not known (9xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

MISSING_FACT = Rule(
    "PRB901",
    "missing-fact",
    Severity.ERROR,
    "What must be known for this is not known of the target kernel: there is no BTF, or the files given do not tell.",
    example="fprobe vfs_statfs.part.0.isra.0 { buf }",
)
BAD_FACTS = Rule(
    "PRB902", "bad-facts", Severity.ERROR, "The BTF or the files given for the kernel contradict themselves."
)

RULES = (MISSING_FACT, BAD_FACTS)
