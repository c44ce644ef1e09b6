"""A kernel's image: where it lies, what it says of its version, its BTF, and its debugging information.

The places are those of distributions' kernel packages, of Debian's `linux-image-…-dbg`, Fedora's `kernel-debuginfo`, and of a
kernel built on the machine.
"""

from __future__ import annotations

import re
from io import SEEK_CUR, SEEK_SET, BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

from probelang.answers import Answer, Found, Unknown
from probelang.btf.types import BtfError
from probelang.program.debug_files import read_build_id
from probelang.program.elf import SHT_NOBITS, Elf, ProgramError, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from probelang.btf.blob import Btf
    from probelang.kernel.code import KernelCode
    from probelang.kernel.folder import Tree

PLACES = (
    "usr/lib/debug/boot/vmlinux-{}",
    "usr/lib/debug/lib/modules/{}/vmlinux",
    "usr/lib/debug/usr/lib/modules/{}/vmlinux",
    "usr/lib/debug/vmlinux-{}",
    "boot/vmlinux-{}",
    "lib/modules/{}/vmlinux",
    "usr/lib/modules/{}/vmlinux",
    "lib/modules/{}/build/vmlinux",
    "usr/lib/modules/{}/build/vmlinux",
    # compressed, without debugging information
    "boot/vmlinuz-{}",
    "lib/modules/{}/vmlinuz",
    "usr/lib/modules/{}/vmlinuz",
)
_ELF = b"\x7fELF"
_CHUNK = 1 << 20
_MOST_RELEASES = 16
_BANNER = re.compile(rb"Linux version \d[^\0\n]{0,500}")


class Image:
    """A file that may be a kernel's image, called `name`; `open` raises ProgramError, and gives None where there is none.

    `release` is what its path says. `version` is what `/proc/version` says, where the kernel itself is known too.
    """

    __slots__ = ("_open", "_source", "name", "release", "version")

    def __init__(
        self,
        name: str,
        open: Callable[[], Source | None],
        release: str | None = None,
        version: bytes | None = None,
    ) -> None:
        self.name = name
        self.release = release
        self.version = version
        self._open = open
        self._source: Source | None = None

    @property
    def source(self) -> Source | None:
        """The file, None where there is none. Raises ProgramError."""
        if self._source is None:
            self._source = self._open()
        return self._source

    def elf(self) -> Elf | None:
        """The file, if it is there and not compressed. Raises ProgramError."""
        source = self.source
        if source is None or source.size < 4 or source.read(0, 4) != _ELF:
            return None
        return Elf(source)

    def banner(self) -> bytes | None:
        """What the image says of its version, as `/proc/version` begins; None where it is not found."""
        try:
            elf = self.elf()
            source = self.source
            if elf is not None or source is None:
                return _banner_of_elf(elf) if elf is not None else None
            return _banner_of_bzimage(source)
        except ProgramError:
            return None

    def btf(self) -> bytes | None:
        """The BTF of the image, None where there is no image. Raises BtfError."""
        from probelang.btf.image import read_stream

        try:
            source = self.source
            return read_stream(BufferedReader(_Stream(source)), source.size) if source is not None else None
        except ProgramError as error:
            raise BtfError(str(error)) from None


class _Stream(RawIOBase):
    """A source as a file."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        start = {SEEK_SET: 0, SEEK_CUR: self._at}.get(whence, self._source.size)
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(self._at, max(0, min(len(buffer), self._source.size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def images_in(tree: Tree, release: str | None, version: bytes | None) -> tuple[Image, ...]:
    """The images below a tree that are there: those of a release; of the first that has any, where None is given.

    `version` is `/proc/version`, where that is known.
    """
    if release is not None and "/" in release:
        return ()
    found = []
    for place in PLACES:
        before, _, behind = place.partition("{}")
        folder, _, prefix = before.rpartition("/")
        releases = [release] if release is not None else _releases(tree, folder, prefix)
        for one in releases:
            path = f"{folder}/{prefix}{one}{behind}"
            home, _, name = path.rpartition("/")
            if name in tree.list(home):
                found.append(Image(path, lambda path=path: tree.open(path), one, version))  # type: ignore[misc]
    return tuple([image for image in found if image.release == found[0].release])


def _releases(tree: Tree, folder: str, prefix: str) -> list[str]:
    names = [name.removeprefix(prefix) for name in tree.list(folder) if name.startswith(prefix)]
    return [name for name in names if re.match(r"\d[!-~]*\Z", name)][:_MOST_RELEASES]


def _banner_of_elf(elf: Elf) -> bytes | None:
    section = elf.find_section(".rodata")
    if section is None or section.type == SHT_NOBITS:
        return None
    for start in range(0, section.size, _CHUNK):
        length = min(_CHUNK + 600, section.size - start)
        found = _BANNER.search(elf.source.read(section.offset + start, length))
        if found is not None and found.start() < _CHUNK:
            return found[0]
    return None


def _banner_of_bzimage(source: Source) -> bytes | None:
    """By the header of a bzImage (Documentation/arch/x86/boot.rst)."""
    if source.size < 0x210:
        return None
    head = source.read(0x202, 14)
    if head[:4] != b"HdrS":
        return None
    at = 0x200 + int.from_bytes(head[12:], "little")
    release = source.read(at, max(0, min(100, source.size - at))).split(b"\0")[0].split(b" ")[0]
    return b"Linux version " + release + b" " if release[:1].isdigit() else None


def open_code(
    images: Iterable[Image], build_id: str | None, btf: Btf | None, otherwise: str
) -> Answer[KernelCode]:
    """The first image that has debugging information, and of which nothing says that it is another kernel's.

    Unknown, and why, where there is none: `otherwise`, where there is no image at all but compressed ones.
    """
    reason = otherwise
    for image in images:
        try:
            elf = image.elf()
            if elf is None:
                continue
            own = read_build_id(elf)
            if build_id is not None and (own is None or own.hex() != build_id):
                reason = f"{image.name} is of another build: its build-id differs"
                continue
            if image.version is not None and not _same(image.version, image.banner()):
                reason = f"{image.name} is of another build: it calls itself another version"
                continue
            found = _code(image.name, elf, btf)
        except ProgramError as error:
            reason = f"{image.name} can't be read: {error}"
            continue
        if found is not None:
            return Found(found)
        reason = f"{image.name} has no debugging information (DWARF)"
    return Unknown(reason)


def _same(version: bytes, banner: bytes | None) -> bool:
    return banner is None or version.split() == banner.split()


def _code(name: str, elf: Elf, btf: Btf | None) -> KernelCode | None:
    from probelang.kernel.code import KernelCode
    from probelang.program.debugging import Debugging

    debugging = Debugging(elf)
    return KernelCode(name, elf, debugging, btf) if debugging.dwarf is not None else None
