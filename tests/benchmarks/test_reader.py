"""What reading a hit costs, guarded: processor time as a ratio to the least that Python takes to unpack as many records."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probelang.render.hits import TextSink
from probelang.render.hits_json import JsonSink
from probelang.tracing.hits import Sink
from probelang.tracing.reader_decode import make_decoder
from probelang.tracing.reader_formats import parse_format
from probelang.tracing.reader_names import Symbols, Tasks
from probelang.tracing.reader_pages import read_records
from tests.unit.tracing import rings

HITS = 100
PAGE = rings.page(1_000_000_000, *(rings.record(rings.data(count), 5000) for count in range(HITS)))

#: Times the unpacking of two structs; half as much is usual.
LIMITS = {"decode": 4.0, "text": 7.0, "json": 6.0}


class Nowhere:
    """A stream that keeps nothing."""

    def write(self, data: bytes) -> None: ...

    def flush(self) -> None: ...


def test_a_hit_costs_little(tmp_path: Path) -> None:
    event = rings.event()
    format = parse_format(rings.COUNT_FORMAT, "io/rd")
    tasks = Tasks(tmp_path / "none", tmp_path)
    decoders = {format.id: make_decoder(event, format, tasks, Symbols(tmp_path / "none"))}
    hits: list[Any] = []

    def decode() -> None:
        hits.clear()
        read_records(PAGE, 0, decoders, hits)

    head, record = struct.Struct("<IH"), struct.Struct("<IHBBiQQ")

    def unpack() -> None:
        found = []
        for at in range(16, 16 + 28 * HITS, 28):
            found.append((head.unpack_from(PAGE, at), record.unpack_from(PAGE, at)))

    decode()
    sinks: dict[str, Sink] = {"text": TextSink(Nowhere()), "json": JsonSink(Nowhere())}
    for sink in sinks.values():
        sink.begin([event])
    work: dict[str, Callable[[], None]] = {
        "decode": decode,
        **{name: lambda sink=sink: sink.take(hits) for name, sink in sinks.items()},  # type: ignore[misc]
    }
    base = cost(unpack)
    found = {name: cost(function) / base for name, function in work.items()}
    assert all(found[name] <= LIMITS[name] for name in LIMITS), found


def cost(function: Callable[[], None]) -> float:
    """The least processor time of some rounds."""
    rounds = []
    for _ in range(15):
        began = time.process_time()
        for _ in range(30):
            function()
        rounds.append(time.process_time() - began)
    return min(rounds)
