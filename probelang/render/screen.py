"""A terminal that shows one picture after another, and is as it was before when that is over."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any, TextIO

from probelang.render.cells import Line, painted, plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

# another screen, so that what was there comes back; no cursor; lines that are too long do not go on in the next one
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
# a terminal that has no other screen is left with an empty one
_LEAVE = "\x1b[H\x1b[J\x1b[?7h\x1b[?25h\x1b[?1049l"
# a terminal that knows it shows all between the two at once
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"


def is_screen(stream: TextIO) -> bool:
    """Whether pictures can be drawn on a stream: a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb")


def size_of(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of a terminal, 80 and 24 where it does not say."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return found.columns or 80, found.lines or 24


class Screen:
    """`enter`, `draw` as often as one likes, and `leave`; after Ctrl-Z and `fg` it goes on.

    With `keys`, what is typed is not shown, and `asked_to_end` tells of a `q`. Terminals are restored also when the program ends without `leave`.
    """

    def __init__(self, stream: TextIO, color: bool, keys: bool = True) -> None:
        self._stream = stream
        self._color = color
        self._keys = keys
        self._typed: list[Any] | None = None
        self._inside = False
        self._before: Any = None

    def enter(self) -> None:
        """Take the terminal over."""
        import atexit

        atexit.register(self.leave)
        self._before = signal.signal(signal.SIGTSTP, self._stop)
        self._take()

    def leave(self) -> None:
        """Give the terminal back; does nothing if that was done."""
        import atexit

        atexit.unregister(self.leave)
        if self._before is not None:
            signal.signal(signal.SIGTSTP, self._before)
            self._before = None
        self._give_back()

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these lines, from the top, in place of what was there."""
        paint = painted if self._color else plain
        text = "\x1b[K\r\n".join(map(paint, lines))
        self._stream.write(f"{_BEGIN}\x1b[H{text}\x1b[K\x1b[J{_END}")
        self._stream.flush()

    def asked_to_end(self) -> bool:
        """Whether somebody has typed `q`."""
        if self._typed is None:
            return False
        import select

        typed = b""
        while select.select([sys.stdin], [], [], 0)[0]:
            more = os.read(sys.stdin.fileno(), 100)
            typed += more
            if not more:
                break
        return b"q" in typed or b"Q" in typed

    def _write(self, text: str) -> None:
        # not by the stream itself: this may be a signal's handler, in the middle of what the stream writes
        data = text.encode(self._stream.encoding, "backslashreplace")
        while data:
            data = data[os.write(self._stream.fileno(), data) :]

    def _take(self) -> None:
        self._inside = True
        if self._keys and sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp():
            import termios

            self._typed = termios.tcgetattr(sys.stdin)
            quiet = termios.tcgetattr(sys.stdin)
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, quiet)
        self._write(_ENTER)

    def _give_back(self) -> None:
        if not self._inside:
            return
        self._inside = False
        try:
            self._write(_LEAVE)
        except (OSError, ValueError):
            # the terminal is gone
            pass
        if self._typed is not None:
            import termios

            try:
                termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, self._typed)
            except termios.error:
                pass
            self._typed = None

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._give_back()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # here it was stopped, and was told to go on; or nobody could have done that, and the kernel has not stopped it
        signal.signal(number, self._stop)
        self._take()
