"""Facts from a tree of files laid out like `/`: a folder copied from some machine, an archive, the running system.

Any of `sys/kernel/btf/*`, `sys/kernel/tracing/{README,available_filter_functions,events/*/*/format}` (or the same
under `sys/kernel/debug/tracing`), `proc/{kallsyms,version}` and `sys/kernel/debug/kprobes/blacklist`; modules in
`lib/modules/RELEASE`, and the kernel's image there, in `boot` or in `usr/lib/debug`, as packages of distributions have them, for
its debugging information, and for its BTF where there is no `sys/kernel/btf/vmlinux`. Only regular files are read, each up to a limit, so a pipe or a device under one of these names
does not hang.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from probelang import cache
from probelang.kernel.identity import file_identity
from probelang.kernel.sources import REASONS
from probelang.kernel.tables import RawTable, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from probelang.kernel.images import Image
    from probelang.kernel.modules import ModuleFiles
    from probelang.kernel.tracefs import EventField
    from probelang.program.elf import Source

MAX_FILE = 1 << 28
MAX_TEXT = 1 << 26
MAX_SMALL = 1 << 20
MAX_EVENTS = 100_000
TRACING = ("sys/kernel/tracing", "sys/kernel/debug/tracing")
BLACKLIST = "sys/kernel/debug/kprobes/blacklist"
_NOT_EVENTS = frozenset(("enable", "filter"))
VMLINUX = "sys/kernel/btf/vmlinux"


class Tree(Protocol):
    """Files by a path relative to the root."""

    def read(self, path: str, limit: int) -> bytes | None:
        """The bytes of a regular file, or None if there is none, it can't be read or is longer than `limit`."""

    def open(self, path: str) -> Source | None:
        """A file that is too large to be read as a whole; None where there is none. Raises ProgramError."""

    def list(self, path: str) -> list[str]:
        """The names in a folder, sorted; [] if there is none or it can't be read."""

    def why_unread(self, path: str) -> str | None:
        """Why `read` gave None for a path where something is, or None where nothing is."""

    def identity(self, path: str) -> str | None:
        """A text that changes whenever the file does, to keep what was made of it by; None: keep nothing."""


class FolderTree:
    """The files below a folder of the file system."""

    __slots__ = ("_errors", "_root")

    def __init__(self, root: str) -> None:
        self._root = root
        self._errors: dict[str, str] = {}

    def read(self, path: str, limit: int) -> bytes | None:
        return read_regular(os.path.join(self._root, path), limit, self._errors, path)

    def open(self, path: str) -> Source | None:
        from probelang.program.elf import FileSource

        whole = os.path.join(self._root, path)
        return FileSource(whole) if os.path.isfile(whole) else None

    def list(self, path: str) -> list[str]:
        try:
            return sorted(os.listdir(os.path.join(self._root, path)))[:MAX_EVENTS]
        except (OSError, ValueError):
            return []

    def why_unread(self, path: str) -> str | None:
        return self._errors.get(path)

    def identity(self, path: str) -> str | None:
        return file_identity(os.path.join(self._root, path))


class MemoryTree:
    """Files in memory, by their path."""

    __slots__ = ("_files", "_folders")

    def __init__(self, files: Mapping[str, bytes], others: Iterable[str] = ()) -> None:
        """`others` are paths of files that are somewhere else."""
        self._files = dict(files)
        self._folders: dict[str, set[str]] = {}
        for path in (*files, *others):
            parts = path.split("/")
            for depth in range(1, len(parts)):
                self._folders.setdefault("/".join(parts[:depth]), set()).add(parts[depth])

    def read(self, path: str, limit: int) -> bytes | None:
        data = self._files.get(path)
        return data if data is None or len(data) <= limit else None

    def open(self, path: str) -> Source | None:
        from probelang.program.elf import BytesSource

        data = self._files.get(path)
        return BytesSource(data) if data is not None else None

    def list(self, path: str) -> list[str]:
        return sorted(self._folders.get(path, ()))

    def why_unread(self, path: str) -> str | None:
        return None

    def identity(self, path: str) -> str | None:
        return None


def read_regular(path: str, limit: int, errors: dict[str, str] | None = None, key: str = "") -> bytes | None:
    """The bytes of a regular file of at most `limit` bytes, else None (and why, in `errors`).

    Sizes are not believed: files of proc, sysfs and tracefs claim 0 or a page.
    """
    import stat

    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    else:
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                reason = "not a regular file"
            else:
                with open(descriptor, "rb", closefd=False) as file:
                    data = file.read(limit + 1)
                if len(data) <= limit:
                    return data
                reason = f"longer than {limit} bytes"
        except OSError as error:
            reason = error.strerror or str(error)
        finally:
            os.close(descriptor)
    if errors is not None:
        errors[key] = reason
    return None


