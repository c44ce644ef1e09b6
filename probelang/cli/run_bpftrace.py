"""`probelang run --backend bpftrace`: compiles for the bpftrace that is installed, and becomes it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import UsageError
from probelang.tracing.tracefs import own_program

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from probelang.backends.bpftrace.events import Event

#: What bpftrace is not asked for: it prints by itself, and ends by itself.
_OURS = ("duration", "max_hits", "raw", "top", "by", "plot", "report", "pid", "buffer_size")


def hand_over(options: argparse.Namespace) -> int:
    """Compile, and let bpftrace take the place of this process. Raises UsageError."""
    from probelang.backends import Settings
    from probelang.backends.bpftrace.dialect import dialect_of
    from probelang.backends.bpftrace.script import render_script
    from probelang.cli.compile import compile_files

    given = [name for name in _OURS if getattr(options, name)] + (
        ["format"] if options.format != "text" else []
    )
    if given:
        name = given[0].replace("_", "-")
        raise UsageError(f"--{name} is for --backend tracefs: bpftrace prints in its own way, until Ctrl-C")
    program = shutil.which("bpftrace")
    if program is None:
        raise UsageError(
            "there is no `bpftrace` on this machine (package bpftrace); --backend tracefs needs none"
        )
    if os.geteuid() != 0:
        raise UsageError(
            f"`probelang run` needs root: bpftrace loads programs into the kernel (sudo {own_program()} run …)"
        )
    settings = Settings(bpftrace=_find_version(program))
    made = compile_files(options, "bpftrace", settings)
    if made.status:
        return made.status
    if all(event.probe.disabled for event in made.events):
        raise UsageError(f"there is no probe in {', '.join(options.files)} that is on")
    words = ["bpftrace", *(["-q"] if options.quiet else [])]
    words += ["--unsafe"] if any(event.unsafe for event in made.events) else []
    words += ["-c", _command_for(options.command)] if options.command is not None else []
    names = [source.name for source in made.sources]
    text = render_script(made.events, names, made.kernel.title, dialect_of(settings.bpftrace))
    words += [f"/proc/self/fd/{_keep(text)}", *_addresses(made.events)]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, words)


def _keep(text: str) -> int:
    """A text in memory, so that nothing stays behind, by its descriptor; it is open in the process that reads it."""
    kept = os.memfd_create("probelang", 0)
    with os.fdopen(kept, "wb", closefd=False) as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    os.lseek(kept, 0, os.SEEK_SET)
    return kept


def _command_for(text: str) -> str:
    """A command as bpftrace takes it, which cuts it at spaces and knows no quotes. Raises UsageError."""
    from probelang.tracing.workload import WorkloadError, find_command

    try:
        _, words = find_command(text)
    except WorkloadError as error:
        raise UsageError(str(error)) from None
    if words[1:2] == ["-c"] and words[2:] == [text]:
        # bpftrace takes the place of this process, and keeps what is open
        return f"/bin/sh /proc/{os.getpid()}/fd/{_keep(text)}"
    return " ".join(words)


def _addresses(events: Sequence[Event]) -> list[str]:
    """The parameters of the script: where on this machine the symbols are that bpftrace does not look up. Raises UsageError."""
    from probelang.backends.bpftrace.script import symbols
    from probelang.tracing.addresses import UnknownAddress, find_addresses

    try:
        return [f"{address:#x}" for address in find_addresses(symbols(events))]
    except UnknownAddress as error:
        raise UsageError(str(error)) from None


def _find_version(program: str) -> tuple[int, int]:
    """The release to compile for: the latest we know that is not younger than the installed one; the oldest if all are."""
    import subprocess

    from probelang.backends import BPFTRACE_VERSIONS

    try:
        told = subprocess.run([program, "--version"], capture_output=True, timeout=20, check=False).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"cannot run {program}: {error}") from None
    match = re.search(rb"v?(\d{1,6})\.(\d{1,6})", told)
    known = sorted(BPFTRACE_VERSIONS.values())
    if match is None:
        return known[-1]
    installed = (int(match[1]), int(match[2]))
    return max((one for one in known if one <= installed), default=known[0])
