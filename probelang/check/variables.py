"""`$variables`, `%registers` and `@symbols`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.btf_ctypes import BtfType
from probelang.check.percpu import say_no_task, say_per_cpu
from probelang.check.report import near_names, rename, suggest
from probelang.check.rules import facts, types
from probelang.check.values import LVALUE, Value
from probelang.ctypes import CInt, CPointer, CString, CVoid
from probelang.probes import (
    Access,
    CurrentTask,
    Duration,
    RegisterValue,
    ReturnValue,
    Stack,
    SymbolAddress,
    Thread,
    ThreadName,
)
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.expressions import Expressions
    from probelang.check.scope import Scope
    from probelang.syntax import tree

_OF_A_TASK = frozenset(("comm", "COMM", "current", "tid", "pid", "cpu"))

#: The names that `regs_query_register_offset` knows on x86-64 (arch/x86/kernel/ptrace.c).
X86_REGISTERS = (
    *("r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8", "bx", "cx", "dx", "si", "di", "bp", "ax"),
    *("orig_ax", "ip", "cs", "flags", "sp", "ss"),
)

#: As gdb, perf's users and compilers write them.
_OTHER_SPELLINGS = {
    **{
        f"{prefix}{name}": name
        for prefix in "re"
        for name in ("bx", "cx", "dx", "si", "di", "bp", "ax", "ip", "sp")
    },
    "eflags": "flags",
    "rflags": "flags",
    "orig_rax": "orig_ax",
}

_PASSED_IN = ("di", "si", "dx", "cx", "r8", "r9")
_UNTYPED = CPointer(None)


def resolve_variable(checker: Expressions, expr: tree.Variable) -> Value | None:
    """`$retval` and its like."""
    name = expr.name
    scope, report = checker.scope, checker.report
    if scope.kind is Kind.MONITOR and (name in _OF_A_TASK or name.startswith("stack")):
        say_no_task(report, expr.span, f"`${name}`")
        return None
    if name.startswith("arg") and name[3:].isdigit():
        return _argument(checker, expr, int(name[3:]))
    if name.startswith("stack") and (name == "stack" or name[5:].isdigit()):
        return _stack(checker, expr)
    match name:
        case "comm" | "COMM":
            return Value(Access(ThreadName()), CString())
        case "retval":
            return _retval(checker, expr)
        case "tid" | "pid" | "cpu":
            return Value(Access(Thread(name)), CInt(4, name != "cpu"))
        case "current":
            return _current(checker, expr)
        case "duration":
            if scope.at_return:
                return Value(Access(Duration()), CInt(8, False))
            report.add(
                types.UNKNOWN_VARIABLE,
                expr.span,
                "`$duration` is for `%return` probes: it runs from entry to return",
                help=f"probe the return: `{scope.kind.value} {_function_of(scope)}%return`",
            )
            return None
    from probelang.check.elsewhere import near_variables, told_of_variable

    register = _OTHER_SPELLINGS.get(name, name)
    if register in X86_REGISTERS and scope.kind in (Kind.KPROBE, Kind.UPROBE, Kind.USDT, Kind.WATCH):
        near = [f"%{register}"]
    else:
        near = near_variables(checker, name)
    report.add(
        types.UNKNOWN_VARIABLE,
        expr.span,
        f"there is no variable `${name}`",
        label=suggest(near),
        notes=(
            "the kernel's variables: $retval, $comm, $stack, $stackN, $argN, $current; and $tid, $pid, $cpu, $duration",
        ),
        help=told_of_variable(checker, name),
        fix=rename(expr.span, near),
        kernel_error="BAD_VAR" if scope.kind is not Kind.EPROBE else None,
    )
    return None


def _argument(checker: Expressions, expr: tree.Variable, number: int) -> Value | None:
    scope = checker.scope
    if scope.kind is Kind.EPROBE:
        checker.report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            "an eprobe has no `$argN`: it reads the fields of its event, by their names",
            notes=(f"the fields of {scope.owner}: " + ", ".join(f"`{field}`" for field in scope.names),)
            if scope.names
            else (),
            kernel_error=None,
        )
        return None
    lost = scope.lost.get(f"arg{number}")
    if lost is not None:
        checker.report.add(types.LOST, expr.span, f"`$arg{number}` {lost}")
        return None
    if scope.arguments:
        if 1 <= number <= len(scope.arguments):
            return scope.arguments[number - 1]
        checker.report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            f"{scope.owner} has {len(scope.arguments)} {scope.what}s, no `$arg{number}`"
            + ("" if number else ": they are counted from 1"),
            label="" if number else "the first is `$arg1`",
            fix=None if number else rename(expr.span, ["$arg1"]),
            kernel_error=None if number else "BAD_ARG_NUM",
        )
        return None
    if scope.no_names is not None and not scope.no_names.startswith("not known"):
        checker.report.add(
            types.NO_PARAMETERS,
            expr.span,
            f"no `$arg{number}` here: {scope.no_names}",
            kernel_error="BAD_VAR" if scope.kind in (Kind.WATCH, Kind.MONITOR) else "NOFENTRY_ARGS",
        )
        return None
    if number == 0 or (scope.no_names is None and not scope.arguments):
        checker.report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            f"{scope.owner} has no {scope.what}s" if number else "arguments are counted from 1",
            kernel_error=None if number else "BAD_ARG_NUM",
        )
        return None
    from probelang.probes import Parameter

    return Value(Access(Parameter(number, None)), _UNTYPED, typed=False)


def _stack(checker: Expressions, expr: tree.Variable) -> Value | None:
    if checker.scope.kind is Kind.EPROBE:
        checker.report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            f"an eprobe has no `${expr.name}`: it reads an event, not registers",
            kernel_error=None,
        )
        return None
    index = None if expr.name == "stack" else int(expr.name[5:])
    # PARAM_MAX_STACK of kernel/trace/trace_probe.c: THREAD_SIZE / sizeof(unsigned long), 16 KiB on x86-64
    if index is not None and index > 2048:
        checker.report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            "the kernel's stack has 2048 words",
            kernel_error="BAD_STACK_NUM",
        )
        return None
    return Value(Access(Stack(index)), _UNTYPED, typed=False)


def _retval(checker: Expressions, expr: tree.Variable) -> Value | None:
    scope = checker.scope
    if not scope.at_return:
        function = scope.kind in (Kind.KPROBE, Kind.FPROBE)
        field = next((name for name in ("ret", "retval", "error") if name in scope.names), None)
        if scope.kind is Kind.EPROBE and field is not None:
            checker.report.add(
                types.NO_RETVAL,
                expr.span,
                "an event has no `$retval`: it has fields",
                label=f"the result is `{field}`",
                fix=rename(expr.span, [field]),
                kernel_error=None,
            )
            return None
        checker.report.add(
            types.NO_RETVAL,
            expr.span,
            "`$retval` is there only when a function returns",
            help=f"probe the return: `{scope.kind.value} {_function_of(scope)}%return`"
            if function
            else f"the fields of {scope.owner}: " + ", ".join(f"`{name}`" for name in scope.names)
            if scope.kind is Kind.EPROBE and scope.names
            else None,
            # of an fprobe the kernel would make a return probe
            kernel_error="RETVAL_ON_PROBE" if scope.kind in (Kind.KPROBE, Kind.TPROBE) else None,
        )
        return None
    if scope.returns is None and not scope.returns_nothing:
        return Value(Access(ReturnValue()), _UNTYPED, typed=False)
    type = scope.returns.describe() if scope.returns is not None else CVoid()
    if isinstance(type, CVoid):
        checker.report.add(
            types.NO_RETVAL,
            expr.span,
            f"{scope.owner} returns nothing (`void`)",
            kernel_error="NO_RETVAL",
        )
        return None
    return Value(Access(ReturnValue()), type, scope.returns, names="")


def _current(checker: Expressions, expr: tree.Variable) -> Value | None:
    from probelang.btf.names import Space

    btf = checker.kernel.btf
    task = btf.find(Space.STRUCT, "task_struct") if btf is not None else None
    if btf is None or task is None:
        checker.report.add(facts.MISSING_FACT, expr.span, "the members of `struct task_struct` are not known")
        return None
    return Value(Access(CurrentTask()), CPointer(BtfType(btf, task)), names="")


def resolve_register(checker: Expressions, expr: tree.Register) -> Value | None:
    """`%ax`."""
    scope, report = checker.scope, checker.report
    if scope.kind is Kind.MONITOR:
        say_no_task(report, expr.span, f"`%{expr.name}`")
        return None
    if scope.kind in (Kind.FPROBE, Kind.TPROBE, Kind.EPROBE):
        report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            f"{'a' if scope.kind is Kind.TPROBE else 'an'} {scope.kind.value} has no registers",
            help=_held_by(checker, expr.name) if scope.kind is Kind.FPROBE else None,
            kernel_error=None,
        )
        return None
    if expr.name not in X86_REGISTERS:
        same = _OTHER_SPELLINGS.get(expr.name)
        near = [same] if same else near_names(expr.name, X86_REGISTERS)
        report.add(
            types.UNKNOWN_REGISTER,
            expr.span,
            f"x86-64 has no register `%{expr.name}` by the kernel's names",
            label=suggest("%" + name for name in near),
            fix=rename(expr.span, ["%" + name for name in near]),
        )
        return None
    return Value(Access(RegisterValue(expr.name)), _UNTYPED, typed=False)


def _function_of(scope: Scope) -> str:
    """The function of a probe's point as it is written there, or a word for it."""
    name = scope.owner.strip("`")
    return name if name.replace("_", "").isalnum() else "FUNC"


