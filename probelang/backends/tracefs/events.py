"""Probes as events of tracefs: the lines for `dynamic_events`, the filter, the trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.tracefs.filters import FilterTextError, names_in_event, render_filter
from probelang.backends.tracefs.lower import Capabilities, Refusal, lower
from probelang.check.report import Report
from probelang.check.rules import conditions, limits
from probelang.diagnostics import Label
from probelang.kernel.answers import Found
from probelang.kernel.features import FEATURES
from probelang.probes import (
    AddressTarget,
    EventTarget,
    Field,
    FunctionTarget,
    Probe,
    Site,
    Target,
    Thread,
    TracepointTarget,
)
from probelang.record import record
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.source import Source, Span

MAX_ARGS = 128
#: WRITE_BUFSIZE of kernel/trace/trace.c, its last character and the end of the line not counted.
MAX_COMMAND = 4094
MAX_EVENT_SIZE = 4096


@record
class Event:
    """One event: what defines it, one line a point, and what is set before it is switched on.

    `targets` is how the kernel lists each point in `dynamic_events`, so that `stop` removes only what is its own.
    """

    probe: Probe
    commands: tuple[str, ...]
    targets: tuple[str, ...]
    filter: str | None
    trigger: str | None

    @property
    def name(self) -> str:
        return f"{self.probe.group}/{self.probe.event}"


@record
class Plan:
    """What a spec is on tracefs: its events, and what stands in the way of others."""

    events: tuple[Event, ...]
    diagnostics: tuple[tuple[Source, Diagnostic], ...]


def emit_events(probes: Sequence[Probe], kernel: Kernel) -> Plan:
    """The events of all probes that the target kernel can have; a diagnostic for each that it cannot."""
    can = Capabilities(kernel)
    events: list[Event] = []
    said: list[tuple[Source, Diagnostic]] = []
    claimed: dict[str, Span] = {}
    for probe in probes:
        report = Report()
        event = _Emitter(probe, kernel, can, report).emit()
        if event is not None:
            events.append(event)
            _claim_tracepoints(probe, kernel, claimed, report)
        said.extend((probe.source, diagnostic) for diagnostic in report.diagnostics)
    return Plan(tuple(events), tuple(said))


def _claim_tracepoints(probe: Probe, kernel: Kernel, claimed: dict[str, Span], report: Report) -> None:
    """Before Linux 6.16 (e3d6e1b9a34c) a tracepoint takes one tprobe, and refuses others without a word."""
    for site in probe.sites:
        if not isinstance(site.target, TracepointTarget):
            continue
        name = site.target.tracepoint
        if name in claimed and kernel.features.shared_tracepoints is False:
            report.add(
                limits.NO_FEATURE,
                probe.point_span,
                f"{kernel.title} takes one tprobe on `{name}`, and there is one already: Linux 6.16 and later take more",
                others=(Label(claimed[name], "the first"),),
                help="one probe can record what both do, and so can an eprobe on the event of this tracepoint",
            )
            return
        claimed[name] = probe.point_span


class _Emitter:
    def __init__(self, probe: Probe, kernel: Kernel, can: Capabilities, report: Report) -> None:
        self.probe = probe
        self.kernel = kernel
        self.can = can
        self.report = report

    def emit(self) -> Event | None:
        head = self._head()
        if head is None:
            return None
        condition = self.probe.condition
        in_event = None
        if condition is not None and self.probe.kind is Kind.EPROBE:
            in_event = self._event_filter()
        lines = [self._line(head, site, in_event) for site in self.probe.sites]
        text = self._filter(in_event)
        if any(line is None for line in lines) or self.report.diagnostics and self._failed():
            return None
        trigger = None
        if self.probe.stacktrace:
            trigger = "stacktrace" if text is None else f"stacktrace if {text}"
        commands = tuple(line for line in lines if line is not None)
        for command in commands:
            if len(command.encode()) > MAX_COMMAND:
                self.report.add(
                    limits.COMMAND_TOO_LONG,
                    self.probe.point_span,
                    f"the line that defines this event has {len(command)} characters, and may have {MAX_COMMAND}",
                    help="two probes on the same point can share the fetch args",
                )
                return None
        return Event(
            self.probe, commands, tuple(_target(site.target) for site in self.probe.sites), text, trigger
        )

    def _failed(self) -> bool:
        return any(found.severity.name == "ERROR" for found in self.report.diagnostics)

    # ---------------------------------------------------------------------------------------------- kinds

    def _head(self) -> str | None:
        """The letter of the kind, or of the one that does the same on this kernel."""
        features = self.kernel.features
        returns = any(
            isinstance(site.target, FunctionTarget) and site.target.returns for site in self.probe.sites
        )
        match self.probe.kind:
            case Kind.KPROBE:
                if features.kprobe is not False:
                    return f"r{self.probe.maxactive or ''}" if returns else "p"
                self._refuse("kprobe", "an eprobe on a trace event may tell the same")
            case Kind.FPROBE:
                if features.fprobe is not False:
                    return "f"
                if features.kprobe is not False:
                    return self._kprobe_instead(returns)
                self._refuse("fprobe", "a kprobe would do, but this kernel has no kprobe events either")
            case Kind.TPROBE:
                if features.tprobe is not False:
                    return "t"
                self._refuse("tprobe", self._way_out_of_tprobe())
            case Kind.EPROBE:
                if features.eprobe is not False:
                    return "e"
                self._refuse("eprobe", "enable the event itself, with a filter")
        return None

    def _kprobe_instead(self, returns: bool) -> str | None:
        """A kprobe does what an fprobe would, on the functions that allow one."""
        for site in self.probe.sites:
            assert isinstance(site.target, FunctionTarget)
            answer = self.kernel.find_function(site.target.function)
            if isinstance(answer, Found) and answer.value.blacklisted:
                why = f"and a kprobe on `{site.target.function}` in its stead is forbidden by the kernel"
                self._refuse("fprobe", why)
                return None
        return "r" if returns else "p"

    def _way_out_of_tprobe(self) -> str:
        for site in self.probe.sites:
            assert isinstance(site.target, TracepointTarget)
            answer = self.kernel.sources.event_names() or []
            for system, event in answer:
                if event == site.target.tracepoint:
                    return f"the event has fields of its own: `eprobe {system}:{event}`"
        return "an eprobe on the event of this tracepoint reads that event's fields"

    def _refuse(self, kind: str, help: str) -> None:
        self.report.add(
            limits.NO_FEATURE,
            self.probe.point_span,
            f"{self.kernel.title} has no {kind} events: they take {FEATURES[kind].needs}",
            help=help,
        )

    # --------------------------------------------------------------------------------------------- fields

    def _line(self, head: str, site: Site, in_event: str | None) -> str | None:
        words = [f"{head}:{self.probe.group}/{self.probe.event}", _target(site.target)]
        if isinstance(site.target, FunctionTarget) and site.target.returns and head == "f":
            words[1] += "%return"
        good = True
        size = 0
        count = 0
        for field in site.fields:
            if field.auto and in_event is not None:
                continue
            text = self._lowered(field, site.target)
            if text is None:
                good = False
            elif text:
                words.append(text)
                count += 1
                size += _size(field)
        if count > MAX_ARGS:
            self.report.add(
                limits.TOO_MANY_ARGS,
                self.probe.point_span,
                f"{count} fetch args are too many: a probe has at most {MAX_ARGS}",
            )
            return None
        if size > MAX_EVENT_SIZE:
            self.report.add(
                limits.EVENT_TOO_BIG,
                self.probe.point_span,
                f"a record of {size} bytes is too big: the fetch args may have {MAX_EVENT_SIZE}",
            )
            return None
        if in_event is not None:
            words += ["if", in_event]
        return " ".join(words) if good else None

    def _lowered(self, field: Field, target: Target) -> str | None:
        """The fetch arg; "" for what every record has by itself."""
        base = field.access.base
        thread = base.what if isinstance(base, Thread) and base.what != "pid" else None
        if thread is not None and field.auto:
            return ""
        if thread == "cpu" or (thread == "tid" and not self.can.current):
            where = "TASK-TID" if thread == "tid" else "[CPU]"
            self.report.add(
                limits.RECORDED_IN_HEADER,
                field.span,
                f"every line of the trace has this by itself, as {where}; {self.can.title} cannot record it again",
            )
            return ""
        lowered = lower(field, target, self.can)
        if isinstance(lowered, Refusal):
            self.report.add(
                lowered.rule,
                field.span,
                lowered.message,
                notes=lowered.notes,
                help=lowered.help,
                kernel_error=lowered.kernel_error or "",
            )
            return None
        return lowered

    # -------------------------------------------------------------------------------------------- filters

    def _event_filter(self) -> str | None:
        """The condition as the `if` of an eprobe, which filters before anything is recorded.

        It is part of the command, which is split at white space and cut off at `#`.
        """
        assert self.probe.condition is not None
        names = names_in_event(self.probe.condition, {field.name: field for field in self.probe.fields})
        if names is None or self.kernel.features.eprobe_filter is not True:
            return None
        try:
            text = render_filter(self.probe.condition, names)
        except FilterTextError:
            return None
        return text if "#" not in text and "  " not in text else None

    def _filter(self, in_event: str | None) -> str | None:
        if self.probe.condition is None or in_event is not None:
            return None
        try:
            return render_filter(self.probe.condition)
        except FilterTextError as error:
            self.report.add(conditions.FILTER_TEXT, error.span, str(error))
            return None


def _target(target: Target) -> str:
    match target:
        case FunctionTarget(function, module, offset, _):
            name = f"{module}:{function}" if module else function
            return f"{name}+{offset}" if offset else name
        case AddressTarget(address):
            return f"{address:#x}"
        case TracepointTarget(tracepoint):
            return tracepoint
        case EventTarget(system, event):
            return f"{system}.{event}"


def _size(field: Field) -> int:
    """The bytes a field takes in the fixed part of a record; a string has its place and length there."""
    fetch = field.fetch
    each = 4 if fetch.is_string else (fetch.bitfield[2] if fetch.bitfield else max(fetch.bits, 8)) // 8
    return each * (fetch.count or 1)
