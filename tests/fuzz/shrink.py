"""A failing input made smaller: pieces left out as long as it fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable

Files = dict[str, bytes]


def shrink(files: Files, fails: Callable[[Files], bool], seconds: float = 60.0) -> Files:
    """The smallest input found in some time that still `fails`."""
    end = time.monotonic() + seconds
    for name in list(files):
        less = {other: data for other, data in files.items() if other != name}
        if less and time.monotonic() < end and fails(less):
            files = less
    for name in list(files):
        files = _shrink_file(files, name, fails, end)
    return files


def _shrink_file(files: Files, name: str, fails: Callable[[Files], bool], end: float) -> Files:
    size = max(len(files[name]) // 2, 1)
    while size >= 1 and time.monotonic() < end:
        at = 0
        while at < len(files[name]) and time.monotonic() < end:
            data = files[name]
            less = {**files, name: data[:at] + data[at + size :]}
            if fails(less):
                files = less
            else:
                at += size
        if size == 1:
            break
        size //= 2
    return files
