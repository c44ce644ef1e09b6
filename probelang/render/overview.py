"""The picture of a run in lines of text: events with their rates, one table by a field, and the distribution of each field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record
from probelang.render.amounts import amount, duration, rate, share
from probelang.render.bins import bins_of
from probelang.render.cells import (
    BLOCKS,
    Line,
    Marks,
    bar,
    cut_line,
    escaped,
    fit,
    fit_right,
    named,
    shown,
    spark,
    width,
)
from probelang.render.hits_values import make_names
from probelang.tracing.units import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from probelang.tracing.frequent import Frequent
    from probelang.tracing.hits import Value
    from probelang.tracing.recording import EventRecord, FieldRecord, Recording

#: The most rows of the table by a field, where the height sets no limit.
_MOST_VALUES = 20
#: Up to so many different numbers are named, each with its share; of more there is a histogram.
_NAMED = 4

_NAME = 28
_NUMBER = 11


@record
class Row:
    """What is known of one event or value besides its count: hits a second, and its line of the last seconds (or of the whole run)."""

    rate: float
    line: tuple[float, ...] = ()


@record
class By:
    """Hits by the values of one field; `bare` is for names of tasks, which are shown without quotes."""

    field: str
    values: Frequent
    rates: dict[Value, float]
    unit: Unit
    bare: bool = False
    names: Mapping[int, str] | None = None


@record
class View:
    """A moment of a run. `rows` are of the recording's events; `span` says what their lines show; `elapsed` is in nanoseconds."""

    title: str
    recording: Recording
    elapsed: int
    rows: tuple[Row, ...]
    span: str
    by: By | None = None
    hint: str = ""


