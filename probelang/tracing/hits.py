"""What a running probe tells: hits of events, in the words of their specs, and what was lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.probes import Probe

Value = int | str | tuple["int | str | None", ...] | None
"""A recorded value: a number, a text, an array, or nothing where the kernel could not read it (a fault)."""


@record
class Column:
    """One recorded value of an event: its name in the spec, and how the kernel shows it (`u64`, `x32`, `string`, `symbol`, `u8[4]`)."""

    name: str
    type: str


@record
class Traced:
    """An event of a spec that is being traced. `recorded` is its name in tracefs, GROUP/EVENT, which may differ from the spec's."""

    probe: Probe
    recorded: str
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """GROUP/EVENT as the spec has it."""
        return f"{self.probe.group}/{self.probe.event}"


class Hit(NamedTuple):
    """One hit: `time` is in nanoseconds of the instance's trace clock, `tid` and `comm` the task it was in.

    `place` is the function that was hit, of a probe that is on several; `stack` has the frames, innermost first, of a probe `with stacktrace`.
    """

    event: Traced
    time: int
    cpu: int
    tid: int
    comm: str
    values: tuple[Value, ...]
    place: str = ""
    stack: tuple[str, ...] = ()


class Batch(NamedTuple):
    """Hits in the order of time as far as one can tell, and (CPU, count) of events that the kernel lost."""

    hits: Sequence[Hit]
    lost: Sequence[tuple[int, int]] = ()


@record
class Totals:
    """What a run saw: hits by event (`Traced.name`), events that the kernel lost, and how long it took in nanoseconds."""

    hits: dict[str, int]
    lost: int
    duration: int


class Sink(Protocol):
    """What a run gives its hits to: text, JSON, a live summary, a plot."""

    def begin(self, events: Sequence[Traced]) -> None:
        """Tracing starts; the events are those of all later calls."""

    def take(self, hits: Sequence[Hit]) -> None:
        """Some hits, in the order of time as far as one can tell; also called with none, several times a second."""

    def lost(self, cpu: int, count: int) -> None:
        """The kernel lost so many events of a CPU since the last word of it."""

    def end(self, totals: Totals) -> None:
        """Tracing is over."""
