"""Run in a guest by `benchmarks.reader`: who reads the hits of a program that seeks, what that costs, and what is lost.

`reader_guest.py READER SEEKS RATE KIB`; 0 KIB is a buffer as the reader itself chooses it. Prints a line: `READER name hits lost
nanoseconds-of-processor-time seconds`, the last from the end of the program to that of the reader.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from probelang.render.hits import TextSink
from probelang.render.hits_json import JsonSink
from probelang.tracing.hits import Hit, Sink, Totals, Traced
from probelang.tracing.reader import Reader
from tests.kernels.lab.read_hits import INSTANCE, put, remove, start

SPEC = "group rate\nhit = fprobe shmem_file_llseek if offset == 4321 { offset, whence, pos = file->f_pos }\n"
BPFTRACE = (
    'fentry:shmem_file_llseek /args.offset == 4321/ { printf("%llu [%d] %s-%d hit offset=%d whence=%d pos=%d\\n", '
    "nsecs, cpu, comm, tid, args.offset, args.whence, args.file->f_pos); }"
)
RUNS = {
    "run-text": [],
    "run-json": ["--format", "json"],
    "run-top": ["--top"],
    "run-raw": ["--raw"],
}
"""The whole command, by its options; what it writes goes into a file."""
_TOLD = re.compile(r"^probelang: (\d+) hits? in [\d.]+ s, (?:(\d+) lost|none lost)", re.MULTILINE)
_LOST = re.compile(r"^(?:overrun|commit overrun|dropped events): (\d+)$", re.MULTILINE)


class Nothing:
    """A sink that shows nothing."""

    def begin(self, events: Sequence[Traced]) -> None: ...

    def take(self, hits: Sequence[Hit]) -> None: ...

    def lost(self, cpu: int, count: int) -> None: ...

    def end(self, totals: Totals) -> None: ...


def main() -> None:
    reader, count, rate, size = sys.argv[1], *map(int, sys.argv[2:5])
    command = ["./seek", str(count), str(rate)]
    nothing = ["./seek", "0", "1"]
    if reader == "bpftrace":
        idle, _ = with_bpftrace(nothing)
        used, lost = with_bpftrace(command)
        print("READER", reader, count - lost, lost, round((used - idle) * 1e9), 0)
        return
    if reader in RUNS:
        # the first run of all compiles Python and reads what there is to know of the kernel
        with_run(RUNS[reader], nothing, size)
        idle = with_run(RUNS[reader], nothing, size)[2]
        hits, lost, used, late = with_run(RUNS[reader], command, size)
        print("READER", reader, hits, lost, round((used - idle) * 1e9), round(late, 1))
        return
    events = start(SPEC, size or 1408)
    hits, lost, used = with_cat(command) if reader == "cat" else with_reader(reader, events, command)
    remove(events)
    print("READER", reader, hits, lost, round(used * 1e9), 0)


def with_reader(name: str, events: list[Traced], command: list[str]) -> tuple[int, int, float]:
    """Hits, lost ones, and seconds of this process."""
    out = open("/dev/null", "wb")  # noqa: SIM115
    sink: Sink = Nothing()
    if name != "decode":
        sink = TextSink(out) if name == "text" else JsonSink(out)
    hits = lost = 0
    with Reader(INSTANCE, events) as reader:
        sink.begin(events)
        begun = time.process_time()
        work = subprocess.Popen(command)

        def stop() -> bool:
            if work.poll() is None:
                return False
            put(INSTANCE / "tracing_on", "0")
            return True

        for batch in reader.batches(stop):
            sink.take(batch.hits)
            hits += len(batch.hits)
            lost += sum(count for _, count in batch.lost)
        return hits, lost, time.process_time() - begun


def with_run(options: Sequence[str], command: list[str], size: int) -> tuple[int, int, float, float]:
    """The whole `probelang run`: hits and lost ones as it says, its seconds of processor, and those that it took on after the program.

    What it wrote must be as many lines as it says there were hits.
    """
    spec, out, said = Path("/tmp/rate.pl"), Path("/tmp/out"), Path("/tmp/said")
    spec.write_text(SPEC)
    words = [sys.executable, "-P", "-m", "probelang", "run", *options, str(spec)]
    words += ["--buffer-size", f"{size}K"] if size else []
    with out.open("wb") as file, said.open("wb") as errors:
        run = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=file, stderr=errors)
    while "tracing" not in said.read_text():
        if run.poll() is not None:
            raise SystemExit(said.read_text())
        time.sleep(0.2)
    time.sleep(0.5)
    subprocess.run(command, check=True)
    ended = time.monotonic()
    usage = end(run, signal.SIGINT)
    late = time.monotonic() - ended
    told = _TOLD.search(said.read_text())
    if told is None:
        raise SystemExit(said.read_text())
    hits, lost = int(told[1]), int(told[2] or 0)
    if "--top" not in options:
        shown = count_lines(out)
        if shown != hits:
            raise SystemExit(f"{shown} hits were written, {hits} told")
    out.unlink()
    return hits, lost, usage.ru_utime + usage.ru_stime, late


def count_lines(path: Path) -> int:
    """The lines of a file that are hits."""
    count = 0
    with path.open("rb") as file:
        for line in file:
            count += b"4321" in line
    return count


def with_cat(command: list[str]) -> tuple[int, int, float]:
    stats = INSTANCE / "per_cpu/cpu0/stats"
    with open("/dev/null", "wb") as out:
        cat = subprocess.Popen(["/bin/busybox", "cat", str(INSTANCE / "trace_pipe")], stdout=out)
    subprocess.run(command, check=True)
    put(INSTANCE / "tracing_on", "0")
    while "entries: 0\n" not in stats.read_text():
        time.sleep(0.2)
    time.sleep(0.5)
    told = stats.read_text()
    usage = end(cat, signal.SIGKILL)
    read = re.search(r"^read events: (\d+)$", told, re.MULTILINE)
    assert read is not None
    return int(read[1]), sum(map(int, _LOST.findall(told))), usage.ru_utime + usage.ru_stime


def with_bpftrace(command: list[str]) -> tuple[float, int]:
    """Seconds of bpftrace, and how many events it says were lost."""
    said = Path("/tmp/said")
    with open("/dev/null", "wb") as out, said.open("wb") as errors:
        tool = subprocess.Popen(["bpftrace", "-e", BPFTRACE], stdout=out, stderr=errors)
    while "ttach" not in said.read_text():
        time.sleep(0.2)
    time.sleep(0.5)
    subprocess.run(command, check=True)
    time.sleep(1.0)
    usage = end(tool, signal.SIGINT)
    return usage.ru_utime + usage.ru_stime, sum(map(int, re.findall(r"Lost (\d+)", said.read_text())))


def end(process: subprocess.Popen[bytes], number: signal.Signals) -> resource.struct_rusage:
    """End a process, if it has not ended by itself, and tell what it used."""
    os.kill(process.pid, number)
    usage = os.wait4(process.pid, 0)[2]
    process.returncode = 0
    return usage


if __name__ == "__main__":
    main()
