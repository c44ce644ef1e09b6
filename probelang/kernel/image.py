"""Facts from one file that holds BTF: a raw blob, an ELF such as `vmlinux`, a compressed `vmlinuz`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.kernel.answers import KernelError
from probelang.kernel.folder import file_identity, indexed_btf
from probelang.kernel.sources import REASONS

if TYPE_CHECKING:
    from probelang.kernel.images import Image
    from probelang.kernel.tables import Table
    from probelang.kernel.tracefs import EventField


class ImageSources:
    """The BTF of a file and nothing else. Raises KernelError on making one if the file has no BTF to be read."""

    __slots__ = ("_btf", "_index", "_is_elf", "_path", "_version")

    def __init__(self, path: str, head: bytes = b"") -> None:
        from probelang.btf.image import read_btf
        from probelang.btf.types import BtfError

        def read() -> bytes:
            return read_btf(path)

        self._path = path
        self._is_elf = head[:4] == b"\x7fELF"
        self._version = _banner_of_elf(path) if self._is_elf else _banner(path, head)
        try:
            self._btf, self._index = indexed_btf(
                file_identity(path), read, is_raw=head[:2] in (b"\x9f\xeb", b"\xeb\x9f")
            )
        except BtfError as error:
            message = str(error)
            raise KernelError(message if path in message else f"{path}: {message}") from None
        except OSError as error:
            raise KernelError(f"{path}: {error.strerror or error}") from None

    def section(self, name: str) -> bytes | memoryview | None:
        return {"btf": self._btf, "btf.index": self._index, "version": self._version}.get(name)

    def images(self) -> tuple[Image, ...]:
        if not self._is_elf:
            return ()
        from probelang.kernel.images import Image
        from probelang.program.elf import FileSource

        return (Image(self._path, lambda: FileSource(self._path)),)

    def table(self, name: str) -> Table | None:
        return None

    def why_missing(self, name: str) -> str:
        return REASONS.get(name, f"{name} is not known")

    def modules(self) -> tuple[str, ...]:
        return ()

    def event(self, system: str, name: str) -> tuple[EventField, ...] | None:
        return None

    def event_names(self) -> list[tuple[str, str]] | None:
        return None


def _banner_of_elf(path: str) -> bytes | None:
    from probelang.kernel.images import read_banner
    from probelang.program.elf import Elf, FileSource, ProgramError

    try:
        return read_banner(Elf(FileSource(path)))
    except ProgramError:
        return None


def _banner(path: str, head: bytes) -> bytes | None:
    """What a bzImage says of its version in its header (Documentation/arch/x86/boot.rst), as `/proc/version` begins."""
    if head[0x202:0x206] != b"HdrS" or len(head) < 0x210:
        return None
    try:
        with open(path, "rb") as file:
            file.seek(0x200 + int.from_bytes(head[0x20E:0x210], "little"))
            release = file.read(100).split(b"\0")[0].split(b" ")[0]
    except OSError:
        return None
    return b"Linux version " + release + b" " if release[:1].isdigit() else None
