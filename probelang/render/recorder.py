"""The sink behind `--plot` and `--report`: it records a run, and draws it when that is over."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from probelang.render.plot import PlotError, check_plot, write_plot
from probelang.tracing.recording import Recording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.tracing.hits import Hit, Totals, Traced

PAGES = (".html", ".htm")


class Recorder:
    """Writes a plot, a report or both at the end. `facts` are for the report: pairs of a word and what is to be said of it."""

    def __init__(
        self, plot: str | None, report: str | None, title: str, facts: Sequence[tuple[str, str]] = ()
    ) -> None:
        self._plot = plot
        self._report = report
        self._title = title
        self._facts = tuple(facts)
        self._began = 0
        self.recording = Recording(())

    def begin(self, events: Sequence[Traced]) -> None:
        """Nothing is recorded yet."""
        self.recording = Recording(events)
        self._began = time.monotonic_ns()

    def take(self, hits: Sequence[Hit]) -> None:
        """Record them."""
        self.recording.take(hits)

    def lost(self, cpu: int, count: int) -> None:
        """Count them."""
        self.recording.lose(cpu, count)

    def end(self, totals: Totals) -> None:
        """Write the files. Raises OSError."""
        self.recording.cover(self._began, self._began + totals.duration, time.monotonic_ns())
        write_recording(self.recording, self._plot, self._report, self._title, totals.duration, self._facts)


def write_recording(
    recording: Recording,
    plot: str | None,
    report: str | None,
    title: str,
    duration: int,
    facts: Sequence[tuple[str, str]] = (),
) -> None:
    """Write a plot, a report or both of a run that took so many nanoseconds. Raises OSError."""
    if report is not None:
        from probelang.render.page import render_page

        page = render_page(recording, title, duration, facts)
        with open(report, "w", encoding="utf-8") as file:
            file.write(page)
    if plot is not None:
        write_plot(plot, recording, title, duration)


def check_outputs(plot: str | None, report: str | None) -> None:
    """Raise PlotError, before anything is traced, where files could not be written in the end."""
    if report is not None and os.path.splitext(report)[1].lower() not in PAGES:
        raise PlotError(f"a report is an .html file, not {report}; --plot makes pictures")
    if plot is not None:
        check_plot(plot)
    for path in (plot, report):
        if path is not None:
            folder = os.path.dirname(path) or "."
            if os.path.isdir(path):
                raise PlotError(f"cannot write {path}: it is a folder")
            if not os.access(path if os.path.exists(path) else folder, os.W_OK):
                there = "you may not write there" if os.path.isdir(folder) else f"there is no folder {folder}"
                raise PlotError(f"cannot write {path}: {there}")
