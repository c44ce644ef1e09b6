"""One run of some specs: events of its own in a tracing instance of its own, and afterwards nothing of them.

Who enters a `Session` has the events defined, filtered and switched on in the instance; who leaves it, however that comes about, has
them removed. All that is about to be defined has been written down before (`state`), for a process can be killed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from probelang.record import record
from probelang.tracing.buffer_size import choose_size, read_meminfo
from probelang.tracing.define import Interrupted, Refused, define, defined_by, enable, remove, triggers_of
from probelang.tracing.hits import Column, Traced
from probelang.tracing.state import RunState, instance_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from probelang.backends.tracefs.events import Event
    from probelang.tracing.state import StateFolder
    from probelang.tracing.tracefs import Folder, Tracefs

__all__ = ["Buffers", "Interrupted", "NoRoom", "Refused", "Session", "Settings", "new_run"]


@record
class Settings:
    """How to trace: KiB of buffer for each CPU (None is what fits the machine), and whether children of traced tasks are traced."""

    buffer_size: int | None = None
    follow: bool = False


@record
class Buffers:
    """What the ring buffers of all CPUs tell: records that were taken, that are waiting, and that were lost."""

    read: int
    waiting: int
    lost: int


#: Powers of 2 of KiB, the largest that fits first.
_UNITS = ((20, "G"), (10, "M"), (0, "K"))


class NoRoom(Exception):
    """The kernel has no buffers of the size that was asked for; the message is one line."""


def new_run(tracefs: Tracefs, states: StateFolder) -> str:
    """An id for a run that nothing in the kernel bears."""
    while True:
        run = os.urandom(3).hex()
        names = (*tracefs.names("instances"), *tracefs.names("events"), *tracefs.names("events/synthetic"))
        # an id that is a number could be that of a part of a name
        if not run.isdecimal() and not states.has_run(run) and not any(run in name for name in names):
            return run


class Session:
    """Specs that are being traced. `left` is what could not be removed in the end."""

    def __init__(
        self,
        tracefs: Tracefs,
        states: StateFolder,
        run: str,
        events: Sequence[Event],
        files: Sequence[str],
        settings: Settings,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`events` were compiled for the run of that id. Nothing is done yet; `stop` interrupts what entering does."""
        self.tracefs = tracefs
        self.states = states
        self.run = run
        self.events = events
        self.settings = settings
        self.stop = stop
        self.left: list[str] = []
        self.traced: tuple[Traced, ...] = ()
        self.folder: Folder = tracefs.instance(instance_of(run))
        self._state = RunState(
            run, os.getpid(), tuple(map(os.path.abspath, files)), defined_by(events), triggers_of(events)
        )

    @property
    def instance(self) -> Path:
        """The folder of the instance."""
        from pathlib import Path

        return Path(self.folder.path)

    def __enter__(self) -> Self:
        """Define and set all. Raises Refused, Interrupted, NoRoom, StateError and OSError; then nothing is left."""
        self._lock = self.states.begin(self._state)
        try:
            error = self.tracefs.make_instance(instance_of(self.run))
            if error is not None:
                raise error
            self._make_room()
            define(self.tracefs, self.folder, self.events, self.stop)
            # one that CPUs agree on, and other programs know, too (CLOCK_MONOTONIC); a trigger may have set another
            self.folder.put("trace_clock", "mono")
            if self.settings.follow:
                self.folder.put("options/event-fork", "1")
            else:
                # what reads hits must not make some
                self.folder.put("set_event_notrace_pid", str(os.getpid()))
            self.traced = tuple(_traced(event, self.folder) for event in self.events)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._end()

    def _make_room(self) -> None:
        wanted = self.settings.buffer_size
        size = wanted if wanted is not None else choose_size(self.folder, read_meminfo())
        error = self.folder.put("buffer_size_kb", str(size)) if size is not None else None
        # what was not asked for may be refused
        if error is not None and wanted is not None:
            cpus = len(self.folder.names("per_cpu"))
            shift, unit = next(each for each in _UNITS if wanted >> each[0] << each[0] == wanted)
            raise NoRoom(
                f"the kernel cannot make buffers of {wanted >> shift}{unit} for {cpus} CPU{'s' * (cpus != 1)}: {error.strerror} (a smaller --buffer-size?)"
            )

    def only(self, threads: Iterable[int]) -> None:
        """Trace these threads only. Raises OSError."""
        for thread in threads:
            error = self.folder.put("set_event_pid", str(thread))
            if error is not None:
                raise error

    def enable(self) -> None:
        """Switch the events on. Raises Refused, Interrupted."""
        enable(self.folder, self.events, self.stop)

    def pause(self) -> None:
        """Record nothing more; what was recorded can be read."""
        self.folder.put("tracing_on", "0")

    def buffers(self) -> Buffers:
        """What the ring buffers tell now."""
        read = waiting = lost = 0
        for cpu in self.folder.names("per_cpu"):
            told = {}
            for line in self.folder.get(f"per_cpu/{cpu}/stats").splitlines():
                name, _, value = line.partition(":")
                told[name] = int(value) if value.strip().isdecimal() else 0
            read += told.get("read events", 0)
            waiting += told.get("entries", 0)
            lost += told.get("overrun", 0) + told.get("commit overrun", 0) + told.get("dropped events", 0)
        return Buffers(read, waiting, lost)

    def count_missed(self) -> int:
        """How many calls the kernel's probes had no room for, as far as it counts them."""
        from probelang.tracing.status import count_hits

        counts = count_hits(self.tracefs)
        return sum(counts[one.name].misses or 0 for one in self._state.events if one.name in counts)

    def count_unjoined(self) -> int:
        """How many calls there was no room for to join their return with their entry."""
        from probelang.tracing.status import count_joins

        joins = [count_joins(self.folder, event.triggers) for event in self.events]
        return sum(one.misses or 0 for one in joins)

    def _end(self) -> None:
        name = instance_of(self.run)
        self.left = remove(self.tracefs, self.folder, self._state.events, self._state.triggers, name)
        self._lock.end(done=not self.left)


def _traced(event: Event, folder: Folder) -> Traced:
    """An event, and the columns that its records have: what stands in the head of each is not recorded again."""
    from probelang.kernel.tracefs import parse_format

    there = {field.name for field in parse_format(folder.get(f"events/{event.name}/format"))}
    columns = [
        Column(field.name, field.fetch.text)
        for field in event.probe.fields
        if field.name in there and not field.auto
    ]
    return Traced(event.probe, event.name, tuple(columns))
