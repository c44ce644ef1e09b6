"""Names of events, fetch args, constants and `args` lists (1xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNKNOWN_NAME = Rule(
    "PRB101",
    "unknown-name",
    Severity.ERROR,
    "A name that is no parameter of the probed function, no argument of the tracepoint, no field of the event, no `const` and no constant of the kernel.",
    example="fprobe vfs_read { cuont }",
    kernel_error="NO_BTFARG",
)
NAME_CLASH = Rule(
    "PRB102",
    "name-clash",
    Severity.ERROR,
    "Two things bear one name: two events of a group, two fetch args of a probe, two constants, or an event that the kernel has already.",
    example="fprobe vfs_read { count, count }",
    kernel_error="USED_ARG_NAME",
)
RESERVED_NAME = Rule(
    "PRB103",
    "reserved-name",
    Severity.ERROR,
    "A name that every trace event uses for itself, such as `common_pid` or `__probe_ip`, or that tracefs has for a file "
    "of its own where the folder of an event would be: `enable`, `filter`.",
    example="fprobe vfs_read { common_pid = count }",
    kernel_error="USED_ARG_NAME",
)
NAME_TOO_LONG = Rule(
    "PRB104",
    "name-too-long",
    Severity.ERROR,
    "Event and group names may have 63 characters, names of fetch args 31: the kernel's `MAX_EVENT_NAME_LEN` and `MAX_ARG_NAME_LEN`.",
    example="fprobe vfs_read { a_name_that_is_longer_than_31_chars = count }",
    kernel_error="EVENT_TOO_LONG",
)
UNKNOWN_ARGS = Rule(
    "PRB105",
    "unknown-args",
    Severity.ERROR,
    "`use` of a list of fetch args that no `args` statement defines.",
    example="fprobe vfs_read { use of_file(file) }",
)
ARGS_MISMATCH = Rule(
    "PRB106",
    "args-mismatch",
    Severity.ERROR,
    "`use` with another number of arguments, or of other types, than the `args` statement has.",
    example="args a(f: struct file *) { f->f_flags }\nfprobe vfs_read { use a(count) }",
)
MISSING_NAME = Rule(
    "PRB107",
    "missing-name",
    Severity.ERROR,
    "A fetch arg without a name is named after its last member or variable; a constant or an address has none.",
    example="fprobe vfs_read { 42 }",
)
RECURSIVE_ARGS = Rule(
    "PRB108",
    "recursive-args",
    Severity.ERROR,
    "`args` lists that use each other without end.",
    example="args a(f: struct file *) { use a(f) }",
)
SECOND_GROUP = Rule(
    "PRB109",
    "second-group",
    Severity.ERROR,
    "A spec has one `group` statement, which holds for all of its events; a single event says `group/name = …`.",
    example="group a\ngroup b",
)

RULES = (
    UNKNOWN_NAME,
    NAME_CLASH,
    RESERVED_NAME,
    NAME_TOO_LONG,
    UNKNOWN_ARGS,
    ARGS_MISMATCH,
    MISSING_NAME,
    RECURSIVE_ARGS,
    SECOND_GROUP,
)
