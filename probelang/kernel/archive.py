"""A tar archive laid out like `/`, read in place: no member is ever written to disk, no link is followed."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.kernel.folder import BLACKLIST, MAX_FILE, MemoryTree
from probelang.kernel.identity import file_identity
from probelang.record import record

if TYPE_CHECKING:
    import tarfile
    from typing import IO

    from probelang.program.elf import Source

MAX_MEMBERS = 500_000
MAX_BYTES = 1 << 28
_LARGE = ("lib/modules/", "usr/lib/modules/", "boot/", "usr/lib/debug/")
_LATER = re.compile(r"/(vmlinu[xz][^/]*|modules\.\w+|[^/]*\.ko(\.(xz|zst|gz))?)\Z")
_IMAGE = "/vmlinu"
_COMPRESSIONS = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\0", "lzma"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
)


@record
class _Member:
    """A file in an archive: which it is, and where its bytes are in one that is not compressed."""

    number: int
    at: int
    size: int


class TarTree(MemoryTree):
    """The files of a tar archive (plain, gzip, bzip2, xz, zstd) that say something about a kernel.

    They may lie below one or two folders of the archive. A compressed archive can be read in order only, so the small
    files are kept in memory; everything else is passed over. Modules and images of kernels are read when one is asked for:
    where they are, or in another pass. Raises KernelError for what is no archive.
    """

    __slots__ = ("_is_packed", "_later", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._later: dict[str, _Member] = {}
        self._is_packed = _is_packed(path)
        super().__init__(_read_wanted(path, self._is_packed, self._later), self._later)

    def read(self, path: str, limit: int) -> bytes | None:
        member = self._later.get(path)
        if member is None:
            return super().read(path, limit)
        if member.size > min(limit, MAX_FILE):
            return None
        from probelang.program.elf import ProgramError

        try:
            source = self.open(path)
            return source.read(0, source.size) if source is not None else None
        except ProgramError:
            return None

    def open(self, path: str) -> Source | None:
        from probelang.program.elf import BytesSource, FileSource, PartSource, ProgramError

        member = self._later.get(path)
        if member is None:
            return super().open(path)
        if not self._is_packed:
            return PartSource(FileSource(self._path), member.at, member.size)
        try:
            with closing(_open(self._path)) as stream:
                data = _read_member(stream, member.number)
        except _failures() as error:
            raise ProgramError(f"the archive can't be read: {_reason(error)}") from None
        return BytesSource(data) if data is not None else None

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

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def read(self, size: int) -> bytes:
        data = self._stream.read(min(size, self._left + 1))
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("too large to be a copy of a kernel's files")
        return data


def _is_packed(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(262)[257:] != b"ustar"
    except OSError:
        return True


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


def _reason(error: Exception) -> str:
    return str(error)[:200] or error.__class__.__name__


def _read_member(stream: _Bounded, number: int) -> bytes | None:
    import tarfile

    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for count, member in enumerate(archive):
            if count >= number:
                file = archive.extractfile(member) if _is_plain(member) and count == number else None
                return file.read(member.size) if file is not None else None
    return None


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.isreg() and not member.issparse() and member.size >= 0


def _read_wanted(path: str, packed: bool, later: dict[str, _Member]) -> dict[str, bytes]:
    import tarfile

    mode = "r|" if packed else "r:"
    try:
        with closing(_open(path)) as stream, tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
            return _wanted_files(path, archive, packed, later)
    except _failures() as error:
        raise KernelError(f"{path}: not a readable tar archive ({_reason(error)})") from None


def _wanted_files(
    path: str, archive: tarfile.TarFile, packed: bool, later: dict[str, _Member]
) -> dict[str, bytes]:
    """The small files; large ones that may be asked for go to `later`."""
    files: dict[str, bytes] = {}
    total = 0
    for number, member in enumerate(archive):
        name = _wanted_path(member.name) if _is_plain(member) else None
        is_large = name is not None and _is_large(name)
        # What is not wanted of a compressed archive is unpacked too, to come to what is behind it.
        if packed or (name is not None and not is_large):
            total += max(member.size, 0)
        if number >= MAX_MEMBERS or total > MAX_BYTES:
            if packed and name is not None and _IMAGE in name:
                raise KernelError(f"{path}: the {name} in it is too large to be unpacked: unpack the archive")
            raise KernelError(f"{path}: the archive is too large to be a copy of a kernel's files")
        if name is None:
            continue
        if is_large:
            later[name] = _Member(number, member.offset_data, member.size)
            continue
        file = archive.extractfile(member)
        if file is not None:
            files[name] = file.read(member.size)
    return files


def _is_large(name: str) -> bool:
    return name.startswith(_LARGE) and not name.rpartition("/")[2].startswith("modules.")


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
            or path in (BLACKLIST, "sys/kernel/notes")
        ):
            return path
        if path.startswith(_LARGE) and _LATER.search(path):
            return path
    return None
