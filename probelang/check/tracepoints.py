"""The points of tprobes: raw tracepoints, of the kernel or of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.btf.names import Space
from probelang.check.absent import say_no_tracepoint, say_system
from probelang.check.modules import named_module, owner
from probelang.check.parameters import listed, parameter_values
from probelang.check.patterns import event_name
from probelang.check.rules import points as rules
from probelang.check.scope import Place, Scope
from probelang.probes import TracepointTarget
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    import re

    from probelang.check.points import Points
    from probelang.kernel.interface import Kernel, Tracepoint
    from probelang.syntax import tree


def resolve(points: Points, point: tree.TracepointPoint) -> list[Place]:
    """The places that a point means; none after an error."""
    kernel = points.kernel
    if point.module is not None and say_system(points, point, point.tracepoint.name):
        return []
    module = named_module(kernel, points.report, point.module) if point.module is not None else None
    if point.module is not None and module is None:
        return []
    names = points.expand(
        point.tracepoint, lambda pattern: _reachable_ones(kernel, pattern, module), "tracepoint", module
    )
    places = []
    for name in names:
        answer = kernel.find_tracepoint(name, module)
        if isinstance(answer, NotFound):
            say_no_tracepoint(points, point, name, owner(kernel, module), module, answer.near)
            return []
        home = None if module == "vmlinux" else module
        if isinstance(answer, Unknown):
            why = f"not known, because {answer.reason}"
            scope = Scope(Kind.TPROBE, {}, "argument", f"`{name}`", no_names=why)
        elif _is_stub_hidden(kernel, name, answer.value.module):
            _say_hidden(points, point.tracepoint, name)
            return []
        else:
            home = answer.value.module
            scope = _scope(answer.value)
        places.append(Place(TracepointTarget(name, home), event_name(name), scope))
    return places


def _scope(found: Tracepoint) -> Scope:
    params = listed(found.params)
    values = parameter_values(found.btf, params)
    named = {p.name: value for p, value in zip(params, values, strict=True) if p.name}
    btf = found.btf if found.module is not None else None
    return Scope(Kind.TPROBE, named, "argument", f"`{found.name}`", arguments=tuple(values), btf=btf)


def _reachable_ones(kernel: Kernel, pattern: re.Pattern[str], module: str | None) -> Answer[list[str]]:
    """The tracepoints that a pattern fits and a tprobe can sit on."""
    answer = kernel.tracepoints_matching(pattern, module)
    if not isinstance(answer, Found):
        return answer
    home = None if module == "vmlinux" else module
    return Found([name for name in answer.value if not _is_stub_hidden(kernel, name, home)])


def _is_stub_hidden(kernel: Kernel, name: str, module: str | None) -> bool:
    """Whether ftrace cannot trace the stub that a tprobe is an fprobe on (kernel/trace/trace_fprobe.c)."""
    stub = f"__probestub_{name}"
    traceable = kernel.table("functions")
    btf = kernel.module_btf(module) if module is not None else kernel.btf
    if traceable is None or btf is None or stub in traceable:
        return False
    if module is not None and not kernel.modules.is_loaded(module):
        return False
    return btf.find(Space.FUNC, stub) is not None


def _say_hidden(points: Points, ident: tree.Ident, name: str) -> None:
    events = [
        f"eprobe {system}:{event}"
        for system, event in points.kernel.sources.event_names() or ()
        if event == name
    ]
    points.report.add(
        rules.NOT_TRACEABLE,
        ident.span,
        f"a tprobe cannot sit on `{name}` of {points.kernel.title}: ftrace cannot trace `__probestub_{name}`",
        help=f"its event has fields of its own: `{events[0]}`" if events else None,
        kernel_error="FAIL_REG_PROBE",
    )
