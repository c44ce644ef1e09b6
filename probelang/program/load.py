"""Opens programs, and keeps those that were asked for while their files stay as they are."""

from __future__ import annotations

import os

from probelang.program.elf import ProgramError
from probelang.program.program import Program

_MOST_KEPT = 16
_kept: dict[str, tuple[tuple[int, ...], Program]] = {}


def load_program(path: str) -> Program:
    """The program or library in a file. Raises ProgramError, a line that begins with the path.

    A program is kept, and opened anew when its file is another one or has changed.
    """
    try:
        status = os.stat(path)
    except OSError as error:
        raise ProgramError(f"{path}: {error.strerror or error}") from None
    except ValueError:
        raise ProgramError(f"{path}: no name of a file can hold a NUL") from None
    stamp = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    kept = _kept.pop(path, None)
    if kept is None or kept[0] != stamp:
        kept = (stamp, Program(path))
    _kept[path] = kept
    while len(_kept) > _MOST_KEPT:
        del _kept[next(iter(_kept))]
    return kept[1]


def keep_findings() -> None:
    """Keep in the user's cache what took time to read of the programs asked about."""
    for _, program in _kept.values():
        program.keep_findings()
