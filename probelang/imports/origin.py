"""Whose words a file is in: raw commands of the kernel, definitions for `perf probe`, or a script of bpftrace."""

from __future__ import annotations

import os
import re

from probelang.commands.files import is_command_file

TRACEFS, PERF, BPFTRACE = "tracefs", "perf", "bpftrace"
ORIGINS = (TRACEFS, PERF, BPFTRACE)
#: What one of their parts is called, and what several are.
NOUNS = {TRACEFS: ("command", "commands"), PERF: ("line", "lines"), BPFTRACE: ("part", "parts")}

_LOOKED_AT = 500
_WIDE = 1000
_PERF_LINE = re.compile(r"\s*(?:[$#%]\s+)?(?:sudo\s+)?(?:\S*/)?perf\s+probe\b")
_LONG = "kprobe|kretprobe|kfunc|kretfunc|fentry|fexit|tracepoint|rawtracepoint|uprobe|uretprobe|usdt|interval|profile|software|hardware|watchpoint|iter"
_BPFTRACE_LINE = re.compile(
    r"#!.*\bbpftrace\b|\s*(?:[$#%]\s+)?(?:sudo\s+)?(?:\S*/)?bpftrace\s.*-e\b|\s*config\s*=\s*\{|\s*(?:BEGIN|END|begin|end)\s*(?:\{|$)"
    # a point, and then braces, a condition, or the end of the line; the name of a raw command's event has a slash, too
    rf"|\s*(?:{_LONG}):\S+\s*(?:[{{/,]|$)|\s*(?:kr?|t|rt|ur?|U|fr?|i):[^\s,{{]+(?:,?\s*(?:\{{|$)|\s+/)"
)
_COMMAND_LINE = re.compile(r"\s*(?:[pft]|r\d*|[es]):\S+\s+\S|\s*[prft]\s+\S|\s*-:|.*\bkprobe_event=")
_DEFINITION_LINE = re.compile(
    r"\s*(?:\w+:)?\w+=[\w.@/%-]+(?:[:+]\w+)?(?:%return)?(?:\s|$)|\s*[\w.]+%return(?:\s|$)|\s*%\w+:\w+\s*$"
    r"|\s*[A-Za-z_]\w*(?:@[\w./]+)?(?:[:+]\w+)?(?:\s+[\w$%@+=\[\]>().:\\-]+)*\s*$"
)
#: A line of a shell that writes to a file of tracefs: then words such as `set -e` are the shell's, and no definition.
_WRITING_LINE = re.compile(r"[^#]*(?:>|\btee\b)[^#]*\b(?:dynamic|kprobe|uprobe)_events\b")


def origin_of(name: str, text: str) -> str:
    """What a file is most likely, by its name, or the first of its lines that tells."""
    if is_command_file(name):
        return TRACEFS
    if os.path.basename(name).endswith(".bt"):
        return BPFTRACE
    lines = [line[:_WIDE] for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT]]
    for line in lines:
        if _BPFTRACE_LINE.match(line):
            return BPFTRACE
        if not line.strip() or line.lstrip()[:1] == "#":
            continue
        if _PERF_LINE.match(line):
            return PERF
        if _COMMAND_LINE.match(line) or _WRITING_LINE.match(line):
            return TRACEFS
        if _DEFINITION_LINE.match(line):
            return TRACEFS if any(map(_WRITING_LINE.match, lines)) else PERF
    return TRACEFS
