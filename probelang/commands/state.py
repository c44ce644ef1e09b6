"""What earlier commands left behind: the dynamic events that exist, each with its probes, in the order they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.verdict import Doubtful
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.commands.context import ParsedArg
    from probelang.kernel.tracefs import EventField

KPROBE, UPROBE, FPROBE, EPROBE, SYNTHETIC = "kprobe", "uprobe", "fprobe", "eprobe", "synthetic"


@record
class Probe:
    """One probe of an event.

    `place` is what tells it from others of its kind (symbol, tracepoint, or file); `heads` the spellings of it that a
    command to remove it may use; `reference` the semaphore of a uprobe, `of` the event that an eprobe is on, `fields` those of a synthetic event.
    """

    kind: str
    group: str
    event: str
    is_return: bool
    place: tuple[object, ...]
    heads: tuple[str, ...]
    args: tuple[ParsedArg, ...] = ()
    is_tracepoint: bool = False
    reference: int = 0
    of: tuple[str, str] | None = None
    fields: tuple[EventField, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        return self.group, self.event

    def compare_args(self, other: Probe) -> int:
        """0 if names and types of the args are the same, else the first that differs, from 1."""
        if len(self.args) != len(other.args):
            return min(len(self.args), len(other.args)) + 1
        for number, (mine, theirs) in enumerate(zip(self.args, other.args, strict=True), 1):
            if (mine.type.name, mine.count, mine.name) != (theirs.type.name, theirs.count, theirs.name):
                return number
        return 0

    def is_same(self, other: Probe) -> bool:
        return self.place == other.place and [arg.text for arg in self.args] == [
            arg.text for arg in other.args
        ]


class State:
    """All dynamic events. `unsure` are the names of those of which it is not known whether they exist."""

    def __init__(self) -> None:
        self._probes: dict[tuple[str, str], list[Probe]] = {}
        self._unsure: set[tuple[str, str]] = set()
        self._lost = False

    def lose(self) -> None:
        """From here on nothing is known any more, whatever the name."""
        self._lost = True

    def doubt(self, group: str, event: str) -> None:
        """It is not known whether a command for this event was taken."""
        self._unsure.add((group, event))

    def probes(self, group: str, event: str) -> list[Probe]:
        """The probes of an event, the oldest first. Raises `Doubtful`."""
        if self._lost or (group, event) in self._unsure:
            raise Doubtful("earlier")
        return self._probes.get((group, event), [])

    def all(self) -> Iterator[Probe]:
        """Every probe. Raises `Doubtful`."""
        if self._lost or self._unsure:
            raise Doubtful("earlier")
        for probes in self._probes.values():
            yield from probes

    def named(self, group: str | None, event: str) -> Iterator[Probe]:
        """The probes of that event, "" for all of the group, in any group for None. Raises `Doubtful`."""
        if group is not None and event:
            yield from list(self.probes(group, event))
            return
        fits = [
            name
            for name in (*self._probes, *self._unsure)
            if group in (None, name[0]) and event in ("", name[1])
        ]
        for name in dict.fromkeys(fits):
            yield from list(self.probes(*name))
        if self._lost:
            raise Doubtful("earlier")

    def add(self, probe: Probe) -> None:
        self._probes.setdefault(probe.name, []).append(probe)

    def remove(self, probe: Probe) -> None:
        left = [other for other in self._probes[probe.name] if other is not probe]
        if left:
            self._probes[probe.name] = left
        else:
            del self._probes[probe.name]

    def users(self, name: tuple[str, str]) -> bool:
        """Whether an eprobe is on this event, which must stay as long."""
        return any(probe.of == name for probes in self._probes.values() for probe in probes)
