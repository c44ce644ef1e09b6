"""What is traced: a command that is started for it, or processes that are there."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import signal
import time

#: Characters that take a shell.
_SHELL = frozenset("|&;<>()$`\\\"'*?[]#~=%{}\n!")
#: How long a command that was asked to end may take, in seconds.
PATIENCE = 2.0


class WorkloadError(Exception):
    """There is no such command, or no such process; the message is one line."""


def find_command(text: str) -> tuple[str, list[str]]:
    """The program that a command starts, by its path, and its words; the shell where it takes one. Raises WorkloadError."""
    if _SHELL.isdisjoint(text):
        words = text.split()
    else:
        try:
            shlex.split(text)
        except ValueError as error:
            raise WorkloadError(f"--command {text!r}: {error}") from None
        words = ["/bin/sh", "-c", text]
    path = shutil.which(words[0]) if words else None
    if path is None:
        raise WorkloadError(f"--command: there is no program `{words[0] if words else text}`")
    return path, words


class Command:
    """A command that is there, and does nothing until it is let go.

    Where its process dies before it is let go, it ends. One without characters of the shell is started without one, so that the shell's
    own doings are not traced.
    """

    def __init__(self, text: str) -> None:
        path, words = find_command(text)
        self.status: int | None = None
        gate, self._gate = os.pipe2(os.O_CLOEXEC)
        self.pid = os.fork()
        if self.pid == 0:
            self._run(path, words, gate)
        os.close(gate)

    def _run(self, path: str, words: list[str], gate: int) -> None:
        """In the new process: wait for the word, then be the command."""
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            # whatever else is open here, locks above all, is the run's
            os.closerange(3, gate)
            os.closerange(gate + 1, 1 << 16)
            if os.read(gate, 1) == b"!":
                os.execv(path, words)
        except OSError as error:
            # a file without a first line that says what runs it, most often
            text = f"probelang: cannot run {path}: {error.strerror}\n"
            with contextlib.suppress(OSError):
                os.write(2, text.encode("utf-8", "surrogateescape"))
        except BaseException:  # noqa: BLE001 - nothing of this process may go on in here
            os._exit(127)
        os._exit(127)

    def go(self) -> None:
        """Let it go."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self._gate, b"!")
        os.close(self._gate)
        self._gate = -1

    def poll(self) -> str:
        """Why the run ends, if the command has: its exit status is in `status` then."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid == 0:
                return ""
            code = os.waitstatus_to_exitcode(status)
            self.status = code if code >= 0 else 128 - code
        return "command"

    def stop(self) -> bool:
        """Ask the command to end, if it has not; the answer is whether it did in time."""
        if self._gate >= 0:
            os.close(self._gate)
            self._gate = -1
        elif not self.poll():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while not self.poll():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


class Processes:
    """Processes that are there already, by their ids."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids
        self._handles: list[int] = []
        for pid in pids:
            try:
                self._handles.append(os.pidfd_open(pid))
            except OSError:
                self.close()
                raise WorkloadError(f"--pid {pid}: there is no such process") from None

    def threads(self) -> list[int]:
        """The ids of all their threads, which are what the kernel filters by."""
        found = []
        for pid in self.pids:
            with contextlib.suppress(OSError):
                found += [int(name) for name in os.listdir(f"/proc/{pid}/task") if name.isdecimal()]
        return found

    def poll(self) -> str:
        """Why the run ends, if all have ended."""
        ended, _, _ = select.select(self._handles, [], [], 0)
        return "process" if len(ended) == len(self._handles) else ""

    def close(self) -> None:
        """Let go of them."""
        for handle in self._handles:
            os.close(handle)
        self._handles = []
