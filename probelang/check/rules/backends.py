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
SHOWN_OTHERWISE = Rule(
    "PRB503",
    "shown-otherwise",
    Severity.INFO,
    "The chosen backend records this, and shows it in another way than the trace file does.",
)

RULES = (UNSUPPORTED, SHOWN_OTHERWISE)
