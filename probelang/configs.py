"""Where files of settings are, and what is in them: the nearest one of a spec, or one by its name."""

from __future__ import annotations

import os

from probelang.config import MAX_SIZE, NO_CONFIG, OWN_FILE, SHARED_FILE, Config, ConfigError


class Configs:
    """The files of settings that were read so far: each folder is looked at once."""

    def __init__(self) -> None:
        self._folders: dict[str, Config] = {}

    def find(self, path: str) -> Config:
        """The nearest file of settings of a spec; NO_CONFIG where there is none. Raises ConfigError."""
        return self.of_folder(os.path.dirname(os.path.abspath(path)))

    def of_folder(self, folder: str) -> Config:
        """The same, of all that is in a folder, an absolute path."""
        passed = []
        found = self._folders.get(folder)
        while found is None:
            passed.append(folder)
            found = _read_folder(folder)
            above = os.path.dirname(folder)
            if found is None:
                found = NO_CONFIG if above == folder else self._folders.get(above)
            folder = above
        for one in passed:
            self._folders[one] = found
        return found


def _read_folder(folder: str) -> Config | None:
    """The settings in one folder. A `pyproject.toml` without `[tool.probelang]` is none, whatever else is in it."""
    for name in (OWN_FILE, SHARED_FILE):
        path = os.path.join(folder, name)
        try:
            # a pipe of that name would never end
            with open(path, "rb", opener=_open_at_once) as file:
                data = file.read(MAX_SIZE + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except (OSError, ValueError) as error:
            if name == OWN_FILE:
                raise ConfigError(path, f"cannot be read: {getattr(error, 'strerror', error)}") from None
            continue
        if name == OWN_FILE or b"probelang" in data:
            config = _parse(path, data)
            if config is not None:
                return config
    return None


def _open_at_once(path: str, flags: int) -> int:
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if (os.fstat(descriptor).st_mode & 0o170000) in (0o040000, 0o100000):
        return descriptor
    os.close(descriptor)
    raise OSError(0, "not a regular file")


def load_config(path: str) -> Config:
    """A file of settings by its name: `pyproject.toml`, or anything else that is as `probelang.toml`. Raises ConfigError."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    config = _parse(path, data)
    if config is None:
        raise ConfigError(path, "it has no [tool.probelang]")
    return config


def _parse(path: str, data: bytes) -> Config | None:
    from probelang.config_file import parse_config

    shared = os.path.basename(path) == SHARED_FILE
    return parse_config(path, data, ("tool", "probelang") if shared else ())
