"""Where a kernel's image with debugging information lies, and whether it is that very kernel's.

The places are those of Debian's `linux-image-…-dbg`, Fedora's `kernel-debuginfo`, and of a kernel built on the machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.kernel.answers import Answer, Found, Unknown
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
)
_RELEASED = {place: re.compile(re.escape(place).replace(r"\{\}", "[^/]+")) for place in PLACES}
_CHUNK = 1 << 20
_MOST_RELEASES = 16
_BANNER = re.compile(rb"Linux version \d[^\0\n]{0,500}")


def is_image(path: str) -> bool:
    """Whether a path is one of `PLACES`."""
    return any(_RELEASED[place].fullmatch(path) for place in PLACES)


def images_in(tree: Tree, version: bytes | None) -> tuple[Image, ...]:
    """The images below a tree: those of the kernel's release, or of any where `version` (`/proc/version`) is not known."""
    from probelang.kernel.tracefs import kernel_release

    release = kernel_release(version[:512].decode("utf-8", "replace")) if version is not None else None
    if release is not None and "/" in release:
        return ()
    found = []
    for place in PLACES:
        folder, _, rest = place.partition("{}")
        folder, _, prefix = folder.rpartition("/")
        named: list[str | None] = [release]
        if release is None:
            names = tree.list(folder)
            named = [*[name[len(prefix) :] for name in names if name.startswith(prefix)][:_MOST_RELEASES]]
        for one in named:
            path = f"{folder}/{prefix}{one}{rest}"
            found.append(Image(path, lambda path=path: tree.open(path), version))  # type: ignore[misc]
    return tuple(found)


def read_banner(elf: Elf) -> bytes | None:
    """What an image says of its version, as `/proc/version` has it; None where it is not found."""
    section = elf.find_section(".rodata")
    if section is None or section.type == SHT_NOBITS:
        return None
    try:
        for start in range(0, section.size, _CHUNK):
            length = min(_CHUNK + 600, section.size - start)
            found = _BANNER.search(elf.source.read(section.offset + start, length))
            if found is not None and found.start() < _CHUNK:
                return found[0]
    except ProgramError:
        pass
    return None


def open_code(
    images: Iterable[Image], build_id: str | None, btf: Btf | None, otherwise: str
) -> Answer[KernelCode]:
    """The first image that has debugging information, and of which nothing says that it is another kernel's.

    Unknown, and why, where there is none: `otherwise`, where there is no image at all.
    """
    reason = otherwise
    for image in images:
        try:
            source = image.open()
            if source is None:
                continue
            elf = Elf(source)
            own = read_build_id(elf)
            if build_id is not None and (own is None or own.hex() != build_id):
                reason = f"{image.name} is of another build: its build-id differs"
                continue
            if image.version is not None and not _same(image.version, read_banner(elf)):
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
    from probelang.program.debugging import dwarf_of

    dwarf = dwarf_of([elf])
    return KernelCode(name, elf, dwarf, btf) if dwarf is not None else None


class Image:
    """A file that may be a kernel's image; `version` is what `/proc/version` says, where the kernel itself is known too."""

    __slots__ = ("name", "open", "version")

    def __init__(self, name: str, open: Callable[[], Source | None], version: bytes | None = None) -> None:
        self.name = name
        self.open = open
        self.version = version
