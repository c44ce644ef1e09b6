"""Probes as clauses of a bpftrace script: where each fires, what it keeps, when and what it prints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from probelang.answers import KernelError
from probelang.backends import DEFAULT_SETTINGS, Plan, Settings
from probelang.backends.bpftrace.bodies import Based, Body, BodyRefused, write_body
from probelang.backends.bpftrace.conditions import ConditionRefused
from probelang.backends.bpftrace.dialect import dialect_of
from probelang.backends.bpftrace.points import PointRefused, Spot, find_spot
from probelang.btf.types import BtfError
from probelang.check.report import Report
from probelang.check.rules import backends, facts
from probelang.probes import EventTarget, FunctionTarget
from probelang.record import record, replace
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.probes import Probe, Site, Target
    from probelang.source import Span

#: One function takes 38 programs of fentry and fexit (BPF_MAX_TRAMP_LINKS of x86); somebody else may have some there.
MOST_TRACED = 32


@record
class Clause:
    """One probe of the script: its point, and the lines between its braces.

    `symbol` is what is at the address that the point takes as a parameter of the script (`$N`), because bpftrace wants a number there.
    """

    point: str
    lines: tuple[str, ...]
    symbol: str | None = None

    def render(self, parameter: int = 0) -> str:
        point = self.point.replace("$N", f"${parameter}") if self.symbol is not None else self.point
        return "\n".join((point, "{", *(f"\t{line}" for line in self.lines), "}"))


@record
class Event:
    """One event of a spec: the clauses that print it, and the maps that they keep values in."""

    probe: Probe
    clauses: tuple[Clause, ...]
    maps: tuple[str, ...]
    unsafe: bool

    @property
    def name(self) -> str:
        return f"{self.probe.group}/{self.probe.event}"

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called in the script's output."""
        return (self.name,)


def emit_events(
    probes: Sequence[Probe],
    kernel: Kernel,
    settings: Settings = DEFAULT_SETTINGS,
    kept: dict[int, Any] | None = None,
) -> Plan:
    """The clauses of all probes that this bpftrace can have; a diagnostic for each that it cannot."""
    dialect = dialect_of(settings.bpftrace)
    events: list[Event] = []
    said: list[Diagnostic] = []
    known = {(probe.group, probe.event): probe for probe in probes}
    traced: Counter[str] = Counter()
    for probe in probes:
        report = Report()
        try:
            event = _Emitter(probe, kernel, dialect, report, known, traced).emit()
        except (BtfError, KernelError) as error:
            report.add(facts.BAD_FACTS, probe.point_span, f"{kernel.title}: {error}")
            event = None
        if event is not None:
            events.append(event)
        said.extend(report.diagnostics)
    return Plan(tuple(events), tuple(said))


class _Emitter:
    def __init__(
        self,
        probe: Probe,
        kernel: Kernel,
        dialect: Dialect,
        report: Report,
        known: Mapping[tuple[str, str], Probe],
        traced: Counter[str],
    ) -> None:
        self.probe = probe
        self.kernel = kernel
        self.dialect = dialect
        self.report = report
        self.known = known
        self.traced = traced

    def emit(self) -> Event | None:
        probe = self.probe
        if probe.maxactive is not None and probe.kind is Kind.KPROBE:
            self._unsupported(probe.point_span, "bpftrace has no `maxactive`", "`--target tracefs` has")
            return None
        clauses: list[Clause] = []
        maps: list[str] = []
        unsafe = False
        for number, (site, base) in enumerate(self._sites()):
            made = self._site(site, base, number)
            if made is None:
                return None
            spot, body = made
            if body.entry:
                assert spot.entry is not None
                clauses.append(Clause(spot.entry, body.entry, spot.symbol))
            clause = Clause(spot.point, body.lines, spot.symbol)
            if spot.point.startswith("usdt:") and any(made.point == clause.point for made in clauses):
                if clause not in clauses:
                    self._unsupported(
                        probe.point_span,
                        "bpftrace knows a static probe by its name, and this one has its arguments in other registers at each of its places",
                        "`--target tracefs` can",
                    )
                    return None
                continue
            clauses.append(clause)
            self._count(site.target, spot, body)
            maps += body.maps
            unsafe = unsafe or spot.unsafe
        self._say_how_symbols_look()
        return Event(probe, tuple(clauses), tuple(maps), unsafe)

    def _say_how_symbols_look(self) -> None:
        for field in self.probe.fields:
            if field.fetch.name in ("symbol", "symstr"):
                self.report.add(
                    backends.SHOWN_OTHERWISE,
                    field.span,
                    "bpftrace shows a symbol by its name alone, `vfs_read`, and not as `vfs_read+0x0/0x370`",
                )

    def _sites(self) -> list[tuple[Site, tuple[Probe, Site] | None]]:
        """The places of the probe; an eprobe on an event of this spec is wherever that event is."""
        sites: list[tuple[Site, tuple[Probe, Site] | None]] = []
        for site in self.probe.sites:
            target = site.target
            base = self.known.get((target.system, target.event)) if isinstance(target, EventTarget) else None
            if base is None or base is self.probe:
                sites.append((site, None))
            else:
                sites += [(replace(site, target=below.target), (base, below)) for below in base.sites]
        return sites

    def _site(self, site: Site, base: tuple[Probe, Site] | None, number: int) -> tuple[Spot, Body] | None:
        probe = self.probe
        prefix = f"{probe.group}_{probe.event}" + (f"__{number}" if number else "")
        try:
            below = base[1].fields if base is not None else ()
            if base is not None and isinstance(base[1].target, EventTarget):
                raise PointRefused(
                    "an eprobe cannot sit on another eprobe of its spec", "record it in that probe itself"
                )
            kind = base[0].kind if base is not None else probe.kind
            if isinstance(site.target, FunctionTarget) and self.traced[site.target.function] >= MOST_TRACED:
                kind = Kind.KPROBE
            spot = find_spot(probe, kind, site.target, (*site.fields, *below), self.kernel, self.dialect)
            based = Based(below, base[0].condition) if base is not None else None
            return spot, write_body(probe, site.fields, spot, self.dialect, self.kernel, prefix, based)
        except PointRefused as error:
            self._unsupported(probe.point_span, str(error), error.help)
        except ConditionRefused as error:
            self._unsupported(error.span, str(error), "`--target tracefs` can")
        except BodyRefused as error:
            self._unsupported(error.span, str(error), error.help)
        return None

    def _count(self, target: Target, spot: Spot, body: Body) -> None:
        if isinstance(target, FunctionTarget) and spot.point.startswith(
            (self.dialect.entry, self.dialect.exit)
        ):
            self.traced[target.function] += 2 if body.entry else 1

    def _unsupported(self, span: Span, message: str, help: str | None) -> None:
        self.report.add(backends.UNSUPPORTED, span, message, help=help)
