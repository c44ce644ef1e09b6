"""`--top` on a real terminal, by what another terminal's implementation shows of it: it begins, follows the size, ends, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

ROOT = Path(__file__).parents[3]

# a run without a kernel: hits until a signal comes, as the loop of a session has it
PROGRAM = """
import signal, sys, time
from probelang.render.top import Top
from probelang.tracing.hits import Totals
from tests.support.traced import made_hits, traced

ended = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: ended.append(number))
top = Top(sys.stdout, "reads.pl", by="comm", color="color" in sys.argv)
top.begin(traced())
hits = made_hits(2000)
top.take(hits)
try:
    while not ended:
        top.take([])
        time.sleep(0.02)
        if "broken" in sys.argv:
            raise ValueError("broken")
        if "exit" in sys.argv:
            sys.exit(3)
    top.end(Totals({}, 0, 10**9))
finally:
    if "forget" not in sys.argv:
        top.close()
print("ended by", ended[0])
"""

# what a shell does with a job: it gets the terminal, until it stops; `fg` and Enter lets it go on
SHELL = """
import fcntl, os, signal, subprocess, sys, termios

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], process_group=0)
os.tcsetpgrp(0, job.pid)
while True:
    _, status = os.waitpid(job.pid, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        break
    print("STOPPED", flush=True)
    assert sys.stdin.readline() == "fg\\n"
    os.tcsetpgrp(0, job.pid)
    os.killpg(job.pid, signal.SIGCONT)
print("STATUS", os.waitstatus_to_exitcode(status))
"""

#: A slow machine with other work.
_PATIENCE = 60.0


class _Terminal:
    """A program on a terminal of its own; `screen` is what one sees, `before` is what the terminal was like."""

    def __init__(self, columns: int, lines: int, *words: str, **environment: str) -> None:
        self.master, slave = pty.openpty()
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.said = b""
        self.resize(columns, lines)
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        told = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
        }
        told.update(
            {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", SHELL, PROGRAM, *words],
            stdin=slave, stdout=slave, stderr=slave, env=told, start_new_session=True, cwd=ROOT,
        )  # fmt: skip

    def job(self) -> int:
        """The process that has the terminal, 0 while there is none."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0]) if children else 0

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text: bytes) -> None:
        os.write(self.master, text)

    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    def wait(self, what: Callable[[list[str]], bool]) -> None:
        """Until the screen shows it."""
        until = time.monotonic() + _PATIENCE
        while not what(self.shown()):
            assert time.monotonic() < until, "\n".join(self.shown())
            self._read(0.1)

    def wait_end(self) -> int:
        """The exit status."""
        self.wait(lambda _: self.process.poll() is not None)
        while self._read(0.1):
            pass
        status = re.search(rb"STATUS (-?\d+)", self.said)
        assert status is not None, self.said
        return int(status[1])

    def _read(self, seconds: float) -> bool:
        import select

        if not select.select([self.master], [], [], seconds)[0]:
            return False
        data = os.read(self.master, 65536)
        self.said += data
        self.stream.feed(data)
        return True

    def restored(self) -> bool:
        """Whether the terminal is as it was: its modes, its cursor, its first screen."""
        after = termios.tcgetattr(self.slave)
        leaves = self.said.rfind(b"\x1b[?1049l") > self.said.rfind(b"\x1b[?1049h") >= 0
        return after == self.before and leaves and not self.screen.cursor.hidden

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def on_terminal() -> Iterator[Callable[..., _Terminal]]:
    made: list[_Terminal] = []

    def start(columns: int, lines: int, *words: str, **environment: str) -> _Terminal:
        made.append(_Terminal(columns, lines, *words, **environment))
        return made[-1]

    yield start
    for terminal in made:
        terminal.close()


def _has(*texts: str) -> Callable[[list[str]], bool]:
    return lambda shown: all(any(text in line for line in shown) for text in texts)


def test_it_begins_follows_the_size_and_ends(on_terminal: Callable[..., _Terminal]) -> None:
    terminal = on_terminal(100, 30)
    terminal.wait(_has("2,000 hits", "q ends", "postgres", "took"))
    shown = terminal.shown()
    assert shown[0].startswith("reads.pl · 2,000 hits · none lost · ")
    assert shown[2].split() == ["EVENT", "HITS/S", "HITS", "LAST", "60", "S"]
    assert terminal.screen.cursor.hidden
    terminal.resize(60, 12)
    terminal.wait(lambda shown: any(line.startswith("… and ") for line in shown))
    assert len(terminal.shown()) == 12
    terminal.resize(120, 40)
    terminal.wait(_has("P90", "kworker/u8:3"))
    # what is typed is not shown
    terminal.type(b"xyz\r\r")
    terminal.type(b"q")
    assert terminal.wait_end() == 0
    assert terminal.restored()
    shown = terminal.shown()
    # the summary stays, under what was there before
    assert any(re.search(r"2,000 hits · none lost · [\d,.]+/s · \d+\.\d s", line) for line in shown)
    assert f"ended by {int(signal.SIGINT)}" in shown
    assert not any("xyz" in line for line in shown)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals(number: int, on_terminal: Callable[..., _Terminal]) -> None:
    terminal = on_terminal(80, 24)
    terminal.wait(_has("2,000 hits"))
    if number == signal.SIGINT:
        terminal.type(b"\x03")
    else:
        os.kill(terminal.job(), number)
    assert terminal.wait_end() == 0
    assert terminal.restored()
    assert f"ended by {int(number)}" in terminal.shown()


@pytest.mark.parametrize("words", [("broken",), ("broken", "forget"), ("exit", "forget")])
def test_an_error_gives_the_terminal_back(
    words: tuple[str, ...], on_terminal: Callable[..., _Terminal]
) -> None:
    terminal = on_terminal(80, 24, *words)
    assert terminal.wait_end() == (3 if "exit" in words else 1)
    assert terminal.restored()


def test_stopped_and_continued(on_terminal: Callable[..., _Terminal]) -> None:
    terminal = on_terminal(80, 24)
    terminal.wait(_has("2,000 hits"))
    terminal.type(b"\x1a")
    terminal.wait(_has("STOPPED"))
    assert terminal.restored(), "while it is stopped the terminal is the shell's"
    terminal.type(b"fg\n")
    terminal.wait(_has("2,000 hits", "q ends"))
    terminal.type(b"q")
    assert terminal.wait_end() == 0
    assert terminal.restored()


def test_colours(on_terminal: Callable[..., _Terminal]) -> None:
    with_color, without = on_terminal(80, 24, "color"), on_terminal(80, 24)
    for terminal in (with_color, without):
        terminal.wait(_has("2,000 hits"))
        terminal.type(b"q")
        assert terminal.wait_end() == 0
    assert b"\x1b[1m" in with_color.said
    assert b"\x1b[1m" not in without.said
    assert b"\x1b[36m" not in without.said


def test_a_terminal_that_can_do_nothing(on_terminal: Callable[..., _Terminal]) -> None:
    terminal = on_terminal(80, 24, "forget", TERM="dumb")
    terminal.wait(lambda _: _catches(terminal.job()))
    terminal.type(b"\x03")
    assert terminal.wait_end() == 0
    assert b"\x1b" not in terminal.said
    assert b"2,000 hits" in terminal.said


def _catches(process: int) -> bool:
    """Whether it has come as far as to catch signals."""
    if not process:
        return False
    status = Path(f"/proc/{process}/status").read_text()
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return bool(caught >> signal.SIGTERM - 1 & 1)
