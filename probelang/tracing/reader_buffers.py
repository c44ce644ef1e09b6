"""The ring buffer of one CPU: its pages, read and waiting to be decoded, and what was lost of it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from probelang.tracing.reader_decode import Stack
from probelang.tracing.reader_formats import unreadable
from probelang.tracing.reader_pages import UNKNOWN, Damaged, missed_before, read_records, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from probelang.tracing.hits import Hit

_LOST = re.compile(r"^(?:overrun|commit overrun|dropped events): (\d{1,19})$", re.MULTILINE)
_DEEP = 64
"""Hits that wait for their stacks at a time: interrupts are nested a few deep at most."""
_PATIENCE = 2
_MANY = 1 << 16
"""Pages of a buffer whose size is not told."""


class CpuBuffer:
    """One CPU's part. `pages` wait to be decoded, `hits` were decoded and wait for what other CPUs had before them."""

    def __init__(self, folder: Path, cpu: int, page_size: int) -> None:
        self.cpu = cpu
        self.pages: deque[bytes] = deque()
        self.hits: list[Hit] = []
        self.empty = False
        """Whether the kernel had no more when it was last asked."""
        self.reached = 0
        """The time of the last record that was decoded."""
        self._stats = folder / "stats"
        self._page_size = page_size
        self._told = 0
        self._open: list[Hit] = []
        self._quiet = 0
        self._left: int | None = None
        self._size = folder / "buffer_size_kb"
        self._file = os.open(folder / "trace_pipe_raw", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._file)

    def finish(self) -> None:
        """From now on no more is read than what the kernel can have by now."""
        try:
            size = int(self._size.read_text().split()[0]) << 10
        except (OSError, ValueError, IndexError):
            size = 0
        self._left = size // self._page_size + 2 if size else _MANY
        self.empty = False

    def read(self, most: int) -> int:
        """Take up to so many pages from the kernel, and say how many there were."""
        if self._left is not None:
            if self.empty:
                return 0
            most = min(most, self._left)
        taken = self._take_pages(most)
        if self._left is not None:
            self._left -= taken
            self.empty = self.empty or self._left == 0
        return taken

    def _take_pages(self, most: int) -> int:
        for taken in range(most):
            try:
                page = os.read(self._file, self._page_size)
            except BlockingIOError:
                page = b""
            except OSError as error:
                # a CPU that was off when the instance was made has no buffer until it is on
                if error.errno != errno.ENODEV:
                    raise unreadable(error) from None
                page = b""
            if not page:
                self.empty = True
                return taken
            self.pages.append(page)
        self.empty = False
        return most

    def next_time(self) -> int | None:
        """When the next page that waits begins; None if none does."""
        if not self.pages:
            return None
        try:
            return time_of(self.pages[0])
        except Damaged:
            return 0

    def decode(self, decoders: Mapping[int, Any], stacks: bool) -> int:
        """Decode the next page, and say how many records were lost before it or in it."""
        page = self.pages.popleft()
        out: list[Any] = self.hits
        first = len(out)
        lost = 0
        try:
            time_of(page)
            lost = missed_before(page)
            if lost == UNKNOWN:
                lost = max(self.untold(), 1)
            self.reached = max(self.reached, read_records(page, self.cpu, decoders, out))
        except Damaged:
            lost += 1
        self._told += lost
        if stacks:
            self._join(first)
        return lost

    def untold(self) -> int:
        """How many the kernel lost by its own account beyond what pages told."""
        return max(self._count_lost() - self._told, 0)

    def tell(self) -> int:
        """The same, as told from now on."""
        lost = self.untold()
        self._told += lost
        return lost

    def waits_since(self) -> int | None:
        """When the first hit was that waits for its stack; None if none does. Asked once a round: in some without records it gives up."""
        self._quiet = self._quiet + 1 if self.empty and not self.pages else 0
        if self._quiet > _PATIENCE:
            self._open.clear()
        return self._open[0].time if self._open else None

    def take(self, before: int | None) -> list[Hit]:
        """The hits that were before a time, or all; they are gone from here then."""
        hits = self.hits
        if before is None or not hits or hits[-1].time < before:
            self.hits = []
            return hits
        low, high = 0, len(hits)
        while low < high:
            middle = (low + high) // 2
            if hits[middle].time < before:
                low = middle + 1
            else:
                high = middle
        self.hits = hits[low:]
        return hits[:low]

    def _join(self, first: int) -> None:
        """Put the stacks among the hits from index `first` on to the hits that they are of: the last of the thread without one."""
        hits: list[Any] = self.hits
        kept: list[Any] = hits[first:]
        del hits[first:]
        for found in kept:
            if isinstance(found, Stack):
                self._put(*found)
                continue
            if found.event.probe.stacktrace:
                self._open.append(found)
                del self._open[:-_DEEP]
            hits.append(found)

    def _put(self, tid: int, frames: tuple[str, ...]) -> None:
        for at in range(len(self._open) - 1, -1, -1):
            waiting = self._open[at]
            if waiting.tid != tid:
                continue
            del self._open[at:]
            for place in range(len(self.hits) - 1, -1, -1):
                if self.hits[place] is waiting:
                    self.hits[place] = waiting._replace(stack=frames)
                    return
            return

    def _count_lost(self) -> int:
        with contextlib.suppress(OSError):
            return sum(map(int, _LOST.findall(self._stats.read_text())))
        return 0
