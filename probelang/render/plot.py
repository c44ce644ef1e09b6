"""`--plot`: a run as one picture, PNG, SVG or PDF, by matplotlib, which need not be there otherwise."""

from __future__ import annotations

import os
from math import ceil
from typing import TYPE_CHECKING, Any

from probelang.render.amounts import duration, rate, short
from probelang.render.cells import escaped, fit, width
from probelang.render.panels import Bar, Chart, Panel, chart_of, panels_of, subtitle

if TYPE_CHECKING:
    from probelang.tracing.recording import Recording

FORMATS = (".png", ".svg", ".pdf")
INSTALL = "pip install 'probelang[plot]'"

#: The most panels of a picture; of more it says how many.
_MOST_PANELS = 24
_COLUMNS = 3
#: Sizes in inches, but for the dots of a PNG's inch.
_WIDTH, _TIMELINE, _ROW, _HEAD = 13.0, 3.0, 2.6, 0.95
_DOTS = 110
#: Where the panels begin, end and leave a gap, as parts of the width.
_LEGEND = 4
_LEFT, _RIGHT, _GAP = 0.035, 0.965, 0.03

# colours that people who see few colours tell apart
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a7300", "#7f7f7f")
_BAD, _QUIET, _INK = "#c00020", "#8a8f98", "#24292f"


class PlotError(Exception):
    """There can be no picture; the message is one line with what to do about it."""


def check_plot(path: str) -> None:
    """Raise PlotError now where a picture could not be written later."""
    ending = os.path.splitext(path)[1].lower()
    if ending not in FORMATS:
        hint = "; --report makes pages" if ending in (".html", ".htm") else ""
        raise PlotError(f"a plot is a {', '.join(FORMATS[:-1])} or {FORMATS[-1]} file, not {path}{hint}")
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        raise PlotError(
            f"--plot needs matplotlib, which is not installed: {INSTALL} (--report OUT.html needs nothing)"
        )


