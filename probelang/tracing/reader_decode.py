"""A decoder for each event: a function made for its very record, so that a hit costs one `Struct.unpack_from`.

Most records of a page are like the one before them, of one event and one length: those are decoded together, by one more function.
"""

from __future__ import annotations

import struct
from itertools import accumulate, repeat
from operator import rshift
from typing import TYPE_CHECKING, Any, NamedTuple

from probelang.probes import FunctionTarget
from probelang.tracing.hits import Hit
from probelang.tracing.reader_formats import EventFormat, FormatField, ReaderError
from probelang.tracing.reader_names import decode as decode_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probelang.tracing.hits import Column, Traced
    from probelang.tracing.reader_names import Symbols, Tasks

_CODES = {
    (1, False): "B",
    (2, False): "H",
    (4, False): "I",
    (8, False): "Q",
    (1, True): "b",
    (2, True): "h",
    (4, True): "i",
    (8, True): "q",
}
MAX_FRAMES = 1024


class Decoder(NamedTuple):
    """What makes hits of an event's records.

    `one` takes a page, where the record begins and ends in it, the time and the CPU; it gives None of a record that is too short. `run` takes a page,
    where the head of a record begins in it, the words that follow the head, how many such records there are, the time before them, and the CPU; it gives
    hits and the time of the last. There is no `run` of stacks, and a record must have `least` bytes for it.
    """

    one: Callable[[bytes, int, int, int, int], Any]
    run: Callable[[bytes, int, int, int, int, int], tuple[Iterable[Any], int]] | None = None
    least: int = 0


class Stack(tuple[int, tuple[str, ...]]):
    """A stack that the kernel recorded right behind a hit: the thread, and its frames, innermost first."""

    __slots__ = ()


def make_decoder(event: Traced, format: EventFormat, tasks: Tasks, symbols: Symbols) -> Decoder:
    """The decoder of an event; raises ReaderError if its records have not what it is to record."""
    pid = format.fields.get("common_pid")
    if pid is None or pid.size != 4:
        raise ReaderError(f"the format of {event.recorded} has no common_pid")
    layout = _Layout(event.recorded, format)
    layout.take(pid, "pid")
    values = []
    for number, column in enumerate(event.columns):
        field = format.fields.get(column.name)
        if field is None:
            raise ReaderError(f"the format of {event.recorded} has no field {column.name}")
        values.append(layout.value(field, column, f"f{number}"))
    place = '""'
    field = _place_of(event, format)
    if field is not None:
        layout.take(field, "ip")
        place = "function(ip)"
    packed = layout.pack()
    names = "".join(f"{name}, " for name in layout.names)
    hit = f"(event, time, cpu, pid, tasks[pid], ({' '.join(f'{v},' for v in values)}), {place}, ())"
    body = (
        "def one(page, at, end, time, cpu):\n"
        f" if end - at < {packed.size}:\n  return None\n"
        f" {names}= unpack(page, at)\n"
        f" return new(Hit, {hit})\n"
        "def run(page, at, words, count, time, cpu):\n"
        " rows, times, last = unpack_run(page, at, words, count, time)\n"
    )
    if layout.looks_back:
        body += (
            " starts = range(at + 4, at + 4 + count * 4 * (1 + words), 4 * (1 + words))\n"
            " ends = range(starts.start + 4 * words, starts.stop + 4 * words, starts.step)\n"
            f" made = [{hit} for at, end, time, ({names}) in zip(starts, ends, times, rows)]\n"
        )
    else:
        body += f" made = [{hit} for time, ({names}) in zip(times, rows)]\n"
    body += " return map(new, repeat(Hit), made), last\n"
    scope: dict[str, Any] = {
        "unpack": packed.unpack_from,
        "unpack_run": _make_unpack_run(packed),
        "repeat": repeat,
        "new": tuple.__new__,
        "Hit": Hit,
        "event": event,
        "tasks": tasks,
        "symbol": symbols.name,
        "function": _cached(symbols.function),
        "string": _string,
        "cut": _cut,
        "characters": _characters,
        "characters_by_byte": [decode_text(bytes([byte])) for byte in range(256)],
    }
    exec(body, scope)  # noqa: S102 (made of numbers, and names that stand above)
    return Decoder(scope["one"], scope["run"], packed.size)


