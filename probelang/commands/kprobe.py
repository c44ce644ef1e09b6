"""`p` and `r`: kprobes and kretprobes, in the order of kernel/trace/trace_kprobe.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import At, Context
from probelang.commands.names import MAX_EVENT_NAME, default_name, parse_event_name
from probelang.commands.octets import is_digit, parse_unsigned
from probelang.commands.points import Symbol, is_entry, parse_symbol, register_kprobe
from probelang.commands.register import claim, parse_args
from probelang.commands.state import KPROBE, Probe
from probelang.commands.verdict import Declined, Doubtful, Log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.state import State
    from probelang.commands.target import Target

MAX_ACTIVE = 4096


def parse_kprobe(words: Sequence[str], target: Target, state: State, log: Log) -> Probe:
    """The probe, if the kernel takes it. Raises `Refused`, `Declined`, `Doubtful`."""
    head = words[0]
    if head[0] not in "pr" or len(words) < 2:
        raise Declined
    is_return = head[0] == "r"
    colon = head.find(":", 1)
    maxactive = 0
    if is_digit(head[1:2]):
        if not is_return:
            raise log.refuse(1, "BAD_MAXACT_TYPE" if target.names else "MAXACT_NO_KPROBE")
        maxactive = check_maxactive(head[1:colon] if colon >= 0 else head[1:], log)
    at = At.KERNEL
    point: Symbol | int
    address = parse_unsigned(words[1])
    if address is not None:
        point = address
    else:
        log.index = 1
        if "/" in words[1] and ":" in words[1]:
            raise Declined
        text, percent, suffix = words[1].partition("%")
        if percent:
            if suffix != "return":
                raise log.refuse(len(text), "BAD_ADDR_SUFFIX")
            is_return = True
        point = parse_symbol(text, log, target)
        if is_return:
            at |= At.RETURN
        entry = _entry(point, is_return, words, target)
        if entry and not is_return:
            at |= At.ENTRY
        if entry is False and is_return:
            raise log.refuse(0, "BAD_RETPROBE")
    log.index = 0
    group: str | None = None
    event: str | None = None
    if colon >= 0:
        group, event = parse_event_name(head[colon + 1 :], colon + 1, log)
    if event is None:
        where = f"{point.text}_{point.offset}" if isinstance(point, Symbol) else f"0x{point:016x}"
        event = default_name(f"{'r' if is_return else 'p'}_{where}")
    context = Context(target, log, at, point.text if isinstance(point, Symbol) else "")
    symbols = parse_args(words, context)
    probe = Probe(
        KPROBE,
        group if group is not None else "kprobes",
        event,
        is_return,
        (point.text, point.offset) if isinstance(point, Symbol) else ("unknown", 0),
        _heads(point),
        tuple(context.args),
        maxactive=maxactive,
    )
    claim(probe, state, target, log)
    register_kprobe(point, symbols, context)
    return probe


def check_maxactive(text: str, log: Log) -> int:
    """The number behind `r`. Raises `Refused`."""
    number = parse_unsigned(text, limit=1 << 32) if len(text) < MAX_EVENT_NAME else None
    if not number:
        raise log.refuse(1, "BAD_MAXACT")
    if number > MAX_ACTIVE:
        raise log.refuse(1, "MAXACT_TOO_BIG")
    return number


def _entry(point: Symbol, is_return: bool, words: Sequence[str], target: Target) -> bool | None:
    """Whether the point is a function's start. Where nobody asks, what is not known does not matter."""
    try:
        return is_entry(point, target)
    except Doubtful:
        asks = any(word.partition("=")[2].strip("$@%\\") or not word.partition("=")[1] for word in words[2:])
        if is_return or asks:
            raise
        return None


def _heads(point: Symbol | int) -> tuple[str, ...]:
    if isinstance(point, int):
        return ()
    return (f"{point.text}+{point.offset}" if point.offset else point.text,)
