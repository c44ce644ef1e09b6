"""Files that answers rest on: settings of projects, kernels, programs that specs name.

They are looked at now and again, whether the client watches files or not: most do not watch those outside of their folders, and
some watch none.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.config import OWN_FILE, SHARED_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Seconds from one look to the next.
PERIOD = 2.0

_Stamp = tuple[int, int, int]


class Watch:
    """Files, and what they were when they were last looked at."""

    def __init__(self) -> None:
        self._known: dict[str, _Stamp | None] = {}
        self._moving: dict[str, _Stamp | None] = {}

    def add(self, paths: Iterable[str]) -> None:
        """Look at some files from now on, be they there or not."""
        for path in paths:
            if path not in self._known:
                self._known[path] = _stamp(path)

    def seen(self, path: str) -> None:
        """A change of a file has been told of, and is known."""
        if path in self._known:
            self._known[path] = _stamp(path)

    def changed(self) -> list[str]:
        """The files that have changed, come or gone, and have been the same at two looks since: the others are being written."""
        found = []
        for path, before in self._known.items():
            now = _stamp(path)
            if now == before:
                self._moving.pop(path, None)
            elif self._moving.get(path, before) == now:
                found.append(path)
            else:
                self._moving[path] = now
        for path in found:
            self._known[path] = self._moving.pop(path)
        return found


def _stamp(path: str) -> _Stamp | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def project_files(path: str) -> Iterator[str]:
    """Where the settings of a file may be, from its folder upwards."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        yield os.path.join(folder, OWN_FILE)
        yield os.path.join(folder, SHARED_FILE)
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above
