"""Probes as events of tracefs: the lines for `dynamic_events`, the filter, the trigger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.backends import DEFAULT_SETTINGS, Plan, Settings
from probelang.backends.tracefs.bounds import (
    MAX_COMMAND,
    MAX_TEXT,
    allows,
    filter_of,
    fits,
    say_refusal,
)
from probelang.backends.tracefs.filters import FilterTextError, names_in_event, render_filter
from probelang.backends.tracefs.join import join, needs_join
from probelang.backends.tracefs.kinds import Kinds
from probelang.backends.tracefs.lower import Capabilities, Refusal, lower
from probelang.backends.tracefs.run_names import name_group
from probelang.btf.types import BtfError
from probelang.check.report import Report
from probelang.check.rules import backends, facts, limits
from probelang.diagnostics import Label
from probelang.probes import (
    AddressTarget,
    ClockTarget,
    EventTarget,
    Field,
    FunctionTarget,
    Probe,
    ProgramTarget,
    Site,
    Target,
    Thread,
    ThreadName,
    TracepointTarget,
    WatchTarget,
)
from probelang.record import record
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.source import Span


@record
class Definition:
    """What one event of tracefs is defined by: a line for each of its points.

    `listed` is part of how the kernel lists it in `dynamic_events`, so that `stop` removes only what is its own.
    """

    name: str
    commands: tuple[str, ...]
    listed: str


@record
class Event:
    """One event of a spec: the events of tracefs that make it, and what is set before the last is switched on.

    The last definition is the event that is read; others before it only feed it. Triggers are (event, text), in
    the order in which they are set; the filter is the last event's.
    """

    probe: Probe
    definitions: tuple[Definition, ...]
    triggers: tuple[tuple[str, str], ...]
    filter: str | None

    @property
    def name(self) -> str:
        """The event in tracefs, `group/event`."""
        return self.definitions[-1].name

    @property
    def names(self) -> tuple[str, ...]:
        """Every event of tracefs that it takes."""
        return tuple(definition.name for definition in self.definitions)

    @property
    def commands(self) -> tuple[str, ...]:
        """All lines for `dynamic_events`, in order."""
        return tuple(command for definition in self.definitions for command in definition.commands)


@record
class Emitted:
    """What came of one probe, and what of the others it rests on: the names that were taken, the events that it sits on.

    `taken` is None where names do not matter; `added` are those that it takes itself.
    """

    probe: Probe
    taken: frozenset[str] | None
    added: frozenset[str]
    bases: tuple[Event | None, ...]
    event: Event | None
    said: tuple[Diagnostic, ...]


def emit_events(
    probes: Sequence[Probe],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
    kept: dict[int, Emitted] | None = None,
) -> Plan:
    """The events of all probes that the target kernel can have; a diagnostic for each that it cannot.

    An editor gives the same `kept` again and again: what came of the probes that are still as they were is taken from it.
    """
    if not probes:
        return Plan((), ())
    try:
        return _emit_all(probes, kernel, {} if kept is None else kept, settings.run)
    except (BtfError, KernelError) as error:
        report = Report()
        report.add(facts.BAD_FACTS, probes[0].point_span, f"{kernel.title}: {error}")
        return Plan((), tuple(report.diagnostics))


def _emit_all(probes: Sequence[Probe], kernel: Kernel, kept: dict[int, Emitted], run: str) -> Plan:
    can = Capabilities(kernel)
    events: list[Event] = []
    said: list[Diagnostic] = []
    claimed: dict[str, Span] = {}
    made: dict[tuple[str, str], Event] = {}
    taken = {f"{name_group(probe.group, run)}/{probe.event}" for probe in probes}
    last = dict(kept)
    kept.clear()
    for probe in probes:
        report = Report()
        bases = tuple(
            made.get((site.target.system, site.target.event))
            for site in probe.sites
            if isinstance(site.target, EventTarget)
        )
        known = last.get(id(probe))
        if (
            known is None
            or known.probe is not probe
            or known.taken not in (None, taken)
            or any(one is not other for one, other in zip(known.bases, bases, strict=True))
        ):
            before = frozenset(taken) if needs_join(probe, can) else None
            event = _Emitter(probe, kernel, can, report, taken, made, run).emit()
            added = frozenset(taken - before) if before is not None else frozenset()
            known = Emitted(probe, before, added, bases, event, tuple(report.diagnostics))
        else:
            report.diagnostics += known.said
            taken |= known.added
        kept[id(probe)] = known
        if known.event is not None:
            events.append(known.event)
            made[probe.group, probe.event] = known.event
            _claim_tracepoints(probe, kernel, claimed, report)
        said.extend(report.diagnostics)
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
    def __init__(
        self,
        probe: Probe,
        kernel: Kernel,
        can: Capabilities,
        report: Report,
        taken: set[str],
        made: dict[tuple[str, str], Event],
        run: str,
    ) -> None:
        self.probe = probe
        self.run = run
        self.group = name_group(probe.group, run)
        self.kernel = kernel
        self.can = can
        self.report = report
        self.taken = taken
        self.made = made

    def emit(self) -> Event | None:
        head = Kinds(self.probe, self.kernel, self.report, bool(self.run)).head()
        if head is None:
            return None
        if needs_join(self.probe, self.can):
            return self._emit_joined(head)
        in_event = None
        if self.probe.kind is Kind.EPROBE:
            if not self._bases_allow():
                return None
            in_event = self._event_filter()
        name = f"{self.group}/{self.probe.event}"
        definition = self.define(name, head, self.probe.sites, in_event)
        text = self._filter(in_event)
        if definition is None or self.report.has_errors():
            return None
        return self._within_limits(Event(self.probe, (definition,), self._stacktrace(name, text), text))

    def _emit_joined(self, head: str) -> Event | None:
        joined = join(self.probe, self.kernel, self.can, self.report, self.taken, self.run)
        text = self._filter(None)
        if joined is None:
            return None
        entry = self.define(joined.entry, "f" if head[0] == "f" else "p", joined.entry_sites, None)
        exit = self.define(joined.exit, head, joined.exit_sites, None)
        if entry is None or exit is None or self.report.has_errors():
            return None
        definitions = [entry, exit, Definition(joined.name, (joined.command,), f":{joined.name}\t")]
        if joined.reader is not None:
            reader = self.define(f"{self.group}/{self.probe.event}", "e", (joined.reader,), None)
            if reader is None:
                return None
            definitions.append(reader)
        triggers = (*joined.triggers, *self._stacktrace(definitions[-1].name, text))
        return self._within_limits(Event(self.probe, tuple(definitions), triggers, text))

    def _within_limits(self, event: Event) -> Event | None:
        """Whether every line can be written: each is one write of bounded size."""
        texts = [("the condition", event.filter or "", MAX_TEXT)]
        texts += [("a trigger of this event", text, MAX_TEXT) for _, text in event.triggers]
        texts += [("the line that defines this event", command, MAX_COMMAND) for command in event.commands]
        good = all(fits(text, what, limit, self.probe, self.report) for what, text, limit in texts)
        return event if good else None

    def _stacktrace(self, name: str, filter: str | None) -> tuple[tuple[str, str], ...]:
        if not self.probe.stacktrace:
            return ()
        return ((name, "stacktrace" if filter is None else f"stacktrace if {filter}"),)

    def define(self, name: str, head: str, sites: Sequence[Site], in_event: str | None) -> Definition | None:
        """The lines of one event, None where a field, or a line, cannot be."""
        lines = [self._line(f"{head}:{name}", head, site, in_event) for site in sites]
        commands = tuple(line for line in lines if line is not None)
        if len(commands) < len(lines):
            return None
        target = sites[0].target
        # the kernel writes a program's offset in its own width
        where = f"{target.path}:" if isinstance(target, ProgramTarget) else self._target(target, head)
        if isinstance(target, AddressTarget):
            where = "0x"  # the kernel lists a hash of the address
        return Definition(name, commands, f":{name} {where}")

    # --------------------------------------------------------------------------------------------- points

    def _target(self, target: Target, head: str) -> str:
        """A point as the kernel writes it; of a joined event of this spec, where its hits are."""
        base = self.made.get((target.system, target.event)) if isinstance(target, EventTarget) else None
        return base.name.replace("/", ".") if base is not None else point_text(target, head)

    # --------------------------------------------------------------------------------------------- fields

    def _line(self, start: str, head: str, site: Site, in_event: str | None) -> str | None:
        words = [start, self._target(site.target, head) + point_suffix(site.target, head)]
        # the kernel does not look for the BTF of a function that is named with its module
        with_module = isinstance(site.target, FunctionTarget) and site.target.module and head[0] != "f"
        can = self.can.by_offsets() if with_module else self.can
        good = True
        recorded = []
        for field in site.fields:
            if field.auto and in_event is not None:
                continue
            text = self._lowered(field, site.target, can)
            if text is None:
                good = False
            elif text:
                words.append(text)
                recorded.append(field)
        if not allows(recorded, self.probe, self.report):
            return None
        base = self._base_filter(site.target)
        if base is not None and not (self.kernel.features.eprobe_filter and _fits_command(base)):
            self.report.add(
                backends.UNSUPPORTED,
                self.probe.point_span,
                "an eprobe sees every hit of its event, and the condition of this event cannot be repeated here",
                help="record it in that probe itself",
            )
            return None
        conditions = [text for text in (base, in_event) if text is not None]
        if conditions:
            words += [
                "if",
                conditions[0] if len(conditions) == 1 else " && ".join(f"({text})" for text in conditions),
            ]
        return " ".join(words) if good else None

    def _lowered(self, field: Field, target: Target, can: Capabilities) -> str | None:
        """The fetch arg; "" for what every record has by itself."""
        base = field.access.base
        thread = base.what if isinstance(base, Thread) and base.what != "pid" else None
        if thread is not None and field.auto:
            return ""
        if isinstance(target, WatchTarget) and isinstance(base, ThreadName):
            # a wprobe does not record it; the head of the line has it, and the filter knows it
            if not field.auto:
                self._say_in_header(field, "TASK-TID")
            return ""
        bare = isinstance(target, EventTarget | WatchTarget) or not self.can.current
        if thread == "cpu" or (thread == "tid" and bare):
            self._say_in_header(field, "TASK-TID" if thread == "tid" else "[CPU]")
            return ""
        lowered = lower(field, target, can)
        if isinstance(lowered, Refusal):
            say_refusal(self.report, lowered, field.span)
            return None
        return lowered

    def _say_in_header(self, field: Field, where: str) -> None:
        self.report.add(
            limits.RECORDED_IN_HEADER,
            field.span,
            f"every line of the trace has this by itself, as {where}; {self.can.title} cannot record it again",
        )

    # -------------------------------------------------------------------------------------------- filters

    def _event_filter(self) -> str | None:
        """The condition as the `if` of an eprobe, which filters before anything is recorded.

        It is part of the command, which is split at white space and cut off at `#`.
        """
        if self.probe.condition is None or self.kernel.features.eprobe_filter is not True:
            return None
        names = names_in_event(self.probe.condition, {field.name: field for field in self.probe.fields})
        if names is None:
            return None
        try:
            text = render_filter(self.probe.condition, names)
        except FilterTextError:
            return None
        return text if _fits_command(text) else None

    def _bases_allow(self) -> bool:
        """Whether the events of this spec that an eprobe sits on can bear one (find_and_get_event)."""
        for base in self._bases():
            letter = base.definitions[-1].commands[0][0]
            if letter not in "pre":
                continue
            what = {"p": "a kprobe's event", "r": "a kretprobe's event", "e": "another eprobe's event"}[
                letter
            ]
            self.report.add(
                backends.UNSUPPORTED,
                self.probe.point_span,
                f"the kernel lets no eprobe sit on {what}, which `{base.name}` is on {self.kernel.title}",
                help="record it in that probe itself; the events of fprobes and tprobes can bear an eprobe",
                kernel_error="BAD_ATTACH_EVENT",
            )
            return False
        return True

    def _bases(self) -> list[Event]:
        targets = [site.target for site in self.probe.sites]
        keys = [(target.system, target.event) for target in targets if isinstance(target, EventTarget)]
        return [self.made[key] for key in keys if key in self.made]

    def _base_filter(self, target: Target) -> str | None:
        """The condition of the event that an eprobe sits on, which the kernel does not apply to eprobes."""
        base = self.made.get((target.system, target.event)) if isinstance(target, EventTarget) else None
        return base.filter if base is not None else None

    def _filter(self, in_event: str | None) -> str | None:
        return None if in_event is not None else filter_of(self.probe, self._common_names(), self.report)

    def _common_names(self) -> dict[str, str]:
        """What a wprobe's filter calls the task's name, which is no field of its own (trace_define_generic_fields)."""
        if self.probe.kind is not Kind.WATCH:
            return {}
        return {
            field.name: "COMM" for field in self.probe.fields if isinstance(field.access.base, ThreadName)
        }


def point_text(target: Target, head: str) -> str:
    """A point as the kernel writes it, for a command that begins with `head`."""
    match target:
        case FunctionTarget(function, module, offset, _):
            # an fprobe is by the name alone; a kprobe with a module sits there only
            name = f"{module}:{function}" if module and head[0] != "f" else function
            return f"{name}+{offset}" if offset else name
        case ProgramTarget(path, offset, _, counter):
            return f"{path}:{offset:#x}" + (f"({counter:#x})" if counter is not None else "")
        case AddressTarget(address):
            return f"{address:#x}"
        case WatchTarget(symbol, address, access, length):
            place = f"{address:#x}" if symbol is None else symbol + (f"{address:+d}" if address else "")
            return f"{access}@{place}:{length}"
        case ClockTarget():
            raise AssertionError("no event of tracefs has a clock")
        case TracepointTarget(tracepoint, _):
            return tracepoint
        case EventTarget(system, event):
            return f"{system}.{event}"


def point_suffix(target: Target, head: str) -> str:
    """What follows the point of a command that begins with `head`: an fprobe at the return says so there."""
    return "%return" if isinstance(target, FunctionTarget) and target.returns and head[0] == "f" else ""


def _fits_command(text: str) -> bool:
    """Whether a condition survives as part of a line: those are split at white space and end at `#`.

    The kernel takes the byte 0xa0 for white space too, which is part of many characters.
    """
    return "#" not in text and "  " not in text and b"\xa0" not in text.encode()