def make_stack_decoder(format: EventFormat, symbols: Symbols) -> Decoder:
    """The decoder of the kernel's stacks, event `ftrace:kernel_stack`: a count, and as many addresses; raises ReaderError."""
    pid, count, frames = (format.fields.get(name) for name in ("common_pid", "size", "caller"))
    if pid is None or count is None or frames is None or {pid.size, count.size} != {4}:
        raise ReaderError("the format of ftrace/kernel_stack is not that of any known kernel")
    number = struct.Struct("<I")
    frame = symbols.frame

    def decode(page: bytes, at: int, end: int, time: int, cpu: int) -> Stack | None:
        first = at + frames.offset
        if first > end or end > len(page):
            return None
        tid = number.unpack_from(page, at + pid.offset)[0]
        size = number.unpack_from(page, at + count.offset)[0]
        size = min(size, (end - first) // 8, MAX_FRAMES)
        addresses = struct.unpack_from(f"<{size}Q", page, first)
        # older kernels end it with ~0
        shown = tuple(frame(address) for address in addresses if address != (1 << 64) - 1)
        return Stack((tid, shown))

    return Decoder(decode)


def _make_unpack_run(packed: struct.Struct) -> Any:
    """What unpacks several records of one length in a row: their numbers, their times, and the time of the last."""
    known: dict[int, struct.Struct] = {}

    def unpack_run(
        page: bytes, at: int, words: int, count: int, time: int
    ) -> tuple[Iterator[Any], list[int], int]:
        shape = known.get(words)
        if shape is None:
            body = packed.format.removeprefix("<")
            shape = known[words] = struct.Struct(f"<4x{body}{4 * words - packed.size}x")
        part = memoryview(page)[at : at + count * shape.size]
        times = list(accumulate(map(rshift, part.cast("I")[:: 1 + words].tolist(), repeat(5)), initial=time))
        return shape.iter_unpack(part), times[1:], times[-1]

    return unpack_run


class _Layout:
    """The struct that a decoder unpacks, and the names of what comes out of it."""

    def __init__(self, event: str, format: EventFormat) -> None:
        self._event = event
        self._strings = sorted(
            (field for field in format.fields.values() if field.strings), key=lambda field: field.offset
        )
        self._parts: list[tuple[int, int, str, list[str]]] = []
        self.names: list[str] = []
        self.looks_back = bool(self._strings)
        """Whether values lie elsewhere in the record."""

    def take(self, field: FormatField, name: str) -> str:
        """Unpack a number, and give its name."""
        code = _CODES.get((field.size, field.signed))
        if code is None:
            raise ReaderError(
                f"the field {field.name} of {self._event} has {field.size} bytes, which is no number's width"
            )
        self._parts.append((field.offset, field.size, code, [name]))
        return name

    def value(self, field: FormatField, column: Column, name: str) -> str:
        """Unpack what a column needs, and give the expression that makes its value of it."""
        if field.strings:
            words = [self._word(field, number) for number in range(field.strings)]
            texts = [f"string(page, at, end, {word})" for word in words]
            if column.type.startswith("symstr"):
                # the kernel puts the next string where the zero behind this one should be (seen on 6.1, 6.12 and 7.3)
                behind = [*words[1:], self._after(field)]
                texts = [
                    f"string(page, at, end, cut({word}, {after}))" if after else text
                    for text, word, after in zip(texts, words, behind, strict=True)
                ]
            return texts[0] if field.count is None else _tuple(texts)
        if field.characters:
            self._parts.append((field.offset, field.size, f"{field.size}s", [name]))
            return f"characters({name})"
        base = column.type.partition("[")[0]
        shape = {"symbol": "symbol({})", "char": "characters_by_byte[{} & 255]"}.get(base, "{}")
        if field.count is None:
            return shape.format(self.take(field, name))
        code = _CODES.get((field.width, field.signed))
        if code is None or field.count > 1 << 12:
            raise ReaderError(
                f"the field {field.name} of {self._event} is an array as no known kernel has it"
            )
        names = [f"{name}_{number}" for number in range(field.count)]
        self._parts.append((field.offset, field.size, f"{field.count}{code}", names))
        return _tuple([shape.format(each) for each in names])

    def _word(self, field: FormatField, number: int) -> str:
        """Unpack one of the words of a field of strings, if it is not yet, and give its name."""
        offset = field.offset + 4 * number
        name = f"w{offset}"
        if all(names != [name] for _, _, _, names in self._parts):
            self._parts.append((offset, 4, "I", [name]))
        return name

    def _after(self, field: FormatField) -> str | None:
        """The name of the first word of the strings behind those of a field; None if there are none."""
        behind = [other for other in self._strings if other.offset > field.offset]
        return self._word(behind[0], 0) if behind else None

    def pack(self) -> struct.Struct:
        """The struct; `names` are in its order afterwards."""
        text, at = "<", 0
        for offset, size, code, names in sorted(self._parts, key=lambda part: part[0]):
            if offset < at:
                raise ReaderError(f"the format of {self._event} has fields that overlap")
            text += f"{offset - at}x{code}" if offset > at else code
            at = offset + size
            self.names += names
        return struct.Struct(text)


def _tuple(parts: list[str]) -> str:
    return f"({' '.join(f'{part},' for part in parts)})"


def _place_of(event: Traced, format: EventFormat) -> FormatField | None:
    """The field that tells which function was hit, where the probe is on several."""
    sites = event.probe.sites
    if len(sites) < 2 or not all(isinstance(site.target, FunctionTarget) for site in sites):
        return None
    field = format.fields.get("__probe_ip") or format.fields.get("__probe_func")
    return field if field is not None and field.size == 8 else None


def _string(page: bytes, at: int, end: int, word: int) -> str | None:
    """A string by its word; None of one that could not be read, which has no length, not even a zero."""
    size = word >> 16
    if not size:
        return None
    start = at + (word & 0xFFFF)
    data = page[start : min(start + size, end)]
    cut = data.find(0)
    return decode_text(data if cut < 0 else data[:cut])


def _cut(word: int, behind: int) -> int:
    """The word of a string that ends, at the latest, where that of another begins."""
    start, end = word & 0xFFFF, behind & 0xFFFF
    return min(word >> 16, end - start) << 16 | start if start < end else word


def _characters(data: bytes) -> str:
    return decode_text(data.partition(b"\0")[0])


def _cached(function: Callable[[int], str]) -> Callable[[int], str]:
    """The same, for the few places that a probe is on."""
    known: dict[int, str] = {}

    def ask(address: int) -> str:
        name = known.get(address)
        if name is None:
            name = function(address)
            if len(known) < 1 << 16:
                known[address] = name
        return name

    return ask
