"""Names and calls of bpftrace, bcc, SystemTap and C where a spec has others: what they are here, as a fix where one word does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.report import near_names, rename, suggest
from probelang.check.rules import names, types
from probelang.ctypes import CStruct, pointed
from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.check.expressions import Expressions

_HEAD = "the trace has it in the head of each line"
_STACK = "`with stacktrace`, before the braces, records the kernel's stack at each hit"
_AFTERWARDS = "a probe records each hit; they are counted and summed up where the trace is read"
_BUILT_IN = {
    "comm": "$comm",
    "execname": "$comm",
    "tid": "$tid",
    "common_pid": "$tid",
    "cpu": "$cpu",
    "cpu_id": "$cpu",
    "cpuid": "$cpu",
    "common_cpu": "$cpu",
}
_PROCESS = ("pid", "tgid", "common_tgid")
_RETURNED = ("retval", "ret", "rc", "return", "retvalue", "return_value", "result")
_TASK = ("curtask", "current", "task", "curr")
_SAID_ANYWAY = {
    **dict.fromkeys(
        ("nsecs", "elapsed", "timestamp", "ktime", "common_timestamp", "gettimeofday_ns", "gettimeofday_us"),
        "the time of a hit: " + _HEAD,
    ),
    **dict.fromkeys(("func", "probe", "probefunc", "ppfunc", "pp"), "which probe was hit: " + _HEAD),
    **dict.fromkeys(("kstack", "stack", "stacktrace", "kernel_stack", "print_backtrace"), _STACK),
    **dict.fromkeys(("regs", "pt_regs"), "a register is written by the kernel's name for it: `%di`"),
    "ustack": "a program's own stack is recorded by perf: `perf record -g`",
}
_AGGREGATES = (
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "stats",
    "hist",
    "lhist",
    "quantize",
    "lquantize",
    "tseries",
)
_PRINTS = ("printf", "print", "println", "log", "printk", "bpf_trace_printk", "bpf_printk", "trace_printk")
_TEXTS = ("str", "kstr", "kptr", "kernel_string", "kernel_string_n", "string", "text_str", "stringof")
_OF_A_PROGRAM = ("uptr", "ustr", "user_string", "user_string_quoted", "copyinstr")
_TYPES = {
    "ksym": "symbol",
    "symname": "symbol",
    "kernel_symbol": "symbol",
    "ntop": "u8[4]",
    "ntohs": "x16",
    "bswap": "x16",
    "bpf_ntohs": "x16",
    "ntohl": "x32",
    "bpf_ntohl": "x32",
    "macaddr": "x8[6]",
    "path": "%pd",
}
_COMPARE = 'a string is compared in the condition: `name == "text"`, `name ~ "text*"` at its beginning, `name ~ "*text*"` anywhere'
_HELPS = {
    **dict.fromkeys(("strncmp", "strcmp", "strcontains", "strstr", "isinstr"), _COMPARE),
    **dict.fromkeys(("exit", "system", "signal", "override", "join", "clear", "zero", "delete", "time", "strftime"),
                    "a spec says what is recorded; it has no code of its own to run"),
    "kaddr": "what lies at a symbol is written `@SYMBOL`",
    "uaddr": "a variable of the program is written `@NAME`",
    "reg": "a register of a kprobe is written `%di`",
    "buf": "bytes are recorded as an array: `e: x8[16]`",
    "sizeof": "the sizes of types are not told here: a number is",
    "offsetof": "members are found by their names: `e->member`",
    "bpf_probe_read": "what a pointer points to is written `*e`, a member of it `e->member`",
    "per_cpu_ptr": "the copy of the CPU that runs is `this_cpu_read(@VARIABLE)`",
}  # fmt: skip


def explain_name(checker: Expressions, expr: tree.Name) -> bool:
    """Report a name that another tool has, and whether it is one."""
    scope = checker.scope
    fields = (
        [name for name in scope.names if expr.name in name.split("_")] if scope.kind is Kind.EPROBE else []
    )
    written = None if fields else _written(checker, expr.name)
    told = _told(checker, expr.name)
    if written is None and (path := _as_member(checker, expr.name)) is not None:
        written = path
    if fields or (written is None and told is None):
        return False
    known = ", ".join(f"`{name}`" for name in scope.names) or "none"
    checker.report.add(
        names.UNKNOWN_NAME,
        expr.span,
        f"{scope.owner} has no {scope.what} `{expr.name}`",
        label=_label(expr.name, written),
        notes=()
        if written and written[0] in "$%"
        else (f"its {scope.what}s: {known} ({checker.kernel.title})",),
        help=told,
        fix=rename(expr.span, [written] if written else []),
        kernel_error=None if scope.kind is Kind.EPROBE or scope.what == "variable" else "NO_BTFARG",
    )
    return True


def _label(name: str, written: str | None) -> str:
    if written is None:
        return ""
    if name.startswith("arg") and written[:1] != "$":
        return f"it is called `{written}`"
    return f"it is written `{written}`"


def _as_member(checker: Expressions, name: str) -> str | None:
    """`next->comm` for `next_comm`, `file->f_pos` for `f_pos`: a member of what a parameter points to."""
    for known, value in checker.scope.names.items():
        struct = pointed(value.type)
        if not isinstance(struct, CStruct) or not struct.defined:
            continue
        if name.startswith(known + "_") and struct.ref.find_member(name[len(known) + 1 :]) is not None:
            return f"{known}->{name[len(known) + 1 :]}"
        if len(name) > 3 and struct.ref.find_member(name) is not None:
            return f"{known}->{name}"
    return None


def _written(checker: Expressions, name: str) -> str | None:
    """What a name of another tool's is here, where it is one word, and the target kernel can tell it."""
    scope = checker.scope
    if name in _BUILT_IN:
        return None if scope.kind is Kind.MONITOR else _BUILT_IN[name]
    if name in _PROCESS:
        return "$pid" if _tells_task(checker) else "$tid"
    if name in _RETURNED:
        return "$retval" if scope.at_return and not scope.returns_nothing else None
    if name in _TASK:
        return "$current" if _tells_task(checker) else None
    number = name.removeprefix("arg").removeprefix("s")
    if name.startswith(("arg", "sarg")) and number.isdigit() and len(number) < 3:
        return _argument(checker, int(number))
    return None


