"""Facts from one file that holds BTF: a raw blob, an ELF such as `vmlinux`, a compressed `vmlinuz`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.kernel.folder import indexed_btf
from probelang.kernel.identity import file_identity
from probelang.kernel.images import Image
from probelang.kernel.sources import REASONS
from probelang.program.elf import FileSource

if TYPE_CHECKING:
    from probelang.kernel.modules import ModuleFiles
    from probelang.kernel.tables import Table
    from probelang.kernel.tracefs import EventField


class ImageSources:
    """The BTF of a file, and modules that lie beside it. Raises KernelError on making one if the file has no BTF to be read."""

    __slots__ = ("_btf", "_files", "_image", "_index", "_path", "_version")

    def __init__(self, path: str, head: bytes = b"") -> None:
        from probelang.btf.image import read_btf
        from probelang.btf.types import BtfError

        def read() -> bytes:
            return read_btf(path)

        self._path = path
        self._image = Image(path, lambda: FileSource(path))
        self._version = self._image.banner()
        self._files: ModuleFiles | None = None
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
        return (self._image,)

    def table(self, name: str) -> Table | None:
        return None

    def why_missing(self, name: str) -> str:
        return REASONS.get(name, f"{name} is not known")

    def modules(self) -> tuple[str, ...]:
        return ()

    def module_files(self) -> ModuleFiles | None:
        """In the folder of the file: modules by themselves, a kernel's build, `/lib/modules/RELEASE`; `/boot` has its own there."""
        if self._files is None:
            from probelang.kernel.folder import FolderTree
            from probelang.kernel.modules import ModuleFiles, release_folder
            from probelang.kernel.tracefs import kernel_release

            release = kernel_release(bytes(self._version or b"").decode("utf-8", "replace"))
            folder = os.path.dirname(os.path.abspath(self._path))
            tree, below = FolderTree(folder), ""
            if os.path.basename(folder) == "boot" and release is not None:
                # What a package of debugging information has is below a folder laid out like `/` itself.
                root = FolderTree(os.path.dirname(folder).removesuffix("usr/lib/debug") or "/")
                found = release_folder(root, release)
                if found is not None:
                    tree, below = root, found[0]
            self._files = ModuleFiles(tree, below, release)
        return self._files

    def event(self, system: str, name: str) -> tuple[EventField, ...] | None:
        return None

    def event_names(self) -> list[tuple[str, str]] | None:
        return None

    def dynamic_events(self) -> frozenset[tuple[str, str]]:
        return frozenset()
