"""The rules of syntax: what is wrong before anything is known of a kernel."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

SYNTAX_ERROR = Rule(
    "PRB001",
    "syntax-error",
    Severity.ERROR,
    "Something stands where the language has no place for it. The message says what could stand there; the rest of "
    "the probe, and all other probes, are checked nevertheless.",
    "fprobe vfs_read if count > {\n    count\n}\n",
)
FOREIGN_SPELLING = Rule(
    "PRB002",
    "foreign-spelling",
    Severity.ERROR,
    "Another tool's way to write a probe: `kretprobe f` of bpftrace, `p:name f` of the kernel's `kprobe_events`. "
    "Here the kind comes first, then the point, and a function's return is `%return`. The fix writes it so.",
    "kretprobe vfs_read {\n    ret = $retval\n}\n",
)
BAD_NUMBER = Rule(
    "PRB003",
    "bad-number",
    Severity.ERROR,
    "A number with a digit that its base lacks, with a fraction, with a suffix that means nothing, or too large for "
    "64 bits. Numbers are decimal, `0x`, `0o` or `0` octal, or `0b`, with `_` between digits.",
    "const MASK = 0o189\n",
)
BAD_STRING = Rule(
    "PRB004",
    "bad-string",
    Severity.ERROR,
    "A string that is not closed on its line, or an escape that C does not have.",
    'eprobe sched:sched_switch if next_comm == "kthreadd {\n    next_pid\n}\n',
)
BAD_CHARACTER = Rule(
    "PRB005",
    "bad-character",
    Severity.ERROR,
    "A character that has no meaning outside strings and comments: a control character, or one that only looks like "
    "an operator, as a typographic quote or a non-breaking space does.",
    "fprobe vfs_read if count \u2265 4096\n",
)
BAD_POINT = Rule(
    "PRB006",
    "bad-point",
    Severity.ERROR,
    "A point that its kind does not have. The message shows the form that it has.",
    "eprobe sched_switch { prev_pid }\n",
)
UNCLOSED = Rule(
    "PRB007",
    "unclosed",
    Severity.ERROR,
    "A brace, parenthesis or bracket that is never closed. What was read up to the next statement is kept.",
    "fprobe vfs_read {\n    count\n\nfprobe vfs_write { count }\n",
)
UNKNOWN_KEYWORD = Rule(
    "PRB008",
    "unknown-keyword",
    Severity.ERROR,
    "A statement begins with `group`, `const`, `args` or a kind of probe, and this word is none of them.",
    "fprob vfs_read { count }\n",
)
NESTING_TOO_DEEP = Rule(
    "PRB009",
    "nesting-too-deep",
    Severity.ERROR,
    "An expression with more than 200 levels: brackets in brackets, or as many operators or members in a row. "
    "No kernel takes more than a tenth of that.",
    "fprobe vfs_read { x = " + "*" * 300 + "file }\n",
)
TOO_MANY_ERRORS = Rule(
    "PRB010",
    "too-many-errors",
    Severity.ERROR,
    "There are more syntax errors in this file than are worth showing; it may not be a spec at all.",
    "fprobe vfs_read {\n" + "?\n" * 200 + "}\n",
)

RULES: tuple[Rule, ...] = (
    SYNTAX_ERROR,
    FOREIGN_SPELLING,
    BAD_NUMBER,
    BAD_STRING,
    BAD_CHARACTER,
    BAD_POINT,
    UNCLOSED,
    UNKNOWN_KEYWORD,
    NESTING_TOO_DEEP,
    TOO_MANY_ERRORS,
)
