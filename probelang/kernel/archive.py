"""A tar archive laid out like `/`, read in place: no member is ever written to disk, no link is followed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from probelang.kernel.answers import KernelError
from probelang.kernel.folder import BLACKLIST, MAX_FILE, MemoryTree, file_identity
from probelang.kernel.images import is_image

if TYPE_CHECKING:
    import tarfile
    from typing import IO

    from probelang.program.elf import Source

MAX_MEMBERS = 500_000
MAX_BYTES = 1 << 28
_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
)


class TarTree(MemoryTree):
    """The files of a tar archive (plain, gzip, bzip2, xz, zstd) that say something about a kernel.

    They may lie below one or two folders of the archive. A compressed archive can be read in order only, so the
    wanted files are kept in memory; everything else is passed over. Raises KernelError for what is no archive.
    """

    __slots__ = ("_images", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._images: dict[str, tuple[int, int]] = {}
        super().__init__(_read_wanted(path, self._images), self._images)

    def open(self, path: str) -> Source | None:
        place = self._images.get(path)
        if place is None:
            return super().open(path)
        from probelang.program.elf import FileSource, PartSource

        return PartSource(FileSource(self._path), *place)

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


def _read_wanted(path: str, images: dict[str, tuple[int, int]]) -> dict[str, bytes]:
    """The files that are kept in memory; where in the archive images of kernels are goes to `images`."""
    import tarfile

    try:
        with open(path, "rb") as file:
            if file.read(262)[257:] == b"ustar":
                with tarfile.open(path, mode="r:") as archive:
                    return _wanted_files(path, archive, images)
        with closing(_open(path)) as stream, tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
            return _wanted_files(path, archive, None)
    except _failures() as error:
        reason = str(error)[:200] or error.__class__.__name__
        raise KernelError(f"{path}: not a readable tar archive ({reason})") from None


def _wanted_files(
    path: str, archive: tarfile.TarFile, images: dict[str, tuple[int, int]] | None
) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for count, member in enumerate(archive):
        name = _wanted_path(member.name)
        if name is not None and is_image(name) and member.isreg():
            if images is None:
                raise KernelError(f"{path}: the {name} in it can't be read where it is: unpack the archive")
            if not member.issparse() and member.size >= 0:
                images.setdefault(name, (member.offset_data, member.size))
            continue
        total += max(member.size, 0)
        if count >= MAX_MEMBERS or total > MAX_BYTES:
            raise KernelError(f"{path}: the archive is too large to be a copy of a kernel's files")
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
        if is_image(path):
            return path
        if part == "proc" and path in ("proc/kallsyms", "proc/version"):
            return path
        if part == "sys" and (
            path.startswith(("sys/kernel/btf/", "sys/kernel/tracing/", "sys/kernel/debug/tracing/"))
            or path in (BLACKLIST, "sys/kernel/notes")
        ):
            return path
    return None