def _held_by(checker: Expressions, register: str) -> str:
    """What a register has at a function's entry, by the calling convention."""
    name = _OTHER_SPELLINGS.get(register, register)
    arguments = checker.scope.arguments
    index = _PASSED_IN.index(name) if name in _PASSED_IN else len(arguments)
    if checker.scope.at_return or index >= len(arguments):
        return "a kprobe has them"
    known = next((one for one, value in checker.scope.names.items() if value is arguments[index]), None)
    return f"a kprobe has them; at the entry `%{name}` is `{known or f'$arg{index + 1}'}`"


def with_package(checker: Expressions, expr: tree.Member) -> tree.SymbolRef | None:
    """`@main.count` of a program in Go, where it is one symbol."""
    memory = checker.scope.memory
    if memory is None or expr.arrow or not hasattr(expr.base, "symbol"):
        return None
    from probelang.check.program_data import with_package

    return with_package(expr, memory)


def resolve_symbol(checker: Expressions, expr: tree.SymbolRef) -> Value | None:
    """`@sym+8`: what lies in memory there."""
    report = checker.report
    memory = checker.scope.memory
    if memory is not None and expr.address is None:
        from probelang.check.program_data import resolve_program_data

        return resolve_program_data(checker, expr, memory)
    if expr.symbol is None and expr.address is None:
        report.add(
            types.UNKNOWN_VARIABLE,
            expr.span,
            "`@+OFFSET` is an offset in a program's file: only a uprobe has that",
            kernel_error="FILE_ON_KPROBE",
        )
        return None
    if expr.symbol is None:
        access = Access(SymbolAddress(None, (expr.address or 0) + expr.offset))
        return Value(access, _UNTYPED, state=LVALUE, typed=False)
    found = checker.kernel.find_variable(expr.symbol)
    access = Access(SymbolAddress(expr.symbol, 0))
    if not isinstance(found, Found):
        near = getattr(found, "near", ())
        if not hasattr(found, "reason") and not isinstance(checker.kernel.has_symbol(expr.symbol), Found):
            report.add(
                types.UNKNOWN_VARIABLE,
                expr.span,
                f"{checker.kernel.title} has no symbol `{expr.symbol}`",
                label=suggest("@" + name for name in near),
                help=None
                if near
                else "behind `@` stands a variable of the kernel; a spec has no maps and no variables of its own",
                kernel_error="BAD_PROBE_ADDR" if checker.scope.kind is Kind.KPROBE else None,
            )
            return None
        return Value(access, _UNTYPED, None, LVALUE, expr.offset, typed=False)
    variable = found.value
    if variable.percpu and not checker.this_cpu:
        say_per_cpu(report, expr.span, expr.symbol)
        return None
    if variable.btf is None or variable.type is None or expr.offset:
        return Value(access, _UNTYPED, None, LVALUE, expr.offset, typed=False)
    ref = BtfType(variable.btf, variable.type)
    return Value(access, ref.describe(), ref, LVALUE, 0)
