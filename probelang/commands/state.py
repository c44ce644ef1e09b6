"""What earlier commands left behind: the dynamic events that exist, each with its probes, in the order they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.verdict import Doubtful
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from probelang.commands.context import ParsedArg
    from probelang.commands.histogram import Histogram
    from probelang.kernel.tracefs import EventField

KPROBE, UPROBE, FPROBE, EPROBE, SYNTHETIC = "kprobe", "uprobe", "fprobe", "eprobe", "synthetic"
ALL_KINDS = (KPROBE, UPROBE, FPROBE, EPROBE, SYNTHETIC)


@record
class Probe:
    """One probe of an event.

    `place` is what tells it from others of its kind (symbol, tracepoint, or file); `heads` the spellings of it that a
    command to remove it may use; `reference` the semaphore of a uprobe, `of` the event that an eprobe is on, `fields` those of a synthetic event, `maxactive` how many
    calls at a time a return probe waits for (0: the kernel chooses), `filter` what stands behind an eprobe's `if`.
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
    maxactive: int = 0
    filter: str = ""

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


@record
class Doubt:
    """Something that may exist: an event of a kind in a group, on a point; "" for any event or point, None for any group."""

    kinds: tuple[str, ...]
    group: str | None
    event: str
    point: str = ""

    def covers(self, group: str | None, event: str) -> bool:
        same_group = self.group is None or group in (None, self.group)
        return same_group and (not event or not self.event or self.event == event)


class State:
    """All dynamic events, and what may be one."""

    def __init__(self) -> None:
        self._probes: dict[tuple[str, str], list[Probe]] = {}
        #: All of them, in the order they were made.
        self._made: list[Probe] = []
        self._doubts: list[Doubt] = []
        #: Tracepoints that a probe was refused on, and that take no other.
        self.lost_tracepoints: set[str] = set()
        #: The hist triggers of all events.
        self.histograms: list[Histogram] = []
        #: Events with a trigger.
        self.triggered: set[tuple[str, str]] = set()
        #: Triggers, by their events, of which it is not known whether they were taken.
        self.doubted_triggers: list[tuple[tuple[str, str], str]] = []

    def doubt(self, doubt: Doubt) -> None:
        """It is not known whether a command was taken."""
        self._doubts.append(doubt)

    def _check(self, group: str | None, event: str) -> None:
        if any(doubt.covers(group, event) for doubt in self._doubts):
            raise Doubtful("earlier")

    def probes(self, group: str, event: str) -> list[Probe]:
        """The probes of an event, the oldest first. Raises `Doubtful`."""
        self._check(group, event)
        return self._probes.get((group, event), [])

    def all(self, kind: str, points: Sequence[str] = ()) -> Iterator[Probe]:
        """Every probe of a kind. Raises `Doubtful` where others may exist, on one of `points`, where those are given."""
        if any(
            kind in doubt.kinds and (not points or doubt.point in ("", *points)) for doubt in self._doubts
        ):
            raise Doubtful("earlier")
        for probes in self._probes.values():
            for probe in probes:
                if probe.kind == kind:
                    yield probe

    def named(self, group: str | None, event: str) -> list[Probe]:
        """The probes of that event, "" for all of the group, in any group for None. Raises `Doubtful`."""
        self._check(group, event)
        return self.known(group, event)

    def known(self, group: str | None, event: str) -> list[Probe]:
        """The same, whatever else there may be."""
        return [probe for probe in self._made if group in (None, probe.group) and event in ("", probe.event)]

    def add(self, probe: Probe) -> None:
        """The kernel took a probe."""
        self._probes.setdefault(probe.name, []).append(probe)
        self._made.append(probe)

    def remove(self, probe: Probe) -> None:
        """The kernel let a probe go, and its event with the last one."""
        left = [other for other in self._probes[probe.name] if other is not probe]
        if left:
            self._probes[probe.name] = left
        else:
            del self._probes[probe.name]
        self._made = [other for other in self._made if other is not probe]

    def clear(self, kind: str | None) -> None:
        """Take away all probes of a kind, None for all there are."""
        if kind is None:
            self._probes.clear()
            self._made.clear()
            self._doubts.clear()
            return
        self._made = [probe for probe in self._made if probe.kind != kind]
        left = {
            name: [probe for probe in probes if probe.kind != kind] for name, probes in self._probes.items()
        }
        self._probes = {name: probes for name, probes in left.items() if probes}

    def is_used(self, name: tuple[str, str]) -> bool:
        """Whether an eprobe is on this event, a trigger, or one that raises it: it must stay as long. Raises `Doubtful`."""
        if name in self.triggered or any(name in one.raises for one in self.histograms):
            return True
        if any(name == event or name[1] in text for event, text in self.doubted_triggers):
            raise Doubtful("earlier")
        points = (".".join(name), "/".join(name))
        return any(probe.of == name for probe in self.all(EPROBE, points))
