"""Many specs compiled by the command line, each in a process of its own that is forked where all is imported already.

`python -m tests.kernels.lab.compiling` reads a list of arguments as JSON from each line of its standard input, and answers with a line of
JSON: the exit status, standard output and standard error.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, Self

ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What a command said; `status` is -1 where it took too long."""

    status: int
    output: str
    complaints: str


class Compiler:
    """The process that is asked; a context."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kernels.lab.compiling"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, arguments: Sequence[str]) -> Answer:
        """What `probelang` with these arguments says, in the repository's root."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(list(arguments)) + "\n")
        self._process.stdin.flush()
        status, output, complaints = json.loads(self._process.stdout.readline())
        return Answer(status, output, complaints)


def _answer() -> None:
    from probelang.cli.main import main

    # what most specs need is imported before the first fork
    with contextlib.redirect_stdout(io.StringIO()):
        main(["compile", "--kernel", "6.12", "examples/reads.pl"])
    for line in sys.stdin:
        with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
            child = os.fork()
            if not child:
                _run(json.loads(line), output, complaints)
            _, ended = os.waitpid(child, 0)
            texts = [_read(file) for file in (output, complaints)]
        status = os.waitstatus_to_exitcode(ended)
        print(json.dumps([-1 if status == -signal.SIGALRM else status, *texts]), flush=True)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _run(arguments: list[str], output: IO[bytes], complaints: IO[bytes]) -> NoReturn:
    from probelang.cli.main import main

    signal.alarm(_SECONDS)
    for number, file in ((0, open(os.devnull, "rb")), (1, output), (2, complaints)):  # noqa: SIM115
        os.dup2(file.fileno(), number)
    status = 1
    try:
        status = main(arguments)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - of a fork that must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    _answer()
