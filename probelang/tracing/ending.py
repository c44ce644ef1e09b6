"""When a run ends: a signal, a deadline, a closed pipe, enough hits, the end of what is traced; whatever comes first."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

#: What ends a run as it should. SIGHUP stays ignored where it is (nohup).
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Ending:
    """A context in which signals end a run, and nothing else does: they are noted, and asked for by `reached`.

    `output` is a descriptor: nobody reads any more what is written there if its pipe is closed.
    """

    def __init__(self, output: int | None = None) -> None:
        self.reason = ""
        self.signal: int | None = None
        self._deadline: float | None = None
        self._checks: list[Callable[[], str]] = []
        self._before: dict[int, object] = {}
        self._output = select.poll()
        self._pipe = False
        if output is not None:
            # a closed pipe raises an error, whatever one waits for
            self._output.register(output, 0)
            self._pipe = True
        self._asked = 0.0

    def __enter__(self) -> Self:
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        for number in SIGNALS:
            if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._wake)
        os.close(self._waker)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is None:
            self.signal = number
        self.end(signal.Signals(number).name)
        with contextlib.suppress(OSError):
            os.write(self._waker, b"!")

    def end(self, reason: str) -> None:
        """The run is to end; the first reason is the one."""
        self.reason = self.reason or reason

    def after(self, seconds: float) -> None:
        """The run is to end so many seconds from now."""
        self._deadline = time.monotonic() + seconds

    def when(self, check: Callable[[], str]) -> None:
        """The run is to end when `check` gives a reason; it is asked several times a second."""
        self._checks.append(check)

    def reached(self) -> bool:
        """Whether the run is to end. It may be asked as often as one likes."""
        if self.reason:
            return True
        now = time.monotonic()
        if self._deadline is not None and now >= self._deadline:
            self.end("duration")
        if now - self._asked >= 0.05:
            self._asked = now
            if self._pipe and any(what & _GONE for _, what in self._output.poll(0)):
                self.end("closed pipe")
            for check in self._checks:
                reason = check()
                if reason:
                    self.end(reason)
        return bool(self.reason)

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a signal comes or the time is up."""
        if self._deadline is not None:
            seconds = min(seconds, max(self._deadline - time.monotonic(), 0.0))
        if not self.reason:
            select.select([self._wake], [], [], seconds)
