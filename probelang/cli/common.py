"""What commands share: reading what they are given, and saying what cannot be done."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from probelang.backends import Settings
    from probelang.kernel.interface import Kernel
    from probelang.source import Source

#: Exit statuses: nothing to say, diagnostics, wrong usage or a file that cannot be read.
OK, FOUND, FAILED = 0, 1, 2


class UsageError(Exception):
    """What the user asked cannot be done; the message is one line."""


def say(text: str) -> None:
    """Write a line to standard error, with the name of the program before it."""
    from probelang.render.text import printable

    print(f"probelang: {printable(text)}", file=sys.stderr)


def terminal_width() -> int:
    """Characters of a line, as the environment or the terminal has it; 80 where neither says."""
    columns = os.environ.get("COLUMNS", "")
    try:
        return int(columns) if columns.isdecimal() else os.get_terminal_size().columns
    except (OSError, ValueError):
        return 80


def wants_color(options: argparse.Namespace, stream: object) -> bool:
    """Whether `--color`, or without it the stream and the environment, ask for colours."""
    if options.color != "auto":
        return bool(options.color == "always")
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    isatty = getattr(stream, "isatty", None)
    return bool(isatty and isatty())


def settings_of(options: argparse.Namespace) -> Settings:
    """What was said of the tool that will run the output."""
    from probelang.backends import BPFTRACE_VERSIONS, Settings

    if options.debuginfo and options.target != "perf":
        raise UsageError(f"--debuginfo is for --target perf, and the target is {options.target}")
    return Settings(BPFTRACE_VERSIONS[options.bpftrace_version], options.debuginfo)


def load_kernel(spec: str | None) -> Kernel:
    """The kernel that `--kernel` names; what is to be known of the choice is said."""
    from probelang.kernel.load import load_kernel as load

    kernel = load(spec)
    for note in kernel.notes:
        say(f"note: {note}")
    return kernel


def read_all(names: Sequence[str]) -> tuple[list[Source], int]:
    """The specs that can be read; the status is 2 where one cannot, which is said."""
    sources, status = [], OK
    for name in dict.fromkeys(names):
        try:
            sources.append(read(name))
        except UsageError as error:
            say(str(error))
            status = FAILED
    return sources, status


def write_bytes(text: str) -> None:
    """A text to standard output, with the bytes that the spec had."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def write_output(path: str | None, text: str, program: bool = False) -> None:
    """A text to a file, or to standard output for None or `-`; who may read a `program` may run it. Raises UsageError."""
    if path is None or path == "-":
        if hasattr(sys.stdout, "reconfigure"):
            # the kernel compares bytes: whatever the terminal speaks, they are those of the spec
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        sys.stdout.write(text)
        return
    try:
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        if program and os.path.isfile(path):
            mode = os.stat(path).st_mode
            os.chmod(path, mode | (mode & 0o444) >> 2)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def read(name: str, stdin_name: str | None = None) -> Source:
    """A spec; `-` is standard input, which is called `stdin_name`. Raises UsageError."""
    from probelang.source import MAX_SIZE, Source

    if name == "-" and sys.stdin is None:
        raise UsageError("cannot read -: standard input is closed")
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_SIZE + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from None
    if len(data) > MAX_SIZE:
        raise UsageError(f"{name} is larger than {MAX_SIZE >> 20} MiB: no spec is")
    # bytes that are no UTF-8 become characters that nothing accepts, so that the parser reports them at their place
    return Source((stdin_name or "<stdin>") if name == "-" else name, data.decode("utf-8", "surrogateescape"))
