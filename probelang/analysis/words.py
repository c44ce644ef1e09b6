"""What the words of the language mean, in a few words each: for completion and hover."""

from __future__ import annotations

KEYWORDS = {
    "fprobe": "at a function's entry or return, by ftrace",
    "kprobe": "at any instruction of the kernel",
    "tprobe": "at a raw tracepoint, with its C arguments",
    "eprobe": "on a trace event, with its fields",
    "uprobe": "in a program, at any instruction",
    "usdt": "at a static probe of a program",
    "watch": "when memory is read or written",
    "monitor": "again and again, by a clock",
    "group": "the group that the events are in",
    "const": "a name for a number or a string",
    "args": "a list of fetch args for many probes",
}
VARIABLES = {
    "retval": "what the function returns",
    "comm": "the task's name",
    "tid": "the thread's id",
    "pid": "the process's id",
    "cpu": "the number of the CPU",
    "current": "the running task, a `struct task_struct *`",
    "stack": "the address of the stack",
    "duration": "nanoseconds from entry to return",
    "arg*": "every parameter",
}
CALLS = {
    "entry": "what it was when the function was entered",
    "user": "read from user memory",
    "this_cpu_read": "a per-CPU variable of the CPU that runs",
    "this_cpu_ptr": "the address of a per-CPU variable",
    "container_of": "the struct that a member lies in",
}
OPTIONS = {
    "maxactive": "how many calls may be under way at once, of a `%return` probe",
    "stacktrace": "the kernel's stack with every hit",
    "disabled": "defined, but not switched on",
    "max": "how many points a pattern may stand for",
}
FETCH_TYPES = {
    **{
        f"{sign}{bits}": f"{bits} bits, {shown}"
        for sign, shown in (("u", "unsigned"), ("s", "signed"), ("x", "in hexadecimal"))
        for bits in (8, 16, 32, 64)
    },
    "char": "one character",
    "string": "the text that a pointer to kernel memory points to, or an array of characters",
    "ustring": "the text that a pointer to user memory points to",
    "symbol": "the kernel symbol that an address belongs to, looked up when the trace is read",
    "symstr": "the kernel symbol that an address belongs to, as text in the record",
    "%pd": "the name of a `struct dentry *`",
    "%pD": "the name of the file of a `struct file *`",
}
