"""Tprobes by perf: the trace event of the tracepoint, for values that the event records as they are.

What an event records of its tracepoint's arguments is code (`TP_fast_assign` in the kernel's include/trace/events/), of which neither BTF
nor the event's format tells anything. So this is a table of events that people ask for, by their sources; the booted suite hits each
row, on every kernel that has tprobes, and compares what the arguments hold with what the event recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.backends.perf.values import OTHERS, Refusal
from probelang.check.rules import backends
from probelang.probes import (
    Access,
    EventFieldValue,
    EventTarget,
    Parameter,
    Thread,
    ThreadName,
    TracepointTarget,
)
from probelang.record import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.kernel.interface import EventField, Kernel
    from probelang.probes import Field, Probe
    from probelang.source import Span


def _task(name: str, *members: str, prefix: str = "") -> dict[str, str]:
    return {f"{name}->{member}": f"{prefix}{member}" for member in members or ("comm", "pid", "prio")}


_PACKET = {"skb": "skbaddr", "skb->len": "len", "skb->dev->name": "name"}
_SOFTIRQ = {"vec_nr": "vec"}

#: `$comm`, where the event has the name of the task that runs.
COMM = "$comm"

#: Of a tracepoint the system that its event is in, and which fields of that hold which of its arguments.
EVENTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "sched_switch": ("sched", {**_task("prev", prefix="prev_"), **_task("next", prefix="next_")}),
    "sched_waking": ("sched", _task("p")),
    "sched_wakeup": ("sched", _task("p")),
    "sched_wakeup_new": ("sched", _task("p")),
    "sched_process_fork": (
        "sched",
        {
            **_task("parent", "comm", "pid", prefix="parent_"),
            **_task("child", "comm", "pid", prefix="child_"),
        },
    ),
    "sched_process_exec": (
        "sched",
        {"bprm->filename": "filename", "p->pid": "pid", "old_pid": "old_pid"},
    ),
    # the one who exits, whom `perf script` may have forgotten by then (`:205`, seen on 6.12)
    "sched_process_exit": ("sched", {**_task("p"), COMM: "comm"}),
    "sched_process_free": ("sched", _task("p")),
    "sched_stat_runtime": ("sched", {**_task("tsk", "comm", "pid"), "runtime": "runtime"}),
    "signal_generate": (
        "signal",
        {"sig": "sig", **_task("task", "comm", "pid"), "group": "group", "result": "result"},
    ),
    "signal_deliver": ("signal", {"sig": "sig"}),
    "task_newtask": ("task", {**_task("task", "comm", "pid"), "clone_flags": "clone_flags"}),
    "task_rename": ("task", {"task->comm": "oldcomm", "comm": "newcomm"}),
    "irq_handler_entry": ("irq", {"irq": "irq", "action->name": "name"}),
    "irq_handler_exit": ("irq", {"irq": "irq"}),
    "softirq_raise": ("irq", _SOFTIRQ),
    "softirq_entry": ("irq", _SOFTIRQ),
    "softirq_exit": ("irq", _SOFTIRQ),
    "workqueue_queue_work": ("workqueue", {"work": "work", "work->func": "function"}),
    "workqueue_execute_start": ("workqueue", {"work": "work", "work->func": "function"}),
    "timer_start": ("timer", {"timer": "timer", "timer->function": "function"}),
    "timer_cancel": ("timer", {"timer": "timer"}),
    "net_dev_queue": ("net", _PACKET),
    "netif_rx": ("net", _PACKET),
    "netif_receive_skb": ("net", _PACKET),
}


def as_event(probe: Probe, kernel: Kernel) -> Probe | tuple[tuple[Span, Refusal], ...]:
    """The tprobe as a probe of the tracepoint's event, with its fields; else why not, and where that is said."""
    sites = []
    refused: list[tuple[Span, Refusal]] = []
    for site in probe.sites:
        assert isinstance(site.target, TracepointTarget)
        name = site.target.tracepoint
        system, known = EVENTS.get(name, ("", {}))
        if not any(_takes_arguments(field) for field in site.fields):
            # the event is raised where its tracepoint is
            system = system or _find_system(name, kernel)
        answer = kernel.find_event(system, name) if system else None
        if not isinstance(answer, Found):
            refused.append((probe.point_span, _not_known(name, kernel)))
            break
        event = {field.name: field for field in answer.value.fields}
        fields = []
        for field in site.fields:
            own = _as_field(field, known, event)
            if own is None:
                refused.append((field.span, _not_recorded(name, known, event)))
            else:
                fields.append(replace(field, access=own))
        sites.append(replace(site, target=EventTarget(system, name), fields=tuple(fields)))
    return tuple(refused) or replace(probe, sites=tuple(sites))


def _as_field(field: Field, known: Mapping[str, str], event: Mapping[str, EventField]) -> Access | None:
    name = COMM if isinstance(field.access.base, ThreadName) else spelling(field.access) or ""
    if not _takes_arguments(field) and name not in known:
        return field.access
    found = event.get(known.get(name, ""))
    if found is None:
        return None
    text = found.kind in ("string", "dynamic_string")
    return Access(EventFieldValue(found.name, text, 0 if text else found.size, found.signed))


def spelling(access: Access) -> str | None:
    """An argument, or what is read through it, as C has it; None where that takes more than names."""
    if not isinstance(access.base, Parameter) or access.base.name is None:
        return None
    if any(step.names is None or step.user or step.cast for step in access.derefs):
        return None
    return access.base.name + "".join(step.names or "" for step in access.derefs)


def _takes_arguments(field: Field) -> bool:
    return not isinstance(field.access.base, Thread | ThreadName)


def _find_system(tracepoint: str, kernel: Kernel) -> str:
    """The system of the event that the kernel makes of a tracepoint, which has its name; "" where that is not known."""
    found = [system for system, event in kernel.sources.event_names() or [] if event == tracepoint]
    return found[0] if len(found) == 1 else ""


def _not_known(name: str, kernel: Kernel) -> Refusal:
    message = "perf records events, and not the arguments of a tracepoint"
    system = _find_system(name, kernel)
    help = f"the event has fields of its own: `eprobe {system}:{name}`; {OTHERS}" if system else OTHERS
    return Refusal(backends.UNSUPPORTED, message, help)


def _not_recorded(name: str, known: Mapping[str, str], event: Mapping[str, EventField]) -> Refusal:
    has = ", ".join(f"`{argument}`" for argument, own in known.items() if own in event and argument != COMM)
    return Refusal(
        backends.UNSUPPORTED,
        f"perf records the event `{name}`, which has no such value of the tracepoint's arguments",
        f"it has {has}; {OTHERS}",
    )
