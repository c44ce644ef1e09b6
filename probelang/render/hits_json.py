"""Hits for programs: one JSON object a line.

Numbers are exact, in decimal. A string that is no UTF-8 has `\\udcNN` for the byte NN, as Python reads it back with `surrogateescape`;
what the kernel could not read is null. Numbers that have a name, as errors and enumerators have, are told by it, too: a program that reads this
knows no types.
"""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as encode
from typing import TYPE_CHECKING, Any

from probelang.render.hits_values import make_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.render.hits_values import Stream
    from probelang.tracing.hits import Hit, Totals, Traced, Value


class JsonSink:
    """Writes hits as they come to a stream, a batch at a time."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._functions: dict[str, Any] = {}

    def begin(self, events: Sequence[Traced]) -> None:
        for event in events:
            self._functions[event.recorded] = _make_line(event)

    def take(self, hits: Sequence[Hit]) -> None:
        if hits:
            functions = self._functions
            self._write("".join([functions[hit[0].recorded](hit) for hit in hits]))

    def lost(self, cpu: int, count: int) -> None:
        self._write(f'{{"lost": {count}, "cpu": {cpu}}}\n')

    def end(self, totals: Totals) -> None:
        self._stream.flush()

    def _write(self, text: str) -> None:
        self._stream.write(text.encode("ascii"))
        self._stream.flush()


def value_json(value: Value) -> str:
    """A recorded value."""
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"[{', '.join(map(value_json, value))}]"
    return encode(value) if isinstance(value, str) else str(value)


class _Middles(dict[tuple[int, int, str], str]):
    """What stands between the time and the fields of hits, by CPU, thread and task."""

    def __missing__(self, key: tuple[int, int, str]) -> str:
        if len(self) > 1 << 14:
            self.clear()
        cpu, tid, comm = key
        text = self[key] = f', "cpu": {cpu}, "tid": {tid}, "comm": {encode(comm)}, "fields": {{'
        return text


def _make_line(event: Traced) -> Any:
    """The function that makes the line of a hit."""
    fields = []
    spec = {field.name: field for field in event.probe.fields}
    known = {
        number: names
        for number, column in enumerate(event.columns)
        if (names := make_names(spec.get(column.name))) is not None
    }
    for number, column in enumerate(event.columns):
        plain = column.type[:1] in "usxb" and column.type[1:2].isdigit() and "[" not in column.type
        value = f"v{number}" if plain else f"value(v{number})"
        fields.append(f"{encode(column.name)}: {{{value}}}")
    values = "".join(f"v{number}, " for number in range(len(fields)))
    named = f"{{named({', '.join(f'names{number}[v{number}]' for number in known)})}}" if known else ""
    more = "{more(place, stack) if place or stack else none}"
    body = (
        "def line(hit):\n"
        " _, time, cpu, tid, comm, values, place, stack = hit\n"
        f" {f'{values}= values' if values else 'pass'}\n"
        f' return f"""{{begin}}{{time}}{{middles[cpu, tid, comm]}}{", ".join(fields)}}}}}{named}{more}}}}}\\n"""\n'
    )
    scope: dict[str, Any] = {
        "begin": f'{{"event": {encode(event.name)}, "time": ',
        "middles": _Middles(),
        "value": value_json,
        "more": _more,
        "none": "",
        "named": _make_named([event.columns[number].name for number in known]),
        **{f"names{number}": names for number, names in known.items()},
    }
    exec(body, scope)  # noqa: S102 (made of numbers, and names that are identifiers)
    return scope["line"]


def _make_named(columns: Sequence[str]) -> Callable[..., str]:
    """What tells the names of some columns' numbers, each of which is empty or has a space before it."""
    keys = [encode(column) for column in columns]

    def named(*names: str) -> str:
        found = [f"{key}: {encode(name[1:])}" for key, name in zip(keys, names, strict=True) if name]
        return f', "names": {{{", ".join(found)}}}' if found else ""

    return named


def _more(place: str, stack: tuple[str, ...]) -> str:
    text = f', "place": {encode(place)}' if place else ""
    return text + (f', "stack": {value_json(stack)}' if stack else "")
