"""What the target kernel cannot do (4xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

NO_FEATURE = Rule(
    "PRB401",
    "no-kernel-feature",
    Severity.ERROR,
    "The target kernel cannot do this; the message says which release can.",
    example="fprobe vfs_read { $pid }",
)
ARG_TOO_LONG = Rule(
    "PRB402",
    "arg-too-long",
    Severity.ERROR,
    "A fetch arg may have 63 characters before Linux 7.3 (`MAX_ARGSTR_LEN`), and this one has more in every spelling.",
    example=f"fprobe vfs_read {{ file->f_path.dentry{'->d_parent' * 12}->d_inode }}",
    kernel_error="ARG_TOO_LONG",
)
TOO_MANY_ARGS = Rule(
    "PRB403",
    "too-many-args",
    Severity.ERROR,
    "A probe records at most 128 fetch args: the kernel's `MAX_TRACE_ARGS`.",
    example="\n".join(("fprobe vfs_read {", *(f"a{number} = count" for number in range(129)), "}")),
    kernel_error="TOO_MANY_ARGS",
)
TOO_MANY_DEREFS = Rule(
    "PRB404",
    "too-many-dereferences",
    Severity.ERROR,
    "A fetch arg has at most 16 fetch instructions (`FETCH_INSN_MAX`): about 12 dereferences.",
    example=f"fprobe vfs_read {{ file->f_path.dentry{'->d_parent' * 15} }}",
    kernel_error="TOO_MANY_OPS",
)
COMMAND_TOO_LONG = Rule(
    "PRB405",
    "command-too-long",
    Severity.ERROR,
    "A line written to `dynamic_events`, or to an event's filter, may have 4094 characters.",
    example="\n".join(
        ("fprobe vfs_read {", *(f"{'a' * 20}{number} = count: x64" for number in range(128)), "}")
    ),
)
EVENT_TOO_BIG = Rule(
    "PRB406",
    "event-too-big",
    Severity.ERROR,
    "The fixed part of a record may have 4096 bytes: the kernel's `MAX_PROBE_EVENT_SIZE`.",
    example="\n".join(("fprobe vfs_read {", *(f"a{number} = +0(file): u64[64]" for number in range(9)), "}")),
    kernel_error="EVENT_TOO_BIG",
)
RECORDED_IN_HEADER = Rule(
    "PRB407",
    "recorded-anyway",
    Severity.INFO,
    "The trace records the thread and the CPU of every hit by itself; where the kernel cannot record them once more as a field, they stand in the head of the line only.",
    example="fprobe vfs_read { $tid }",
)

RULES = (
    NO_FEATURE,
    ARG_TOO_LONG,
    TOO_MANY_ARGS,
    TOO_MANY_DEREFS,
    COMMAND_TOO_LONG,
    EVENT_TOO_BIG,
    RECORDED_IN_HEADER,
)
