"""Run in a guest: traces a spec in an instance, does some work, and prints the kernel's text and what the reader makes of the same hits.

`read_hits.py SPEC WORK…`: the words of WORK are a command. Everything is printed as one JSON object, behind a line `%%`. With `--record` before
SPEC nothing is decoded: what the reader would have read is printed, by its path in the tracing folder.
`read_hits.py --flood N` makes N hits, more than the buffers hold, once before anything is read and once while it is read; what was read and what
was lost is printed in the same way.
"""

from __future__ import annotations

import base64
import json
import os
import re
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


def remove(events: list[Traced]) -> None:
    """Switch the events off, and remove them and the instance."""
    put(INSTANCE / "events/enable", "0")
    INSTANCE.rmdir()
    for event in events:
        put(TRACING / "dynamic_events", f"-:{event.recorded}")


def flood(count: int) -> dict[str, list[int]]:
    """Hits and lost ones of `count` hits, by when they were read."""
    return {"late": _flood(count, True), "meanwhile": _flood(count, False)}


def _flood(count: int, late: bool) -> list[int]:
    events = start("group flood\nhit = fprobe shmem_file_llseek if offset == 4321 { offset, whence }\n", 64)
    seeks = f"import os\nf = os.open('/tmp/f', 66)\nfor i in range({count}): os.lseek(f, 4321, 0)"
    read = lost = 0
    with Reader(INSTANCE, events, waiting=1 << 18) as reader:
        work = subprocess.Popen([sys.executable, "-c", seeks])
        if late:
            work.wait()
        for batch in reader.batches(lambda: work.poll() is not None):
            read += len(batch.hits)
            lost += sum(number for _, number in batch.lost)
    remove(events)
    return [read, lost]


def shown(hit: Hit) -> dict[str, object]:
    names = [column.name for column in hit.event.columns]
    return {
        **{name: getattr(hit, name) for name in ("time", "cpu", "tid", "comm", "place", "stack")},
        "event": hit.event.recorded.partition("/")[2],
        "types": {column.name: column.type for column in hit.event.columns},
        "values": dict(zip(names, hit.values, strict=True)),
    }


def recorded(events: list[Traced], text: bytes) -> dict[str, str]:
    """What a reader reads of the instance, with only those symbols that stacks and values name."""
    names = ["header_page", "ftrace/kernel_stack/format", *(f"{event.recorded}/format" for event in events)]
    files = {f"instances/reader/events/{name}": (INSTANCE / "events" / name).read_bytes() for name in names}
    files["instances/reader/trace"] = text
    files["instances/reader/trace_clock"] = (INSTANCE / "trace_clock").read_bytes()
    files["saved_cmdlines"] = (TRACING / "saved_cmdlines").read_bytes()
    for folder in sorted((INSTANCE / "per_cpu").iterdir()):
        place = f"instances/reader/per_cpu/{folder.name}"
        files[f"{place}/stats"] = (folder / "stats").read_bytes()
        files[f"{place}/trace_pipe_raw"] = b"".join(pages(folder / "trace_pipe_raw"))
    shown = set(re.findall(rb"(?:=> |[={,(\"])([A-Za-z_]\w+)", text))
    symbols = Path("/proc/kallsyms").read_bytes().splitlines(keepends=True)
    near = [at for at, line in enumerate(symbols) if line.split()[2] in shown]
    kept = sorted({other for at in near for other in (at - 1, at, at + 1) if 0 <= other < len(symbols)})
    files["proc/kallsyms"] = b"".join(symbols[at] for at in kept)
    return {name: base64.b64encode(data).decode() for name, data in files.items()}


def pages(path: Path) -> list[bytes]:
    """The pages of a CPU; what is left of each behind its records, and behind the count of lost ones, is zeroed."""
    found: list[bytes] = []
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    while True:
        try:
            page = os.read(file, 4096)
        except BlockingIOError:
            return found
        end = 16 + (int.from_bytes(page[8:16], "little") & 0xFFFFF) + 8
        found.append(page[:end] + bytes(len(page) - len(page[:end])))


def main() -> None:
    if sys.argv[1] == "--flood":
        print("\n%%")
        print(json.dumps(flood(int(sys.argv[2]))))
        return
    record = sys.argv[1] == "--record"
    words = sys.argv[2:] if record else sys.argv[1:]
    events = start(Path(words[0]).read_text(), 4096)
    if record:
        subprocess.run(words[1:], check=True)
        put(INSTANCE / "tracing_on", "0")
        print("\n%%")
        print(json.dumps(recorded(events, (INSTANCE / "trace").read_bytes())))
        return
    with Reader(INSTANCE, events) as reader:
        subprocess.run(words[1:], check=True)
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