def write_plot(path: str, recording: Recording, title: str, duration: int) -> None:
    """Draw a run. Raises OSError."""
    import warnings

    import matplotlib

    # needs no display
    matplotlib.use("Agg")
    from matplotlib import pyplot

    # nothing of what is drawn is markup, and fonts that lack a character show a box
    settings: Any = {
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": _QUIET,
        "axes.labelcolor": _INK,
        "text.color": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
        "text.parse_math": False,
        "svg.hashsalt": "probelang",
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = _draw(pyplot, recording, title, duration)
        try:
            figure.savefig(path, dpi=_DOTS, metadata=_metadata(path))
        finally:
            pyplot.close(figure)


def _metadata(path: str) -> dict[str, Any]:
    """Nothing of when it was made: the same run is the same file."""
    match os.path.splitext(path)[1].lower():
        case ".svg":
            return {"Date": None}
        case ".pdf":
            return {"CreationDate": None}
    return {}


def _draw(pyplot: Any, recording: Recording, title: str, duration: int) -> Any:
    chart = chart_of(recording)
    panels = [panel for _, event in recording.busiest for panel in panels_of(event)]
    left = len(panels) - _MOST_PANELS
    panels = panels[:_MOST_PANELS]
    rows = ceil(len(panels) / _COLUMNS)
    entries = len(chart.series) + bool(chart.lost) if chart else 0
    # the names of the events are between the head and the timeline
    head = _HEAD + 0.19 * ceil(entries / _LEGEND)
    height = head + _TIMELINE + rows * _ROW + (0.3 if left > 0 else 0)
    figure = pyplot.figure(figsize=(_WIDTH, height), layout="none")
    figure.text(_LEFT, 1 - 0.34 / height, _cut(title, 90), fontsize=15, fontweight="bold", va="center")
    lost = recording.lost.total()
    figure.text(
        _LEFT, 1 - 0.64 / height, subtitle(recording, duration), va="center", color=_BAD if lost else _QUIET
    )
    tall = (_TIMELINE - 0.75) / height
    timeline = figure.add_axes((_LEFT + 0.04, 1 - head / height - tall, _RIGHT - _LEFT - 0.04, tall))
    if chart is None:
        timeline.text(0.5, 0.5, "no hit", ha="center", va="center", color=_QUIET, fontsize=14)
        timeline.set_axis_off()
    else:
        _draw_chart(timeline, chart)
    colors = {series.name: COLORS[place] for place, series in enumerate(chart.series)} if chart else {}
    for place, panel in enumerate(panels):
        row, column = divmod(place, _COLUMNS)
        x = _LEFT + column * (_RIGHT - _LEFT + _GAP) / _COLUMNS
        right = x + (_RIGHT - _LEFT + _GAP) / _COLUMNS - _GAP
        # room for the names of values, or for a few digits
        inset = 0.085 if panel.bars else 0.035
        bottom = 1 - (head + _TIMELINE + (row + 1) * _ROW - 0.45) / height
        axes = figure.add_axes((x + inset, bottom, right - x - inset, (_ROW - 1.05) / height))
        _draw_panel(axes, panel, colors.get(panel.event, COLORS[-1]), x, right)
    if left > 0:
        figure.text(
            _LEFT, 0.12 / height, f"and {left} more panels, which --report OUT.html shows", color=_QUIET
        )
    return figure


def _cut(text: str, cells: int) -> str:
    text = escaped(text)
    return fit(text, min(width(text), cells))


def _draw_chart(axes: Any, chart: Chart) -> None:
    edges = [place * chart.seconds for place in range(chart.spans + 1)]
    below = [0.0] * (chart.spans + 1)
    for place, series in enumerate(chart.series):
        above = [low + value for low, value in zip(below, [*series.rates, series.rates[-1]], strict=True)]
        axes.fill_between(edges, below, above, step="post", color=COLORS[place], linewidth=0, alpha=0.85)
        axes.plot([], [], color=COLORS[place], linewidth=6, label=f"{_cut(series.name, 30)}  {series.hits:,}")
        below = above
    for number, place in enumerate(chart.lost):
        middle = (place + 0.5) * chart.seconds
        axes.axvline(
            middle, color=_BAD, linewidth=1, linestyle=":", label="hits were lost" if not number else None
        )
    axes.set_xlim(0, edges[-1])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("since the start" if chart.from_start else "since the first hit", color=_QUIET)
    axes.set_ylabel("hits a second", color=_QUIET)
    axes.xaxis.set_major_formatter(lambda value, _: duration(value * 10**9) if value else "0")
    axes.yaxis.set_major_formatter(lambda value, _: rate(value))
    axes.grid(axis="y", color="#e4e6ea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.006, 1.01),
        ncols=_LEGEND,
        frameon=False,
        fontsize=8,
        handlelength=0.8,
    )


def _draw_panel(axes: Any, panel: Panel, color: str, left: float, right: float) -> None:
    figure = axes.figure
    over = axes.get_position().y1
    inch = 1 / figure.get_figheight()
    figure.text(
        left, over + 0.36 * inch, _cut(panel.field, 28), fontsize=10.5, fontweight="bold", va="bottom"
    )
    figure.text(
        right, over + 0.37 * inch, _cut(panel.event, 24), ha="right", va="bottom", color=color, fontsize=8.5
    )
    facts = "  ".join(f"{word} {value}" for word, value in panel.facts)
    figure.text(left, over + 0.14 * inch, _cut(facts, 72), va="bottom", color=_QUIET, fontsize=7.2)
    if panel.bins is None:
        _draw_bars(axes, panel.bars, color)
        return
    counts = [one.count for one in panel.bins.bins]
    axes.bar(
        range(len(counts)), counts, width=1.0, align="edge", color=color, edgecolor="white", linewidth=0.4
    )
    axes.set_xlim(0, len(counts))
    ticks = panel.bins.ticks(6, panel.unit)
    names = [short(number, panel.unit) for _, number in ticks]
    axes.set_xticks([place for place, _ in ticks], names, fontsize=8)
    axes.yaxis.set_major_locator(_few_whole_numbers())
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(axis="y", labelsize=7.5, length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="y", color="#e4e6ea", linewidth=0.8)
    axes.set_axisbelow(True)


def _few_whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, integer=True)


def _draw_bars(axes: Any, bars: tuple[Bar, ...], color: str) -> None:
    places = range(len(bars))
    # all others together are no value, and would dwarf those that are
    lengths = [0 if bar.rest else bar.count for bar in bars]
    most = max(lengths)
    axes.barh(places, lengths, color=color, height=0.72)
    axes.set_yticks(places, [_cut(bar.name, 20) for bar in bars], fontsize=8)
    axes.set_ylim(max(len(bars), 4) - 0.4, -0.6)
    axes.set_xlim(0, most * 1.22)
    for place, (bar, length) in enumerate(zip(bars, lengths, strict=True)):
        axes.text(length + most * 0.015, place, f"{bar.count:,}", va="center", fontsize=7.5, color=_QUIET)
    axes.set_xticks([])
    axes.tick_params(axis="y", length=0)
    axes.spines["bottom"].set_visible(False)
