"""What only a pair of events can record: values of the entry, and the time between, in an event of the return.

An event at the function's entry and one at its return are joined by hist triggers into a synthetic event
(Documentation/trace/histogram.rst, "onmatch"). The entry's values wait in the histogram of the entry, and the return takes
them away. In the kernel they wait under the stack that the function runs on, by its address: each thread has its own,
the idle ones and interrupts too, and freed ones are used again, so the histogram has as many entries as there are
stacks at most. In a program they wait under the thread's id.

A call that is made again on the same stack before it returns (recursion) is reported with its own values, and the outer call is
not reported. A thread that dies in between leaves values that the next call on that stack overwrites. Conditions are
applied to the synthetic event: before the join they would leave values for a later call to find.

A kernel without entry data (before Linux 6.9) has no parameters at a return, and so nothing to read through. There the
pointer waits as well, and an eprobe on the synthetic event reads through it: the synthetic event is raised by the
return's trigger, so that is at the return, on the same CPU. The eprobe is the event of the probe then, in its own group.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.tracefs.run_names import name_group, name_synthetic
from probelang.check.naming import MAX_EVENT_NAME, free_name
from probelang.check.rules import backends, limits
from probelang.kernel.features import FEATURES
from probelang.probes import (
    Access,
    Duration,
    EntryValue,
    EventFieldValue,
    EventTarget,
    Fetch,
    Field,
    FunctionTarget,
    Immediate,
    Parameter,
    Probe,
    ProgramTarget,
    Site,
    Stack,
    SymbolAddress,
    Thread,
    ThreadName,
)
from probelang.record import record, replace
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.backends.tracefs.lower import Capabilities
    from probelang.check.report import Report
    from probelang.kernel.interface import Kernel

#: TRACING_MAP_VARS_MAX of kernel/trace/tracing_map.h; a trigger refers to as many variables.
MAX_VARIABLES = 16
#: Stacks, or threads of a program, that one histogram has room for; an entry stays when its values are taken.
MAP_SIZE = 8192
#: THREAD_SIZE of x86-64: what an address on a stack is divided by to tell the stack.
STACK_SIZE = 16384


@record
class Joined:
    """The names of the three events, the sites of the first two, the line of the third, and the triggers.

    `reader` is the site of an eprobe on the third, where something is read through a parameter of the entry.
    """

    entry: str
    exit: str
    name: str
    entry_sites: tuple[Site, ...]
    exit_sites: tuple[Site, ...]
    command: str
    triggers: tuple[tuple[str, str], ...]
    reader: Site | None


def needs_join(probe: Probe, can: Capabilities) -> bool:
    """Whether one event at the return cannot have all fields."""
    return any(
        _of_entry(field, can) or _through_entry(field, can) or isinstance(field.access.base, Duration)
        for field in probe.fields
    ) and any(
        isinstance(site.target, FunctionTarget | ProgramTarget) and site.target.returns
        for site in probe.sites
    )


def _of_entry(field: Field, can: Capabilities) -> bool:
    base = field.access.base
    if isinstance(base, EntryValue):
        return True
    return isinstance(base, Parameter) and not field.access.derefs and can.entry_data is False


def _through_entry(field: Field, can: Capabilities) -> bool:
    """Whether it is read at the return, through a parameter that this kernel knows at the entry only."""
    base = field.access.base
    return isinstance(base, Parameter) and bool(field.access.derefs) and can.entry_data is False


def join(
    probe: Probe, kernel: Kernel, can: Capabilities, report: Report, taken: set[str], run: str = ""
) -> Joined | None:
    """The three events of a probe; None after an error, which has been reported. Names go into `taken`."""
    if not _possible(probe, kernel, can, report):
        return None
    group = name_group(probe.group, run)
    entry = _free(f"{group}/{probe.event}__entry", taken)
    exit = _free(f"{group}/{probe.event}__return", taken)
    pointers = _pointers(probe, can)
    name = _free_synthetic(probe, kernel, taken, run, "__joined" if pointers else "")
    entry_sites, exit_sites = [], []
    for site in probe.sites:
        target = site.target
        assert isinstance(target, FunctionTarget | ProgramTarget)
        first = [
            _at_entry(field, f"e{number}")
            for number, field in enumerate(site.fields)
            if _of_entry(field, can)
        ]
        first += [_pointer(site.fields[number], f"p{number}") for number in pointers.values()]
        last = [
            replace(field, name=f"r{number}", auto=False)
            for number, field in enumerate(site.fields)
            if _passes(field, can, bool(pointers))
        ]
        entry_sites.append(Site(replace(target, returns=False), tuple(first)))
        exit_sites.append(Site(target, tuple(last)))
    declared, kept, taken_up, passed = [], [], [], []
    for number, field in enumerate(probe.fields):
        if isinstance(field.access.base, Thread) and not _is_recorded(field, can):
            continue
        if isinstance(field.access.base, Duration):
            passed.append("$took")
        elif _of_entry(field, can):
            kept.append(f"v{number}=e{number}")
            taken_up.append(f"w{number}=$v{number}")
            passed.append(f"$w{number}")
        elif _passes(field, can, bool(pointers)):
            passed.append(f"r{number}")
        else:
            continue
        declared.append(f"{_synthetic_type(field.fetch, f'r{number}' if pointers else field.name)};")
    for number in pointers.values():
        kept.append(f"q{number}=p{number}")
        taken_up.append(f"u{number}=$q{number}")
        passed.append(f"$u{number}")
        declared.append(f"u64 p{number};")
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
    reader = _reader(probe, synthetic, pointers, can) if pointers else None
    return Joined(entry, exit, name, tuple(entry_sites), tuple(exit_sites), command, triggers, reader)


def _pointers(probe: Probe, can: Capabilities) -> dict[tuple[object, ...], int]:
    """The parameters to read through: by what they are at each site, the first field that needs each."""
    found: dict[tuple[object, ...], int] = {}
    for number, field in enumerate(probe.fields):
        if _through_entry(field, can):
            found.setdefault(_bases(probe, number), number)
    return found


def _bases(probe: Probe, number: int) -> tuple[object, ...]:
    return tuple(site.fields[number].access.base for site in probe.sites)


def _pointer(field: Field, name: str) -> Field:
    return replace(field, name=name, access=Access(field.access.base), fetch=Fetch("x64"), auto=False)


def _passes(field: Field, can: Capabilities, read: bool) -> bool:
    """Whether the return's event records it; what is the same a moment later is left to the eprobe (`read`)."""
    if _of_entry(field, can) or _through_entry(field, can) or isinstance(field.access.base, Duration):
        return False
    return not (read and _is_lasting(field))


