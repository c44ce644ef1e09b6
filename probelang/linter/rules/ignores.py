"""PRB690 to PRB692: comments that ignore rules. `probelang.ignores` says them, of a spec on all its kernels."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNUSED = Rule(
    "PRB690",
    "unused-ignore",
    Severity.WARNING,
    "A `# probelang: ignore[…]` names a rule that says nothing of its line, on none of the kernels that were asked: what it was for is gone, and it would hide what "
    "comes next. Said only of rules that were asked, and not where the line belongs to a probe with other errors.",
    example="fprobe vfs_read { count }  # probelang: ignore[narrowing]",
)
UNKNOWN = Rule(
    "PRB691",
    "unknown-ignore",
    Severity.WARNING,
    "A `# probelang: ignore[…]` names no rule: neither a slug, nor a code, nor the beginning of one.",
    example="fprobe vfs_read { count }  # probelang: ignore[narowing]",
)
MALFORMED = Rule(
    "PRB692",
    "malformed-ignore",
    Severity.WARNING,
    "A comment begins with `probelang:` and goes on in a way that means nothing, so it ignores nothing. The form is `# probelang: ignore[SLUG, …]`; without "
    "the rules in brackets it would hide whatever else goes wrong there.",
    example="fprobe vfs_read { count }  # probelang: ignore",
)
RULES = (UNUSED, UNKNOWN, MALFORMED)