class TreeSources:
    """Facts parsed from the files of a tree; each file is read when first asked for, and kept in the cache.

    `images` is whether a kernel's image will do where there is no BTF by itself.
    """

    def __init__(self, tree: Tree, *, images: bool = True) -> None:
        self._tree = tree
        self._btf_of_images = images
        self._module_files: ModuleFiles | None | bool = True
        self._sections: dict[str, bytes | memoryview | None] = {}
        self._modules: tuple[str, ...] | None = None
        self._event_names: list[tuple[str, str]] | None = None
        self._tracing: str | None = None
        self._reasons: dict[str, str] = {}
        self._images: tuple[Image, ...] | None = None

    @property
    def tracing(self) -> str:
        """The folder of tracefs in the tree: the first that has anything."""
        if self._tracing is None:
            self._tracing = next((path for path in TRACING if self._tree.list(path)), TRACING[0])
        return self._tracing

    def section(self, name: str) -> bytes | memoryview | None:
        if name not in self._sections:
            self._sections[name] = None
            if name in ("btf", "btf.index"):
                self._read_btf()
            elif path := self._path_of(name):
                limit = MAX_SMALL if name in ("readme", "version", "notes") else MAX_FILE
                self._sections[name] = self._tree.read(path, limit) or None
                if name == "version" and self._sections[name] is None:
                    self._sections[name] = self._banner()
        return self._sections[name]

    def images(self) -> tuple[Image, ...]:
        if self._images is None:
            from probelang.kernel.images import images_in

            version = self._tree.read("proc/version", MAX_SMALL)
            self._images = images_in(self._tree, self._release(), version)
        return self._images

    def _release(self) -> str | None:
        """What `proc/version` says, or the only folder of modules."""
        from probelang.kernel.modules import release_folder
        from probelang.kernel.tracefs import kernel_release

        version = self._tree.read("proc/version", MAX_SMALL)
        release = kernel_release(version[:512].decode("utf-8", "replace")) if version else None
        found = release_folder(self._tree, None) if release is None else None
        return found[1] if found is not None else release

    def _read_btf(self) -> None:
        identity = self._tree.identity(VMLINUX)
        loaded = indexed_btf(identity, lambda: self._tree.read(VMLINUX, MAX_FILE) or None, is_raw=True)
        for image in self.images() if loaded[0] is None and self._btf_of_images else ():
            loaded = indexed_btf(
                self._tree.identity(image.name),
                lambda image=image: self._btf_of(image),  # type: ignore[misc]
                is_raw=False,
            )
            if loaded[0] is not None:
                break
        self._sections["btf"], self._sections["btf.index"] = loaded

    def _btf_of(self, image: Image) -> bytes | None:
        from probelang.btf.types import BtfError

        try:
            return image.btf()
        except BtfError as error:
            self._reasons["btf"] = f"{image.name} can't be used ({error})"
            return None

    def _banner(self) -> bytes | None:
        """What `/proc/version` would say, or begin with, by an image or by where it lies."""
        banners = (image.banner() or f"Linux version {image.release} ".encode() for image in self.images())
        return next(banners, None)

    def table(self, name: str) -> Table | None:
        from probelang.kernel import tracefs

        path = self._path_of(name)
        identity = self._tree.identity(path)
        origin = f"{identity}|{name}" if identity is not None else None
        entry = cache.open_entry(origin) if origin is not None else None
        if entry is not None:
            made = entry.section("table")
            if made is not None:
                return Table(made)
        if name == "aliases":
            return self._aliases(path, origin)
        kept = entry.section("raw") if entry is not None else None
        raw = bytes(kept) if kept is not None else self._tree.read(path, MAX_TEXT)
        if raw is None or (not raw and name != "blacklist"):
            return None
        if name == "blacklist":
            return Table.of_lines(tracefs.parse_blacklist(raw))
        if origin is not None and kept is None:
            cache.store_entry(origin, {"raw": raw})

        def keep(data: bytes) -> None:
            if origin is not None:
                cache.store_entry(origin, {"table": data})

        if name == "functions":
            return RawTable(raw, tracefs.scan_functions, tracefs.parse_functions, keep)
        letters = tracefs.TEXT_SYMBOLS if name == "symbols.text" else tracefs.DATA_SYMBOLS
        if not tracefs.has_symbols(raw, letters):
            self._reasons[name] = "its kallsyms lists none (CONFIG_KALLSYMS_ALL is not set)"
            return None
        ranges = tracefs.text_ranges(raw)
        return RawTable(
            raw,
            lambda data, key: tracefs.scan_symbols(data, key, letters, ranges),
            lambda data: tracefs.parse_symbols(data, letters),
            keep,
        )

    def _aliases(self, path: str, origin: str | None) -> Table | None:
        from probelang.kernel import tracefs

        functions = self.table("functions")
        kallsyms = self._tree.read(path, MAX_TEXT) if functions is not None else None
        if functions is None or kallsyms is None or not tracefs.text_ranges(kallsyms):
            return None
        own = {line for line in functions.data.decode("utf-8", "replace").split("\n") if "\t" not in line}
        table = Table.of_lines(tracefs.parse_aliases(kallsyms, own))
        if origin is not None:
            cache.store_entry(origin, {"table": table.data})
        return table

    def _path_of(self, name: str) -> str:
        if name.startswith("btf:") and not name.endswith(".index"):
            return f"sys/kernel/btf/{name[4:]}"
        if name in ("functions", "readme"):
            return f"{self.tracing}/{'README' if name == 'readme' else 'available_filter_functions'}"
        return {
            "btf": VMLINUX,
            "symbols.text": "proc/kallsyms",
            "symbols.data": "proc/kallsyms",
            "aliases": "proc/kallsyms",
            "version": "proc/version",
            "notes": "sys/kernel/notes",
            "blacklist": BLACKLIST,
        }.get(name, "")

    def why_missing(self, name: str) -> str:
        if name in self._reasons:
            return self._reasons[name]
        path = f"{self.tracing}/events" if name == "events" else self._path_of(name)
        reason = self._tree.why_unread(path) if path else None
        if reason is not None:
            return f"{path.rpartition('/')[2]} can't be read ({reason})"
        return REASONS.get(name, f"{name} is not known")

    def modules(self) -> tuple[str, ...]:
        if self._modules is None:
            self._modules = tuple(name for name in self._tree.list("sys/kernel/btf") if name != "vmlinux")
        return self._modules

    def module_files(self) -> ModuleFiles | None:
        if self._module_files is True:
            from probelang.kernel.modules import ModuleFiles, release_folder

            release = self._release() or next((image.release for image in self.images()), None)
            found = release_folder(self._tree, release)
            self._module_files = ModuleFiles(self._tree, *found) if found is not None else None
        assert not isinstance(self._module_files, bool)
        return self._module_files

    def event(self, system: str, name: str) -> tuple[EventField, ...] | None:
        from probelang.kernel.tracefs import parse_format

        if not _is_plain(system) or not _is_plain(name):
            return None
        data = self._tree.read(f"{self.tracing}/events/{system}/{name}/format", MAX_SMALL)
        return parse_format(data.decode("utf-8", "replace")) if data is not None else None

    def event_names(self) -> list[tuple[str, str]] | None:
        if self._event_names is None:
            root = f"{self.tracing}/events"
            names: list[tuple[str, str]] = []
            for system in self._tree.list(root):
                events = self._tree.list(f"{root}/{system}")
                names += [(system, event) for event in events if event not in _NOT_EVENTS]
            self._event_names = names[:MAX_EVENTS]
        return self._event_names or None

    def dynamic_events(self) -> frozenset[tuple[str, str]]:
        data = self._tree.read(f"{self.tracing}/dynamic_events", MAX_SMALL) or b""
        lines = (line.partition(":")[2].split() for line in data.decode("utf-8", "replace").splitlines())
        pairs = (words[0].partition("/") for words in lines if words)
        return frozenset((group, event) for group, slash, event in pairs if slash)


def _is_plain(name: str) -> bool:
    return bool(name) and "/" not in name and "\0" not in name and name not in (".", "..")


def indexed_btf(
    identity: str | None, read: Callable[[], bytes | None], *, is_raw: bool
) -> tuple[bytes | memoryview | None, bytes | memoryview | None]:
    """A BTF blob and its index, which is kept in the cache, and the blob with it where it is not `is_raw` already.

    Without a cache to keep it in, an index would cost more than it saves.
    """
    origin = f"{identity}|btf" if identity is not None else None
    entry = cache.open_entry(origin) if origin is not None else None
    if entry is not None and "btf.index" in entry and (is_raw or "btf" in entry):
        return (read() if is_raw else entry.section("btf")), entry.section("btf.index")
    data = read()
    if data is None or origin is None or not cache.can_store():
        return data, None
    from probelang.btf.blob import Btf
    from probelang.btf.index import build_index
    from probelang.btf.types import BtfError

    try:
        index = build_index(Btf.from_bytes(data))
    except BtfError:
        return data, None
    cache.store_entry(origin, {"btf.index": index} if is_raw else {"btf": data, "btf.index": index})
    return data, index
