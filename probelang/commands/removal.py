"""`-:[GROUP/]EVENT [POINT [ARGS]]`: which probes a command takes away (kernel/trace/trace_dynevent.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.state import EPROBE, SYNTHETIC
from probelang.commands.verdict import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.state import Probe, State


def remove(words: Sequence[str], state: State, kind: str | None) -> None:
    """Take away all that a command names, of one kind or of any. Raises `Refused`, `Doubtful`."""
    head = words[0]
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
    found = False
    for probe in state.named(group, name):
        if kind is not None and probe.kind != kind:
            continue
        if not _fits(probe, words[1:]) or (probe.kind == SYNTHETIC and not name):
            continue
        found = True
        last = len(state.probes(probe.group, probe.event)) == 1
        if last and state.has_user(probe.name):
            raise Refused("event-busy")
        state.remove(probe)
    if not found:
        raise Refused("no-such-event")


def _fits(probe: Probe, words: Sequence[str]) -> bool:
    """Whether the words behind the name are those of a probe: all of its point, and the first of its args."""
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
