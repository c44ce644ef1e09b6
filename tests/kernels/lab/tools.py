"""bpftrace, perf and Python for guests: Debian's packages, unpacked beside the kernels, packed into one more initrd.

Nothing is installed. Of all that the packages depend on, a guest gets the programs, the folders named, and the shared
libraries they are linked with; busybox stays its shell.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.kernels.lab.fetch import Apt, LabError, cache_dir, locked
from tests.kernels.lab.initrd import Archive, read_files

TOOLS_MEMORY = 3072
"""MiB that a guest with tools needs: while the initrd is unpacked there are two of it."""

_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib", "lib")
_LEFT_OUT = frozenset(("__pycache__", "ensurepip", "idlelib", "test", "turtledemo"))
_LINKER = "ld-linux-x86-64.so.2"


@dataclass(frozen=True)
class ToolSet:
    """Tools of one Debian suite that live in a guest together."""

    name: str
    suite: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]
    folders: tuple[str, ...] = ()
    """What the programs need besides, with all that is in there."""


TOOLS = {
    tools.name: tools
    for tools in (
        ToolSet("current", "sid", ("bpftrace", "linux-perf"), ("bpftrace", "perf")),
        ToolSet("bookworm", "bookworm", ("bpftrace",), ("bpftrace",)),
        ToolSet(
            "python",
            "trixie",
            ("python3", "python3-lz4", "python3-zstandard", "python3-pyelftools"),
            ("python3.13",),
            ("usr/lib/python3", "usr/lib/python3.13"),
        ),
    )
}
"""The sets a guest can be booted with: the current bpftrace (0.27) and perf, the bpftrace of bookworm (0.17), or a Python."""


def tools_archive(name: str) -> Path:
    """The cpio archive of a set of tools, from the cache or from Debian; raises `LabError`."""
    tools = TOOLS[name]
    folder = cache_dir() / "tools" / name
    archive = folder / "archive"
    with locked(cache_dir() / f"tools-{name}.lock"):
        if not archive.is_file():
            apt = Apt(tools.suite)
            apt.unpack(_closure(apt, tools.packages), folder)
            _pack(tools, folder / "root", archive)
            shutil.rmtree(folder / "root")
    return archive


def tool_here(name: str, program: str) -> list[str]:
    """The words that run a program of a set on this machine, with the libraries that it came with; raises `LabError`."""
    archive = tools_archive(name)
    folder = archive.parent / "here"
    with locked(cache_dir() / f"tools-{name}.lock"):
        if not folder.is_dir():
            half = Path(tempfile.mkdtemp(dir=archive.parent))
            for path, data in read_files(archive.read_bytes()):
                place = half / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                place.chmod(0o755)
            half.rename(folder)
    libraries = folder / "usr/lib/x86_64-linux-gnu"
    return [str(libraries / _LINKER), "--library-path", str(libraries), str(folder / "usr/bin" / program)]


def _closure(apt: Apt, packages: Iterable[str]) -> list[str]:
    """`packages` and all they depend on, as apt would install them on a machine that has nothing."""
    told = apt.run("apt-get", "install", "--simulate", "--no-install-recommends", *packages)
    needed = [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]
    first = list(packages)
    return [*first, *(package for package in needed if package not in first)]


def _pack(tools: ToolSet, root: Path, final: Path) -> None:
    archive = Archive()
    for link, target in (("lib", "usr/lib"), ("lib64", "usr/lib/x86_64-linux-gnu")):
        archive.link(link, target)
    for program in tools.programs:
        path = root / "usr/bin" / program
        if not path.is_file():
            raise LabError(f"{tools.suite} has no {path.relative_to(root)}")
        archive.file(f"usr/bin/{program}", path.read_bytes(), 0o755)
    linked = [root / "usr/bin" / program for program in tools.programs]
    for path in (path for folder in tools.folders for path in sorted((root / folder).rglob("*"))):
        if path.is_file() and not path.is_symlink() and not _LEFT_OUT.intersection(path.parts):
            archive.file(str(path.relative_to(root)), path.read_bytes(), 0o644)
            linked += [path] if path.suffix == ".so" else []
    for library in _needed(root, linked):
        found = _find_library(root, library)
        if found is None:
            raise LabError(f"the packages of the {tools.name} tools have no {library}")
        archive.file(f"usr/lib/x86_64-linux-gnu/{library}", found.read_bytes(), 0o755)
    descriptor, half = tempfile.mkstemp(dir=final.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(archive.close())
    os.rename(half, final)


def _needed(root: Path, programs: Iterable[Path]) -> list[str]:
    """The names of all shared libraries that `programs` are linked with, directly or not."""
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile

    found = [_LINKER]
    waiting = list(programs)
    while waiting:
        with waiting.pop().open("rb") as file:
            dynamic = ELFFile(file).get_section_by_name(".dynamic")
            if not isinstance(dynamic, DynamicSection):
                continue
            names = [str(getattr(tag, "needed")) for tag in dynamic.iter_tags("DT_NEEDED")]  # noqa: B009
        for name in names:
            if name not in found:
                found.append(name)
                path = _find_library(root, name)
                if path is not None:
                    waiting.append(path)
    return found


def _find_library(root: Path, name: str) -> Path | None:
    for folder in _LIBRARIES:
        path = root / folder / name
        if path.exists():
            # absolute links lead out of the unpacked packages
            return path if not path.is_symlink() or path.resolve().is_relative_to(root.resolve()) else None
    linker = root / "usr/lib64" / name
    return linker if linker.exists() else None
