"""What a project says once for all its specs: `probelang.toml`, or `[tool.probelang]` of `pyproject.toml`.

The nearest such file, from the folder of a spec upwards, holds for it, alone; of two in one folder `probelang.toml`.
Paths in it are relative to its folder.

    config = Configs().find("trace/io.probe")      # for a file that need not exist; raises ConfigError
    config.is_spec("trace/io.probe")               # whether a folder that is walked has it among its specs
    settings = config.settings("trace/io.probe")
    settings.kernels, settings.target, settings.selection()

`Configs` is in `probelang.configs`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.backends import Settings
    from probelang.diagnostics import Severity
    from probelang.selection import Choice, Selection

OWN_FILE, SHARED_FILE = "probelang.toml", "pyproject.toml"
MAX_SIZE = 1 << 20

#: The files that are specs by their names, besides those of `files`.
SPEC_NAMES = ("*.probe", "*.probe.pl", "probes.pl")


class ConfigError(Exception):
    """A file of settings that cannot be used: `str` is one line, with the place."""

    def __init__(self, path: str, message: str, line: int = 0, column: int = 0) -> None:
        place = f"{path}:{line}:{column}" if line else path
        super().__init__(f"{place}: {message}")
        self.path = path
        self.message = message
        self.line = line
        """From 1; 0 where it is about the whole file."""
        self.column = column
        """From 1, in characters."""


@record
class PerFile:
    """What holds for the files that a pattern fits; None where it does not say."""

    pattern: str
    kernels: tuple[str, ...] | None = None
    target: str | None = None
    bpftrace_version: tuple[int, int] | None = None
    debuginfo: bool | None = None
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()


@record
class Config:
    """One file of settings, checked; what it does not say is None or empty.

    `path` is "" where there is no file; `root` is its folder, an absolute path. Kernels are names (`6.12`, `running`) or
    absolute paths. Selectors are as `probelang.selection` compares them.
    """

    path: str = ""
    root: str = ""
    kernels: tuple[str, ...] | None = None
    target: str | None = None
    bpftrace_version: tuple[int, int] | None = None
    debuginfo: bool | None = None
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    per_file: tuple[PerFile, ...] = ()
    files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def relative(self, path: str) -> str:
        """A path as patterns are compared with: from the folder of the file, with slashes; "" where it is not below."""
        made = os.path.relpath(os.path.abspath(path), self.root or os.getcwd()).replace(os.sep, "/")
        return "" if made == ".." or made.startswith("../") else made

    def is_excluded(self, path: str) -> bool:
        """Whether `exclude` has a file or folder."""
        if not self.exclude:
            return False
        from probelang.globs import matches

        relative = self.relative(path)
        return bool(relative) and any(matches(pattern, relative) for pattern in self.exclude)

    def is_spec(self, path: str) -> bool:
        """Whether a file is a spec by its name or by `files`, and not in `exclude`."""
        from probelang.globs import matches

        name = os.path.basename(path)
        if not any(matches(pattern, name) for pattern in SPEC_NAMES):
            relative = self.relative(path) if self.files else ""
            if not relative or not any(matches(pattern, relative) for pattern in self.files):
                return False
        return not self.is_excluded(path)

    def settings(self, path: str) -> FileSettings:
        """What holds for one file."""
        parts = []
        if self.per_file:
            from probelang.globs import matches

            relative = self.relative(path)
            parts = [part for part in self.per_file if relative and matches(part.pattern, relative)]
        return FileSettings(self, tuple(parts))


@record
class FileSettings:
    """The settings of one file: those of the project, and of the patterns that fit the file, of which later ones win."""

    config: Config
    parts: tuple[PerFile, ...] = ()

    @property
    def kernels(self) -> tuple[str, ...]:
        """The kernels to check for, as `load_kernel` takes them; () where nothing is said."""
        for part in reversed(self.parts):
            if part.kernels is not None:
                return part.kernels
        return self.config.kernels or ()

    @property
    def target(self) -> str:
        """The backend."""
        from probelang.backends import BACKENDS

        said = [part.target for part in reversed(self.parts) if part.target is not None]
        return said[0] if said else self.config.target or BACKENDS[0]

    @property
    def backend_settings(self) -> Settings:
        """What is said of the tool that will run the output."""
        from probelang.backends import DEFAULT_SETTINGS, Settings

        version, debuginfo = DEFAULT_SETTINGS.bpftrace, DEFAULT_SETTINGS.debuginfo
        said: tuple[Config | PerFile, ...] = (self.config, *self.parts)
        for layer in said:
            version = layer.bpftrace_version or version
            debuginfo = debuginfo if layer.debuginfo is None else layer.debuginfo
        return Settings(version, debuginfo)

    def selection(
        self, choice: Choice | None = None, severities: Sequence[tuple[str, Severity]] = ()
    ) -> Selection:
        """Which rules are asked; `choice` and `severities` are of the command line."""
        from probelang.selection import Choice as Layer
        from probelang.selectors import make_selection

        config = self.config
        layers = [Layer(config.select, config.extend_select, config.ignore)]
        levels = [*config.severity, *(level for part in self.parts for level in part.severity), *severities]
        if choice is not None:
            layers.append(choice)
        return make_selection(layers, levels, [word for part in self.parts for word in part.ignore])


NO_CONFIG = Config()
