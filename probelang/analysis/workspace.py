"""The specs in the folders of a project."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.config import ConfigError, Configs

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Files that are read for one question, folders that are looked into, and the bytes that a file may have.
MOST_FILES = 500
MOST_FOLDERS = 5000
MOST_BYTES = 1 << 20
_PASSED_OVER = frozenset(("node_modules", "__pycache__", "build", "dist"))


def find_specs(folders: list[str]) -> Iterator[tuple[str, str]]:
    """Path and text of the specs below some folders, those of `files` in the project's settings too."""
    configs = Configs()
    files = visited = 0
    for folder in folders:
        for parent, inner, names in os.walk(folder):
            visited += 1
            if visited > MOST_FOLDERS:
                return
            inner[:] = sorted(name for name in inner if name[0] != "." and name not in _PASSED_OVER)
            try:
                config = configs.of_folder(os.path.abspath(parent))
            except ConfigError:
                continue
            for name in sorted(names):
                path = os.path.join(parent, name)
                if not config.is_spec(path):
                    continue
                text = _read(path)
                if text is None:
                    continue
                files += 1
                if files > MOST_FILES:
                    return
                yield path, text


def _read(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError):
        return None
    return data.decode("utf-8", "surrogateescape") if len(data) <= MOST_BYTES else None
