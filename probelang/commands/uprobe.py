"""`p` and `r` with a path: uprobes, in the order of kernel/trace/trace_uprobe.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.context import MAX_ARGS, At, Context
from probelang.commands.fetch import parse_arg
from probelang.commands.names import MAX_EVENT_NAME, parse_event_name
from probelang.commands.octets import is_digit, parse_unsigned
from probelang.commands.register import claim, too_many_args
from probelang.commands.state import UPROBE, Probe
from probelang.commands.verdict import Declined, Doubtful, Log, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.commands.state import State
    from probelang.commands.target import Target

    #: What a path is on the machine that the command is for: something to know the file by, "" for what is no regular
    #: file, None for what is not there. Raises `Doubtful`.
    Files = Callable[[str], str | None]


def unknown_file(path: str) -> str | None:
    """Nothing is known of the files of the target. Raises `Doubtful`."""
    raise Doubtful("file", path)


def parse_uprobe(words: Sequence[str], target: Target, state: State, log: Log, files: Files) -> Probe:
    """The probe, if the kernel takes it. Raises `Refused`, `Declined`, `Doubtful`."""
    head = words[0]
    if head[0] not in "pr" or len(words) < 2:
        raise Declined
    is_return = head[0] == "r"
    if len(words) - 2 > MAX_ARGS and target.names:
        raise too_many_args(log, target)
    if "/" not in words[1]:
        raise Declined
    path, colon, rest = words[1].rpartition(":")
    if not colon or not is_digit(rest[:1]):
        raise Declined
    log.index = 1
    file = _look_up(path, files, log)
    offset, reference, returns = _parse_place(rest, len(path) + 1, log)
    is_return = is_return or returns
    log.index = 0
    group: str | None = None
    event: str | None = None
    if head[1:2] == ":":
        group, event = parse_event_name(head[2:], 2, log)
    if event is None:
        tail = path.rpartition("/")[2]
        cut = next((at for at, char in enumerate(tail) if char in ".-_"), len(tail))
        event = f"p_{tail[:cut]}_0x{offset:x}"[: MAX_EVENT_NAME - 1]
    context = Context(target, log, At.USER | (At.RETURN if is_return else At(0)))
    for number, arg in enumerate(words[2 : 2 + MAX_ARGS]):
        log.index = number + 2
        parse_arg(arg, context)
    shown = f"0x{offset:016x}" + (f"(0x{reference:x})" if reference else "")
    probe = Probe(
        UPROBE,
        group if group is not None else "uprobes",
        event,
        is_return,
        (file, offset),
        (f"{path}:{shown}",),
        tuple(context.args),
        reference=reference,
    )
    for other in state.all(UPROBE):
        if other.place == probe.place and other.reference != reference:
            raise Refused("reference-differs")
    claim(probe, state, target, log)
    return probe


def _look_up(path: str, files: Files, log: Log) -> str:
    file = files(path)
    if file is None:
        raise log.refuse(0, "FILE_NOT_FOUND")
    if not file:
        raise log.refuse(0, "NO_REGULAR_FILE")
    return file


def _parse_place(text: str, start: int, log: Log) -> tuple[int, int, bool]:
    """`OFFSET[%return][(REFERENCE)]`, which begins at `start`. Raises `Refused`."""
    reference = 0
    before, brace, inside = text.partition("(")
    if brace:
        digits, close, after = inside.partition(")")
        if not close:
            raise log.refuse(start + len(text), "REFCNT_OPEN_BRACE")
        if after:
            raise log.refuse(start + len(before) + len(digits) + 2, "BAD_REFCNT_SUFFIX")
        number = parse_unsigned(digits)
        if number is None:
            raise log.refuse(start + len(before) + 1, "BAD_REFCNT")
        reference = number
    digits, percent, suffix = before.partition("%")
    if percent and suffix != "return":
        raise log.refuse(start + len(digits), "BAD_ADDR_SUFFIX")
    offset = parse_unsigned(digits)
    if offset is None:
        raise log.refuse(start, "BAD_UPROBE_OFFS")
    return offset, reference, bool(percent)
