"""`--report`: a run as one HTML file that needs nothing else, runs nothing, and in which no recorded text can be anything but text."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from probelang import __version__
from probelang.render.amounts import rate, share
from probelang.render.cells import escaped
from probelang.render.panels import MOST_SERIES, Panel, chart_of, panels_of, subtitle
from probelang.render.svg import histogram_svg, spark_svg, timeline_svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.render.panels import Chart
    from probelang.source import Source
    from probelang.tracing.recording import EventRecord, Recording

#: Nothing may be fetched and nothing run, whatever a browser makes of the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_MOST_STACKS = 6

_KEYWORDS = frozenset(
    [
        "GROUP",
        "CONST",
        "ARGS",
        "KPROBE",
        "FPROBE",
        "TPROBE",
        "EPROBE",
        "UPROBE",
        "USDT",
        "WATCH",
        "MONITOR",
        "WITH",
        "IF",
        "IN",
        "USE",
        "READ",
        "WRITE",
        "READ_WRITE",
        "EXECUTE",
        "LEN",
        "EVERY",
        "STRUCT",
        "UNION",
        "ENUM",
        "CONTAINER_OF",
    ]
)
_CLASSES = {
    "COMMENT": "c", "STRING": "t", "CHARACTER": "t", "NUMBER": "d", "POINT": "f", "VARIABLE": "f", "ALL_ARGS": "f", "SYMBOL": "f",
    "REGISTER": "f", "FETCH_TYPE": "k", **dict.fromkeys(_KEYWORDS, "k"),
}  # fmt: skip


def render_page(
    recording: Recording, title: str, duration: int, facts: Iterable[tuple[str, str]] = ()
) -> str:
    """The page. `duration` is in nanoseconds, `facts` are pairs of a word and what is to be said of it."""
    chart = chart_of(recording)
    order = [event for _, event in recording.busiest]
    colors = {id(event): min(place, MOST_SERIES) for place, event in enumerate(order)}
    if chart is not None and len([event for event in order if event.count]) == MOST_SERIES + 1:
        colors[id(order[MOST_SERIES])] = MOST_SERIES
    lost = recording.lost.total()
    parts = [
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        f"<title>{_text(title)}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n<main>\n",
        f"<h1>{_text(title)}</h1>\n",
        f'<p class="{"bad" if lost else "quiet"}">{_text(subtitle(recording, duration))}</p>\n',
        _facts(facts),
        _timeline(chart),
        _events(recording, order, colors, duration),
    ]
    for number, event in enumerate(order):
        if event.count:
            parts.append(_event(event, number, colors[id(event)]))
    parts += [_specs(recording), _footer(), "</main>\n</body>\n</html>\n"]
    return "".join(parts)


def _text(text: str) -> str:
    """A text as HTML that is this text; what cannot be shown, or would turn its direction, is written as escapes."""
    return escape(escaped(text))


def _style() -> str:
    return (files("probelang.render") / "page.css").read_text("utf-8")


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<li><b>{_text(word)}</b> {_text(value)}</li>" for word, value in facts)
    return f'<ul class="facts">{items}</ul>\n' if items else ""


def _timeline(chart: Chart | None) -> str:
    if chart is None:
        return '<h2>Hits a second</h2>\n<p class="quiet">There was no hit.</p>\n'
    items = "".join(
        f'<li><i class="s{place}"></i>{_text(series.name)} <span class="quiet">{series.hits:,}</span></li>'
        for place, series in enumerate(chart.series)
    )
    if chart.lost:
        items += '<li class="bad">┊ hits were lost</li>'
    names = ", ".join(series.name for series in chart.series)
    picture = timeline_svg(chart, f"Hits a second, {_since(chart)}: {names}")
    return f'<h2>Hits a second</h2>\n<figure><ul class="key">{items}</ul>{picture}<figcaption>{_since(chart)}</figcaption></figure>\n'


def _since(chart: Chart) -> str:
    return "since the start" if chart.from_start else "since the first hit"


def _events(recording: Recording, order: Sequence[EventRecord], colors: dict[int, int], duration: int) -> str:
    seconds = duration / 10**9
    rows = []
    places = {id(event): place for place, event in enumerate(recording.events)}
    for number, event in enumerate(order):
        name = _text(event.name)
        if event.count:
            name = f'<a href="#event{number}">{name}</a>'
        speed = rate(event.count / seconds) if seconds else ""
        line = ""
        if event.count:
            spans = recording.timeline.spans(places[id(event)], 60)
            line = spark_svg(spans, colors[id(event)], f"{escaped(event.name)} over time")
        rows.append(
            f'<tr><th scope="row">{name}</th><td><code>{_text(point_of(event))}</code></td><td class="n">{event.count:,}</td>'
            f'<td class="n">{share(event.count, recording.count)}</td><td class="n">{speed}</td><td>{line}</td></tr>\n'
        )
    head = '<tr><th scope="col">Event</th><th scope="col">Probe</th><th scope="col" class="n">Hits</th><th scope="col" class="n">Share</th>'
    head += '<th scope="col" class="n">A second</th><th scope="col">Over time</th></tr>'
    return f'<h2>Events</h2>\n<div class="scroll"><table class="events">\n<thead>{head}</thead>\n<tbody>\n{"".join(rows)}</tbody></table></div>\n'


def point_of(event: EventRecord) -> str:
    """The probe's kind and point, as its spec has them."""
    probe = event.traced.probe
    if not probe.source.text:
        return ""
    return f"{probe.kind.value} {probe.source.slice(probe.point_span)}".strip()


