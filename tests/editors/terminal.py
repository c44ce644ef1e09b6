"""A program in a terminal of its own, by what is on its screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from tests.editors.tools import need_module

WAIT = 120.0
"""Seconds for anything to show; the machine may be busy."""
ROWS, COLUMNS = 30, 120


class Terminal:
    """A screen, the keys that are pressed, and the process behind it."""

    def __init__(self, process: subprocess.Popen[bytes], end: int) -> None:
        import pyte

        self.process = process
        self._end = end
        self._screen = pyte.Screen(COLUMNS, ROWS)
        # programs ask what terminal this is
        setattr(self._screen, "write_process_input", lambda data: self._write(data.encode()))  # noqa: B010
        self._stream = pyte.ByteStream(self._screen)

    def press(self, *keys: str) -> None:
        """Press keys, as the bytes that they are in a terminal. One that follows Escape at once would be read as Alt."""
        for key in keys:
            self._write(key.encode())

    def lines(self) -> list[str]:
        """What is on the screen now, without blanks at the ends of lines."""
        with contextlib.suppress(OSError):
            while select.select([self._end], [], [], 0)[0]:
                data = os.read(self._end, 1 << 16)
                if not data:
                    break
                self._stream.feed(data)
        return [line.rstrip() for line in self._screen.display]

    def find(self, text: str) -> tuple[int, int] | None:
        """The row and column of the first occurrence of a text."""
        return next(((row, line.index(text)) for row, line in enumerate(self.lines()) if text in line), None)

    def underlined(self, text: str) -> bool:
        """Whether the first occurrence of a text is underlined, and what is on either side of it is not."""
        place = self.find(text)
        if place is None:
            return False
        row, column = place
        cells = [self._screen.buffer[row][at].underscore for at in range(column - 1, column + len(text) + 1)]
        return all(cells[1:-1]) and not cells[0] and not cells[-1]

    def wait_until(self, holds: Callable[[], object]) -> None:
        """Wait until something holds; a failure shows the screen."""
        until = time.monotonic() + WAIT
        while not holds():
            assert self.process.poll() is None and time.monotonic() < until, "\n".join(self.lines())
            with contextlib.suppress(OSError):
                select.select([self._end], [], [], 0.1)

    def wait_for(self, *texts: str) -> None:
        """Wait until texts are on the screen."""
        self.wait_until(lambda: all(self.find(text) for text in texts))

    def wait_for_line(self, pattern: str) -> None:
        """Wait until a line on the screen is as a pattern says."""
        wanted = re.compile(pattern)
        self.wait_until(lambda: any(wanted.search(line) for line in self.lines()))

    def wait_for_end(self) -> int:
        """Wait until the program has ended; the answer is its exit status."""
        until = time.monotonic() + WAIT
        while self.process.poll() is None:
            assert time.monotonic() < until, "\n".join(self.lines())
            self.lines()
            time.sleep(0.02)
        return int(self.process.returncode)

    def _write(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(self._end, data)


@contextlib.contextmanager
def terminal(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[Terminal]:
    """A program in a terminal, which ends with it."""
    need_module("pyte")
    end, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "TERM": "xterm-256color"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
    finally:
        os.close(other)
    try:
        yield Terminal(process, end)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(end)
