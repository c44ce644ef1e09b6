"""Work shared among processes that are forked when all that they need is loaded, so that it is loaded once.

Each takes the number of the next piece from one pipe, and answers through one of its own. Whatever ends one of them, the
pieces that it leaves are done here.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMBER = 4
#: What a pipe holds without a reader, at the least, in numbers of pieces.
_MOST_PIECES = 65536 // _NUMBER
MAX_WORKERS = 16


def processors() -> int:
    """How many processors this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def share(count: int, workers: int, work: Callable[[int], str], done: Callable[[int, str], None]) -> None:
    """Call `work(number)` for numbers below `count` in so many processes, and `done` here with each answer, as they come."""
    missing = set(range(count))
    if workers > 1 and count > 1 and hasattr(os, "fork"):
        for number, answer in _fork(count, min(workers, count, MAX_WORKERS), work):
            missing.discard(number)
            done(number, answer)
    for number in sorted(missing):
        done(number, work(number))


def _fork(count: int, workers: int, work: Callable[[int], str]) -> Iterator[tuple[int, str]]:
    """The answers of forked processes; all of them are gone when it ends, however it does."""
    from select import POLLIN, poll

    sys.stdout.flush()
    sys.stderr.flush()
    # a piece is several numbers where there are more than the pipe holds
    step = -(-count // _MOST_PIECES)
    queue, fill = os.pipe()
    children: dict[int, int] = {}
    buffers: dict[int, bytearray] = {}
    try:
        for _ in range(workers):
            reader, writer = os.pipe()
            try:
                child = os.fork()
            except OSError:
                os.close(reader)
                os.close(writer)
                break
            if child == 0:
                for other in (fill, reader, *buffers):
                    os.close(other)
                _work(queue, writer, count, step, work)
            os.close(writer)
            children[reader] = child
            buffers[reader] = bytearray()
        os.close(queue)
        queue = -1
        if children:
            os.write(fill, b"".join(n.to_bytes(_NUMBER, "little") for n in range(0, count, step)))
        os.close(fill)
        fill = -1
        # select() takes no descriptor beyond 1023
        waiting = poll()
        for reader in buffers:
            waiting.register(reader, POLLIN)
        while buffers:
            for reader, _ in waiting.poll():
                data = os.read(reader, 1 << 16)
                if data:
                    buffers[reader] += data
                    yield from _answers(buffers[reader])
                else:
                    waiting.unregister(reader)
                    del buffers[reader]
    finally:
        for end in (queue, fill, *children):
            if end >= 0:
                os.close(end)
        for child in children.values():
            # one that is done is a zombie until here, so its number is nobody else's
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _answers(buffer: bytearray) -> Iterator[tuple[int, str]]:
    """The whole answers at the beginning of a buffer, which are taken out of it."""
    at = 0
    while len(buffer) - at >= 2 * _NUMBER:
        number = int.from_bytes(buffer[at : at + _NUMBER], "little")
        size = int.from_bytes(buffer[at + _NUMBER : at + 2 * _NUMBER], "little")
        if len(buffer) - at - 2 * _NUMBER < size:
            break
        at += 2 * _NUMBER
        yield number, bytes(buffer[at : at + size]).decode("utf-8", "surrogatepass")
        at += size
    del buffer[:at]


def _work(queue: int, writer: int, count: int, step: int, work: Callable[[int], str]) -> NoReturn:
    """A worker's life."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        while data := os.read(queue, _NUMBER):
            first = int.from_bytes(data, "little")
            for number in range(first, min(first + step, count)):
                answer = work(number).encode("utf-8", "surrogatepass")
                head = number.to_bytes(_NUMBER, "little") + len(answer).to_bytes(_NUMBER, "little")
                _write_all(writer, head + answer)
        status = 0
    except BaseException:  # noqa: BLE001, S110 - what this was will show where the rest is done
        pass
    finally:
        os._exit(status)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
