"""Where hits go: standard output, by writes that nobody can hang.

Whoever reads a pipe may stop reading, and a terminal may be held; a run that was asked to end ends all the same, and what was still to be
said then is not.
"""

from __future__ import annotations

import io
import os
import select
import stat
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from probelang.tracing.ending import Ending

#: POSIX promises that so much can be written to a pipe that is ready, in bytes.
PIECE = 4096
#: How long a run that is to end waits for its reader, in seconds.
PATIENCE = 1.0


class Output(io.RawIOBase):
    """A binary stream on a descriptor. Writing raises BrokenPipeError where nobody reads, and writes everything otherwise."""

    def __init__(self, descriptor: int, ending: Ending) -> None:
        self._descriptor = descriptor
        self._ending = ending
        self._late: float | None = None
        self._closed = False
        mode = os.fstat(descriptor).st_mode
        self._direct = stat.S_ISREG(mode)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        size = len(view)
        while view and not self._closed:
            if not (self._direct or self._is_ready()):
                # its reader has had its time: nothing more is said
                break
            try:
                view = view[os.write(self._descriptor, view if self._direct else view[:PIECE]) :]
            except BrokenPipeError:
                # once is enough: what is left in buffers goes nowhere
                self._closed = True
                raise
        return size

    def _is_ready(self) -> bool:
        """Wait until something can be written; not for ever once the run is to end."""
        while True:
            ended = self._ending.reached()
            if ended and self._late is None:
                self._late = time.monotonic() + PATIENCE
            left = 0.2 if self._late is None else max(min(self._late - time.monotonic(), 0.2), 0.0)
            _, ready, _ = select.select([], [self._descriptor], [], left)
            if ready:
                return True
            if self._late is not None and time.monotonic() >= self._late:
                return False
