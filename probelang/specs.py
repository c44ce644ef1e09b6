"""Which files of a folder are specs: for who checks all of them, and for who looks for one of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from probelang.commands.files import is_command_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probelang.config import Config

    #: What is looked for: specs, raw commands of the kernel, or both.
    Wanted = Literal["specs", "commands", "both"]

#: Folders that hold nothing that anybody wrote, besides hidden ones.
SKIPPED = frozenset(("__pycache__", "node_modules", "venv"))


def specs_below(
    top: str,
    config_of: Callable[[str], Config | None],
    most: int | None = None,
    unreadable: list[str] | None = None,
    wanted: Wanted = "specs",
) -> Iterator[str]:
    """The paths of the specs below a folder, by name, those of a folder before those of the folders in it.

    `config_of` has the settings that hold in a folder; where it has None, nothing in that folder is a spec. `most` is how many
    folders are looked into. Links to folders are not followed, so that there is no circle. Folders that cannot be read are added
    to `unreadable`, with the reason. Files of raw commands are known by their names alone, whatever the settings call specs.
    """
    folders = [top]
    visited = 0
    while folders and (most is None or visited < most):
        folder = folders.pop()
        visited += 1
        config = config_of(folder)
        inner = []
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda item: item.name)
        except OSError as error:
            if unreadable is not None:
                unreadable.append(f"{folder}: {error.strerror}")
            continue
        for entry in entries:
            path = entry.path.removeprefix("./")
            if entry.is_dir(follow_symlinks=False):
                hidden = entry.name.startswith(".") or entry.name in SKIPPED
                if not hidden and (config is None or not config.is_excluded(path)):
                    inner.append(path)
            elif config is not None and _is_wanted(entry.name, path, config, wanted) and entry.is_file():
                yield path
        folders += reversed(inner)


def _is_wanted(name: str, path: str, config: Config, wanted: Wanted) -> bool:
    if is_command_file(name):
        return wanted != "specs" and not config.is_excluded(path)
    return wanted != "commands" and config.is_spec(path)