def _argument(checker: Expressions, index: int) -> str | None:
    """bpftrace counts `arg0`, `arg1` … from nought."""
    scope = checker.scope
    if scope.kind is Kind.EPROBE:
        return None
    if index < len(scope.arguments):
        value = scope.arguments[index]
        return next((name for name, known in scope.names.items() if known is value), f"$arg{index + 1}")
    return f"$arg{index + 1}" if not scope.arguments else None


def _told(checker: Expressions, name: str) -> str | None:
    """What is to be said of a name beyond the word that it is here."""
    scope = checker.scope
    if name in _PROCESS and not _tells_task(checker):
        return "`$tid` is the thread; the process, `$pid`, can be told by Linux 7.3 and later, and there not to an eprobe"
    if name in _RETURNED and not scope.at_return and scope.kind in (Kind.KPROBE, Kind.FPROBE, Kind.UPROBE):
        return f"what a function returns is `$retval`, at its return: `{scope.kind.value} FUNC%return`"
    if name in _TASK and not _tells_task(checker):
        return "the task that runs, `$current`, can be told by Linux 7.3 and later; `$comm` and `$tid` everywhere"
    if name.startswith("arg") and name[3:].isdigit():
        if scope.kind is Kind.EPROBE:
            return "an eprobe reads the fields of its event, by their names"
        if _written(checker, name) is None:
            return f"{scope.owner} has {len(scope.arguments)} {scope.what}s, counted from `$arg1`"
    if name in ("uid", "gid"):
        if not _tells_task(checker):
            return "who runs can be told by Linux 7.3 and later, `$current->cred->uid.val`; `$comm` and `$tid` everywhere"
        return f"it is written `$current->cred->{name}.val`"
    if scope.owner.startswith(("`__x64_sys_", "`__do_sys_", "`__se_sys_")) and name not in _SAID_ANYWAY:
        event = "syscalls:sys_enter_" + scope.owner.strip("`").partition("sys_")[2]
        found = checker.kernel.find_event(*event.split(":"))
        if isinstance(found, Found) and any(field.name == name for field in found.value.fields):
            return f"a system call enters the kernel with its registers; the event has it by name: `eprobe {event} {{ {name} }}`"
    return _SAID_ANYWAY.get(name)


def _tells_task(checker: Expressions) -> bool:
    return checker.kernel.features.current is not False and checker.scope.kind is not Kind.EPROBE


