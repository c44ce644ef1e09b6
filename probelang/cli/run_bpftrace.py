"""`probelang run --backend bpftrace`: compiles for the bpftrace that is installed, and becomes it."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import UsageError, say
from probelang.tracing.tracefs import own_program

if TYPE_CHECKING:
    import argparse

#: What bpftrace is not asked for: it prints by itself, and ends by itself.
_OURS = ("duration", "max_hits", "raw", "top", "by", "plot", "report", "pid", "buffer_size")


def hand_over(options: argparse.Namespace) -> int:
    """Compile, and let bpftrace take the place of this process. Raises UsageError."""
    from probelang.backends import Settings, get_backend
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
    names = [source.name for source in made.sources]
    output = get_backend("bpftrace").render(made.events, "script", names, made.kernel, settings)
    for note in output.notes:
        say(f"note: {note}")
    # in memory, so that nothing stays behind; it is open in the process that reads it
    script = os.memfd_create("probelang.bt", 0)
    with os.fdopen(script, "wb", closefd=False) as file:
        file.write(output.text.encode("utf-8", "surrogateescape"))
    os.lseek(script, 0, os.SEEK_SET)
    words = ["bpftrace", *(["-c", options.command] if options.command is not None else [])]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, [*words, f"/proc/self/fd/{script}"])


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
