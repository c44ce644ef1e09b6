"""A shell on a terminal, to which keys are sent: what it completes is what the command is called with."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PATIENCE = 60.0
"""Seconds without what is waited for, until it is a failure."""


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.seen = ""
        self._process, self._keys = pty.fork()
        if self._process == 0:
            os.chdir(folder)
            os.execvpe(command[0], list(command), dict(environment))

    def type(self, text: str) -> None:
        """Press keys; a `\\t` is TAB."""
        os.write(self._keys, text.encode())

    def wait(self, pattern: str) -> str:
        """What comes until the pattern is there, with it; it is gone then. Raises AssertionError."""
        end = time.monotonic() + PATIENCE
        while (match := re.search(pattern, self.seen)) is None:
            ready, _, _ = select.select([self._keys], [], [], max(0.0, end - time.monotonic()))
            try:
                data = os.read(self._keys, 65536) if ready else b""
            except OSError:
                data = b""
            assert data, f"no {pattern!r} came, but {self.seen!r}"
            self.seen += data.decode(errors="replace")
        got, self.seen = self.seen[: match.end()], self.seen[match.end() :]
        return got

    def close(self) -> None:
        """End it."""
        os.close(self._keys)
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