def _event(event: EventRecord, number: int, color: int) -> str:
    cpus = f"on {len(event.cpus)} CPUs" if len(event.cpus) > 1 else f"on CPU {next(iter(event.cpus))}"
    hits = f"{event.count:,} {'hit' if event.count == 1 else 'hits'}"
    panels = "\n".join(_panel(panel, color) for panel in panels_of(event))
    point = point_of(event)
    said = f"<code>{_text(point)}</code>, {hits} {cpus}" if point else f"{hits} {cpus}"
    return (
        f'<section id="event{number}">\n<h2>{_text(event.name)}</h2>\n'
        f'<p class="quiet">{said}</p>\n<div class="panels">\n{panels}\n</div>\n{_stacks(event)}</section>\n'
    )


def _stacks(event: EventRecord) -> str:
    """The most frequent stacks, innermost function first."""
    stacks = event.stacks.top(_MOST_STACKS)
    if not stacks:
        return ""
    parts = []
    for stack, count in stacks:
        frames = "\n".join(_text(str(frame)) for frame in stack) if isinstance(stack, tuple) else ""
        parts.append(
            f'<figure><h3>{count:,} <span class="quiet">{share(count, event.count)}</span></h3><pre>{frames}</pre></figure>\n'
        )
    different = f"{len(event.stacks.counts):,}{' or more' if event.stacks.other else ''}"
    return f'<details>\n<summary>The most frequent stacks of {different}</summary>\n<div class="panels">\n{"".join(parts)}</div>\n</details>\n'


def _panel(panel: Panel, color: int) -> str:
    facts = " · ".join(f"{_text(word)} {_text(value)}" for word, value in panel.facts)
    if panel.bins is not None:
        scale = "logarithmic" if panel.bins.logarithmic else "linear"
        facts += f" · {scale} axis"
        said = f"Histogram of {escaped(panel.field)}: " + ", ".join(" ".join(fact) for fact in panel.facts)
        body = histogram_svg(panel.bins, panel.unit, color, said)
    else:
        most = max((bar.count for bar in panel.bars if not bar.rest), default=1)
        rows = []
        for bar in panel.bars:
            # all others together are no value, and would dwarf those that are
            line = (
                ""
                if bar.rest
                else f'<i class="s{color}" style="width:{max(100 * bar.count / most, 1):.1f}%"></i>'
            )
            rows.append(
                f'<tr><th scope="row" title="{_text(bar.name)}">{_text(bar.name)}</th><td>{line}</td><td class="n">{bar.count:,}</td></tr>'
            )
        body = f'<table class="bars">{"".join(rows)}</table>'
    caption = f"<figcaption>{facts}</figcaption>" if facts else ""
    return f"<figure><h3>{_text(panel.field)}</h3>{caption}{body}</figure>"


def _specs(recording: Recording) -> str:
    sources = {id(event.traced.probe.source): event.traced.probe.source for event in recording.events}
    return (
        "".join(
            f"<details>\n<summary>{_text(source.name)}</summary>\n<pre><code>{highlighted(source)}</code></pre>\n</details>\n"
            for source in sources.values()
            if source.text
        ).join(("<h2>What was run</h2>\n", ""))
        if any(source.text for source in sources.values())
        else ""
    )


def highlighted(source: Source) -> str:
    """A spec as HTML with its words in colours, by what the parser took them for."""
    from probelang.formatter.tokens import read_chunks

    chunks, _ = read_chunks(source)
    tokens = [
        token for chunk in chunks for token in (*chunk.tokens, *chunk.comments) if token.terminal in _CLASSES
    ]
    tokens.sort(key=lambda token: token.start)
    parts = []
    done = 0
    for token in tokens:
        if token.start >= done:
            parts.append(_lines(source.text[done : token.start]))
            parts.append(
                f'<span class="{_CLASSES[token.terminal]}">{_lines(source.text[token.start : token.end])}</span>'
            )
            done = token.end
    return "".join(parts) + _lines(source.text[done:])


def _lines(text: str) -> str:
    return "\n".join(
        "\t".join(map(_text, line.split("\t"))) for line in text.replace("\r\n", "\n").split("\n")
    )


def _footer() -> str:
    return (
        f"<footer><p>Made by probelang {_text(__version__)}. Every hit was counted. Counts, least, greatest and times are exact; of numbers with more than "
        "1,024 different values quantiles are within 1/256, and of more than 4,000 different texts the rarest may be among the others.</p></footer>\n"
    )
