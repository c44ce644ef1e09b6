"""`e`: probes on other events, in the order of kernel/trace/trace_eprobe.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import MAX_ARGS, At, Context
from probelang.commands.fetch import parse_arg
from probelang.commands.filters import check_filter
from probelang.commands.names import parse_event_name
from probelang.commands.points import BadOffset, Missing, check_symbols
from probelang.commands.register import claim, too_many_args
from probelang.commands.state import EPROBE, FPROBE, SYNTHETIC, Probe
from probelang.commands.verdict import Declined, Log, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.state import State
    from probelang.commands.target import Target
    from probelang.kernel.tracefs import EventField


def parse_eprobe(words: Sequence[str], target: Target, state: State, log: Log) -> Probe:
    """The probe, if the kernel takes it. Raises `Refused`, `Declined`, `Doubtful`."""
    head = words[0]
    if len(words) < 2 or head[0] != "e":
        raise Declined
    group: str | None = None
    event: str | None = None
    colon = head.find(":", 1)
    if colon >= 0:
        group, event = parse_event_name(head[colon + 1 :], colon + 1, log)
    log.index = 1
    system, name = _parse_attached(words[1], log)
    if event is None:
        event = name
    end = next((at for at, word in enumerate(words[2:], 2) if word == "if"), None)
    args = list(words[2:end])
    if len(args) > MAX_ARGS and target.names:
        raise too_many_args(log, target)
    fields = find_fields(system, name, target, state)
    if fields is None:
        raise log.refuse(0, "BAD_ATTACH_EVENT")
    if end is not None:
        log.index = end + 1
        if end + 1 == len(words):
            raise log.refuse(0, "NO_EP_FILTER")
        check_filter(" ".join(words[end + 1 :]), fields, log, target)
    context = Context(target, log, At.KERNEL | At.EVENT)
    context.fields = fields
    for number, arg in enumerate(args[:MAX_ARGS]):
        log.index = number + 2
        parse_arg(arg, context)
        if context.missing_field:
            raise log.refuse(0, "BAD_ATTACH_ARG")
        try:
            check_symbols(context.symbols, target)
        except (Missing, BadOffset):
            raise Refused("symbol-missing") from None
    probe = Probe(
        EPROBE,
        group if group is not None else "eprobes",
        event,
        False,
        (system, name),
        (f"{system}.{name}", f"{system}/{name}"),
        tuple(context.args),
        of=(system, name),
        filter="" if end is None else " ".join(words[end + 1 :]),
    )
    claim(probe, state, target, log)
    return probe


def _parse_attached(word: str, log: Log) -> tuple[str, str]:
    """`SYSTEM.EVENT`. What is wrong with a name is said, and then that both are needed."""
    try:
        system, name = parse_event_name(word, 0, log)
    except Refused:
        system = name = None
    if system is None or name is None:
        raise log.refuse(0, "NO_EVENT_INFO")
    return system, name


def find_fields(system: str, name: str, target: Target, state: State) -> tuple[EventField, ...] | None:
    """The fields of an event that an eprobe may sit on; those of other probes are none, but fprobes' are."""
    for probe in state.probes(system, name):
        if probe.kind == FPROBE:
            return probe_fields(probe)
        if probe.kind == SYNTHETIC:
            return probe.fields
        return None
    if system == "ftrace":
        return None
    return target.event_fields(system, name)


def probe_fields(probe: Probe) -> tuple[EventField, ...]:
    """The fields of an fprobe event."""
    from probelang.kernel.tracefs import EventField, field_kind

    ips = ("__probe_func", "__probe_ret_ip") if probe.is_return else ("__probe_ip",)
    fields = [EventField(name, "unsigned long", 8 + 8 * at, 8, False, "int") for at, name in enumerate(ips)]
    at = 8 + 8 * len(ips)
    for arg in probe.args:
        text = "__data_loc char[]" if arg.type.is_string else arg.type.name
        if arg.count:
            text += f"[{arg.count}]"
        size = arg.type.size * (arg.count or 1)
        fields.append(EventField(arg.name, text, at, size, arg.type.name.startswith("s"), field_kind(text)))
        at += size
    return tuple(fields)
