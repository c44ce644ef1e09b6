"""What tells one file, and one kernel, from another, without reading more of it than its first bytes."""

from __future__ import annotations

import os

BUNDLED_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
SUFFIX = ".kernel"


def file_identity(path: str) -> str | None:
    """A text that changes whenever the file of that path does; None if there is no such file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return f"{os.path.abspath(path)}|{status.st_dev}|{status.st_ino}|{status.st_size}|{status.st_mtime_ns}|{status.st_ctime_ns}"


def kernel_identity(spec: str) -> str | None:
    """A text that changes whenever what is known of the kernel of `--kernel SPEC` does; None where no file tells.

    All that is known of a kernel that comes along, and of a snapshot, is in one file. What the running kernel knows
    changes while it runs, and folders, archives and images have other files with them.
    """
    if "/" not in spec:
        bundled = file_identity(os.path.join(BUNDLED_FOLDER, spec + SUFFIX))
        if bundled is not None:
            return f"{spec}|{bundled}"
    from probelang.container import MAGIC

    try:
        if not os.path.isfile(spec):
            return None
        with open(spec, "rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return None
    except (OSError, ValueError):
        return None
    return f"{spec}|{file_identity(spec)}"
