"""Probe points and options (2xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNKNOWN_FUNCTION = Rule(
    "PRB201",
    "unknown-function",
    Severity.ERROR,
    "The target kernel has no function of this name, or has it only inlined into others.",
    example="fprobe vfs_raed",
    kernel_error="BAD_PROBE_ADDR",
)
UNKNOWN_TRACEPOINT = Rule(
    "PRB202",
    "unknown-tracepoint",
    Severity.ERROR,
    "The target kernel has no raw tracepoint of this name.",
    example="tprobe sched_swich",
)
UNKNOWN_EVENT = Rule(
    "PRB203",
    "unknown-event",
    Severity.ERROR,
    "The target kernel has no trace event of this name.",
    example="eprobe sched:sched_swich",
    kernel_error="BAD_ATTACH_EVENT",
)
NOT_TRACEABLE = Rule(
    "PRB204",
    "not-traceable",
    Severity.ERROR,
    "ftrace cannot trace this function (it is marked `notrace`, or was built without the call that ftrace patches), so an fprobe cannot sit on it.",
    example="fprobe native_sched_clock",
)
BLACKLISTED = Rule(
    "PRB205",
    "blacklisted",
    Severity.ERROR,
    "The kernel forbids kprobes on this function or instruction (`NOKPROBE_SYMBOL`, `noinstr`, code that it patches while it runs): probing it could bring the machine down.",
    example="kprobe do_int3",
    kernel_error="FAIL_REG_PROBE",
)
NO_MATCH = Rule(
    "PRB206",
    "no-match",
    Severity.ERROR,
    "No function, tracepoint or event of the target kernel fits the pattern.",
    example="fprobe vfs_nothing_*",
)
TOO_MANY_POINTS = Rule(
    "PRB207",
    "too-many-points",
    Severity.ERROR,
    "A pattern fits more points than the limit, which is 100 unless `with max=N` raises it: a slip in a pattern should not slow down a whole machine.",
    example="fprobe *",
)
AMBIGUOUS_SYMBOL = Rule(
    "PRB208",
    "ambiguous-symbol",
    Severity.ERROR,
    "Several functions of the kernel bear this name (static functions of different files): which one would be probed is chance, and since Linux 6.7 a kprobe there is refused.",
    example="kprobe init_once",
    kernel_error="NON_UNIQ_SYMBOL",
)
SITES_DIFFER = Rule(
    "PRB209",
    "sites-differ",
    Severity.ERROR,
    "One event with many points records the same fields, of the same types, at each; here they would differ.",
    example="x = fprobe {vfs_fsync,vfs_llseek} { second = $arg2 }",
    kernel_error="DIFF_ARG_TYPE",
)
BAD_OPTION = Rule(
    "PRB210",
    "bad-option",
    Severity.ERROR,
    "An option that does not exist, is not for this kind of probe, or has a value that makes no sense.",
    example="fprobe vfs_read with maxactive=4",
)
RETURN_WITH_OFFSET = Rule(
    "PRB211",
    "return-with-offset",
    Severity.ERROR,
    "A return is caught where the function is entered, so `%return` and an offset do not go together.",
    example="kprobe vfs_read+8%return",
    kernel_error="BAD_RETPROBE",
)
LEFT_OUT = Rule(
    "PRB212",
    "left-out",
    Severity.INFO,
    "A pattern fits functions that this kind of probe cannot sit on; the others are probed.",
    example="kprobe kprobe_* { $comm }",
)
UNKNOWN_SYMBOL = Rule(
    "PRB213",
    "unknown-symbol",
    Severity.ERROR,
    "The program has no function of this name: it may be inlined into its callers, come from a library, or be another program's.",
)
UNKNOWN_LINE = Rule(
    "PRB214",
    "unknown-line",
    Severity.ERROR,
    "No instruction belongs to this line: it is empty, a comment, or optimised away; or no file of that name was compiled in.",
)
UNKNOWN_USDT = Rule(
    "PRB215",
    "unknown-static-probe",
    Severity.ERROR,
    "The program or library has no static probe (USDT) of this provider and name.",
)
UNKNOWN_MODULE = Rule(
    "PRB216",
    "unknown-module",
    Severity.ERROR,
    "The target kernel has no module of this name: it was not built, or is built in and then no module.",
)
BAD_OFFSET = Rule(
    "PRB217",
    "bad-offset",
    Severity.ERROR,
    "The offset leads out of the function, or into the middle of one of its instructions.",
    kernel_error="BAD_INSN_BNDRY",
)
BAD_WATCH = Rule(
    "PRB220",
    "bad-watch",
    Severity.ERROR,
    "Hardware cannot watch this: x86-64 covers 1, 2, 4 or 8 bytes at a multiple of as many, writes or reads and writes, at four places at a time.",
    example="watch jiffies_64+2 w len 4",
)
WATCH_LENGTH = Rule(
    "PRB221",
    "watch-length",
    Severity.ERROR,
    "How many bytes to watch is not known: BTF does not tell the variable's type, or its size is none that hardware can watch.",
    example="watch slab_caches w",
)
UNKNOWN_WATCHED = Rule(
    "PRB222",
    "unknown-watched",
    Severity.ERROR,
    "The target kernel has no variable of this name to watch.",
    example="watch jiffies_46 w",
)

RULES = (
    UNKNOWN_FUNCTION,
    UNKNOWN_TRACEPOINT,
    UNKNOWN_EVENT,
    NOT_TRACEABLE,
    BLACKLISTED,
    NO_MATCH,
    TOO_MANY_POINTS,
    AMBIGUOUS_SYMBOL,
    SITES_DIFFER,
    BAD_OPTION,
    RETURN_WITH_OFFSET,
    LEFT_OUT,
    UNKNOWN_SYMBOL,
    UNKNOWN_LINE,
    UNKNOWN_USDT,
    UNKNOWN_MODULE,
    BAD_OFFSET,
    BAD_WATCH,
    WATCH_LENGTH,
    UNKNOWN_WATCHED,
)
