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
    example="kprobe vfs_read:10",
)
SHOWN_OTHERWISE = Rule(
    "PRB503",
    "shown-otherwise",
    Severity.INFO,
    "The chosen backend records this, and shows it in another way than the trace file does.",
)

RULES = (UNSUPPORTED, NOT_YET, SHOWN_OTHERWISE)
