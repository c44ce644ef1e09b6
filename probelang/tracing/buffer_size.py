"""How large the kernel's buffers are to be, where nobody says.

The kernel's own choice, 1.4 MB for each CPU, is a seventh of a second of 200,000 hits a second, and as long may pass between two looks of a reader that
shares its processor with what is traced.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probelang.tracing.tracefs import Folder

#: KiB for each CPU: most of a second of 200,000 hits that record three numbers.
WANTED = 8 << 10
#: The part of the memory that is available which the buffers of all CPUs may take together.
SHARE = 64

_AVAILABLE = re.compile(r"^MemAvailable: +(\d{1,15}) kB$", re.MULTILINE)
_SIZE = re.compile(r"(\d{1,12})(?: \(expanded: (\d{1,12})\))?")


def choose_size(folder: Folder, meminfo: str) -> int | None:
    """KiB for each CPU of an instance; None where the kernel's own choice is to stay. `meminfo` is the text of `/proc/meminfo`.

    A kernel that has not made the buffers yet says `7 (expanded: 1408)`.
    """
    own = _SIZE.match(folder.get("buffer_size_kb"))
    available = _AVAILABLE.search(meminfo)
    cpus = len(folder.names("per_cpu"))
    if own is None or available is None or not cpus:
        return None
    size = min(WANTED, int(available[1]) // SHARE // cpus)
    return size if size > int(own[2] or own[1]) else None


def read_meminfo() -> str:
    """What the kernel tells of memory, "" where it tells nothing."""
    try:
        with open("/proc/meminfo", encoding="ascii", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""
