"""The names of events and groups: within the kernel's limits, no file of tracefs, each borne once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.naming import FILES, MAX_EVENT_NAME, free_name, numbered
from probelang.check.rules import names
from probelang.diagnostics import Edit, Fix, Label
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.scope import Place
    from probelang.kernel.interface import Kernel
    from probelang.syntax import tree


class EventNames:
    """Names events, and checks the names that a spec gives.

    `events` are those that were named, with their places; `declared` those that the spec names somewhere, `offered` names in fixes.
    """

    def __init__(self, kernel: Kernel, report: Report) -> None:
        self.kernel = kernel
        self.report = report
        self.events: dict[tuple[str, str], Span] = {}
        self.declared: dict[tuple[str, str], Span] = {}
        self.offered: dict[tuple[str, str], bool] = {}
        self.numbers: dict[tuple[str, str], int] = {}

    def of(self, probe: tree.Probe, place: Place, group: str) -> tuple[str, str]:
        """The group and the name of a probe's event at a place, checked; `group` is that of the spec."""
        group = probe.group.name if probe.group is not None else group
        if probe.group is not None:
            self.check(probe.group, "group")
        if probe.name is not None:
            event, span = probe.name.name, probe.name.span
            self.check(probe.name, "event")
        else:
            event, span = place.name, probe.points[0].span
            if len(event) > MAX_EVENT_NAME:
                self.report.add(
                    names.NAME_TOO_LONG,
                    span,
                    f"an event named after this point would have {len(event)} characters, and may have {MAX_EVENT_NAME}",
                    fix=self._name_probe(probe, event[:MAX_EVENT_NAME]),
                )
            elif event in FILES["event"]:
                free = free_name(event, self._named_anywhere(), MAX_EVENT_NAME)
                self._say_file(event, "event", span, self._name_probe(probe, free))
        key = (group, event)
        if key in self.events:
            free = self._free_event_name(group, event)
            fix = (
                Fix(f"call it `{free}`", (Edit(probe.name.span, free),), safe=False)
                if probe.name is not None
                else self._name_probe(probe, free)
            )
            first = self.events[key]
            self.report.add(
                names.NAME_CLASH,
                span,
                f"two events are called `{group}/{event}`",
                others=(Label(first, "the first"),) if first != span else (),
                fix=fix if first != span else None,
                kernel_error=None,
            )
        else:
            self.events[key] = span
            self._check_static(group, event, span)
        return group, event

    def _free_event_name(self, group: str, event: str) -> str:
        number = self.numbers.get((group, event), 2)
        while True:
            free = numbered(event, number, MAX_EVENT_NAME)
            number += 1
            if not any((group, free) in taken for taken in (self.events, self.declared, self.offered)):
                self.numbers[group, event] = number
                self.offered[group, free] = True
                return free

    def _name_probe(self, probe: tree.Probe, name: str) -> Fix:
        at = probe.kind_span.start
        return Fix(f"call it `{name}`", (Edit(Span(at, at), f"{name} = "),), safe=False)

    def _check_static(self, group: str, event: str, span: Span) -> None:
        """An event that the kernel has by itself cannot be defined; who has defined another is for whoever defines this one."""
        if self.kernel.has_static_event(group, event):
            self.report.add(
                names.NAME_CLASH,
                span,
                f"{self.kernel.title} has an event `{group}/{event}` of its own",
                help="another `group`, or another name for the event",
                kernel_error="EVENT_EXIST",
            )

    def check(self, ident: tree.Ident, what: str) -> None:
        """Check a name that a spec gives to an event or a group."""
        if len(ident.name) > MAX_EVENT_NAME:
            self.report.add(
                names.NAME_TOO_LONG,
                ident.span,
                f"{'an' if what == 'event' else 'a'} {what}'s name may have {MAX_EVENT_NAME} characters, and this one has {len(ident.name)}",
                fix=Fix("shorten it", (Edit(ident.span, ident.name[:MAX_EVENT_NAME]),), safe=False),
                kernel_error="EVENT_TOO_LONG" if what == "event" else "GROUP_TOO_LONG",
            )
        elif ident.name in FILES[what]:
            free = free_name(ident.name, self._named_anywhere(), MAX_EVENT_NAME)
            self._say_file(
                ident.name, what, ident.span, Fix(f"call it `{free}`", (Edit(ident.span, free),), safe=False)
            )

    def _named_anywhere(self) -> set[str]:
        """Every name that an event has somewhere."""
        return {name for _, name in (*self.events, *self.declared, *self.offered)}

    def _say_file(self, name: str, what: str, span: Span, fix: Fix) -> None:
        where = "in every group" if what == "event" else "beside the groups"
        self.report.add(
            names.RESERVED_NAME,
            span,
            f"{'an event' if what == 'event' else 'a group'} called `{name}` is out of reach in tracefs, which has a file of this name {where}",
            notes=("the kernel takes it all the same",),
            fix=fix,
            kernel_error=None,
        )
