"""What ends a run, and what must not keep it from its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from probelang.tracing.ending import SIGNALS, Ending
from probelang.tracing.output import Output
from probelang.tracing.raw import count_hits, first_hits
from probelang.tracing.workload import Command, Processes, WorkloadError

#: Long enough for any machine; nothing here waits so long where all is well.
PATIENCE = 60.0


def wait_until(ending: Ending) -> None:
    until = time.monotonic() + PATIENCE
    while not ending.reached():
        assert time.monotonic() < until
        ending.wait(1.0)


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_signals(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Ending() as ending:
        assert not ending.reached()
        os.kill(os.getpid(), number)
        wait_until(ending)
        assert (ending.reason, ending.signal) == (number.name, number)
    assert signal.getsignal(number) is before


def test_one_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Ending() as ending:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not ending.reached()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_first_reason_is_the_one() -> None:
    with Ending() as ending:
        ending.after(0.01)
        ending.when(lambda: "check" if ending.reason else "")
        wait_until(ending)
        ending.end("later")
        assert ending.reason == "duration"


def test_a_pipe_that_is_closed_ends_it_without_a_word_written() -> None:
    reader, writer = os.pipe()
    with Ending(writer) as ending:
        assert not ending.reached()
        os.close(reader)
        until = time.monotonic() + PATIENCE
        while not ending.reached():
            assert time.monotonic() < until
            ending.wait(0.05)
        assert ending.reason == "closed pipe"
    os.close(writer)


def test_output_comes_through_whole() -> None:
    reader, writer = os.pipe()
    data = os.urandom(300_000)
    got = bytearray()

    def read() -> None:
        while piece := os.read(reader, 1000):
            got.extend(piece)

    thread = threading.Thread(target=read)
    thread.start()
    with Ending(writer) as ending:
        assert Output(writer, ending).write(data) == len(data)
    os.close(writer)
    thread.join(PATIENCE)
    os.close(reader)
    assert bytes(got) == data


def test_output_that_nobody_reads_does_not_keep_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probelang.tracing.output.PATIENCE", 0.01)
    reader, writer = os.pipe()
    with Ending(writer) as ending:
        output = Output(writer, ending)
        timer = threading.Timer(0.05, ending.end, ("test",))
        timer.start()
        assert output.write(b"x" * 1_000_000) == 1_000_000
        assert output.write(b"more") == 4
    os.close(reader)
    os.close(writer)


def test_output_to_a_closed_pipe_is_said_once() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with Ending() as ending:
        output = Output(writer, ending)
        with pytest.raises(BrokenPipeError):
            output.write(b"x")
        assert output.write(b"x") == 1
    os.close(writer)


def wait_for(command: Command) -> int:
    until = time.monotonic() + PATIENCE
    while not command.poll():
        assert time.monotonic() < until
        time.sleep(0.01)
    assert command.status is not None
    return command.status


@pytest.mark.parametrize(
    ("text", "status"),
    [("true", 0), ("false", 1), ("exit 3; true", 3), ("kill -TERM $$", 143), ("sh -c 'exit 4'", 4)],
)
def test_a_command_and_its_status(text: str, status: int) -> None:
    command = Command(text)
    command.go()
    assert wait_for(command) == status


def test_a_command_does_nothing_before_it_is_let_go(tmp_path: Path) -> None:
    command = Command(f"touch {tmp_path}/made")
    assert command.poll() == ""
    assert command.stop() and not (tmp_path / "made").exists()
    command = Command(f"touch {tmp_path}/made")
    command.go()
    assert wait_for(command) == 0 and (tmp_path / "made").exists()


def test_a_command_is_asked_to_end() -> None:
    command = Command("sleep 1000")
    command.go()
    assert command.stop() and command.status == 143


@pytest.mark.parametrize("text", ["no-such-program x", "/no/such", "", "'", 'echo "'])
def test_no_command(text: str) -> None:
    with pytest.raises(WorkloadError, match="^--command"):
        Command(text)


def test_processes() -> None:
    with subprocess.Popen(["sleep", "1000"]) as other:
        processes = Processes([other.pid])
        assert processes.threads() == [other.pid] and processes.poll() == ""
        other.kill()
        other.wait()
        assert processes.poll() == "process"
        processes.close()
    with pytest.raises(WorkloadError, match="--pid 999999999: there is no such process"):
        Processes([os.getpid(), 999_999_999])


def test_a_command_whose_run_was_killed_ends(tmp_path: Path) -> None:
    """It waits at a pipe, whose other end is gone then."""
    program = (
        "import os, signal\nfrom probelang.tracing.workload import Command\n"
        f"print(Command('touch {tmp_path}/made').pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    pid = int(done.stdout)
    until = time.monotonic() + PATIENCE
    while os.path.exists(f"/proc/{pid}") and _is_alive(pid):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert not (tmp_path / "made").exists()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


RAW = b"""\
              dd-159     [000] ...1.    18.937580: first: (vfs_read+0x4/0x370) count=4321
              dd-159     [000] ...1.    18.937581: <stack trace>
 => vfs_read
 => ksys_read
CPU:0 [LOST 12 EVENTS]
     two words-159     [000] ...4.    18.937671: slow_43e808: took=317376 text="a: b"
"""


def test_hits_among_raw_lines() -> None:
    assert count_hits(RAW) == 2
    assert first_hits(RAW, 1) == RAW[: RAW.index(b"     two")]
    assert first_hits(RAW, 0) == b""
    assert first_hits(RAW, 5) == RAW
