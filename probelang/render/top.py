"""`--top`: a live summary on a terminal, and one at the end where there is no terminal."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING

from probelang.render.cells import marks_for, painted, plain
from probelang.render.hits_values import make_names
from probelang.render.overview import By, Row, View, frame
from probelang.render.screen import Screen, is_screen, size_of
from probelang.tracing.frequent import Frequent
from probelang.tracing.recording import Recording
from probelang.tracing.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from probelang.tracing.hits import Hit, Totals, Traced, Value
    from probelang.tracing.recording import FieldRecord

#: Seconds between two pictures, and how many of them the line of an event shows.
_PERIOD = 1.0
_LINE = 60

#: What every hit has besides its event's own fields, and where in a `Hit` it is.
COMMON = {"cpu": 2, "tid": 3, "comm": 4, "place": 6}


class Top:
    """A sink that draws what it was given, about once a second, on `stream` if that is a terminal; then, anyway, what it was in all.

    `by` is a field, whose values get a table of their own. `clock` gives seconds. `keys` is whether it may read the terminal, `live` whether it draws before the end.
    """

    def __init__(
        self,
        stream: TextIO,
        title: str,
        *,
        by: str | None = None,
        color: bool = False,
        keys: bool = True,
        live: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._title = title
        self._by = by
        self._color = color
        self._clock = clock
        self._marks = marks_for(stream.encoding)
        self._screen = Screen(stream, color, keys) if live and is_screen(stream) else None
        self._keys = keys
        self._values = Frequent()
        self._places: list[tuple[int, ...]] = []
        self._unit = Unit.NUMBER
        self._names: Mapping[int, str] | None = None
        self.recording = Recording(())

    def begin(self, events: Sequence[Traced]) -> None:
        """The first, empty picture."""
        self.recording = Recording(events)
        self._places = [_places_of(self._by, event) for event in events]
        field = _field_of(self._by, events)
        if field is not None:
            self._unit, self._names = field.unit, make_names(field.field)
        self._started = self._drawn = self._clock()
        self._counts = [0] * len(events)
        self._rates = [0.0] * len(events)
        self._lines: list[deque[float]] = [deque(maxlen=_LINE) for _ in events]
        self._before: dict[Value, int] = {}
        self._value_rates: dict[Value, float] = {}
        self._size = size_of(self._stream)
        if self._screen:
            self._screen.enter()
            self._draw()

    def take(self, hits: Sequence[Hit]) -> None:
        """Count, and draw if it is time or the terminal has another size."""
        self.recording.take(hits)
        if self._by is not None and hits:
            self._count_values(hits)
        if self._screen is None:
            return
        now = self._clock()
        if now - self._drawn >= _PERIOD:
            self._measure(now - self._drawn)
            self._drawn = now
            self._draw()
        elif self._size != size_of(self._stream):
            self._draw()
        if self._screen.asked_to_end():
            # as Ctrl-C does, so that there is one way to end
            os.kill(os.getpid(), signal.SIGINT)

    def lost(self, cpu: int, count: int) -> None:
        """Count them."""
        self.recording.lose(cpu, count)

    def end(self, totals: Totals) -> None:
        """Give the terminal back, and print what the run was."""
        self.close()
        recording = self.recording
        seconds = max(totals.duration, 1) / 10**9
        rows = tuple(
            Row(event.count / seconds, tuple(recording.timeline.spans(place, _LINE)))
            for place, event in enumerate(recording.events)
        )
        self._value_rates = {value: count / seconds for value, count in self._values.counts.items()}
        view = self._view(totals.duration, rows, "FROM THE FIRST HIT TO THE LAST")
        columns = size_of(self._stream)[0] if self._stream.isatty() else _columns()
        paint = painted if self._color else plain
        text = "".join(paint(line) + "\n" for line in frame(view, columns, None, self._marks))
        self._stream.write(text)
        self._stream.flush()

    def close(self) -> None:
        """Give the terminal back, however the run ended."""
        if self._screen:
            self._screen.leave()

    def _count_values(self, hits: Sequence[Hit]) -> None:
        assert self._by is not None
        if self._by in COMMON and not any(self._places):
            self._values.add(map(itemgetter(COMMON[self._by]), hits))
            return
        for place, some in self.recording.by_event(hits):
            for column in self._places[place]:
                self._values.add(hit.values[column] for hit in some)

    def _measure(self, seconds: float) -> None:
        """Rates since the last picture; after a pause, the same for each second of it."""
        for place, event in enumerate(self.recording.events):
            self._rates[place] = (event.count - self._counts[place]) / seconds
            self._counts[place] = event.count
            self._lines[place].extend([self._rates[place]] * min(int(seconds / _PERIOD), _LINE))
        counts = dict(self._values.counts)
        self._value_rates = {
            value: (count - self._before.get(value, 0)) / seconds for value, count in counts.items()
        }
        self._before = counts

    def _draw(self) -> None:
        assert self._screen is not None
        self._size = size_of(self._stream)
        rows = tuple(Row(rate, tuple(line)) for rate, line in zip(self._rates, self._lines, strict=True))
        elapsed = int((self._clock() - self._started) * 10**9)
        hint = "q ends" if self._keys else "Ctrl-C ends"
        view = self._view(elapsed, rows, "LAST 60 S", hint)
        self._screen.draw(frame(view, *self._size, self._marks))

    def _view(self, elapsed: int, rows: tuple[Row, ...], span: str, hint: str = "") -> View:
        by = None
        if self._by is not None:
            # names of tasks and functions are no strings that were recorded
            bare = self._by in COMMON and not any(self._places)
            by = By(self._by, self._values, self._value_rates, self._unit, bare, self._names)
        return View(self._title, self.recording, elapsed, rows, span, by, hint)


def _columns() -> int:
    told = os.environ.get("COLUMNS", "")
    return max(int(told), 40) if told.isdecimal() and len(told) < 5 else 100


def _places_of(by: str | None, event: Traced) -> tuple[int, ...]:
    return tuple(place for place, column in enumerate(event.columns) if column.name == by)


def _field_of(by: str | None, events: Sequence[Traced]) -> FieldRecord | None:
    """The first field of that name."""
    for event in Recording(events).events:
        for field in event.fields:
            if field.column.name == by:
                return field
    return None
