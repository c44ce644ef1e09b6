"""A bar on a terminal, for work that takes long."""

from __future__ import annotations

import os
import time
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_DELAY, _EVERY = 0.5, 0.1
_WIDTH = 30


class Progress:
    """How many of so many pieces are done; shown after half a second, only on a terminal, and gone at the end."""

    def __init__(self, total: int, stream: IO[str]) -> None:
        self.total = total
        self.done = 0
        self.stream = stream
        self.next = time.monotonic() + _DELAY
        self.shown = False
        self.on = bool(stream and stream.isatty()) and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> Self:
        return self

    def step(self) -> None:
        """One piece more is done."""
        self.done += 1
        if not self.on or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + _EVERY
        self.shown = True
        filled = self.done * _WIDTH // self.total
        bar = "━" * filled + " " * (_WIDTH - filled)
        self.stream.write(f"\r{bar} {self.done}/{self.total} specs")
        self.stream.flush()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
