"""A folder that behaves as tracefs does where the code of runs and loads meets it: no kernel is in it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from probelang.tracing.tracefs import Folder, Tracefs


def _no(number: int) -> OSError:
    return OSError(number, os.strerror(number))


class FakeFolder(Folder):
    """A tracing folder: what is written to `events/GROUP/EVENT/…` can be read there."""

    def __init__(self, path: Path, system: FakeTracefs | None = None) -> None:
        super().__init__(str(path))
        self.system = system if system is not None else self

    def put(self, name: str, text: str) -> OSError | None:
        system = self.system
        assert isinstance(system, FakeTracefs)
        system.log.append((name, text))
        if any(part in text for part in system.refused):
            return _no(errno.EINVAL)
        if name == "dynamic_events":
            return system.remove_event(text[2:]) if text.startswith("-:") else system.define(text)
        path = Path(self.file(name))
        if not path.parent.is_dir() or name == "events/enable":
            return _no(errno.ENOENT)
        if name.endswith("/trigger"):
            lines = path.read_text().splitlines() if path.exists() else []
            if text.startswith("!"):
                if text[1:] not in lines:
                    return _no(errno.ENOENT)
                lines.remove(text[1:])
            else:
                lines.append(text)
            text = "\n".join(lines)
        path.write_text(text + "\n")
        return None


class FakeTracefs(Tracefs, FakeFolder):
    """All of it. `busy` events cannot be removed, `refused` texts are not taken; `log` is what was written."""

    def __init__(self, path: Path) -> None:
        self.busy: set[str] = set()
        self.refused: set[str] = set()
        self.log: list[tuple[str, str]] = []
        FakeFolder.__init__(self, path, self)
        (path / "instances").mkdir(parents=True)
        (path / "events").mkdir()
        (path / "dynamic_events").write_text("")

    def instance(self, name: str) -> Folder:
        return FakeFolder(Path(self.file(f"instances/{name}")), self)

    def make_instance(self, name: str) -> OSError | None:
        path = Path(self.file(f"instances/{name}"))
        error = super().make_instance(name)
        for event in self._events():
            self._make(path, event)
        return error

    def remove_instance(self, name: str) -> OSError | None:
        path = Path(self.file(f"instances/{name}"))
        if not path.is_dir():
            return None
        for folder, folders, files in os.walk(path, topdown=False):
            for file in files:
                os.unlink(f"{folder}/{file}")
            for inner in folders:
                os.rmdir(f"{folder}/{inner}")
        return super().remove_instance(name)

    def define(self, line: str) -> OSError | None:
        if line.startswith("s:") and not line.startswith("s:synthetic/"):
            line = "s:synthetic/" + line[2:].replace(" ", "\t", 1)
        with open(self.file("dynamic_events"), "a") as file:
            file.write(line + "\n")
        for event in self._events():
            for folder in self._folders():
                self._make(folder, event)
        return None

    def remove_event(self, event: str) -> OSError | None:
        if event in self.busy:
            return _no(errno.EBUSY)
        if event not in self._events():
            return _no(errno.ENOENT)
        lines = [line for line in self.defined() if _name(line) != event]
        Path(self.file("dynamic_events")).write_text("".join(f"{line}\n" for line in lines))
        for folder in self._folders():
            path = folder / "events" / event
            if path.is_dir():
                for file in path.iterdir():
                    file.unlink()
                path.rmdir()
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
        return None

    def _folders(self) -> list[Path]:
        return [Path(self.path), *Path(self.file("instances")).iterdir()]

    def _events(self) -> list[str]:
        return list(dict.fromkeys(map(_name, self.defined())))

    def _make(self, folder: Path, event: str) -> None:
        path = folder / "events" / event
        if not path.is_dir():
            path.mkdir(parents=True)
            for name, text in (("enable", "0"), ("filter", "none"), ("trigger", "# Available triggers:")):
                (path / name).write_text(text + "\n")


def _name(line: str) -> str:
    return line.partition(":")[2].split()[0]