def _is_lasting(field: Field) -> bool:
    return isinstance(field.access.base, ThreadName | Thread | Immediate | SymbolAddress)


def _reader(probe: Probe, synthetic: str, pointers: dict[tuple[object, ...], int], can: Capabilities) -> Site:
    fields = []
    for number, field in enumerate(probe.fields):
        if _is_lasting(field):
            fields.append(field)
        elif _through_entry(field, can):
            base = EventFieldValue(f"p{pointers[_bases(probe, number)]}", False, 8, False)
            fields.append(replace(field, access=Access(base, field.access.derefs)))
        else:
            base = EventFieldValue(f"r{number}", field.fetch.is_string, field.fetch.bits // 8, False)
            fields.append(replace(field, access=Access(base), fetch=_as_passed(field.fetch)))
    return Site(EventTarget("synthetic", synthetic), tuple(fields))


def _as_passed(fetch: Fetch) -> Fetch:
    if fetch.is_string:
        return Fetch("string")
    return Fetch(f"u{fetch.bitfield[2]}") if fetch.bitfield else fetch


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
    through = [field for field in probe.fields if _through_entry(field, can)]
    if through and kernel.features.eprobe is False:
        report.add(
            limits.NO_FEATURE,
            through[0].span,
            f"{can.title} cannot read through a parameter at a function's return: it takes "
            f"{FEATURES['entry_data'].needs}, or eprobes, {FEATURES['eprobe'].needs}",
            help="`entry(…)` reads at the entry",
        )
        return False
    for number, field in enumerate(probe.fields):
        ways = {site.fields[number].access.derefs for site in probe.sites}
        if _through_entry(field, can) and len(ways) > 1:
            report.add(
                backends.UNSUPPORTED,
                field.span,
                f"{can.title} reads through a parameter at a return in one way for all points of an event, and what "
                "this names is at different offsets",
                help="a probe for each point, or `entry(…)`",
            )
            good = False
        if field.fetch.count is not None and not _through_entry(field, can):
            report.add(
                backends.UNSUPPORTED,
                field.span,
                "an array cannot be recorded together with values of the entry: a synthetic event has none",
                help="record its elements one by one, `[0]`, or the array in a probe of its own",
            )
            good = False
    kept = [field for field in probe.fields if _of_entry(field, can)]
    kept += [probe.fields[number] for number in _pointers(probe, can).values()]
    # each is referred to twice at the return: where it is taken up, and where it is passed on
    most = MAX_VARIABLES // 2 - any(isinstance(field.access.base, Duration) for field in probe.fields)
    if len(kept) > most:
        report.add(
            limits.TOO_MANY_ARGS,
            kept[most].span,
            f"{len(kept)} values of the entry are too many: the kernel can join {most} of them here",
        )
        good = False
    return good


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


def _free_synthetic(probe: Probe, kernel: Kernel, taken: set[str], run: str, end: str) -> str:
    """Synthetic events are all in one group, where others have theirs too; the trace shows the event's name alone.

    A trigger's words must have two characters (parse_action_params in kernel/trace/trace_events_hist.c).
    """
    names = [
        f"synthetic/{name_synthetic(name, run, end)}"
        for name in (probe.event, f"{probe.group}_{probe.event}")
    ]
    for name in names:
        long_enough = len(name) > len("synthetic/") + 1
        if long_enough and name not in taken and not kernel.has_static_event(*name.split("/")):
            break
    else:
        name = free_name(names[-1], taken, len("synthetic/") + MAX_EVENT_NAME)
    taken.add(name)
    return name
