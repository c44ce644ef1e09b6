"""Which specs are meant by the files and folders that a command is given, and what their projects say of each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.cli.common import FAILED, OK, UsageError, say
from probelang.config import NO_CONFIG, SPEC_NAMES, Config, ConfigError
from probelang.configs import Configs, load_config
from probelang.specs import specs_below

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from probelang.specs import Wanted

MAX_FILES = 200_000


class Project:
    """The settings that a run goes by: of the nearest files, of the one that `--config` names, or none."""

    def __init__(self, config: str | None = None, isolated: bool = False) -> None:
        self._configs = Configs()
        self._only = NO_CONFIG if isolated else None
        if config is not None:
            self._only = _checked(lambda: load_config(config))

    def of(self, path: str) -> Config:
        """The settings that hold for a file. Raises UsageError."""
        return self._only or _checked(lambda: self._configs.find(path))

    def of_folder(self, path: str) -> Config:
        """The settings that hold for what is in a folder. Raises UsageError."""
        return self._only or _checked(lambda: self._configs.of_folder(os.path.abspath(path)))


def _checked(find: Callable[[], Config]) -> Config:
    try:
        return find()
    except ConfigError as error:
        raise UsageError(_shortened(error)) from None


def _shortened(error: ConfigError) -> str:
    """The error, with the path as one would type it here."""
    text = str(error)
    relative = os.path.relpath(error.path)
    shorter = relative if not relative.startswith("..") else error.path
    return shorter + text.removeprefix(error.path)


def project_of(options: argparse.Namespace) -> Project:
    """The settings that a command was told to go by."""
    return Project(options.config, options.isolated)


def find_specs(
    names: Iterable[str], project: Project, force_exclude: bool, wanted: Wanted = "specs"
) -> tuple[list[str], int]:
    """The files of a run, each once, in the order given, those of a folder by name; the status is 2 where a folder cannot be read.

    A file that is named is taken whatever its name is; of a folder what is `wanted`; `force_exclude` leaves out those that the settings exclude.
    """
    found: dict[str, None] = {}
    status = OK
    given = list(dict.fromkeys(names))
    for name in given:
        if name != "-" and os.path.isdir(name):
            empty = True
            unreadable: list[str] = []
            for path in specs_below(name, project.of_folder, unreadable=unreadable, wanted=wanted):
                found[path] = None
                empty = False
                if len(found) > MAX_FILES:
                    raise UsageError(f"{name}: more than {MAX_FILES:,} specs")
            for line in unreadable:
                say(f"cannot read {line}")
                status = FAILED
            if empty and not unreadable:
                say(f"note: {_none_of(wanted)[0]} in {name}: {_none_of(wanted)[1]}")
        elif not (force_exclude and name != "-" and project.of(name).is_excluded(name)):
            found[name] = None
    if len(given) < 2:
        return list(found), status
    once: dict[str, str] = {}
    for name in found:
        once.setdefault(_place(name), name)
    return list(once.values()), status


def _none_of(wanted: Wanted) -> tuple[str, str]:
    """What is not there, and how it would be called."""
    from probelang.commands.files import FILES, SUFFIX

    specs = f"{', '.join(SPEC_NAMES)}, and what the settings call `files`"
    commands = f"*{SUFFIX}, {', '.join(FILES)}"
    match wanted:
        case "specs":
            return "no specs", specs
        case "commands":
            return "no files of raw commands", commands
        case _:
            return "no specs or raw commands", f"{specs}; {commands}"


def _place(name: str) -> str:
    """The same for all spellings of a path; what a link is called stays."""
    if name == "-":
        return name
    return os.path.realpath(name) if ".." in name else os.path.abspath(name)
