"""A tar archive laid out like `/`, read in place: no member is ever written to disk, no link is followed."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from probelang.kernel.answers import KernelError
from probelang.kernel.folder import BLACKLIST, MAX_FILE, MemoryTree, file_identity

if TYPE_CHECKING:
    import tarfile
    from typing import IO

MAX_MEMBERS = 500_000
MAX_BYTES = 1 << 28
_LARGE = ("lib/modules/", "usr/lib/modules/", "boot/", "usr/lib/debug/")
_LATER = re.compile(r"/(vmlinu[xz][^/]*|modules\.\w+|[^/]*\.ko(\.(xz|zst|gz))?)\Z")
_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
)


class TarTree(MemoryTree):
    """The files of a tar archive (plain, gzip, bzip2, xz, zstd) that say something about a kernel.

    They may lie below one or two folders of the archive. A compressed archive can be read in order only, so the
    wanted files are kept in memory; everything else is passed over. Modules and images of kernels are read in another
    pass, when one is asked for. Raises KernelError for what is no archive.
    """

    __slots__ = ("_later", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._later: dict[str, str] = {}
        super().__init__(_read_wanted(path, self._later), self._later)

    def read(self, path: str, limit: int) -> bytes | None:
        member = self._later.get(path)
        if member is None:
            return super().read(path, limit)
        try:
            with closing(_open(self._path)) as stream:
                data = _read_member(stream, member)
        except _failures():
            return None
        return data if data is None or len(data) <= limit else None

    def identity(self, path: str) -> str | None:
        origin = file_identity(self._path)
        return f"{origin}|{path}" if origin is not None else None


def is_archive(path: str, head: bytes) -> bool:
    """Whether a file (that begins with `head`) is a tar archive; of a compressed one, the first block is looked into."""
    if not head.startswith(tuple(magic for magic, _ in _COMPRESSIONS)):
        return head[257:262] == b"ustar"
    try:
        with closing(_open(path)) as stream:
            return stream.read(262)[257:262] == b"ustar"
    except _failures():
        return False


class _Bounded:
    """A stream that gives at most so much: headers of a hostile archive may claim any size for themselves."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = MAX_BYTES

    def close(self) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("too large to be a copy of a kernel's files")
        return data


def _open(path: str) -> _Bounded:
    with open(path, "rb") as file:
        head = file.read(8)
    for magic, module in _COMPRESSIONS:
        if head.startswith(magic):
            import importlib

            opened: IO[bytes] = importlib.import_module(module).open(path, "rb")
            return _Bounded(opened)
    return _Bounded(open(path, "rb"))


def _failures() -> tuple[type[Exception], ...]:
    """What the readers of the formats raise for a damaged file."""
    import lzma
    import tarfile
    import zlib

    import zstandard

    return (
        tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, ValueError, OverflowError,
    )  # fmt: skip


def _read_member(stream: _Bounded, name: str) -> bytes | None:
    import tarfile

    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for count, member in enumerate(archive):
            if count >= MAX_MEMBERS:
                return None
            if member.name == name and _is_plain(member):
                file = archive.extractfile(member)
                return file.read(member.size) if file is not None else None
    return None


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.isreg() and not member.issparse() and 0 <= member.size <= MAX_FILE


def _read_wanted(path: str, later: dict[str, str]) -> dict[str, bytes]:
    import tarfile

    try:
        with closing(_open(path)) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
            return _wanted_files(path, archive, later)
    except _failures() as error:
        reason = str(error)[:200] or error.__class__.__name__
        raise KernelError(f"{path}: not a readable tar archive ({reason})") from None


def _wanted_files(path: str, archive: tarfile.TarFile, later: dict[str, str]) -> dict[str, bytes]:
    """The small files; of large ones that may be asked for, in `later`, what the archive calls them."""
    files: dict[str, bytes] = {}
    total = 0
    for count, member in enumerate(archive):
        total += max(member.size, 0)
        if count >= MAX_MEMBERS or total > MAX_BYTES:
            raise KernelError(f"{path}: the archive is too large to be a copy of a kernel's files")
        name = _wanted_path(member.name)
        if name is None or not _is_plain(member):
            continue
        if name.startswith(_LARGE) and not name.rpartition("/")[2].startswith("modules."):
            later[name] = member.name
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
        if path.startswith(_LARGE) and _LATER.search(path):
            return path
    return None