def near_variables(checker: Expressions, name: str) -> list[str]:
    """What somebody who wrote `$name` may have meant, of what there is at this place."""
    if name in checker.scope.names:
        return [name]
    if name == "args":
        return ["$arg*"] if checker.scope.arguments else []
    if name == "arg" or name.isdigit():
        number = 1 if name == "arg" else int(name)
        return [f"$arg{number}"] if 1 <= number <= len(checker.scope.arguments) else []
    if (written := _written(checker, name)) is not None:
        return [written]
    if name in _SAID_ANYWAY:
        return []
    there = ["comm", "tid", "cpu", *(("pid", "current") if _tells_task(checker) else ())]
    there += ["stack"] if checker.scope.kind is not Kind.EPROBE else []
    there += ["retval", "duration"] if checker.scope.at_return else []
    return ["$" + near for near in near_names(name, there)]


def told_of_variable(checker: Expressions, name: str) -> str | None:
    """What is to be said of `$name`, which there is not."""
    if name in checker.scope.names:
        return f"a {checker.scope.what} is written without `$`"
    return _told(checker, name)


def explain_args(checker: Expressions, expr: tree.Member) -> bool:
    """Report `args->filename` and `args.filename`, bpftrace's way to an argument or a field; whether it is that."""
    scope, base = checker.scope, expr.base
    if not isinstance(base, tree.Name) or base.name in scope.names:
        return False
    joined = f"{base.name}_{expr.member.name}"
    if joined in scope.names:
        checker.report.add(
            names.UNKNOWN_NAME,
            expr.span,
            f"{scope.owner} has no {scope.what} `{base.name}`",
            label=f"it has `{joined}`",
            fix=rename(expr.span, [joined]),
            kernel_error=None,
        )
        return True
    if base.name not in ("args", "ctx"):
        return False
    if expr.member.name == "retval" and scope.at_return and "retval" not in scope.names:
        checker.report.add(
            names.UNKNOWN_NAME,
            expr.span,
            f"there is no `{base.name}` here, and what a function returns is none of its parameters",
            label="it is written `$retval`",
            fix=rename(expr.span, ["$retval"]),
            kernel_error=None,
        )
        return True
    if not scope.names:
        return False
    member = expr.member.name
    near = [member] if member in scope.names else near_names(member, scope.names)
    if not near and (written := _written(checker, member)) is not None:
        near = [written]
    known = ", ".join(f"`{name}`" for name in scope.names)
    told = near[:1] == [member]
    checker.report.add(
        names.UNKNOWN_NAME,
        Span(base.span.start, expr.member.span.start) if told else expr.span,
        f"there is no `{base.name}` here: {scope.what}s are named as they are"
        if told
        else f"{scope.owner} has no {scope.what} `{member}`, and there is no `{base.name}`",
        label=f"it is `{member}`" if told else suggest(near),
        notes=() if told else (f"its {scope.what}s: {known} ({checker.kernel.title})",),
        fix=rename(expr.span, near),
        kernel_error=None,
    )
    return True


def explain_call(checker: Expressions, expr: tree.Call) -> bool:
    """Report a call that another tool has, with what stands for it here; whether it is one."""
    name, arguments = expr.function.name, expr.arguments
    label, help, fix = "", None, None
    if name in _TEXTS and arguments:
        label, fix = "a `char *` is recorded as a string by itself", _unwrap(checker, expr, arguments[0])
    elif name in _OF_A_PROGRAM and arguments:
        label, fix = "it is written `user(e)`", _unwrap(checker, expr, arguments[0], "user(", ")")
    elif name in _TYPES and arguments:
        label = f"it is a type, behind the expression: `e: {_TYPES[name]}`"
    elif name in _PRINTS:
        label, fix = "what is recorded is shown", _unwrap_all(checker, expr, arguments)
        help = "each value is a fetch arg of its own, and may have a name: `name = value`"
    elif name in _AGGREGATES:
        help = _AFTERWARDS
        fix = _unwrap(checker, expr, arguments[0]) if arguments else None
    elif name in ("PT_REGS_RC", "PT_REGS_RET") and checker.scope.at_return:
        label, fix = (
            "it is written `$retval`",
            Fix("write `$retval`", (Edit(expr.span, "$retval"),), safe=False),
        )
    elif name.startswith("PT_REGS_PARM") and name[12:].isdigit():
        written = _argument(checker, int(name[12:]) - 1) or "$arg" + name[12:]
        label, fix = f"it is written `{written}`", rename(expr.span, [written])
    elif name in ("BPF_CORE_READ", "BPF_PROBE_READ") and len(arguments) > 1:
        label, fix = "it is written `e->a->b`", _as_path(expr)
    elif name.startswith("bpf_probe_read"):
        help = _HELPS["bpf_probe_read"]
    elif not arguments and (_written(checker, name) or _told(checker, name)):
        here = _written(checker, name)
        label, help = _label(name, here), _told(checker, name)
        fix = rename(expr.span, [here] if here else [])
    elif name in _HELPS:
        help = _HELPS[name]
    elif name in _SAID_ANYWAY:
        help = _SAID_ANYWAY[name]
    else:
        return False
    checker.report.add(
        types.UNKNOWN_CALL,
        expr.function.span,
        f"there is no function `{name}`",
        label=label,
        help=help,
        fix=fix,
    )
    return True


