"""The specs in the folders of a project, with their texts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.config import ConfigError
from probelang.configs import Configs
from probelang.specs import specs_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.config import Config

#: Files that are read for one question, folders that are looked into below each, and the bytes that a file may have.
MOST_FILES = 500
MOST_FOLDERS = 5000
MOST_BYTES = 1 << 20


def read_specs(folders: list[str]) -> Iterator[tuple[str, str]]:
    """Path and text of the specs below some folders, those that `probelang lint` would check there."""
    configs = Configs()

    def config_of(folder: str) -> Config | None:
        try:
            return configs.of_folder(os.path.abspath(folder))
        except ConfigError:
            return None

    files = 0
    for folder in folders:
        for path in specs_below(folder, config_of, MOST_FOLDERS):
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
