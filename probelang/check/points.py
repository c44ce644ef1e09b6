"""Probe points: patterns expanded for the target kernel, names looked up, each place with what may be named there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.btf import types as btf_types
from probelang.check.btf_ctypes import BtfType
from probelang.check.event_fields import field_value, own_scope
from probelang.check.parameters import listed, parameter_values
from probelang.check.patterns import are_usable, event_name, expand_braces, is_pattern, pattern_of, place_of
from probelang.check.report import Report, only_absent, rename, suggest
from probelang.check.rules import facts, points
from probelang.check.scope import Place, Scope
from probelang.probes import (
    AddressTarget,
    EventTarget,
    FunctionTarget,
    Probe,
)
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from probelang.check.code import CodePoints
    from probelang.kernel.interface import Event, Function, Kernel

MAX_POINTS = 100

#: The system of what `find_and_get_event` (kernel/trace/trace_eprobe.c) skips: TRACE_EVENT_FL_IGNORE_ENABLE.
_OWN_RECORDS = "ftrace"


class Points:
    """Resolves the point of one probe; what is wrong goes to the report."""

    def __init__(
        self,
        kernel: Kernel,
        report: Report,
        probe: tree.Probe,
        limit: int,
        own: Mapping[tuple[str, str], Probe],
        behind: Container[tuple[str, str]],
        declared: Container[tuple[str, str]],
    ) -> None:
        self.kernel = kernel
        self.report = report
        self.probe = probe
        self.limit = limit
        self.own = own
        self.behind = behind
        self.declared = declared
        self.left_out: tuple[str, ...] = ()

    def resolve(self) -> list[Place]:
        """The places of the first alternative that the target kernel has; none after an error."""
        said = []
        for point in self.probe.points:
            mark = self.report.mark()
            places = self._resolve(point)
            if places:
                return places
            latest = self.report.take_since(mark)
            if not latest or not only_absent(latest):
                self.report.diagnostics.extend(latest)
                return []
            said.append(latest)
        if said:
            last = said[-1]
            notes = tuple(
                f"nor is the choice before `??` there: {earlier[0].message}" for earlier in said[:-1]
            )
            self.report.diagnostics.extend([replace(last[0], notes=(*last[0].notes, *notes)), *last[1:]])
        return []

    def _resolve(self, point: tree.Point) -> list[Place]:
        match point:
            case tree.FunctionPoint():
                return self._functions(point)
            case tree.AddressPoint():
                return [self._address(point)]
            case tree.TracepointPoint():
                from probelang.check import tracepoints

                return tracepoints.resolve(self, point)
            case tree.EventPoint():
                return self._events(point)
            case tree.ProgramPoint() | tree.UsdtPoint():
                from probelang.check.programs import Programs

                return Programs(self.report, self.limit).resolve(point)
            case tree.SourcePoint():
                return self._code_points().source_line(point)
            case tree.WatchPoint():
                from probelang.check.watches import Watches

                return Watches(self.kernel, self.report).resolve(point)
            case tree.MonitorPoint():
                from probelang.check.watches import clock_place

                return [clock_place(point)]
            case tree.BrokenPoint():
                pass
        return []

    def _code_points(self) -> CodePoints:
        from probelang.check.code import CodePoints

        return CodePoints(self.kernel, self.report, self.probe.kind, self.limit)

    # ------------------------------------------------------------------------------------------ patterns

    def expand(
        self,
        ident: tree.Ident,
        matching: Callable[[re.Pattern[str]], Answer[list[str]]],
        what: str,
        module: str | None = None,
    ) -> list[str]:
        """The names that a pattern stands for, all of them there on the target kernel."""
        wanted = expand_braces(ident.name)
        if not are_usable(self.report, ident, wanted):
            return []
        if len(wanted) == 1 and not is_pattern(wanted[0]):
            return wanted
        found: dict[str, None] = {}
        for pattern in wanted:
            if not is_pattern(pattern):
                found[pattern] = None
                continue
            answer = matching(pattern_of(pattern))
            if isinstance(answer, Unknown):
                self.report.add(
                    facts.MISSING_FACT, ident.span, f"`{pattern}` cannot be expanded: {answer.reason}"
                )
                return []
            if isinstance(answer, NotFound) or not answer.value:
                self.report.add(
                    points.NO_MATCH,
                    ident.span,
                    f"no {what} of {self.owner_of(module)} fits `{pattern}`",
                    notes=self.left_out,
                    help="`*` stands for any letters, `?` for one, `{a,b}` for alternatives",
                    fix=rename(ident.span, [pattern.replace(".*", "*")]) if ".*" in ident.name else None,
                )
                return []
            found.update(dict.fromkeys(filter(_is_name, answer.value)))
        return list(found) if self._within_limit(ident.span, ident.name, len(found), what, module) else []

    def _within_limit(
        self, span: Span, pattern: str, count: int, what: str, module: str | None = None
    ) -> bool:
        if count <= self.limit:
            return True
        self.report.add(
            points.TOO_MANY_POINTS,
            span,
            f"`{pattern}` fits {count} {what}s of {self.owner_of(module)}, and the limit is {self.limit}",
            help=f"a narrower pattern, or `with max={count}`",
        )
        return False

    # ----------------------------------------------------------------------------------------- functions

    def _functions(self, point: tree.FunctionPoint) -> list[Place]:
        if point.returns is not None and (point.offset or point.line is not None):
            self.report.add(
                points.RETURN_WITH_OFFSET,
                point.span,
                "a return is caught at the function's entry: `%return` takes no offset and no line",
                help=f"leave it out: `{self.probe.kind.value} {point.function.name}%return`",
            )
            return []
        module = None
        if point.module is not None:
            from probelang.check.absent import say_system
            from probelang.check.modules import named_module

            if say_system(self, point, point.function.name):
                return []
            module = named_module(self.kernel, self.report, point.module)
            if module is None:
                return []
        names = self.expand(
            point.function,
            lambda pattern: self._probeable(pattern, point.function.span, module),
            "function",
            module,
        )
        if point.line is not None:
            lines = [self._code_points().function_line(point, name) for name in names]
            return [place for places in lines for place in places] if all(lines) else []
        several = len(names) > 1
        places = []
        for name in names:
            place = self._function(point, name, module)
            if place is not None:
                places.append(place)
            elif not several:
                return []
        return places if len(places) == len(names) else []

    def _probeable(self, pattern: re.Pattern[str], span: Span, module: str | None) -> Answer[list[str]]:
        """The functions that a pattern fits and a probe of this kind can sit on; what is left out is said."""
        answer = self.kernel.functions_matching(pattern, module)
        if not isinstance(answer, Found) or len(answer.value) > 2 * self.limit:
            return answer
        left = [name for name in answer.value if self._hindrance(name, module) is not None]
        self.left_out = tuple(f"`{name}` {self._hindrance(name, module)}" for name in left[:3])
        if left and len(left) < len(answer.value):
            shown = ", ".join(f"`{name}`" for name in left[:5]) + (", …" if len(left) > 5 else "")
            self.report.add(
                points.LEFT_OUT,
                span,
                f"{len(left)} of {len(answer.value)} functions are left out: {shown}",
                notes=self.left_out[:1],
            )
        return Found([name for name in answer.value if name not in left])

    def _hindrance(self, name: str, module: str | None) -> str | None:
        """Why no probe of this kind can sit on a function that a pattern fits."""
        answer = self.kernel.find_function(name, module)
        if not isinstance(answer, Found):
            return None
        function = answer.value
        symbols = self._symbols(function, module)
        if symbols is not None and symbols > 1:
            return f"is the name of {symbols} symbols"
        if self.probe.kind is Kind.KPROBE and function.blacklisted:
            return "is forbidden for kprobes by the kernel"
        return None

    def _function(self, point: tree.FunctionPoint, name: str, module: str | None) -> Place | None:
        answer = self.kernel.find_function(name, module)
        span = place_of(point.function, name)
        if isinstance(answer, NotFound):
            from probelang.check.absent import say_no_function

            say_no_function(self, point, span, name, module, answer.near)
            return None
        if isinstance(answer, Unknown):
            # not among what is known, which is not all: the kernel will say
            function = None
            reason = answer.reason
        else:
            function = answer.value
            reason = function.proto_reason
            if not self._allowed(function, span, module):
                return None
        returns = point.returns is not None
        home = function.module if function is not None else None if module == "vmlinux" else module
        alone = home is None or not self._others(name, home)
        target = FunctionTarget(name, home, point.offset or 0, returns, alone)
        label = event_name(name)
        if point.offset:
            label += f"_{point.offset:#x}"
        scope = self._function_scope(name, home, function, reason, point)
        if scope is None:
            return None
        return Place(target, label + ("_return" if returns else ""), scope)

    def _has_other_name(self, function: Function) -> bool:
        """Whether this kind of probe reaches a function that ftrace lists under another name."""
        from probelang.kernel.functions import is_alias

        # fprobes go by the list before Linux 6.16
        by_address = self.probe.kind is Kind.KPROBE or self.kernel.features.shared_tracepoints is True
        return by_address and function.module is None and is_alias(self.kernel, function.name)

    def _allowed(self, function: Function, span: Span, module: str | None) -> bool:
        kind = self.probe.kind
        if function.traceable is False and module is None:
            from probelang.check.absent import is_inlined, say_inlined

            if is_inlined(function):
                say_inlined(self, function, span)
                return False
        refused = kind is Kind.FPROBE or (
            # of a module's functions nothing was seen
            self.kernel.features.notrace_check and function.module is None and not function.blacklisted
        )
        if function.traceable is False and refused and not self._has_other_name(function):
            if function.blacklisted:
                helps = None
            elif self.kernel.features.notrace_check:
                helps = (
                    "probe a caller: this kernel takes kprobe events, too, only in code that ftrace can trace"
                )
            else:
                helps = "a kprobe may sit on it, unless the kernel refuses those where ftrace cannot trace"
            from probelang.check.successors import find_successors

            near = find_successors(self.kernel, function.name) if module is None else []
            self.report.add(
                points.NOT_TRACEABLE,
                span,
                f"ftrace cannot trace `{function.name}` on {self.kernel.title}",
                label=suggest(near),
                help=helps,
                fix=rename(span, near),
                kernel_error="FAIL_REG_PROBE" if kind is Kind.KPROBE else None,
            )
            return False
        if kind is Kind.KPROBE and function.blacklisted:
            self.report.add(
                points.BLACKLISTED,
                span,
                f"kprobes on `{function.name}` are forbidden by the kernel",
                help="probing it could bring the machine down: probe a function that it calls, or that calls it",
            )
            return False
        symbols = self._symbols(function, module)
        if symbols is not None and symbols > 1:
            from probelang.check.modules import home_names

            homes = home_names(self.kernel, function.name)
            if len(homes) > 1 and (module is None or module == "vmlinux"):
                self._say_homes(function.name, span, homes)
                return False
            alone = function.symbols == 1
            helps = "an fprobe can sit on it" if alone and self.kernel.features.fprobe else "probe a caller"
            self.report.add(
                points.AMBIGUOUS_SYMBOL,
                span,
                f"{symbols} {'symbols' if alone else 'functions'} of {self.kernel.title} are called `{function.name}`",
                notes=("one is a variable, and the kernel counts it when it looks for the kprobe's place",)
                if alone
                else (),
                help=helps if alone else "probe a caller, or a function they all call, whose name is its own",
            )
            return False
        return True

    def _say_homes(self, name: str, span: Span, homes: list[str]) -> None:
        """The kernel and modules, or several modules, have a function of this name: which is meant?"""
        modules = [f"`{home}:{name}`" for home in homes if home]
        whose = " and ".join(
            (["the kernel"] if "" in homes else []) + [f"`{home}`" for home in homes if home][:4]
        )
        self.report.add(
            points.AMBIGUOUS_SYMBOL,
            span,
            f"several functions of {self.kernel.title} are called `{name}`: of {whose}",
            notes=("an fprobe by the name alone would sit on all of them",)
            if self.probe.kind is Kind.FPROBE
            else (),
            help=f"say whose: {', '.join(modules[:3])}",
            kernel_error="NON_UNIQ_SYMBOL" if self.probe.kind is Kind.KPROBE else None,
        )

    def _others(self, name: str, home: str) -> bool:
        """Whether the kernel or another module has a function of the name too, so that the name alone finds both."""
        from probelang.check.modules import home_names

        return any(other != home for other in home_names(self.kernel, name))

    def owner_of(self, module: str | None) -> str:
        """Whose functions are looked for: the words of a message."""
        return self.kernel.title if module in (None, "vmlinux") else f"the module `{module}`"

    def _symbols(self, function: Function, module: str | None = None) -> int | None:
        """How many symbols the kernel finds by this name: for a kprobe those of data, too (`number_of_same_symbols`)."""
        count = function.symbols
        if module is not None and module != "vmlinux":
            # a name with its module is looked for there alone; where that cannot be said, a kprobe is put in its place
            return count
        if self.probe.kind is Kind.FPROBE and self.kernel.features.fprobe is not False:
            return count
        every = self.kernel.has_symbol(function.name)
        return every.value if isinstance(every, Found) and (count or 0) <= every.value else count

    def _function_scope(
        self, name: str, home: str | None, function: Function | None, reason: str, point: tree.FunctionPoint
    ) -> Scope | None:
        """None after an error."""
        kind = self.probe.kind
        owner = f"`{name}`"
        at_return = point.returns is not None
        if point.offset:
            if home is None:
                mark = self.report.mark()
                inside = self._code_points().offset_scope(point, name)
                if inside is not None or self.report.has_errors(mark):
                    return inside
            why = f"`{name}+{point.offset:#x}` is inside the function, where parameters may be anywhere"
            return Scope(kind, {}, "parameter", owner, no_names=why)
        if function is None or function.proto is None or function.btf is None:
            return Scope(kind, {}, "parameter", owner, at_return, no_names=f"not known, because {reason}")
        proto = function.btf.type(function.proto)
        assert isinstance(proto, btf_types.FuncProto)
        params = listed(proto.params)
        returns = BtfType(function.btf, proto.returns)
        values = parameter_values(function.btf, params, returns)
        named = {param.name: value for param, value in zip(params, values, strict=True) if param.name}
        btf = function.btf if function.module is not None else None
        return Scope(kind, named, "parameter", owner, at_return, returns, tuple(values), btf=btf)

    def _address(self, point: tree.AddressPoint) -> Place:
        name = f"at_{point.address:#x}"
        why = f"{point.address:#x} is an address, where parameters may be anywhere"
        return Place(
            AddressTarget(point.address),
            name,
            Scope(self.probe.kind, {}, "parameter", "this", no_names=why),
        )

    # ------------------------------------------------------------------------------- tracepoints, events

    def _events(self, point: tree.EventPoint) -> list[Place]:
        pairs = self._expand_events(point)
        places = []
        for system, event in pairs:
            if (system, event) in self.own:
                scope = own_scope(self.own[system, event])
                places.append(Place(EventTarget(system, event), event, scope))
                continue
            if (system, event) in self.declared:
                # one that is wrong itself has been reported
                if (system, event) in self.behind:
                    message = f"`{system}:{event}` is defined further down, and must be there first"
                    self.report.add(
                        points.UNKNOWN_EVENT, point.span, message, help="put this probe behind it"
                    )
                return []
            answer = self.kernel.find_event(system, event)
            if isinstance(answer, NotFound):
                from probelang.check.absent import say_no_event

                say_no_event(self, point, system, event, answer.near, alone=len(pairs) == 1)
                return []
            if isinstance(answer, Unknown):
                why = f"not known, because {answer.reason}"
                scope = Scope(Kind.EPROBE, {}, "field", f"`{system}:{event}`", no_names=why)
            elif system == _OWN_RECORDS:
                self.report.add(
                    points.NOT_TRACEABLE,
                    point.span,
                    f"no eprobe can sit on `{system}:{event}`: it is a record of a tracer's own, and no event",
                    kernel_error="BAD_ATTACH_EVENT",
                )
                return []
            else:
                scope = self._event_scope(system, answer.value)
            places.append(Place(EventTarget(system, event), event_name(event), scope))
        return places

    def _expand_events(self, point: tree.EventPoint) -> list[tuple[str, str]]:
        systems, events = expand_braces(point.system.name), expand_braces(point.event.name)
        for ident, names in ((point.system, systems), (point.event, events)):
            if not are_usable(self.report, ident, names):
                return []
        pairs: dict[tuple[str, str], None] = {}
        for system in systems:
            for event in events:
                if not is_pattern(system) and not is_pattern(event):
                    pairs[system, event] = None
                    continue
                answer = self.kernel.events_matching(pattern_of(system), pattern_of(event))
                if not isinstance(answer, Found):
                    reason = answer.reason if isinstance(answer, Unknown) else "it has none"
                    self.report.add(
                        facts.MISSING_FACT, point.span, f"`{system}:{event}` cannot be expanded: {reason}"
                    )
                    return []
                found = [
                    pair for pair in answer.value if pair[0] != _OWN_RECORDS and all(map(_is_name, pair))
                ]
                if not found:
                    self.report.add(
                        points.NO_MATCH,
                        point.span,
                        f"no event of {self.kernel.title} fits `{system}:{event}`",
                    )
                    return []
                pairs.update(dict.fromkeys(found))
        text = f"{point.system.name}:{point.event.name}"
        return list(pairs) if self._within_limit(point.span, text, len(pairs), "event") else []

    def _event_scope(self, system: str, event: Event) -> Scope:
        user = system == "syscalls"
        names = {
            field.name: field_value(self.kernel.btf, field, user)
            for field in event.fields
            if not field.common
        }
        return Scope(Kind.EPROBE, names, "field", f"`{system}:{event.name}`")


def _is_name(text: str) -> bool:
    """Whether a kernel's list has a name here: it may be damaged, and a line for tracefs is split at white space."""
    return text.isprintable() and " " not in text
