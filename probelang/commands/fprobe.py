"""`f` and `t`: function entry and exit, and raw tracepoints, in the order of kernel/trace/trace_fprobe.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import At, Context
from probelang.commands.kprobe import check_maxactive
from probelang.commands.names import default_name, parse_event_name
from probelang.commands.octets import is_digit, is_letter_or_digit
from probelang.commands.points import BadOffset, Missing, check_symbols
from probelang.commands.register import claim, parse_args
from probelang.commands.state import FPROBE, Probe
from probelang.commands.verdict import Declined, Log, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.state import State
    from probelang.commands.target import Target

_MAX_ENTRY_WORDS = 15


def parse_fprobe(words: Sequence[str], target: Target, state: State, log: Log) -> Probe:
    """The probe, if the kernel takes it. Raises `Refused`, `Declined`, `Doubtful`."""
    head = words[0]
    if head[0] not in "ft" or len(words) < 2:
        raise Declined
    is_tracepoint = head[0] == "t"
    maxactive, name_at = _parse_head(head, target, log)
    log.index = 1
    symbol, is_return = _parse_point(words, is_tracepoint, log)
    log.index = 0
    if maxactive and not is_return:
        raise log.refuse(1, "BAD_MAXACT_TYPE")
    group: str | None = None
    event: str | None = None
    if name_at is not None:
        group, event = parse_event_name(head[name_at:], name_at, log)
    if event is None:
        if is_tracepoint:
            event = default_name(f"{'_' if is_digit(symbol[:1]) else ''}{symbol}")
        else:
            event = default_name(f"{symbol}__{'exit' if is_return else 'entry'}")
    at = At.KERNEL | At.FPROBE | (At.RETURN if is_return else At.ENTRY)
    function = symbol
    if is_tracepoint:
        at |= At.TRACEPOINT
        if target.has_tracepoint(symbol):
            function = f"__probestub_{symbol}"
    context = Context(target, log, at, function)
    symbols = parse_args(words, context)
    if not target.maxactive and is_return and len(context.entry_params) > _MAX_ENTRY_WORDS:
        log.index = 2
        raise log.refuse(0, "TOO_MANY_EARGS")
    probe = Probe(
        FPROBE,
        group if group is not None else "tracepoints" if is_tracepoint else "fprobes",
        event,
        is_return,
        (symbol,),
        (symbol,),
        tuple(context.args),
        is_tracepoint,
        maxactive=maxactive,
    )
    claim(probe, state, target, log)
    _register(probe, symbols, target, state, log)
    return probe


def _parse_head(head: str, target: Target, log: Log) -> tuple[int, int | None]:
    """The number behind the letter, and where the name begins. Raises `Refused`."""
    if not target.maxactive:
        if len(head) > 1 and head[1] != ":":
            raise log.refuse(1, "BAD_MAXACT")
        return 0, 2 if len(head) > 1 else None
    colon = head.find(":", 1)
    maxactive = 0
    if is_digit(head[1:2]):
        maxactive = check_maxactive(head[1:colon] if colon >= 0 else head[1:], log)
    return maxactive, colon + 1 if colon >= 0 else None


def _parse_point(words: Sequence[str], is_tracepoint: bool, log: Log) -> tuple[str, bool]:
    """The function or tracepoint, and whether its return is meant. Raises `Refused`."""
    symbol, percent, suffix = words[1].partition("%")
    if percent:
        if is_tracepoint or suffix != "return":
            raise log.refuse(len(symbol), "BAD_ADDR_SUFFIX")
        return symbol, True
    if is_tracepoint:
        for at, char in enumerate(symbol):
            if not is_letter_or_digit(char) and char != "_":
                raise log.refuse(at, "BAD_TP_NAME")
    for number, word in enumerate(words[2:], 2):
        at = word.find("$retval")
        if at < 0:
            continue
        after = word[at + 7 : at + 8]
        if is_letter_or_digit(after) or after == "_":
            continue
        if is_tracepoint:
            log.index = number
            raise log.refuse(at, "RETVAL_ON_PROBE")
        return symbol, True
    return symbol, False


def _register(probe: Probe, symbols: Sequence[str], target: Target, state: State, log: Log) -> None:
    """Whether ftrace takes it. Raises `Refused`."""
    symbol = str(probe.place[0])
    log.index = 1
    if target.shared_tracepoints:
        # Linux 6.16 and later look up `@SYMBOL` and register when the event is switched on
        if not probe.is_tracepoint and not target.matches_traceable(symbol):
            raise log.refuse(0, "BAD_PROBE_ADDR")
        return
    try:
        check_symbols(symbols, target)
    except Missing:
        raise log.refuse(0, "BAD_PROBE_ADDR") from None
    except BadOffset:
        raise log.refuse(0, "FAIL_REG_PROBE") from None
    if not probe.is_tracepoint:
        if not target.matches_traceable(symbol):
            raise log.refuse(0, "FAIL_REG_PROBE")
    elif target.has_tracepoint(symbol):
        if symbol in state.lost_tracepoints or any(
            other.is_tracepoint and other.place == probe.place for other in state.all(FPROBE, (symbol,))
        ):
            raise Refused("tracepoint-taken")
        if not target.is_traceable(f"__probestub_{symbol}"):
            # the kernel has taken the tracepoint by then, and does not give it back
            state.lost_tracepoints.add(symbol)
            raise log.refuse(0, "FAIL_REG_PROBE")
