"""What all kinds of probes do alike: parse their args, and take their place among the events that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import MAX_ARGS
from probelang.commands.fetch import parse_arg
from probelang.commands.names import expand_dentries, expand_params
from probelang.commands.state import EPROBE
from probelang.commands.verdict import Log, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.context import Context
    from probelang.commands.state import Probe, State
    from probelang.commands.target import Target


def parse_args(words: Sequence[str], context: Context) -> list[str]:
    """All fetch args of a kernel probe; the answer is what they name by `@`. Raises `Refused`."""
    log, target = context.log, context.target
    args = list(words[2:])
    if target.names:
        args, expanded = expand_params(args, context)
        if len(args) > MAX_ARGS:
            raise too_many_args(log, target)
        before = args
        args = expand_dentries(args, target)
        if not expanded and args is not before:
            # the kernel puts the reads into the very words that it shows when something is wrong
            log.words[2:] = args
    elif len(args) > MAX_ARGS:
        args = args[:MAX_ARGS]
    symbols = []
    for number, arg in enumerate(args):
        log.index = number + 2
        parse_arg(arg, context)
        symbols += context.symbols
    return symbols


def too_many_args(log: Log, target: Target) -> Refused:
    """More than 128: said from Linux 6.15 on, and refused without a word before."""
    if not target.says_too_many:
        return Refused("too-many-args")
    log.index = 2
    return log.refuse(0, "TOO_MANY_ARGS")


def claim(probe: Probe, state: State, target: Target, log: Log) -> None:
    """Whether the name is free, or the event takes another probe. Raises `Refused`, `Doubtful`."""
    log_index = log.index
    existing = state.probes(probe.group, probe.event)
    own = [other for other in existing if other.kind == probe.kind]
    if not own or probe.kind == EPROBE:
        if existing or target.has_event(probe.group, probe.event):
            log.index = 0
            raise log.refuse(0, "EVENT_EXIST")
        log.index = log_index
        return
    first = own[0]
    log.index = 0
    if (probe.is_return, probe.is_tracepoint) != (first.is_return, first.is_tracepoint):
        raise log.refuse(0, "DIFF_PROBE_TYPE")
    differs = probe.compare_args(first)
    if differs:
        log.index = differs + 1
        raise log.refuse(0, "DIFF_ARG_TYPE")
    if any(probe.is_same(other) for other in own):
        raise log.refuse(0, "SAME_PROBE")
    log.index = log_index
