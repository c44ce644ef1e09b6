"""Hits for people: a line each, in columns that grow and never shrink, so that they do not jitter.

A line is put together by a function that is made for its event and for the widths of today; it is made anew when a column grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from probelang.render.hits_values import escape, make_names, quote, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.render.hits_values import Stream
    from probelang.tracing.hits import Column, Hit, Totals, Traced

WIDEST = 40
"""A column grows to so many characters; what is longer stands out of it."""

_DIM, _BOLD, _STRING, _LOST, _END = "\x1b[2m", "\x1b[1m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
_WIDEST_TASK = 24


class TextSink:
    """Writes hits as they come to a stream, a batch at a time."""

    def __init__(self, stream: Stream, color: bool = False) -> None:
        self._stream = stream
        self._color = color
        self._lines: dict[str, _Lines] = {}

    def begin(self, events: Sequence[Traced]) -> None:
        groups = {event.probe.group for event in events}
        names = [event.probe.event if len(groups) == 1 else event.name for event in events]
        heads = _Heads(max(map(len, names), default=0), self._color)
        for event, name in zip(events, names, strict=True):
            self._lines[event.recorded] = _Lines(event, name, heads)

    def take(self, hits: Sequence[Hit]) -> None:
        if hits:
            lines = self._lines
            self._write("".join([lines[hit[0].recorded].line(hit) for hit in hits]))

    def lost(self, cpu: int, count: int) -> None:
        text = f"--- {count} {'event' if count == 1 else 'events'} lost on CPU {cpu} ---"
        self._write(f"{_LOST}{text}{_END}\n" if self._color else text + "\n")

    def end(self, totals: Totals) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", "backslashreplace"))
        self._stream.flush()


class _Tasks(dict[tuple[str, int], str]):
    """What is shown of a task, by its name and thread."""

    def __missing__(self, task: tuple[str, int]) -> str:
        if len(self) > 1 << 14:
            self.clear()
        text = self[task] = f"{escape(task[0])}-{task[1]}"
        return text


class _Heads:
    """The first columns, which all events have in common: their widths, and the texts for tasks."""

    def __init__(self, name: int, color: bool) -> None:
        self.color = color
        self.seconds, self.cpu, self.task, self.name = 5, 1, 12, name
        self.changed = 0
        self.tasks = _Tasks()

    def grow(self, hit: Hit) -> None:
        """Make room for what stands before the values of a hit."""
        seconds = max(self.seconds, len(str(hit.time // 1_000_000_000)))
        cpu = max(self.cpu, len(str(hit.cpu)))
        task = max(self.task, min(len(self.tasks[hit.comm, hit.tid]), _WIDEST_TASK))
        if (seconds, cpu, task) != (self.seconds, self.cpu, self.task):
            self.seconds, self.cpu, self.task = seconds, cpu, task
            self.changed += 1


class _Lines:
    """The lines of one event."""

    def __init__(self, event: Traced, name: str, heads: _Heads) -> None:
        self._name = name
        self._heads = heads
        self._columns = event.columns
        self._place = len(event.probe.sites) > 1
        fields = {field.name: field for field in event.probe.fields}
        self._names = [make_names(fields.get(column.name)) for column in event.columns]
        self._widths = [0] * (len(event.columns) + self._place)
        self._made_for = -1
        self._function: Any = None

    def line(self, hit: Hit) -> str:
        """The line of a hit, and those of its stack."""
        if self._made_for != self._heads.changed:
            self._make()
        text: str | None = self._function(hit)
        if text is None:
            self._grow(hit)
            text = self._function(hit, False)
        if hit[7]:
            return f"{text}\n" + "".join([f"        {escape(frame)}\n" for frame in hit.stack])
        return f"{text}\n"

    def _grow(self, hit: Hit) -> None:
        self._heads.grow(hit)
        cells = [f"({escape(hit.place)})"] if self._place else []
        for column, value, names in zip(self._columns, hit.values, self._names, strict=True):
            cells.append(f"{column.name}={show(value, column.type)}{names[value] if names else ''}")
        self._widths = [
            max(width, min(len(cell), WIDEST)) for width, cell in zip(self._widths, cells, strict=True)
        ]
        self._make()

    def _make(self) -> None:
        """Make the function for the widths that there are. It gives None where a hit does not fit in, unless that is all right."""
        heads = self._heads
        dim, bold, end = (_DIM, _BOLD, _END) if heads.color else ("", "", "")
        pattern = f"{dim}%{heads.seconds}d.%06d{end} [%{heads.cpu}d] %-{heads.task}s {bold}{self._name.ljust(heads.name)}{end}"
        length = heads.seconds + heads.cpu + heads.task + heads.name + 12 + len(dim + bold + end + end)
        *cells, last = self._cells() or [_Cell("''")]
        for cell, width in zip(cells, self._widths, strict=False):
            pattern += f" %{'' if cell.right else '-'}{width + cell.extra}s"
            length += 1 + width + cell.extra
        names = "".join(f"v{number}, " for number in range(len(self._columns)))
        parts = "".join(f"{cell.expression}, " for cell in cells)
        tail = f" + ' ' + {last.expression}" if self._widths else ""
        body = (
            "def line(hit, strict=True):\n"
            " _, time, cpu, tid, comm, values, place, _ = hit\n"
            f" {f'{names} = values' if names else 'pass'}\n"
            " seconds, rest = divmod(time, 1000000000)\n"
            f" text = pattern % (seconds, rest // 1000, cpu, tasks[comm, tid], {parts})\n"
            f" if strict and len(text) != {length}: return None\n"
            f" return text{tail}\n"
        )
        scope: dict[str, Any] = {
            "pattern": pattern,
            "tasks": heads.tasks,
            "escape": escape,
            "quote": quote,
            "show": show,
            **{f"names{number}": names for number, names in enumerate(self._names)},
        }
        exec(body, scope)  # noqa: S102 (made of numbers, and names that are identifiers)
        self._function = scope["line"]
        self._made_for = heads.changed

    def _cells(self) -> list[_Cell]:
        color = self._heads.color
        found = [_Cell("'(%s)' % escape(place)")] if self._place else []
        for number, column in enumerate(self._columns):
            form, value, right, text = _value(column, number)
            if self._names[number] is not None:
                form, value = f"{form}%s", f"{value}, names{number}[v{number}]"
            before, after = f"{column.name}=", ""
            if color:
                before = f"{_DIM}{before}{_END}{_STRING if text else ''}"
                after = _END if text else ""
            extra = len(before) + len(after) - len(column.name) - 1
            found.append(_Cell(f"'{before}{form}{after}' % ({value},)", right, extra))
        return found


class _Cell(NamedTuple):
    """A column: the expression for its text, whether it stands at the right, and what colours add to its length."""

    expression: str
    right: bool = False
    extra: int = 0


def _value(column: Column, number: int) -> tuple[str, str, bool, bool]:
    """The form and the expression for a value, whether it is a number, and whether it is a string."""
    name = f"v{number}"
    base, array, _ = column.type.partition("[")
    if array:
        return "%s", f"show({name}, '{column.type}')", False, False
    if base == "symbol":
        return "%s", f"escape({name})", False, False
    if base == "char":
        return "%s", f'quote({name}, "\'")', False, True
    if base[:1] == "x":
        return "%#x", name, True, False
    if base[:1] in "usb" and base[1:2].isdigit():
        return "%d", name, True, False
    return "%s", f"quote({name})", False, True
