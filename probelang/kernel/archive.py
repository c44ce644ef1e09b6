"""A tar archive laid out like `/`, read in place: no member is ever written to disk, no link is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.kernel.answers import KernelError
from probelang.kernel.folder import BLACKLIST, MAX_FILE, MemoryTree, file_identity

if TYPE_CHECKING:
    import tarfile

MAX_MEMBERS = 500_000
MAX_BYTES = 1 << 30


class TarTree(MemoryTree):
    """The files of a tar archive (plain, gzip, bzip2, xz) that say something about a kernel.

    They may lie below one or two folders of the archive. A compressed archive can be read in order only, so the
    wanted files are kept in memory; everything else is passed over. Raises KernelError for what is no archive.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path
        super().__init__(_read_wanted(path))

    def identity(self, path: str) -> str | None:
        origin = file_identity(self._path)
        return f"{origin}|{path}" if origin is not None else None


def _read_wanted(path: str) -> dict[str, bytes]:
    import lzma
    import tarfile
    import zlib

    try:
        with tarfile.open(path, "r:*") as archive:
            return _wanted_files(path, archive)
    except (
        tarfile.TarError,
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        ValueError,
        OverflowError,
    ) as error:
        reason = " ".join(str(error).split())[:200] or error.__class__.__name__
        raise KernelError(f"{path}: not a readable tar archive ({reason})") from None


def _wanted_files(path: str, archive: tarfile.TarFile) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for count, member in enumerate(archive):
        total += max(member.size, 0)
        if count >= MAX_MEMBERS or total > MAX_BYTES:
            raise KernelError(f"{path}: the archive is too large to be a copy of a kernel's files")
        name = _wanted_path(member.name)
        if name is None or not member.isreg() or member.issparse() or not 0 <= member.size <= MAX_FILE:
            continue
        file = archive.extractfile(member)
        if file is not None:
            files[name] = file.read(member.size)
    return files


def _wanted_path(name: str) -> str | None:
    """The path from `sys/` or `proc/` on if a member is one that we read, whatever folders the archive puts before."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in name or len(parts) > 12:
        return None
    for start, part in enumerate(parts[:3]):
        path = "/".join(parts[start:])
        if part == "proc" and path in ("proc/kallsyms", "proc/version"):
            return path
        if part == "sys" and (
            path.startswith(("sys/kernel/btf/", "sys/kernel/tracing/", "sys/kernel/debug/tracing/"))
            or path == BLACKLIST
        ):
            return path
    return None
