"""PRB614: events that are taken for others: of the kernel's groups, of one name in two groups, of one name in two files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.diagnostics import Edit, Fix, Label, Rule, Severity
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.kernel.interface import Kernel
    from probelang.linter.subject import Subject
    from probelang.source import Span

RULE = Rule(
    "PRB614",
    "event-clash",
    Severity.INFO,
    "Events that the kernel takes and that are mixed up there. In a group of the kernel's own (`sched`, `block`), whoever writes to `events/sched/enable` "
    "switches this event on, and off, too. Two events of one name in different groups cannot be told apart in the "
    "trace, which shows the name alone. And of two files of one run of `lint` that both define `io/big_read`, only one can be started at a time. "
    "Said of groups that the spec names, not of one that is named after the file.",
    example="group sched\nslow = fprobe vfs_read",
)


def check_spec(subject: Subject, report: Report) -> None:
    _groups(subject, report)
    _same_names(subject, report)


def _groups(subject: Subject, report: Report) -> None:
    named: dict[str, Span] = {}
    wrong = {statement.tree.span for statement in subject.statements if not statement.finished}
    for statement in subject.tree.statements:
        if statement.span in wrong:
            continue
        match statement:
            case tree.Group(_, tree.Ident(span, name)) | tree.Probe(group=tree.Ident(span, name)):
                named.setdefault(name, span)
    if not named:
        return
    known = subject.kernel.sources.event_names() or ()
    for name, span in named.items():
        events = [event for system, event in known if system == name]
        if not events or not _is_static(subject.kernel, name, events):
            continue
        report.add(
            RULE,
            span,
            f"`{name}` is a group of the kernel's own events: who switches those on or off does so with these",
            notes=(f"{subject.kernel.title} has {len(events)} events there, `{events[0]}` is one",),
            fix=Fix(f"call it `my_{name}`", (Edit(span, f"my_{name}"),), safe=False),
        )


def _is_static(kernel: Kernel, system: str, events: list[str]) -> bool:
    """Whether the kernel was built with the group: a running one lists the events of probes as well."""
    if system in ("syscalls", "ftrace"):
        return True
    btf = kernel.btf
    return btf is not None and any(
        btf.find(Space.TYPEDEF, f"btf_trace_{event}") is not None for event in events[:20]
    )


def _same_names(subject: Subject, report: Report) -> None:
    known: dict[str, tuple[str, Span]] = {}
    for statement in subject.statements:
        for event in statement.events:
            place = statement.tree.name
            span = place.span if place is not None else statement.tree.points[0].span
            group, first = known.setdefault(event.event, (event.group, span))
            if group == event.group or span == first:
                continue
            report.add(
                RULE,
                span,
                f"the trace shows `{event.event}` for both `{group}/{event.event}` and `{event.group}/{event.event}`",
                others=(Label(first, "the other"),),
                help="names of their own tell them apart",
            )
            break
