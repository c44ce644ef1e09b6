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
        self._functions: dict[str, Any] = {}

    def begin(self, events: Sequence[Traced]) -> None:
        groups = {event.probe.group for event in events}
        names = [event.probe.event if len(groups) == 1 else event.name for event in events]
        heads = _Heads(max(map(len, names), default=0), self._color)
        for event, name in zip(events, names, strict=True):
            heads.lines.append(_Lines(event, name, heads, self._functions))

    def take(self, hits: Sequence[Hit]) -> None:
        if hits:
            functions = self._functions
            self._write("".join([functions[hit[0].recorded](hit) for hit in hits]))

    def lost(self, cpu: int, count: int) -> None:
        text = f"--- {count} {'event' if count == 1 else 'events'} lost on CPU {cpu} ---"
        self._write(f"{_LOST}{text}{_END}\n" if self._color else text + "\n")

    def end(self, totals: Totals) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(text.encode("utf-8", "backslashreplace"))
        self._stream.flush()


class _Heads:
    """The first columns, which all events have in common: their widths, and how many digits the seconds have at the moment."""

    def __init__(self, name: int, color: bool) -> None:
        self.color = color
        self.seconds, self.cpu, self.task, self.name = 5, 1, 12, name
        self.digits = 5
        self.lines: list[_Lines] = []

    def grow(self, hit: Hit) -> bool:
        """Make room for what stands before the values of a hit; whether that changed anything."""
        before = (self.digits, self.seconds, self.cpu, self.task)
        self.digits = len(str(hit.time // 1_000_000_000))
        self.seconds = max(self.seconds, self.digits)
        self.cpu = max(self.cpu, len(str(hit.cpu)))
        self.task = max(self.task, min(len(_task(hit.comm, hit.tid)), _WIDEST_TASK))
        return before != (self.digits, self.seconds, self.cpu, self.task)


class _Middles(dict[tuple[int, str, int], str]):
    """What stands between the time and the values of an event's hits, by CPU, task and thread."""

    def __init__(self, name: str, heads: _Heads) -> None:
        super().__init__()
        bold, end = (_BOLD, _END) if heads.color else ("", "")
        self.extra = len(end + bold + end)
        self._pattern = f"{end} [%{heads.cpu}d] %-{heads.task}s {bold}{name.ljust(heads.name)}{end}"

    def __missing__(self, key: tuple[int, str, int]) -> str:
        if len(self) > 1 << 14:
            self.clear()
        cpu, comm, tid = key
        text = self[key] = self._pattern % (cpu, _task(comm, tid))
        return text


def _task(comm: str, tid: int) -> str:
    return f"{escape(comm)}-{tid}"


class _Lines:
    """The lines of one event: the function that makes them is kept in `functions`."""

    def __init__(self, event: Traced, name: str, heads: _Heads, functions: dict[str, Any]) -> None:
        self._event = event
        self._name = name
        self._heads = heads
        self._functions = functions
        self._columns = event.columns
        self._place = len(event.probe.sites) > 1
        fields = {field.name: field for field in event.probe.fields}
        self._names = [make_names(fields.get(column.name)) for column in event.columns]
        self._widths = [0] * (len(event.columns) + self._place)
        self._any: Any = None
        self.make()

    def _grow(self, hit: Hit) -> str:
        """Make room for a hit that does not fit, as far as columns grow, and give its line."""
        cells = [f"({escape(hit.place)})"] if self._place else []
        for column, value, names in zip(self._columns, hit.values, self._names, strict=True):
            cells.append(f"{column.name}={show(value, column.type)}{names[value] if names else ''}")
        widths = [max(width, min(len(cell), WIDEST)) for width, cell in zip(self._widths, cells, strict=True)]
        changed = widths != self._widths
        self._widths = widths
        if self._heads.grow(hit):
            for lines in self._heads.lines:
                lines.make()
        elif changed:
            self.make()
        line: str = self._any(hit)
        return line

    def make(self) -> None:
        """Make the function for the widths that there are, and one for hits that do not fit into them."""
        heads = self._heads
        dim = _DIM if heads.color else ""
        middles = _Middles(self._name, heads)
        length = len(dim) + heads.seconds + heads.cpu + heads.task + heads.name + 12 + middles.extra
        cells = self._cells()
        parts = []
        for cell, width in zip(cells[:-1], self._widths, strict=False):
            parts.append(f" {{{cell.expression}:{'>' if cell.right else '<'}{width + cell.extra}}}")
            length += 1 + width + cell.extra
        values = "".join(f"v{number}, " for number in range(len(self._columns)))
        last = f" {{{cells[-1].expression}}}" if cells else ""
        stack = " + frames(stack)" if self._event.probe.stacktrace else ""
        pad = " " * (heads.seconds - heads.digits)
        body = ""
        for name, seconds, check in (
            (
                "line",
                f"{pad}{{stamp[:-9]}}.{{stamp[-9:-3]}}",
                f" if len(text) != {length}: return grow(hit)\n",
            ),
            ("any", f"{{time // 1000000000:{heads.seconds}}}.{{time // 1000 % 1000000:06}}", ""),
        ):
            body += (
                f"def {name}(hit):\n"
                " _, time, cpu, tid, comm, values, place, stack = hit\n"
                f" {f'{values}= values' if values else 'pass'}\n"
                " stamp = str(time)\n"
                f' text = f"""{dim}{seconds}{{middles[cpu, comm, tid]}}{"".join(parts)}"""\n'
                f"{check}"
                f' return f"""{{text}}{last}\\n"""{stack}\n'
            )
        scope: dict[str, Any] = {
            "middles": middles,
            "escape": escape,
            "quote": quote,
            "show": show,
            "grow": self._grow,
            "frames": _frames,
            "mark": "'",
            **{f"names{number}": names for number, names in enumerate(self._names)},
        }
        exec(body, scope)  # noqa: S102 (made of numbers, and names that are identifiers)
        self._functions[self._event.recorded] = scope["line"]
        self._any = scope["any"]

    def _cells(self) -> list[_Cell]:
        color = self._heads.color
        found = [_Cell("f'({escape(place)})'")] if self._place else []
        for number, column in enumerate(self._columns):
            form, right, text = _value(column, number)
            if self._names[number] is not None:
                form += f"{{names{number}[v{number}]}}"
            before, after = f"{column.name}=", ""
            if color:
                before = f"{_DIM}{before}{_END}{_STRING if text else ''}"
                after = _END if text else ""
            extra = len(before) + len(after) - len(column.name) - 1
            found.append(_Cell(f"f'{before}{form}{after}'", right, extra))
        return found


def _frames(stack: Sequence[str]) -> str:
    return "".join([f"        {escape(frame)}\n" for frame in stack])


class _Cell(NamedTuple):
    """A column: the expression for its text, whether it stands at the right, and what colours add to its length."""

    expression: str
    right: bool = False
    extra: int = 0


def _value(column: Column, number: int) -> tuple[str, bool, bool]:
    """A value as a part of an f-string, whether it is a number, and whether it is a string."""
    name = f"v{number}"
    base, array, _ = column.type.partition("[")
    if array:
        return f'{{show({name}, "{column.type}")}}', False, False
    if base == "symbol":
        return f"{{escape({name})}}", False, False
    if base == "char":
        return f"{{quote({name}, mark)}}", False, True
    if base[:1] == "x":
        return f"{{{name}:#x}}", True, False
    if base[:1] in "usb" and base[1:2].isdigit():
        return f"{{{name}}}", True, False
    return f"{{quote({name})}}", False, True
