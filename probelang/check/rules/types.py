"""Expressions, C types and fetch-arg types (3xx)."""

from __future__ import annotations

from probelang.diagnostics import Rule, Severity

UNKNOWN_MEMBER = Rule(
    "PRB301",
    "unknown-member",
    Severity.ERROR,
    "The struct or union has no member of this name on the target kernel.",
    example="fprobe vfs_read { file->f_inod }",
    kernel_error="NO_BTF_FIELD",
)
NOT_A_STRUCT = Rule(
    "PRB302",
    "not-a-struct",
    Severity.ERROR,
    "`->` and `.` need a struct or a union, or a pointer to one.",
    example="fprobe vfs_read { count->x }",
    kernel_error="NO_PTR_STRCT",
)
NOT_A_POINTER = Rule(
    "PRB303",
    "not-a-pointer",
    Severity.ERROR,
    "`*` and `[N]` need a pointer or an array.",
    example="fprobe vfs_read { *count }",
)
ARROW_OR_DOT = Rule(
    "PRB304",
    "arrow-or-dot",
    Severity.ERROR,
    "`->` goes through a pointer, `.` into a struct that is there, as in C.",
    example="fprobe vfs_read { file.f_inode }",
)
STRUCT_VALUE = Rule(
    "PRB305",
    "struct-value",
    Severity.ERROR,
    "A struct or union cannot be recorded as a whole: say which member. (The kernel takes it, and records a number that means nothing.)",
    example="fprobe vfs_read { file->f_path }",
)
UNRECORDABLE = Rule(
    "PRB306",
    "unrecordable",
    Severity.ERROR,
    "A value that no probe can record: `void`, a function, a floating point number, an array of structs or of pointers.",
    example="fprobe vfs_read { x = *(void *)buf }",
)
UNKNOWN_FETCH_TYPE = Rule(
    "PRB307",
    "unknown-fetch-type",
    Severity.ERROR,
    "Not one of the kernel's fetch-arg types: `u8`…`u64`, `s8`…`s64`, `x8`…`x64`, `char`, `string`, `ustring`, `symbol`, `symstr`, `%pd`, `%pD`, `bW@O/S`, any of them with `[N]`.",
    example="fprobe vfs_read { count: int }",
    kernel_error="BAD_TYPE",
)
TYPE_MISMATCH = Rule(
    "PRB308",
    "type-mismatch",
    Severity.ERROR,
    "The value is not what the fetch-arg type is for: a string of a number, `%pd` of something that is no `struct dentry *`, an array of a single value.",
    example="fprobe vfs_read { count: string }",
)
NARROWING = Rule(
    "PRB309",
    "narrowing",
    Severity.WARNING,
    "The fetch-arg type has fewer bits than the value: what does not fit is cut off without a word.",
    example="fprobe vfs_read { count: u8 }",
)
SIGN_CHANGE = Rule(
    "PRB310",
    "sign-change",
    Severity.WARNING,
    "The fetch-arg type and the value differ in sign, so some values are recorded as others: -2 as 4294967294.",
    example="fprobe vfs_read%return { $retval: u64 }",
)
NO_RETVAL = Rule(
    "PRB311",
    "no-retval",
    Severity.ERROR,
    "`$retval` is there at a function's return (`%return`), and not of a `void` function.",
    example="fprobe vfs_read { $retval }",
    kernel_error="RETVAL_ON_PROBE",
)
UNKNOWN_VARIABLE = Rule(
    "PRB312",
    "unknown-variable",
    Severity.ERROR,
    "Not one of the kernel's variables, or not one that this kind of probe has.",
    example="fprobe vfs_read { $foo }",
    kernel_error="BAD_VAR",
)
NO_PARAMETERS = Rule(
    "PRB313",
    "no-parameters",
    Severity.ERROR,
    "Parameters are where the calling convention puts them only at a function's first instruction.",
    example="kprobe vfs_read+8 { count }",
    kernel_error="NOSUP_BTFARG",
)
UNKNOWN_TYPE = Rule(
    "PRB314",
    "unknown-type",
    Severity.ERROR,
    "The target kernel has no such struct, union, enum or typedef.",
    example="fprobe vfs_read { x = ((struct fiel *)file)->f_flags }",
)
INCOMPLETE_TYPE = Rule(
    "PRB315",
    "incomplete-type",
    Severity.ERROR,
    "BTF declares this struct but does not define it: a module defines it, or nothing does.",
    example="fprobe vfs_read { file->f_inode->i_sb->s_mtd->index }",
)
ARRAY_SIZE = Rule(
    "PRB316",
    "array-size",
    Severity.ERROR,
    "A recorded array has 1 to 64 elements: the kernel's `MAX_ARRAY_LEN`.",
    example="fprobe vfs_read { +0(file): u8[100] }",
    kernel_error="ARRAY_TOO_BIG",
)
NO_ARITHMETIC = Rule(
    "PRB317",
    "no-arithmetic",
    Severity.ERROR,
    "A fetch arg is a value that the kernel has, not a calculation: record the parts, and calculate where the trace is read.",
    example="fprobe vfs_read { x = count + 1 }",
)
BAD_INDEX = Rule(
    "PRB318",
    "bad-index",
    Severity.ERROR,
    "An array's index is a constant, and within the array.",
    example="fprobe vfs_read { file->f_inode->i_sb->s_uuid.b[16] }",
)
UNTYPED_SYMBOL = Rule(
    "PRB319",
    "untyped-symbol",
    Severity.WARNING,
    "BTF does not tell the type of this variable, so eight bytes are recorded, whatever it is.",
    example="fprobe vfs_read { @slab_caches }",
)
UNKNOWN_REGISTER = Rule(
    "PRB320",
    "unknown-register",
    Severity.ERROR,
    "Not a register of the target's architecture, by the kernel's name for it (`%ax`, `%di`, `%r8`).",
    example="kprobe vfs_read { %eax }",
    kernel_error="BAD_REG_NAME",
)
UNKNOWN_CALL = Rule(
    "PRB321",
    "unknown-call",
    Severity.ERROR,
    "There are no functions but `entry(e)`, `user(e)` and `container_of(e, struct T, member)`.",
    example="fprobe vfs_read { strlen(buf) }",
)
NO_ADDRESS = Rule(
    "PRB322",
    "no-address",
    Severity.ERROR,
    "Only what lies in memory has an address, and a probe can follow an address but not record one that it would have to calculate.",
    example="fprobe vfs_read { x = &count }",
)
WIDENING = Rule(
    "PRB323",
    "widening",
    Severity.ERROR,
    "The fetch-arg type has more bits than the value, so what lies beside it in memory, or in the rest of the register, would be recorded with it: -2 of an `int` becomes 4294967294.",
    example="fprobe do_sys_openat2 { dfd: s64 }",
)
ENTRY_IS_WHOLE = Rule(
    "PRB324",
    "entry-is-whole",
    Severity.ERROR,
    "`entry(e)` is wholly evaluated when the function is entered: what stands behind it would be read at return, through a pointer that is over.",
    example="fprobe vfs_read%return { entry(file->f_inode)->i_ino }",
)
LOST = Rule(
    "PRB325",
    "optimised-out",
    Severity.ERROR,
    "The compiler keeps this value in no register and no memory at the probed instruction; the message says where it still does.",
)
PER_CPU = Rule(
    "PRB326",
    "per-cpu",
    Severity.ERROR,
    "Each CPU has its own copy of a per-CPU variable: `this_cpu_read(@var)` reads the one of the CPU that runs. Other variables have no copies.",
    example="fprobe vfs_read { @runqueues.nr_running }",
)
NO_TASK = Rule(
    "PRB327",
    "no-task",
    Severity.ERROR,
    "A monitor looks by the clock: whatever task, CPU and registers it interrupts have nothing to do with what it looks at.",
    example="monitor every 1s { $comm }",
)

RULES = (
    UNKNOWN_MEMBER,
    NOT_A_STRUCT,
    NOT_A_POINTER,
    ARROW_OR_DOT,
    STRUCT_VALUE,
    UNRECORDABLE,
    UNKNOWN_FETCH_TYPE,
    TYPE_MISMATCH,
    NARROWING,
    SIGN_CHANGE,
    NO_RETVAL,
    UNKNOWN_VARIABLE,
    NO_PARAMETERS,
    UNKNOWN_TYPE,
    INCOMPLETE_TYPE,
    ARRAY_SIZE,
    NO_ARITHMETIC,
    BAD_INDEX,
    UNTYPED_SYMBOL,
    UNKNOWN_REGISTER,
    UNKNOWN_CALL,
    NO_ADDRESS,
    WIDENING,
    ENTRY_IS_WHOLE,
    LOST,
    PER_CPU,
    NO_TASK,
)
