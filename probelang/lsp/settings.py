"""What the client asks for, and what holds for a file: the project's settings, overridden by the client's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from probelang.backends import BACKENDS, BPFTRACE_VERSIONS, DEFAULT_SETTINGS, Settings
from probelang.config import NO_CONFIG, ConfigError
from probelang.configs import Configs
from probelang.record import record, replace
from probelang.selection import EVERYTHING, Choice, Selection
from probelang.selectors import SelectorError, check_selector

if TYPE_CHECKING:
    from probelang.config import Config, FileSettings


@record
class Wishes:
    """The section `probelang` of the client's configuration; None where it does not say.

    `compile_command` is the client's own command that a lens runs instead of the server's; `tell_changes`, whether it wants to hear
    when the answers to `probelang/kernels` and `probelang/compile` may be others.
    """

    kernels: tuple[str, ...] | None = None
    target: str | None = None
    bpftrace_version: tuple[int, int] | None = None
    debuginfo: bool | None = None
    ignore: tuple[str, ...] = ()
    hint_types: bool = True
    hint_points: bool = True
    lenses: bool = True
    compile_command: str = ""
    tell_changes: bool = False


NO_WISHES = Wishes()


def read_wishes(options: object, before: Wishes = NO_WISHES) -> tuple[Wishes, list[str]]:
    """What a client's configuration says, and what of it cannot be; unknown words are passed over."""
    if not isinstance(options, dict):
        return before, []
    options = options.get("probelang", options) if isinstance(options.get("probelang"), dict) else options
    wrong: list[str] = []
    found: dict[str, Any] = {}
    kernels = options.get("kernels", options.get("kernel"))
    if isinstance(kernels, str):
        kernels = [kernels]
    if kernels is not None:
        if isinstance(kernels, list) and all(isinstance(name, str) for name in kernels):
            found["kernels"] = tuple(dict.fromkeys(name for name in kernels if name)) or None
        else:
            wrong.append("`probelang.kernels` is a list of names or paths")
    target = options.get("target")
    if target in BACKENDS:
        found["target"] = target
    elif target:
        wrong.append(f"`probelang.target` is one of {', '.join(BACKENDS)}")
    elif "target" in options:
        found["target"] = None
    version = options.get("bpftraceVersion")
    if isinstance(version, str) and version in BPFTRACE_VERSIONS:
        found["bpftrace_version"] = BPFTRACE_VERSIONS[version]
    elif version:
        wrong.append(f"`probelang.bpftraceVersion` is one of {', '.join(BPFTRACE_VERSIONS)}")
    elif "bpftraceVersion" in options:
        found["bpftrace_version"] = None
    for name, key in (("debuginfo", "debuginfo"), ("codeLens", "lenses"), ("tellChanges", "tell_changes")):
        if isinstance(options.get(name), bool):
            found[key] = options[name]
    hints = options.get("inlayHints")
    if isinstance(hints, bool):
        found["hint_types"] = found["hint_points"] = hints
    elif isinstance(hints, dict):
        found["hint_types"] = bool(hints.get("types", True))
        found["hint_points"] = bool(hints.get("points", True))
    ignore = options.get("ignore")
    if isinstance(ignore, list):
        found["ignore"] = tuple(word for word in ignore if isinstance(word, str))
    if isinstance(options.get("compileCommand"), str):
        found["compile_command"] = options["compileCommand"]
    return replace(before, **found), wrong


@record
class FileWishes:
    """What holds for one file; `kernels` are as `load_kernel` takes them, None for the running one."""

    kernels: tuple[str | None, ...] = (None,)
    target: str = BACKENDS[0]
    settings: Settings = DEFAULT_SETTINGS
    selection: Selection = EVERYTHING
    problem: str = ""


class Projects:
    """The settings of projects, each file of them read once until something has changed."""

    def __init__(self) -> None:
        self._configs = Configs()
        self._good: dict[str, Config] = {}

    def forget(self) -> None:
        """A file of settings has changed."""
        self._configs = Configs()

    def of_file(self, path: str | None, wishes: Wishes) -> FileWishes:
        """What holds for a file; `path` is None for one that is on no disk. What cannot be used is a problem.

        While a project's file is being edited, and cannot be read, what it said before holds.
        """
        problem = ""
        found = NO_CONFIG.settings("")
        if path is not None:
            folder = os.path.dirname(path)
            try:
                self._good[folder] = self._configs.find(path)
            except ConfigError as error:
                problem = str(error)
            found = self._good.get(folder, NO_CONFIG).settings(path)
        kernels: tuple[str | None, ...] = wishes.kernels or found.kernels or (None,)
        said = found.backend_settings
        settings = Settings(
            wishes.bpftrace_version or said.bpftrace,
            said.debuginfo if wishes.debuginfo is None else wishes.debuginfo,
        )
        try:
            selection = _selection(found, wishes.ignore)
        except SelectorError as error:
            selection, problem = _selection(found, ()), problem or str(error)
        return FileWishes(kernels, wishes.target or found.target, settings, selection, problem)


def _selection(found: FileSettings, ignore: tuple[str, ...]) -> Selection:
    words = tuple(check_selector(word) for word in ignore)
    return found.selection(Choice(None, (), words))
