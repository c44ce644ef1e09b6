"""Probes as perf has them: what `perf probe` defines, and what `perf record` is told of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probelang.answers import Found, KernelError
from probelang.backends import DEFAULT_SETTINGS, Plan, Settings
from probelang.backends.perf.existing import Beyond, names_in_filter, show
from probelang.backends.perf.model import RETURN_PLACE, Definition, Event, Selection, spell_names
from probelang.backends.perf.names import MISREAD, aliases
from probelang.backends.perf.tracepoints import as_event
from probelang.backends.perf.values import (
    BPFTRACE,
    OTHERS,
    TRACEFS,
    PerfCapabilities,
    Refusal,
    spell,
    spell_in_program,
)
from probelang.backends.tracefs.bounds import MAX_COMMAND, allows, filter_of, fits, say_refusal
from probelang.btf.types import BtfError
from probelang.check.report import Report
from probelang.check.rules import backends, facts, limits
from probelang.kernel.features import FEATURES
from probelang.probes import (
    AddressTarget,
    EventTarget,
    Field,
    FunctionTarget,
    Probe,
    ProgramTarget,
    Site,
    Thread,
    ThreadName,
    WatchTarget,
)
from probelang.source import Span
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel


def emit_events(
    probes: Sequence[Probe],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
    kept: dict[int, Any] | None = None,
) -> Plan:
    """The events of all probes that perf can have on the target kernel; a diagnostic for each that it cannot."""
    if not probes:
        return Plan((), ())
    try:
        return _emit_all(probes, kernel, settings)
    except (BtfError, KernelError) as error:
        report = Report()
        report.add(facts.BAD_FACTS, probes[0].point_span, f"{kernel.title}: {error}")
        return Plan((), tuple(report.diagnostics))


def _emit_all(probes: Sequence[Probe], kernel: Kernel, settings: Settings) -> Plan:
    can = PerfCapabilities(kernel)
    events: list[Event] = []
    said: list[Diagnostic] = []
    own = {(probe.group, probe.event) for probe in probes}
    recorded: dict[tuple[str, str], Span] = {}
    for probe in probes:
        report = Report()
        event = _Emitter(probe, kernel, can, report, settings, own, recorded).emit()
        if event is not None and not report.has_errors():
            events.append(event)
        said.extend(report.diagnostics)
    return Plan(tuple(spell_names(events)), tuple(said))


class _Emitter:
    def __init__(
        self,
        probe: Probe,
        kernel: Kernel,
        can: PerfCapabilities,
        report: Report,
        settings: Settings,
        own: set[tuple[str, str]],
        recorded: dict[tuple[str, str], Span],
    ) -> None:
        self.probe = probe
        self.kernel = kernel
        self.can = can
        self.report = report
        self.debuginfo = settings.debuginfo
        self.own = own
        self.recorded = recorded
        self.again: dict[str, str] = {}

    def emit(self) -> Event | None:
        match self.probe.kind:
            case Kind.KPROBE | Kind.FPROBE:
                return self._emit_probes() if self._has("kprobe") and self._functions_allow() else None
            case Kind.UPROBE | Kind.USDT:
                return self._emit_probes() if self._has("uprobe") else None
            case Kind.EPROBE:
                return self._emit_existing()
            case Kind.WATCH:
                return self._emit_watch()
            case Kind.TPROBE:
                return self._emit_tracepoint()
            case Kind.MONITOR:
                self._refuse("perf has nothing that looks at variables by the clock", BPFTRACE)
        return None

    def _refuse(self, message: str, help: str, span: Span | None = None) -> None:
        self.report.add(backends.UNSUPPORTED, span or self.probe.point_span, message, help=help)

    def _option(self, name: str) -> Span | None:
        """Where an option stands in the spec."""
        text, begin, end = self.probe.source.text, self.probe.point_span.end, self.probe.span.end
        match = re.compile(rf"\b{name}\s*=\s*\w+").search(text, begin, end)
        return Span(*match.span()) if match is not None else None

    def _has(self, feature: str) -> bool:
        if self.kernel.features.get(feature) is not False:
            return True
        self.report.add(
            limits.NO_FEATURE,
            self.probe.point_span,
            f"{self.kernel.title} has no {feature} events: they take {FEATURES[feature].needs}",
        )
        return False

    # --------------------------------------------------------------------------------- perf probe

    def _functions_allow(self) -> bool:
        if self.probe.maxactive is not None:
            self._refuse(
                "perf cannot say how many calls may be under way at once (`maxactive`)",
                f"without it perf takes the kernel's own number; {TRACEFS}",
                self._option("maxactive"),
            )
            return False
        for site in self.probe.sites:
            if not isinstance(site.target, FunctionTarget):
                continue
            name = site.target.function
            answer = self.kernel.find_function(name)
            if isinstance(answer, Found) and answer.value.blacklisted:
                self._refuse(f"perf makes kprobes, which the kernel forbids on `{name}`", TRACEFS)
                return False
            symbols = self.kernel.has_symbol(name)
            if site.target.module is None and isinstance(symbols, Found) and symbols.value > 1:
                self._refuse(
                    f"{symbols.value} symbols are called `{name}`, and perf would put a probe on each",
                    "say which by its address: `kprobe 0xADDRESS`",
                )
                return False
        return True

    def _emit_probes(self) -> Event | None:
        self.again = aliases(self.probe.condition, [field.name for field in self.probe.fields])
        definitions = [self._define(site, number) for number, site in enumerate(self.probe.sites)]
        filter = self._filter(self.again)
        good = tuple(definition for definition in definitions if definition is not None)
        if len(good) < len(definitions) or self.report.has_errors():
            return None
        selections = tuple(self._select(definition.name, filter) for definition in good)
        shown = tuple(
            (field.name, "" if self._in_header(field) else field.name) for field in self.probe.fields
        )
        return Event(self.probe, good, () if self.probe.disabled else selections, shown)

    def _select(self, event: str, filter: str | None) -> Selection:
        return Selection(event, filter, ("call-graph=fp",) if self.probe.stacktrace else ())

    def _define(self, site: Site, number: int) -> Definition | None:
        target = site.target
        program: str | None = None
        module: str | None = None
        returns = False
        match target:
            case FunctionTarget(function, module, offset, returns):
                where = f"{function}+{offset}" if offset else function
            case AddressTarget(address):
                where = f"{address:#x}"
            case ProgramTarget(path, offset, returns, counter):
                program = path
                where = f"{offset:#x}"
                if counter is not None:
                    self._refuse(
                        "this static probe is switched on by a counter (its semaphore), which perf counts up only for "
                        "probes that it found itself (`perf buildid-cache --add`)",
                        OTHERS,
                    )
                    return None
            case _:
                raise AssertionError(f"no probe of perf is on {target}")
        words = self._fields(site)
        if words is None:
            return None
        if self.debuginfo and program is not None and not self.again:
            in_program = spell_in_program(self.probe, site)
            if in_program is not None:
                where, words = in_program
        arguments = "".join(f" {word}" for word in words)
        place = f"{where}{RETURN_PLACE}" if returns else where
        in_c = self.debuginfo and any(word.partition("=")[2][:1].isalpha() for word in words)
        # perf finds a name that is free when all are known
        made = Definition(self.probe.group, f"{number}", place, arguments, program, module, not in_c)
        # the kernel adds what it calls the place to what it is given, and perf a number to the name
        text = made.text + self.probe.event
        what = "the line that defines this event"
        return made if fits(text, what, MAX_COMMAND - 64, self.probe, self.report) else None

    def _fields(self, site: Site) -> list[str] | None:
        words: list[str] = []
        recorded: list[Field] = []
        good = True
        for field in site.fields:
            if self._in_header(field):
                if not field.auto:
                    self._say_in_header(field)
                continue
            text = spell(field, site.target, self.can, self.debuginfo)
            if isinstance(text, Refusal):
                say_refusal(self.report, text, field.span)
                good = False
                continue
            words.append(text)
            recorded.append(field)
            if field.name in self.again:
                words.append(f"{self.again[field.name]}={text.partition('=')[2]}")
                recorded.append(field)
        return words if good and allows(recorded, self.probe, self.report) else None

    def _in_header(self, field: Field) -> bool:
        """Whether every line of `perf script` has a value by itself, and the kernel cannot record it as a field."""
        base = field.access.base
        if not isinstance(base, Thread) or base.what == "pid":
            return False
        return base.what == "cpu" or field.auto or not self.can.current

    def _say_in_header(self, field: Field) -> None:
        self.report.add(
            limits.RECORDED_IN_HEADER,
            field.span,
            "every line of `perf script` has this by itself: the task's name, its thread, the CPU",
        )

    # ------------------------------------------------------------------------------------- events

    def _emit_existing(self) -> Event | None:
        fields = {field.name: field for field in self.probe.fields}
        shown = tuple((name, self._shown(field)) for name, field in fields.items())
        names: dict[str, str] = {}
        if self.probe.condition is not None:
            found = names_in_filter(self.probe.condition, fields)
            if isinstance(found, Beyond):
                self._refuse(found.why, found.help, found.span)
                return None
            names = found
        filter = self._filter(names)
        selections = []
        for site in self.probe.sites:
            target = site.target
            assert isinstance(target, EventTarget)
            key = (target.system, target.event)
            # one of the kernel's events that has its own name: that is said
            if key in self.own and self.kernel.sources.event(*key) is None:
                self._refuse(
                    "perf has no probes on the events of other probes",
                    f"record it in that probe itself; {TRACEFS}",
                )
                return None
            if key in self.recorded:
                self._refuse(
                    f"perf records `{target.system}:{target.event}` for another probe of this spec already, and the two could not be told apart",
                    f"one probe can have both conditions, joined by `||`; {TRACEFS}",
                )
                return None
            self.recorded[key] = self.probe.span
            selections.append(self._select("/".join(key), filter))
        return Event(self.probe, (), () if self.probe.disabled else tuple(selections), shown)

    def _shown(self, field: Field) -> str:
        shown = show(field)
        if isinstance(shown, Refusal):
            if not field.auto:
                say_refusal(self.report, shown, field.span)
            return ""
        if not shown.name and not field.auto:
            self._say_in_header(field)
        return shown.name

    def _emit_tracepoint(self) -> Event | None:
        probe = as_event(self.probe, self.kernel)
        if isinstance(probe, Probe):
            self.probe = probe
            return self._emit_existing()
        for span, refusal in probe:
            say_refusal(self.report, refusal, span)
        return None

    # ------------------------------------------------------------------------------------ watches

    def _emit_watch(self) -> Event | None:
        good = True
        for field in self.probe.fields:
            if not isinstance(field.access.base, Thread | ThreadName):
                self._refuse(
                    "a hardware breakpoint of perf records no values, but who, where and when",
                    BPFTRACE,
                    field.span,
                )
                good = False
            elif not field.auto:
                self._say_in_header(field)
        if self.probe.condition is not None:
            self._refuse("perf has no filter for hardware breakpoints", BPFTRACE, self.probe.condition_span)
            good = False
        if not good:
            return None
        selections = []
        for site in self.probe.sites:
            assert isinstance(site.target, WatchTarget)
            terms = [f"name='{self.probe.group}:{self.probe.event}'"]
            terms += ["call-graph=fp"] if self.probe.stacktrace else []
            selections.append(Selection("", None, tuple(terms), site.target))
        shown = tuple((field.name, "") for field in self.probe.fields)
        return Event(self.probe, (), () if self.probe.disabled else tuple(selections), shown)

    # ------------------------------------------------------------------------------------ filters

    def _filter(self, names: Mapping[str, str]) -> str | None:
        # perf adds ` && (common_pid != N)`, for itself
        text = filter_of(self.probe, names, self.report, reserved=40)
        if text is None or MISREAD not in text:
            return text
        self._refuse(
            f"perf takes a filter for one of another kind (BPF) where `{MISREAD}` stands in it, be it in a string",
            TRACEFS,
            self.probe.condition_span,
        )
        return None
