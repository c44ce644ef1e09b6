"""The hits of a run as the kernel prints them: the text of `trace_pipe`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probelang.tracing.tracefs import Folder

_PIECE = 1 << 16
#: A line that is a hit, and neither of a stack nor about lost events; seconds and a colon are before the event.
_HIT = re.compile(rb"^ +\S[^\n]* \d+\.\d{6}: (?!<stack trace>)[^\n]*\n", re.MULTILINE)


def read_raw(folder: Folder, stop: Callable[[], bool], wait: Callable[[float], None]) -> Iterator[bytes]:
    """Whole lines as they come, until `stop`; then those that are there still. `wait` passes the time."""
    descriptor = os.open(folder.file("trace_pipe"), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    rest = b""
    try:
        while True:
            ended = stop()
            while True:
                try:
                    piece = os.read(descriptor, _PIECE)
                except BlockingIOError:
                    break
                if not piece:
                    break
                lines, end, rest = (rest + piece).rpartition(b"\n")
                if end:
                    yield lines + end
                ended = ended or stop()
            if ended:
                break
            wait(0.1)
        if rest:
            yield rest
    finally:
        os.close(descriptor)


def count_hits(lines: bytes) -> int:
    """How many hits some lines tell."""
    return sum(1 for _ in _HIT.finditer(lines))


def first_hits(lines: bytes, count: int) -> bytes:
    """The lines of so many hits, with the stacks that belong to them."""
    found = list(_HIT.finditer(lines))
    return lines if count >= len(found) else lines[: found[count].start()]
