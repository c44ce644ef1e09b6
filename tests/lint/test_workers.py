"""Work in several processes: all of it is done once, whatever becomes of them."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probelang.linter.workers import share

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 2), (7, 1), (50, 2), (50, 100), (20_000, 3)])
def test_every_piece_is_done_once(count: int, workers: int) -> None:
    answers: dict[int, str] = {}

    def done(number: int, answer: str) -> None:
        assert number not in answers
        answers[number] = answer

    share(count, workers, lambda number: f"{number}\udcff" * (number % 3), done)
    assert answers == {number: f"{number}\udcff" * (number % 3) for number in range(count)}


def test_large_answers() -> None:
    answers: dict[int, str] = {}
    share(4, 2, lambda number: str(number) * 3_000_000, answers.__setitem__)
    assert [len(answers[number]) for number in range(4)] == [3_000_000] * 4


def test_several_processes_work() -> None:
    answers: dict[int, str] = {}

    def work(number: int) -> str:
        time.sleep(0.02)
        return str(os.getpid())

    share(20, 2, work, answers.__setitem__)
    assert len(set(answers.values())) == 2 and str(os.getpid()) not in answers.values()


def test_what_a_dead_process_leaves_is_done_here() -> None:
    parent = os.getpid()
    answers: dict[int, str] = {}

    def work(number: int) -> str:
        if os.getpid() != parent:
            if number == 3:
                os.kill(os.getpid(), signal.SIGKILL)
            if number == 4:
                raise RuntimeError("of a worker")
        return str(number)

    share(10, 2, work, answers.__setitem__)
    assert answers == {number: str(number) for number in range(10)}


def test_an_exception_is_raised_here() -> None:
    def work(number: int) -> str:
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        share(10, 2, work, lambda number, answer: None)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_an_interrupt_ends_all_of_them() -> None:
    program = (
        "import os, sys, time\n"
        "from probelang.linter.workers import share\n"
        "def work(number):\n"
        "    os.write(1, b'%d\\n' % os.getpid()); time.sleep(60); return ''\n"
        "try: share(10, 2, work, print)\n"
        "except KeyboardInterrupt: sys.exit(7)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True, text=True
    )
    assert running.stdout is not None
    children = [int(running.stdout.readline()) for _ in range(2)]
    running.send_signal(signal.SIGINT)
    assert running.wait(20) == 7
    running.stdout.close()
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)


def test_descriptors_beyond_what_select_takes() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    opened = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while opened[-1] < 1030:
            opened.append(os.dup(opened[0]))
        answers: dict[int, str] = {}
        share(9, 2, str, answers.__setitem__)
        assert answers == {number: str(number) for number in range(9)}
    finally:
        for descriptor in opened:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
