"""`-:[GROUP/]EVENT [POINT [ARGS]]`: which probes a command takes away (kernel/trace/trace_dynevent.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.state import EPROBE, SYNTHETIC, Doubt
from probelang.commands.verdict import Doubtful, Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.state import Probe, State


def remove(words: Sequence[str], state: State, kind: str | None) -> None:
    """Take away all that a command names, of one kind or of any. Raises `Refused`, `Doubtful`."""
    group, name = _parse_name(words[0])
    found = False
    try:
        for probe in state.named(group, name):
            if not _fits(probe, words[1:], name, kind):
                continue
            found = True
            last = len(state.probes(probe.group, probe.event)) == 1
            if last and state.is_used(probe.name):
                raise Refused("event-busy")
            state.remove(probe)
    except Doubtful:
        for probe in state.known(group, name):
            if _fits(probe, words[1:], name, kind):
                state.doubt(Doubt((probe.kind,), probe.group, probe.event))
        raise
    if not found:
        raise Refused("no-such-event")


def _parse_name(head: str) -> tuple[str | None, str]:
    """The group, None for any, and the event, "" for all of the group. Raises `Refused`."""
    if head[0] == "-":
        if head[1:2] != ":":
            raise Refused("removal-malformed")
        name = head[2:]
    else:
        _, colon, name = head.partition(":")
        if not colon:
            raise Refused("removal-malformed")
    group: str | None = None
    before, slash, after = name.partition("/")
    if slash:
        group, name = before, after
    elif not name:
        raise Refused("removal-malformed")
    return group, name


def _fits(probe: Probe, words: Sequence[str], name: str, kind: str | None) -> bool:
    """Whether the words behind the name are those of a probe: all of its point, and the first of its args."""
    if kind is not None and probe.kind != kind:
        return False
    if probe.kind == SYNTHETIC and not name:
        return False
    if not words or probe.kind == SYNTHETIC:
        return True
    if words[0] not in probe.heads:
        return False
    args = words[1:]
    if probe.kind == EPROBE and not args:
        return True
    return len(args) <= len(probe.args) and all(
        word == f"{arg.name}={arg.text}" for word, arg in zip(args, probe.args, strict=False)
    )
