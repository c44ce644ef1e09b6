"""What only a pair of events can record: values of the entry, and the time between, in an event of the return.

An event at the function's entry and one at its return are joined by hist triggers into a synthetic event
(Documentation/trace/histogram.rst, "onmatch"). The entry's values wait in the histogram of the entry, and the return takes
them away. In the kernel they wait under the stack that the function runs on, by its address: each thread has its own,
the idle ones and interrupts too, and freed ones are used again, so the histogram has as many entries as there are
stacks at most. In a program they wait under the thread's id.

A call that is made again on the same stack before it returns (recursion) is reported with its own values, and the outer call is
not reported. A thread that dies in between leaves values that the next call on that stack overwrites. Conditions are
applied to the synthetic event: before the join they would leave values for a later call to find.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.naming import MAX_EVENT_NAME, free_name
from probelang.check.rules import backends, limits
from probelang.kernel.answers import Found
from probelang.kernel.features import FEATURES
from probelang.probes import (
    Access,
    Duration,
    EntryValue,
    Fetch,
    Field,
    FunctionTarget,
    Parameter,
    Probe,
    ProgramTarget,
    Site,
    Stack,
    Thread,
)
from probelang.record import record, replace
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.backends.tracefs.lower import Capabilities
    from probelang.check.report import Report
    from probelang.kernel.interface import Kernel

#: TRACING_MAP_VARS_MAX of kernel/trace/tracing_map.h; one holds the time of the entry.
MAX_VARIABLES = 16
#: Stacks, or threads of a program, that one histogram has room for; an entry stays when its values are taken.
MAP_SIZE = 8192
#: THREAD_SIZE of x86-64: what an address on a stack is divided by to tell the stack.
STACK_SIZE = 16384


@record
class Joined:
    """The names of the three events, the sites of the first two, the line of the third, and the triggers."""

    entry: str
    exit: str
    name: str
    entry_sites: tuple[Site, ...]
    exit_sites: tuple[Site, ...]
    command: str
    triggers: tuple[tuple[str, str], ...]


def needs_join(probe: Probe, can: Capabilities) -> bool:
    """Whether one event at the return cannot have all fields."""
    return any(
        _of_entry(field, can) or isinstance(field.access.base, Duration) for field in probe.fields
    ) and any(
        isinstance(site.target, FunctionTarget | ProgramTarget) and site.target.returns
        for site in probe.sites
    )


def _of_entry(field: Field, can: Capabilities) -> bool:
    base = field.access.base
    if isinstance(base, EntryValue):
        return True
    # a kernel without entry data keeps a parameter by a pair of events, but cannot read through it at return
    return isinstance(base, Parameter) and not field.access.derefs and can.entry_data is False


def join(probe: Probe, kernel: Kernel, can: Capabilities, report: Report, taken: set[str]) -> Joined | None:
    """The three events of a probe; None after an error, which has been reported. Names go into `taken`."""
    if not _possible(probe, kernel, can, report):
        return None
    entry = _free(f"{probe.group}/{probe.event}__entry", taken)
    exit = _free(f"{probe.group}/{probe.event}__return", taken)
    name = _free_synthetic(probe, kernel, taken)
    entry_sites, exit_sites = [], []
    for site in probe.sites:
        target = site.target
        assert isinstance(target, FunctionTarget | ProgramTarget)
        first = [
            _at_entry(field, f"e{number}")
            for number, field in enumerate(site.fields)
            if _of_entry(field, can)
        ]
        last = [replace(field, name=f"r{number}", auto=False) for number, field in _at_return(site, can)]
        entry_sites.append(Site(replace(target, returns=False), tuple(first)))
        exit_sites.append(Site(target, tuple(last)))
    declared, kept, taken_up, passed = [], [], [], []
    for number, field in enumerate(probe.fields):
        if isinstance(field.access.base, Thread) and not _is_recorded(field, can):
            continue
        declared.append(f"{_synthetic_type(field.fetch, field.name)};")
        if isinstance(field.access.base, Duration):
            passed.append("$took")
        elif _of_entry(field, can):
            kept.append(f"v{number}=e{number}")
            taken_up.append(f"w{number}=$v{number}")
            passed.append(f"$w{number}")
        else:
            passed.append(f"r{number}")
    if any(isinstance(field.access.base, Duration) for field in probe.fields):
        kept.append("ts=common_timestamp")
        taken_up.append("took=common_timestamp-$ts")
    synthetic = name.removeprefix("synthetic/")
    by_stack = isinstance(probe.sites[0].target, FunctionTarget) and kernel.features.hist_buckets is True
    if by_stack:
        entry_sites = [_with_stack(site) for site in entry_sites]
        exit_sites = [_with_stack(site) for site in exit_sites]
    keys = f"hist:keys=stack.buckets={STACK_SIZE}" if by_stack else "hist:keys=common_pid"
    # without a stack to tell them apart, the idle threads of all CPUs would share their id, 0
    end = f":size={MAP_SIZE}" + ("" if by_stack else " if common_pid != 0")
    save = f"{keys}:{','.join(kept)}"
    trace = f"onmatch({entry.replace('/', '.')}).trace({','.join([synthetic, *passed])})"
    fire = f"{keys}:{','.join(taken_up)}:{trace}"
    command = f"s:{synthetic} {' '.join(declared)}"
    triggers = ((entry, save + end), (exit, fire + end))
    return Joined(entry, exit, name, tuple(entry_sites), tuple(exit_sites), command, triggers)


def _with_stack(site: Site) -> Site:
    span = site.fields[0].span if site.fields else Span(0, 0)
    stack = Field("stack", Access(Stack(None)), Fetch("x64"), "", span)
    return Site(site.target, (stack, *site.fields))


def _possible(probe: Probe, kernel: Kernel, can: Capabilities, report: Report) -> bool:
    good = True
    for feature in ("synthetic", "hist_triggers"):
        if kernel.features.get(feature) is False:
            report.add(
                limits.NO_FEATURE,
                probe.point_span,
                f"{kernel.title} cannot join an entry with its return: it takes {FEATURES[feature].title}, "
                f"{FEATURES[feature].needs}",
            )
            return False
    for field in probe.fields:
        if field.fetch.count is not None:
            report.add(
                backends.UNSUPPORTED,
                field.span,
                "an array cannot be recorded together with values of the entry: a synthetic event has none",
                help="record its elements one by one, `[0]`, or the array in a probe of its own",
            )
            good = False
    kept = [field for field in probe.fields if _of_entry(field, can)]
    if len(kept) >= MAX_VARIABLES:
        report.add(
            limits.TOO_MANY_ARGS,
            kept[MAX_VARIABLES - 1].span,
            f"{len(kept)} values of the entry are too many: a histogram keeps {MAX_VARIABLES - 1}",
        )
        good = False
    return good


def _at_return(site: Site, can: Capabilities) -> list[tuple[int, Field]]:
    return [
        (number, field)
        for number, field in enumerate(site.fields)
        if not _of_entry(field, can) and not isinstance(field.access.base, Duration)
    ]


def _is_recorded(field: Field, can: Capabilities) -> bool:
    base = field.access.base
    return isinstance(base, Thread) and base.what != "cpu" and can.current is True and not field.auto


def _at_entry(field: Field, name: str) -> Field:
    base = field.access.base
    access = base.access if isinstance(base, EntryValue) else field.access
    return replace(field, name=name, access=access, auto=False)


def _synthetic_type(fetch: Fetch, name: str) -> str:
    """A field of a synthetic event; it shows numbers in decimal, whatever the fetch-arg type."""
    if fetch.is_string:
        return f"char {name}[]"
    if fetch.bitfield:
        return f"u{fetch.bitfield[2]} {name}"
    return f"{'s' if fetch.signed else 'u'}{fetch.bits} {name}"


def _free(wanted: str, taken: set[str]) -> str:
    group, _, event = wanted.partition("/")
    if len(event) > MAX_EVENT_NAME:
        event = event[: MAX_EVENT_NAME - 8] + event[-8:]
    name = f"{group}/{event}"
    if name in taken:
        name = free_name(name, taken, len(group) + 1 + MAX_EVENT_NAME)
    taken.add(name)
    return name


def _free_synthetic(probe: Probe, kernel: Kernel, taken: set[str]) -> str:
    """Synthetic events are all in one group, where others have theirs too; the trace shows the event's name alone.

    A trigger's words must have two characters (parse_action_params in kernel/trace/trace_events_hist.c).
    """
    names = [f"synthetic/{name[:MAX_EVENT_NAME]}" for name in (probe.event, f"{probe.group}_{probe.event}")]
    for name in names:
        long_enough = len(name) > len("synthetic/") + 1
        if long_enough and name not in taken and not isinstance(kernel.find_event(*name.split("/")), Found):
            break
    else:
        name = free_name(names[-1], taken, len("synthetic/") + MAX_EVENT_NAME)
    taken.add(name)
    return name
