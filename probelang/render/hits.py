"""Hits for people: a line each, in columns that grow and never shrink, so that they do not jitter.

A line is put together by a function that is made for its event and for the widths of today; it is made anew when a column grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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


class _Heads:
    """The first columns, which all events have in common: their widths, and the texts for tasks."""

    def __init__(self, name: int, color: bool) -> None:
        self.color = color
        self.time, self.cpu, self.task, self.name = 12, 1, 12, name
        self.changed = 0
        self.tasks: dict[tuple[str, int], str] = {}

    def task_text(self, comm: str, tid: int) -> str:
        text = self.tasks.get((comm, tid))
        if text is None:
            if len(self.tasks) > 1 << 14:
                self.tasks.clear()
            text = self.tasks[comm, tid] = f"{escape(comm)}-{tid}"
        return text

    def grow(self, hit: Hit) -> None:
        """Make room for what stands before the values of a hit."""
        time, cpu = len(f"{hit.time // 1000:07}") + 1, len(str(hit.cpu))
        task = min(len(self.task_text(hit.comm, hit.tid)), _WIDEST_TASK)
        if time > self.time or cpu > self.cpu or task > self.task:
            self.time, self.cpu = max(time, self.time), max(cpu, self.cpu)
            self.task = max(task, self.task)
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
        self._length = 0

    def line(self, hit: Hit) -> str:
        """The line of a hit, and those of its stack."""
        heads = self._heads
        if self._made_for != heads.changed:
            self._make()
        padded, last = self._function(hit)
        if len(padded) != self._length:
            self._grow(hit)
            padded, last = self._function(hit)
        text = f"{padded}{last}\n"
        return text if not hit.stack else text + "".join(f"        {escape(frame)}\n" for frame in hit.stack)

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
        """Make the function for the widths that there are: it gives the padded columns, and the last one, which is not."""
        heads = self._heads
        color = heads.color
        dim, bold, end = (_DIM, _BOLD, _END) if color else ("", "", "")
        head = (
            f"'{dim}' + (f'{{time // 1000000000}}.{{time // 1000 % 1000000:06}}').rjust({heads.time}) + "
            f"'{end} [' + str(cpu).rjust({heads.cpu}) + '] ' + task(comm, tid).ljust({heads.task}) + ' {bold}{self._name.ljust(heads.name)}{end}'"
        )
        parts, length = [head], heads.time + heads.cpu + heads.task + heads.name + 5
        length += len(dim) + len(bold) + 2 * len(end)
        expressions = self._expressions()
        for (cell, right, extra), width in zip(expressions[:-1], self._widths, strict=False):
            parts.append(f"' ' + ({cell}).{'rjust' if right else 'ljust'}({width + extra})")
            length += 1 + width + extra
        last = f"' ' + {expressions[-1][0]}" if expressions else "''"
        values = "".join(f"v{number}, " for number in range(len(self._columns)))
        body = (
            "def line(hit):\n"
            " _, time, cpu, tid, comm, values, place, _ = hit\n"
            f" {f'{values.strip()} = values' if values else 'pass'}\n"
            f" return {' + '.join(parts)}, {last}\n"
        )
        scope: dict[str, Any] = {
            "task": heads.task_text,
            "escape": escape,
            "quote": quote,
            "show": show,
            **{f"names{number}": names for number, names in enumerate(self._names)},
        }
        exec(body, scope)  # noqa: S102 (made of numbers, and names that are identifiers)
        self._function = scope["line"]
        self._length = length
        self._made_for = heads.changed

    def _expressions(self) -> list[tuple[str, bool, int]]:
        """For each column the expression of its cell, whether it stands at the right, and what colours add to its length."""
        color = self._heads.color
        found = [("'(' + escape(place) + ')'", False, 0)] if self._place else []
        for number, column in enumerate(self._columns):
            value, number_like, text = _value(column, number)
            if self._names[number] is not None:
                value += f" + names{number}[v{number}]"
            before, after = f"{column.name}=", ""
            if color:
                before = f"{_DIM}{before}{_END}{_STRING if text else ''}"
                after = _END if text else ""
            cell = f"'{before}' + {value}" + (f" + '{after}'" if after else "")
            found.append((cell, number_like, len(before) + len(after) - len(column.name) - 1))
        return found


def _value(column: Column, number: int) -> tuple[str, bool, bool]:
    """The expression for a value, whether it is a number, and whether it is a string."""
    name = f"v{number}"
    base, array, _ = column.type.partition("[")
    if array:
        return f"show({name}, '{column.type}')", False, False
    if base == "symbol":
        return f"escape({name})", False, False
    if base == "char":
        return f'quote({name}, "\'")', False, True
    if base[:1] == "x":
        return f"f'{{{name}:#x}}'", True, False
    if base[:1] in "usb" and base[1:2].isdigit():
        return f"str({name})", True, False
    return f"quote({name})", False, True