def frame(view: View, columns: int, lines: int | None = None, marks: Marks = BLOCKS) -> list[Line]:
    """The lines of a view, none wider than `columns`, and no more than `lines`; what did not fit is counted where it is missing."""
    head = [_headline(view, columns, marks)]
    events = _events(view, columns, marks)
    by = _by(view, columns, marks) if view.by else []
    fields = _fields(view, columns, marks)
    if lines is not None:
        free = max(lines - len(head), 0)
        if len(events) + len(by) + len(fields) + 2 > free:
            events = _cut(events, max(free // 3, 4), marks)
            by = _cut(by, max((free - len(events)) // 2 - 2, 4), marks)
            fields = _cut(fields, free - len(events) - len(by) - (3 if by else 2), marks)
    found = list(head)
    for section in (events, by, fields):
        if section:
            found += [[], *section]
    return [cut_line(line, columns, marks) for line in found[:lines]]


def _cut(section: list[Line], limit: int, marks: Marks) -> list[Line]:
    if len(section) <= limit:
        return section
    if limit < 3:
        return []
    kept = section[: limit - 1]
    while kept and not kept[-1]:
        kept.pop()
    left = sum(1 for line in section[len(kept) :] if line and line[0][1] != "bold")
    return [*kept, [(f"{marks.cut} and {left:,} more", "dim")]]


def _headline(view: View, columns: int, marks: Marks) -> Line:
    recording = view.recording
    hits, lost = recording.count, recording.lost.total()
    gap = (f" {marks.dot} ", "dim")
    title = escaped(view.title)
    line: Line = [(fit(title, min(width(title), columns // 3), marks).rstrip(), "bold"), gap]
    line += [(f"{hits:,} {'hit' if hits == 1 else 'hits'}", ""), gap]
    line.append((f"{lost:,} lost ({share(lost, hits + lost)})", "bad") if lost else ("none lost", ""))
    line += [gap, (f"{rate(sum(row.rate for row in view.rows))}/s", ""), gap, (_clock(view.elapsed), "")]
    if view.hint:
        line += [("   " + view.hint, "dim")]
    return line


def _clock(elapsed: int) -> str:
    if elapsed < 10**10:
        return duration(elapsed) if elapsed < 10**9 else f"{elapsed / 10**9:.1f} s"
    seconds = round(elapsed / 10**9)
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds % 60:02} s" if minutes else f"{seconds} s"


def _events(view: View, columns: int, marks: Marks) -> list[Line]:
    names = {place: escaped(event.name) for place, event in view.recording.busiest}
    wide = _name_width(names.values(), columns)
    room = max(min(columns - wide - 2 * _NUMBER - 2, 60), 0)
    head = f"{fit('EVENT', wide, marks)}{'HITS/S':>{_NUMBER}}{'HITS':>{_NUMBER}}  {view.span}"
    found: list[Line] = [[(head, "bold")]]
    for place, name in names.items():
        row, count = view.rows[place], view.recording.events[place].count
        text = f"{fit(name, wide, marks)}{rate(row.rate):>{_NUMBER}}{count:>{_NUMBER},}  "
        found.append(
            [(text, "" if count else "dim"), (spark(row.line[-room:] if room else (), marks), "bar")]
        )
    return found


def _by(view: View, columns: int, marks: Marks) -> list[Line]:
    by = view.by
    assert by is not None
    top = by.values.top(_MOST_VALUES)
    whole = by.values.total
    names = [escaped(str(value)) if by.bare else named(value, by.unit, by.names) for value, _ in top]
    wide = _name_width([*names, by.field], columns)
    room = max(min(columns - wide - 2 * _NUMBER - 7, 40), 0)
    head = f"{fit(escaped(by.field).upper(), wide, marks)}{'HITS/S':>{_NUMBER}}{'HITS':>{_NUMBER}}{'':>5}"
    found: list[Line] = [[(head, "bold")]]
    most = top[0][1] if top else 0
    for name, (value, count) in zip(names, top, strict=True):
        speed = rate(by.rates.get(value, 0.0))
        text = f"{fit(name, wide, marks)}{speed:>{_NUMBER}}{count:>{_NUMBER},}{share(count, whole):>5}  "
        found.append([(text, ""), (bar(count, most, room, marks), "bar")])
    left = whole - sum(count for _, count in top)
    if left:
        text = f"{fit('others', wide, marks)}{'':>{_NUMBER}}{left:>{_NUMBER},}{share(left, whole):>5}"
        found.append([(text, "dim")])
    if not top:
        found.append([("no hit yet", "dim")])
    return found


def _fields(view: View, columns: int, marks: Marks) -> list[Line]:
    events = [event for _, event in view.recording.busiest if event.count and event.fields]
    wide = min(
        max((len(escaped(field.column.name)) for event in events for field in event.fields), default=5) + 2,
        18,
    )
    found: list[Line] = []
    for event in events:
        if found:
            found.append([])
        found += _event_fields(event, wide, columns, marks)
    return found


#: What is said of numbers, with the width from which there is room for it.
_QUANTILES = (("P50", 0.5, 0), ("P90", 0.9, 86), ("P99", 0.99, 72))


def _event_fields(event: EventRecord, wide: int, columns: int, marks: Marks) -> list[Line]:
    quantiles = [(name, part) for name, part, needed in _QUANTILES if columns >= needed]
    room = max(min(columns - wide - (2 + len(quantiles)) * _NUMBER - 2, 32), 4)
    rows: list[Line] = []
    has_numbers = False
    for field in event.fields:
        name = (fit("  " + escaped(field.column.name), wide, marks), "")
        numbers = field.numbers
        if numbers.exact is None or len(numbers.exact) > _NAMED:
            has_numbers = True
            rows.append([name, *_number_cells(field, [part for _, part in quantiles], room, marks)])
        else:
            rows.append([name, (" " + _values(field, max(columns - wide - 1, 0), marks), "")])
    title = fit(escaped(event.name), wide, marks)
    if has_numbers:
        title = fit(escaped(event.name), wide + _NUMBER - 4, marks) + " MIN"
        title += f" {'':{room}} {'MAX':<{_NUMBER}}"
        title += "".join(f"{name:>{_NUMBER}}" for name, _ in quantiles)
    else:
        title = escaped(event.name)
    return [[(title, "bold")], *rows]


def _number_cells(field: FieldRecord, parts: Sequence[float], room: int, marks: Marks) -> Line:
    bins = bins_of(field.numbers, room, field.unit)
    assert bins is not None
    strip = spark(_spread([one.count for one in bins.bins], room), marks)
    low, high = amount(field.numbers.low, field.unit), amount(field.numbers.high, field.unit)
    cells: Line = [
        (fit_right(low, _NUMBER, marks), "dim"),
        (f" {strip} ", "bar"),
        (fit(high, _NUMBER, marks), ""),
    ]
    for number in field.numbers.quantiles(*parts):
        cells.append((fit_right(amount(number, field.unit), _NUMBER, marks), ""))
    return cells


def _spread(counts: list[int], room: int) -> list[int]:
    """The same bars, some wider than others, to fill the room."""
    return [counts[place * len(counts) // room] for place in range(room)]


def _values(field: FieldRecord, room: int, marks: Marks = BLOCKS) -> str:
    """The most frequent values of a field with their shares, as many as fit."""
    pairs = [(shown(None), field.faults)] if field.faults else []
    whole = field.faults + field.numbers.count + field.values.total
    names = make_names(field.field)
    pairs += [(named(value, field.unit, names), count) for value, count in field.values.top(_MOST_VALUES)]
    exact = field.numbers.exact
    if exact is not None:
        pairs += [
            (named(number, field.unit, names), count) for number, count in exact.most_common(_MOST_VALUES)
        ]
    pairs.sort(key=lambda pair: -pair[1])
    text = ""
    told = 0
    for name, count in pairs:
        said = (", " if text else "") + f"{fit(name, _NAME, marks).rstrip()} {share(count, whole)}"
        # room for what says that there are more
        if len(text) + len(said) > room - 3 and text:
            break
        text += said
        told += count
    return text + (f", {marks.cut}" if told < whole else "")


def _name_width(names: Iterable[str], columns: int) -> int:
    longest = max(map(width, names), default=0)
    return max(min(longest + 1, columns - 2 * _NUMBER - 12), 10)
