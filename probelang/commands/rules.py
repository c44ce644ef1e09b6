"""What can be wrong with raw commands of the kernel beside what is wrong with probes anyway (7xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNKNOWN_COMMAND = Rule(
    "PRB701",
    "unknown-command",
    Severity.ERROR,
    "A line is no command that the kernel knows, or not one for this file: `p`, `r`, `f`, `t`, `e` and `s` define events, `-:` removes them.",
    example="x:io/rd vfs_read",
)
BAD_EVENT = Rule(
    "PRB702",
    "bad-event-name",
    Severity.ERROR,
    "The name of an event or of its group is missing, too long, or no C identifier.",
    example="p:io/9rd vfs_read",
)
TAKEN = Rule(
    "PRB703",
    "event-taken",
    Severity.ERROR,
    "An event of that name exists, and does not take this probe: it is of another kind, or its args differ, or it has the very same probe.",
    example="p:io/rd vfs_read\nr:io/rd vfs_read",
    kernel_error="DIFF_PROBE_TYPE",
)
BAD_POINT = Rule(
    "PRB704",
    "bad-command-point",
    Severity.ERROR,
    "What a probe sits on is not written as the kernel wants it, or is not there.",
    example="p:io/rd vfs_read%entry",
    kernel_error="BAD_ADDR_SUFFIX",
)
BAD_MAXACTIVE = Rule(
    "PRB705",
    "bad-maxactive",
    Severity.ERROR,
    "The number behind the letter of a return probe is none, or more than 4096, or the probe is not one of a return.",
    example="r5000:io/rd vfs_read",
    kernel_error="MAXACT_TOO_BIG",
)
BAD_ARG = Rule(
    "PRB706",
    "bad-fetch-arg",
    Severity.ERROR,
    "A fetch arg is not written as the kernel wants it.",
    example="p:io/rd vfs_read ino=+64($arg1",
    kernel_error="DEREF_OPEN_BRACE",
)
BAD_ARG_TYPE = Rule(
    "PRB707",
    "misfit-fetch-type",
    Severity.ERROR,
    "The type of a fetch arg is no type, or does not fit its value.",
    example="p:io/rd vfs_read n=$arg3:string",
    kernel_error="BAD_STRING",
)
NOT_HERE = Rule(
    "PRB708",
    "value-not-here",
    Severity.ERROR,
    "A value that the kernel has, and not at a probe of this kind or at this place.",
    example="p:io/rd vfs_read n=@+8",
    kernel_error="FILE_ON_KPROBE",
)
BAD_CAST = Rule(
    "PRB709",
    "bad-typecast",
    Severity.ERROR,
    "A cast that the kernel does not take: it must be of a value, to a struct, and followed by a member.",
    example="f:io/rd vfs_read x=(task_struct)file",
    kernel_error="TYPECAST_REQ_FIELD",
)
BAD_SYNTHETIC = Rule(
    "PRB710",
    "bad-synthetic-event",
    Severity.ERROR,
    "The fields of a synthetic event are not written as `TYPE NAME; …`, or a type is none.",
    example="s:io_rd u63 before",
)
BAD_FILTER = Rule(
    "PRB711",
    "bad-event-filter",
    Severity.ERROR,
    "The condition behind `if` is none that the kernel takes.",
    example="e:io/sw sched.sched_switch if prev_pdi > 3",
)
NOTHING_REMOVED = Rule(
    "PRB712",
    "nothing-to-remove",
    Severity.ERROR,
    "A command removes an event that is not there, or that another event needs. Nothing is said of it in `error_log`.",
    example="-:io/nothing",
)
REFUSED_SILENTLY = Rule(
    "PRB713",
    "refused-silently",
    Severity.ERROR,
    "The kernel refuses a command, and says nothing of it in `error_log`.",
    example="e:io/sw sched.sched_switch x=@no_such_symbol",
)

BAD_TRIGGER = Rule(
    "PRB714",
    "bad-trigger",
    Severity.ERROR,
    "A trigger is not written as the kernel wants it, or names what is not there. Histograms with variables and `onmatch(…).trace(…)` are known, and stack traces; "
    "of other triggers nothing is said.",
    example="echo 'hist:keys=prev_pdi' > /sys/kernel/tracing/events/sched/sched_switch/trigger",
)

RULES = (
    UNKNOWN_COMMAND,
    BAD_EVENT,
    TAKEN,
    BAD_POINT,
    BAD_MAXACTIVE,
    BAD_ARG,
    BAD_ARG_TYPE,
    NOT_HERE,
    BAD_CAST,
    BAD_SYNTHETIC,
    BAD_FILTER,
    NOTHING_REMOVED,
    REFUSED_SILENTLY,
    BAD_TRIGGER,
)
