"""Run in a guest: traces a spec in an instance, does some work, and prints the kernel's text and what the reader makes of the same hits.

`read_hits.py SPEC WORK…`: the words of WORK are a command. Everything is printed as one JSON object, behind a line `%%`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.hits import Column, Hit, Traced
from probelang.tracing.reader import Reader

TRACING = Path("/sys/kernel/tracing")
INSTANCE = TRACING / "instances" / "reader"


def put(path: Path, text: str) -> None:
    """Write a line to a file of tracefs, as one write."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, text.encode() + b"\n")
    except OSError as error:
        raise SystemExit(f"{path}: {text}: {error}\n{(TRACING / 'error_log').read_text()}") from None
    finally:
        os.close(descriptor)


def start(spec: str, size: int) -> list[Traced]:
    """Define the events of a spec and switch them on in the instance."""
    analysis = analyse(Source("reader.pl", spec), load_kernel("running"))
    if analysis.failed:
        raise SystemExit("\n".join(found.message for found in analysis.diagnostics))
    INSTANCE.mkdir()
    put(INSTANCE / "buffer_size_kb", str(size))
    traced = []
    for event in analysis.events:
        for command in event.commands:
            put(TRACING / "dynamic_events", command)
        if event.filter is not None:
            put(INSTANCE / "events" / event.name / "filter", event.filter)
        for name, text in event.triggers:
            put(INSTANCE / "events" / name / "trigger", text)
        columns = tuple(
            Column(field.name, field.fetch.text) for field in event.probe.fields if not field.auto
        )
        traced.append(Traced(event.probe, event.name, columns))
    for event in traced:
        put(INSTANCE / "events" / event.recorded / "enable", "1")
    return traced


def shown(hit: Hit) -> dict[str, object]:
    names = [column.name for column in hit.event.columns]
    return {
        **{name: getattr(hit, name) for name in ("time", "cpu", "tid", "comm", "place", "stack")},
        "event": hit.event.recorded.partition("/")[2],
        "types": {column.name: column.type for column in hit.event.columns},
        "values": dict(zip(names, hit.values, strict=True)),
    }


def main() -> None:
    events = start(Path(sys.argv[1]).read_text(), 4096)
    with Reader(INSTANCE, events) as reader:
        subprocess.run(sys.argv[2:], check=True)
        put(INSTANCE / "tracing_on", "0")
        text = (INSTANCE / "trace").read_bytes()
        hits: list[dict[str, object]] = []
        lost: list[tuple[int, int]] = []
        for batch in reader.batches(lambda: True):
            hits += [shown(hit) for hit in batch.hits]
            lost += batch.lost
    print("\n%%")
    print(json.dumps({"text": text.decode("utf-8", "surrogateescape"), "hits": hits, "lost": lost}))


if __name__ == "__main__":
    main()