def _unwrap(
    checker: Expressions, call: tree.Call, argument: tree.Expr, before: str = "", after: str = ""
) -> Fix:
    """The fix that leaves of a call its first argument."""
    edits = (
        Edit(Span(call.span.start, argument.span.start), before),
        *_respelt(checker, argument),
        Edit(Span(argument.span.end, call.span.end), after),
    )
    return Fix(
        f"leave out `{call.function.name}`" if not before else f"write `{before}…{after}`", edits, safe=False
    )


def _unwrap_all(checker: Expressions, call: tree.Call, arguments: tuple[tree.Expr, ...]) -> Fix | None:
    """The fix that leaves of a `printf` what it prints."""
    values = [one for one in arguments if not isinstance(one, tree.Text)]
    if not values:
        return None
    first = values[0].span.start
    edits = [Edit(Span(call.span.start, first), "")]
    for value in values:
        edits.extend(_respelt(checker, value))
    edits.append(Edit(Span(values[-1].span.end, call.span.end), ""))
    return Fix(f"leave out `{call.function.name}`", tuple(edits), safe=False)


def _as_path(call: tree.Call) -> Fix | None:
    """`BPF_CORE_READ(task, mm, owner)` as `task->mm->owner`."""
    base, *members = call.arguments
    if not all(isinstance(one, tree.Name | tree.Member | tree.Index) for one in members):
        return None
    edits = [Edit(Span(call.span.start, base.span.start), "")]
    end = base.span.end
    for member in members:
        edits.append(Edit(Span(end, member.span.start), "->"))
        end = member.span.end
    return Fix("write it with `->`", (*edits, Edit(Span(end, call.span.end), "")), safe=False)


def _respelt(checker: Expressions, expr: tree.Expr) -> Iterator[Edit]:
    """The edits that write all of an expression in the words that a spec has."""
    match expr:
        case tree.Name(span, name) if name not in checker.scope.names:
            written = _written(checker, name)
            if written is not None:
                yield Edit(span, written)
        case tree.Member(span, tree.Name(_, "args" | "ctx") as base, member):
            if base.name not in checker.scope.names:
                yield Edit(Span(span.start, member.span.start), "")
        case tree.Variable(span, name) if name in checker.scope.names:
            yield Edit(span, name)
        case tree.Member(_, base):
            yield from _respelt(checker, base)
        case tree.Index(_, base, index):
            yield from _respelt(checker, base)
            yield from _respelt(checker, index)
        case tree.Call(span, function, arguments) if arguments:
            if function.name in (*_TEXTS, *_AGGREGATES):
                yield from _unwrap(checker, expr, arguments[0]).edits
            elif function.name in _OF_A_PROGRAM:
                yield from _unwrap(checker, expr, arguments[0], "user(", ")").edits
            elif function.name in _TYPES:
                yield Edit(Span(span.start, arguments[0].span.start), "")
                yield from _respelt(checker, arguments[0])
                yield Edit(Span(arguments[0].span.end, span.end), f": {_TYPES[function.name]}")
        case tree.Unary(_, _, operand) | tree.Cast(_, _, operand) | tree.Deref(operand=operand):
            yield from _respelt(checker, operand)
        case tree.Binary(_, _, _, left, right):
            yield from _respelt(checker, left)
            yield from _respelt(checker, right)
