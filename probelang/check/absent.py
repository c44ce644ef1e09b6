"""A function, tracepoint or event that is not there: what the spec's author may have meant, and the next step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.check.report import rename, suggest
from probelang.check.rules import points as rules
from probelang.check.successors import find_clones, find_event_elsewhere, find_successors, find_syscall
from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.points import Points
    from probelang.kernel.facts import Function
    from probelang.syntax import tree


def say_no_function(
    points: Points,
    point: tree.FunctionPoint,
    span: Span,
    name: str,
    module: str | None,
    near: tuple[str, ...],
) -> None:
    """The kernel, or the module, has no function of a name; `span` is what a fix may replace."""
    kernel, kind = points.kernel, points.probe.kind
    alone = point.function.name == name
    owner = points.owner_of(module)
    label, help, fix = "", None, None
    at_return = point.returns is not None
    successors = find_successors(kernel, name) if module in (None, "vmlinux") else []
    syscall = find_syscall(name)
    if module is not None and module != "vmlinux":
        from probelang.check.modules import beside

        help = beside(kernel, name, module)
    elif not at_return and alone and (written := _as_other_kind(points, name, function=True)):
        label, fix = f"it is a tracepoint: `{written}`", _with_kind(points, written, point.span)
    elif syscall is not None and successors[:1] == [f"__x64_sys_{syscall}"] and not at_return and alone:
        written = f"eprobe syscalls:sys_enter_{syscall}"
        if isinstance(kernel.find_event("syscalls", f"sys_enter_{syscall}"), Found):
            label, fix = f"a system call: `{written}`", _with_kind(points, written, point.span)
        help = f"`{successors[0]}` is its entry in the kernel, whose parameter is the registers"
        near = ()
    elif successors:
        near = tuple(successors)
        help = f"other kernels have it: what it does there, `{successors[0]}` does here"
        if syscall is not None:
            help = (
                f"the arguments of the system call, by their names, has `eprobe syscalls:sys_enter_{syscall}`"
            )
    if re.fullmatch(r"[0-9a-f]{12,16}", name) and re.search(r"\d", name):
        near, help = (f"0x{name}",), "an address begins with `0x`"
    elif (
        alone
        and not at_return
        and module is None
        and isinstance(kernel.find_event("syscalls", f"sys_enter_{name}"), Found)
    ):
        written = f"eprobe syscalls:sys_enter_{name}"
        label, fix = f"a system call: `{written}`", _with_kind(points, written, point.span)
        near = ()
    if fix is None:
        label = label or suggest(near)
        fix = rename(span, near) if alone else None
    if not label and help is None:
        help = "it may be inlined into its callers, or bear another name in this kernel"
        help += (
            ": `probelang kernel show` says where the names are from"
            if kernel.table("functions") is None
            else ""
        )
    if help is None and fix is not None and near and not _is_slip(name, near[0]):
        help = "if the name is right, the function is inlined into its callers, or bears another name in this kernel"
    points.report.add(
        rules.UNKNOWN_FUNCTION,
        span,
        f"{owner} has no function `{name}`",
        label=label,
        help=help,
        fix=fix,
        kernel_error="BAD_PROBE_ADDR" if kind is Kind.KPROBE else None,
    )


def _is_slip(name: str, near: str) -> bool:
    """Whether a name is so near to another one that a slip of the fingers made it."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, name, near).ratio() >= 0.85


def is_inlined(function: Function) -> bool:
    """Whether a function is known by its types only: it has no code of its own that could be probed."""
    return function.traceable is False and function.symbols == 0


def say_inlined(points: Points, function: Function, span: Span) -> None:
    """The function was inlined into its callers, but for copies that the compiler made of it."""
    clones = find_clones(points.kernel, function.name)
    near = clones or find_successors(points.kernel, function.name)
    points.report.add(
        rules.UNKNOWN_FUNCTION,
        span,
        f"`{function.name}` of {points.kernel.title} has no code of its own: it is inlined into its callers",
        label=f"the compiler made `{clones[0]}` of it" if clones else suggest(near),
        notes=("BTF has its type, and the kernel's symbols do not have its name",),
        help="a copy has no names for its parameters, which may be other ones"
        if clones
        else "probe a function that calls it",
        fix=rename(span, near),
        kernel_error="BAD_PROBE_ADDR" if points.probe.kind is Kind.KPROBE else None,
    )


