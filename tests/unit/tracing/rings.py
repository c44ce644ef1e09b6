"""Pages of a ring buffer made by hand, and instances to read them from."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.hits import Column, Traced

ID = 77
STACK_ID = 4
HEADER_PAGE = (
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
    "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
    "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
    "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n"
)
COMMON = (
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
)
COUNT_FORMAT = (
    f"name: rd\nID: {ID}\nformat:\n{COMMON}"
    "\tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;\n"
    "\tfield:u64 count;\toffset:16;\tsize:8;\tsigned:0;\n\nprint fmt: ...\n"
)
STACK_FORMAT = (
    f"name: kernel_stack\nID: {STACK_ID}\nformat:\n{COMMON}"
    "\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n"
    "\tfield:unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;\n\nprint fmt: ...\n"
)


@cache
def event(spec: str = "group io\nrd = fprobe vfs_read { count }") -> Traced:
    """The one event of a spec for Linux 6.12."""
    analysis = analyse(Source("io.pl", spec), load_kernel("6.12"))
    (found,) = analysis.events
    columns = tuple(Column(field.name, field.fetch.text) for field in found.probe.fields if not field.auto)
    return Traced(found.probe, found.name, columns)


def data(count: int, tid: int = 7, id: int = ID) -> bytes:
    """A record of COUNT_FORMAT."""
    return struct.pack("<HBBiQQ", id, 0, 0, tid, 0xFFFFFFFF81000000, count)


def stack(frames: Sequence[int], tid: int = 7) -> bytes:
    """A record of STACK_FORMAT."""
    return struct.pack(f"<HBBiII{len(frames)}Q", STACK_ID, 0, 0, tid, len(frames), 0, *frames)


def record(data: bytes, delta: int = 0) -> bytes:
    """Data with a record's head; it is as long as it says in units of 4 bytes."""
    data += bytes(-len(data) % 4)
    if len(data) <= 112:
        return struct.pack("<I", delta << 5 | len(data) // 4) + data
    return struct.pack("<II", delta << 5, len(data) + 4) + data


def extend(delta: int) -> bytes:
    return struct.pack("<II", (delta & (1 << 27) - 1) << 5 | 30, delta >> 27)


def stamp(time: int) -> bytes:
    return struct.pack("<II", (time & (1 << 27) - 1) << 5 | 31, time >> 27)


def taken_back(data: bytes) -> bytes:
    return struct.pack("<II", 1 << 5 | 29, len(data)) + data[4:]


def page(time: int, *records: bytes, missed: int | None = None, flags: int = 0) -> bytes:
    """A page; `missed` records before it are counted behind its last."""
    body = b"".join(records)
    commit = len(body) | flags
    if missed is not None:
        commit |= 3 << 30
        body += struct.pack("<Q", missed)
    return (struct.pack("<QQ", time, commit) + body).ljust(4096, b"\xee")


def lay_out(
    folder: Path,
    *cpus: Sequence[bytes],
    lost: Sequence[int] = (),
    format: str = COUNT_FORMAT,
    name: str = "io/rd",
) -> Path:
    """An instance whose CPUs have these pages."""
    instance = folder / "instances" / "x"
    for event_name in (name, "ftrace/kernel_stack"):
        (instance / "events" / event_name).mkdir(parents=True, exist_ok=True)
    (instance / "events" / "header_page").write_text(HEADER_PAGE)
    (instance / "events" / name / "format").write_text(format)
    (instance / "events" / "ftrace" / "kernel_stack" / "format").write_text(STACK_FORMAT)
    (folder / "saved_cmdlines").write_bytes(b"7 dd\n8 cat\n")
    for cpu, pages in enumerate(cpus):
        place = instance / "per_cpu" / f"cpu{cpu}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "trace_pipe_raw").write_bytes(b"".join(pages))
        (place / "buffer_size_kb").write_text("1408\n")
        write_lost(instance, cpu, 0)
    return instance


def write_lost(instance: Path, cpu: int, count: int) -> None:
    """What the kernel says was lost."""
    (instance / "per_cpu" / f"cpu{cpu}" / "stats").write_text(
        f"entries: 0\noverrun: {count}\ncommit overrun: 0\nbytes: 0\ndropped events: 0\nread events: 0\n"
    )
