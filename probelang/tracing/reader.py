"""Reads the hits of a tracing instance: the binary ring buffer of each CPU, decoded by the formats of the events.

Pages are taken from the kernel first and decoded when there is time, so that a burst waits here, in bounded memory, and not in the
kernel, where it would be overwritten. What does not fit here either stays there, and the kernel counts what it loses.
Nobody is woken by a hit: the buffers are looked at again and again, which costs the traced program nothing.
"""

from __future__ import annotations

import time
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probelang.tracing.hits import Batch
from probelang.tracing.reader_buffers import CpuBuffer
from probelang.tracing.reader_clock import find_clock
from probelang.tracing.reader_decode import make_decoder, make_stack_decoder
from probelang.tracing.reader_formats import (
    MAX_FORMAT,
    ReaderError,
    parse_format,
    parse_page_size,
    unreadable,
)
from probelang.tracing.reader_names import Symbols, Tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from probelang.tracing.hits import Hit, Traced
    from probelang.tracing.reader_formats import EventFormat

WAITING = 64 << 20
"""Bytes of pages that may wait to be decoded."""

TURN = 0.02
"""Seconds of decoding after which the kernel's buffers are looked at again."""

SHORT, LONG = 0.02, 0.1
"""Seconds between two looks: where there was something, and where there was nothing for long."""

ROUND = 256
"""Pages that are taken of one CPU before the next has its turn."""

HELD = 200_000
"""Hits that wait for those of other CPUs at most; beyond, order is given up."""

_time_of = itemgetter(1)


class Reader:
    """The hits of `events` in the instance (`…/instances/NAME`) that they are traced in.

    A context manager. Making, opening and reading raise ReaderError where something cannot be read, or the kernel's formats are not understood.
    """

    def __init__(
        self, instance: Path, events: Sequence[Traced], *, proc: Path = Path("/proc"), waiting: int = WAITING
    ) -> None:
        """`waiting` is how many bytes of pages may wait to be decoded."""
        self._instance = instance
        self._symbols = Symbols(proc / "kallsyms")
        self._tasks = Tasks(instance.parent.parent / "saved_cmdlines", proc)
        self._stacks = any(event.probe.stacktrace for event in events)
        self._decoders: dict[int, Any] = {}
        for event in events:
            format = self._format(event.recorded)
            self._decoders[format.id] = make_decoder(event, format, self._tasks, self._symbols)
        if self._stacks:
            format = self._format("ftrace/kernel_stack")
            self._decoders[format.id] = make_stack_decoder(format, self._symbols)
        self._page_size = parse_page_size(_read(instance / "events" / "header_page"))
        self._most = max(waiting // self._page_size, 1)
        self._clock = find_clock(instance)
        self._buffers: list[CpuBuffer] = []

    def __enter__(self) -> Self:
        try:
            folders = [path for path in (self._instance / "per_cpu").iterdir() if path.name[3:].isdigit()]
            for path in sorted(folders, key=lambda path: int(path.name[3:])):
                self._buffers.append(CpuBuffer(path, int(path.name[3:]), self._page_size))
        except OSError as error:
            self.close()
            raise unreadable(error) from None
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the buffers: the instance can be removed."""
        while self._buffers:
            self._buffers.pop().close()

    def batches(self, stop: Callable[[], bool]) -> Iterator[Batch]:
        """Hits as they come, some of them possibly none, at least ten times a second; the time in which they are used is not counted.

        Once `stop` says so, what is in the buffers then comes still, and what the kernel lost that nobody was told of. Recording should
        be off by then: what goes on being recorded is not waited for.
        """
        pause, stopping, last = SHORT, False, False
        while not last:
            if not stopping and stop():
                stopping = True
                for buffer in self._buffers:
                    buffer.finish()
            now = self._clock() if self._clock and len(self._buffers) > 1 else None
            taken = self._read()
            if taken:
                self._tasks.refresh()
            lost = self._decode()
            waits = any(buffer.pages for buffer in self._buffers)
            last = stopping and not waits and all(buffer.empty for buffer in self._buffers)
            if last:
                lost += [(buffer.cpu, count) for buffer in self._buffers if (count := buffer.tell())]
            yield Batch(self._take(None if last else self._horizon(now)), lost)
            if not waits and not last and taken < ROUND:
                pause = SHORT if taken else min(pause * 1.5, LONG)
                time.sleep(pause)

    def _read(self) -> int:
        """Take what the kernel has, as far as there is room; one page of a CPU of which nothing waits, however little room there is."""
        room = self._most - sum(len(buffer.pages) for buffer in self._buffers)
        taken = 0
        for buffer in self._buffers:
            taken += buffer.read(max(min(room - taken, ROUND), 0 if buffer.pages else 1))
        return taken

    def _horizon(self, now: int | None) -> int | None:
        """Before when nothing can come any more that is not decoded yet; None if there is nothing to wait for."""
        if sum(len(buffer.hits) for buffer in self._buffers) > HELD:
            return None
        ends = [since for buffer in self._buffers if (since := buffer.waits_since()) is not None]
        if len(self._buffers) > 1:
            for buffer in self._buffers:
                end = buffer.next_time()
                if end is None:
                    end = now if buffer.empty else buffer.reached
                if end is not None:
                    ends.append(end)
        return min(ends, default=None)

    def _take(self, before: int | None) -> list[Hit]:
        """The hits of all CPUs before a time, in the order of time."""
        lists = [hits for buffer in self._buffers if (hits := buffer.take(before))]
        if len(lists) < 2:
            return lists[0] if lists else []
        merged = [hit for hits in lists for hit in hits]
        merged.sort(key=_time_of)
        return merged

    def _decode(self) -> list[tuple[int, int]]:
        """Decode pages, the earliest first, for one turn; what was lost before them or in them, by CPU."""
        lost: dict[int, int] = {}
        until = time.monotonic() + TURN
        busy = [buffer for buffer in self._buffers if buffer.pages]
        while busy:
            buffer = busy[0] if len(busy) == 1 else min(busy, key=lambda buffer: buffer.next_time() or 0)
            count = buffer.decode(self._decoders, self._stacks)
            if count:
                lost[buffer.cpu] = lost.get(buffer.cpu, 0) + count
            if not buffer.pages:
                busy.remove(buffer)
            if time.monotonic() > until:
                break
        return list(lost.items())

    def _format(self, recorded: str) -> EventFormat:
        return parse_format(_read(self._instance / "events" / recorded / "format"), recorded)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FORMAT + 1)
    except OSError as error:
        raise unreadable(error) from None
    if len(data) > MAX_FORMAT:
        raise ReaderError(f"{path} is longer than any kernel's")
    return data.decode(errors="replace")