def _as_other_kind(points: Points, name: str, *, function: bool) -> str | None:
    """A tracepoint of the kernel, or an event, of this name, as a probe on it."""
    kernel = points.kernel
    if function and kernel.features.tprobe is not False and isinstance(kernel.find_tracepoint(name), Found):
        return f"tprobe {name}"
    systems = [system for system, event in kernel.sources.event_names() or () if event == name]
    return f"eprobe {systems[0]}:{name}" if systems else None


def _with_kind(points: Points, written: str, point: Span) -> Fix:
    """The fix that makes of the probe one of another kind."""
    edit = Edit(Span(points.probe.kind_span.start, point.end), written)
    return Fix(f"write `{written}`", (edit,), safe=False)


def say_no_tracepoint(
    points: Points,
    point: tree.TracepointPoint,
    name: str,
    owner: str,
    module: str | None,
    near: tuple[str, ...],
) -> None:
    """There is no raw tracepoint of a name: a function or an event may have it."""
    kernel = points.kernel
    alone = point.tracepoint.name == name
    span, label, help = point.tracepoint.span, suggest(near), None
    fix = rename(span, near) if alone else None
    written = _as_other_kind(points, name, function=False) if alone else None
    if written is not None:
        label, fix = f"it is an event: `{written}`", _with_kind(points, written, point.span)
        help = "system calls have events, and no tracepoints of their own" if "syscalls:" in written else None
    elif kernel.features.tprobe is not False and isinstance(kernel.find_function(name, module), Found):
        help = (
            f"there is a function of this name: `fprobe {f'{module}:' if module is not None else ''}{name}`"
        )
    points.report.add(
        rules.UNKNOWN_TRACEPOINT, span, f"{owner} has no tracepoint `{name}`", label=label, help=help, fix=fix
    )


def say_no_event(
    points: Points, point: tree.EventPoint, system: str, event: str, near: tuple[str, ...], *, alone: bool
) -> None:
    """There is no event of a system and a name."""
    near = tuple(dict.fromkeys((*find_event_elsewhere(points.kernel, system, event), *near)))[:3]
    points.report.add(
        rules.UNKNOWN_EVENT,
        point.span,
        f"{points.kernel.title} has no event `{system}:{event}`",
        label=suggest(near),
        help=None if near else "/sys/kernel/tracing/available_events of the target has all of them",
        fix=rename(point.span, near) if alone else None,
    )


def say_system(points: Points, point: tree.FunctionPoint | tree.TracepointPoint, name: str) -> bool:
    """Report `tprobe sched:sched_switch`, an event's system where a module's name stands; whether it is that.

    A module may be called like a system (`xfs`), so only tracepoints of the kernel itself are taken for one.
    """
    kernel = points.kernel
    assert point.module is not None
    system = point.module.name
    if isinstance(kernel.find_module(system.replace("-", "_")), Found) or system == "vmlinux":
        return False
    if not isinstance(kernel.find_event(system, name), Found):
        return False
    tracepoint = isinstance(kernel.find_tracepoint(name, "vmlinux"), Found)
    if not tracepoint and system != "syscalls":
        return False
    tprobe = points.probe.kind is Kind.TPROBE and tracepoint
    written = f"tprobe {name}" if tprobe else f"eprobe {system}:{name}"
    points.report.add(
        rules.UNKNOWN_MODULE,
        point.module.span,
        f"`{system}` is a system of events, not a module",
        label="a tracepoint has no system" if tprobe else f"the event is probed by `{written}`",
        fix=Fix(
            f"leave out `{system}:`", (Edit(Span(point.module.span.start, point.module.span.end + 1), ""),)
        )
        if tprobe
        else _with_kind(points, written, point.span),
    )
    return True
