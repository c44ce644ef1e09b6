"""Charts as SVG inside of a page: they take their colours from the page's classes `s0` to `s7`."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from probelang.render.amounts import amount, duration, rate, short
from probelang.tracing.units import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.render.bins import Bins
    from probelang.render.panels import Chart


def timeline_svg(chart: Chart, title: str) -> str:
    """Hits a second by event, one on top of the other."""
    wide, high, left, top, bottom = 1000, 240, 62, 12, 22
    totals = [sum(column) for column in zip(*(series.rates for series in chart.series), strict=True)]
    ticks, most = nice_ticks(max(totals), 5)
    step = (wide - left) / chart.spans
    tall = high - top - bottom

    def y(value: float) -> float:
        return top + tall * (1 - value / most)

    parts = [_open(wide, high, title)]
    for tick in ticks:
        parts.append(f'<line class="grid" x1="{left}" x2="{wide}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{rate(tick)}</text>')
    below = [0.0] * chart.spans
    for place, series in enumerate(chart.series):
        above = [low + value for low, value in zip(below, series.rates, strict=True)]
        there = _steps(above, left, step, y)
        back = _steps(below, left, step, y)[::-1]
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in there + back)
        parts.append(
            f'<polygon class="s{place}" points="{points}"><title>{escape(series.name)}</title></polygon>'
        )
        below = above
    for place in chart.lost:
        x = left + (place + 0.5) * step
        parts.append(
            f'<line class="lost" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{high - bottom}"><title>hits were lost here</title></line>'
        )
    seconds = chart.spans * chart.seconds
    for tick in nice_ticks(seconds, 9)[0]:
        x = left + tick / seconds * (wide - left)
        if tick <= seconds:
            anchor = "end" if x > wide - 25 else "middle"
            parts.append(
                f'<text x="{x:.1f}" y="{high - bottom + 16}" text-anchor="{anchor}">{duration(tick * 10**9) if tick else 0}</text>'
            )
    parts.append(f'<line class="axis" x1="{left}" x2="{wide}" y1="{high - bottom}" y2="{high - bottom}"/>')
    return "".join(parts) + "</svg>"


def histogram_svg(bins: Bins, unit: Unit, color: int, title: str) -> str:
    """The bars of a histogram; each says what it is when pointed at."""
    wide, high, left, top, bottom = 400, 170, 46, 8, 24
    most_count = max(one.count for one in bins.bins)
    ticks, most = nice_ticks(most_count, 4, whole=True)
    step = (wide - left) / len(bins.bins)
    tall = high - top - bottom
    parts = [_open(wide, high, title)]
    for tick in ticks:
        y = top + tall * (1 - tick / most)
        parts.append(f'<line class="grid" x1="{left}" x2="{wide}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{short(int(tick), Unit.NUMBER)}</text>'
        )
    for place, one in enumerate(bins.bins):
        if one.count:
            # a rare number is there to be seen
            tall_bar = max(tall * one.count / most, 1.0)
            x, y = left + place * step, high - bottom - tall_bar
            said = amount(one.first, unit)
            if one.first != one.last:
                said += f" to {amount(one.last, unit)}"
            parts.append(
                f'<rect class="s{color}" x="{x + 0.3:.2f}" y="{y:.1f}" width="{max(step - 0.6, 0.6):.2f}" height="{tall_bar:.1f}">'
                f"<title>{escape(said)}: {one.count:,}</title></rect>"
            )
    for position, number in bins.ticks(6, unit):
        x = left + position * step
        anchor = "start" if x < left + 12 else "end" if x > wide - 16 else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{high - bottom + 16}" text-anchor="{anchor}">{escape(short(number, unit))}</text>'
        )
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{high - bottom}" y2="{high - bottom + 4}"/>'
        )
    parts.append(f'<line class="axis" x1="{left}" x2="{wide}" y1="{high - bottom}" y2="{high - bottom}"/>')
    return "".join(parts) + "</svg>"


def spark_svg(rates: Sequence[float], color: int, title: str) -> str:
    """A small line without an axis."""
    wide, high = 160, 22
    most = max(rates, default=0) or 1
    step = wide / max(len(rates), 1)
    steps = _steps(list(rates), 0, step, lambda value: high * (1 - value / most))
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in [(0, high), *steps, (wide, high)])
    return f'{_open(wide, high, title, "spark")}<polygon class="s{color}" points="{points}"/></svg>'


def nice_ticks(most: float, at_most: int, whole: bool = False) -> tuple[list[float], float]:
    """Round numbers from 0 on, and where the axis ends, which is at `most` or the next of them."""
    step = 1.0 if whole else 10.0**-9
    while True:
        for digit in (1, 2, 5):
            if most / (step * digit) <= at_most:
                width = step * digit
                count = -int(-most // width) or 1
                return [place * width for place in range(count + 1)], count * width
        step *= 10


def _steps(
    values: list[float], left: float, step: float, y: Callable[[float], float]
) -> list[tuple[float, float]]:
    found = []
    for place, value in enumerate(values):
        found += [(left + place * step, y(value)), (left + (place + 1) * step, y(value))]
    return found


def _open(wide: int, high: int, title: str, kind: str = "chart") -> str:
    said = escape(title)
    return f'<svg class="{kind}" viewBox="0 0 {wide} {high}" role="img" aria-label="{said}">'
