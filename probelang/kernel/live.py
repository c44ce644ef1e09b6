"""The running kernel: what `/sys` and `/proc` show to this user. No other module reads them."""

from __future__ import annotations

import os

from probelang.kernel.folder import FolderTree, TreeSources, read_regular

_NT_GNU_BUILD_ID = 3


class LiveTree(FolderTree):
    """The root of the running system; its files are identified by the kernel's build and its loaded modules."""

    __slots__ = ("_identity",)

    def __init__(self) -> None:
        super().__init__("/")
        self._identity: str | None = None

    def identity(self, path: str) -> str | None:
        if self._identity is None:
            self._identity = running_identity()
        if path.startswith(("lib/", "usr/", "boot/")):
            return super().identity(path)
        if path.startswith("sys/kernel/btf/"):
            return f"{self._identity}|{path}" if self._identity else None
        return f"{self._identity}|{path}|{os.geteuid()}|{_loaded_modules()}" if self._identity else None

    def why_unread(self, path: str) -> str | None:
        reason = super().why_unread(path)
        if (
            reason is None
            and path.startswith("sys/kernel/")
            and "tracing" in path
            and not self.list("sys/kernel/tracing")
        ):
            return "tracefs is not mounted, or not readable for this user"
        if reason in ("Permission denied", "Operation not permitted"):
            return "only root may" if os.geteuid() else "this kernel is locked down"
        return reason


def running_identity() -> str:
    """The build id of the running kernel (/sys/kernel/notes) and its release; "" where there is no build id."""
    notes = read_regular("/sys/kernel/notes", 1 << 16) or b""
    build_id = parse_build_id(notes)
    return f"running {os.uname().release} {build_id}" if build_id else ""


def parse_build_id(notes: bytes) -> str | None:
    """The GNU build id in a section of ELF notes, in hex, or None."""
    import sys

    order = sys.byteorder
    position = 0
    while position + 12 <= len(notes):
        name_size = int.from_bytes(notes[position : position + 4], order)
        data_size = int.from_bytes(notes[position + 4 : position + 8], order)
        kind = int.from_bytes(notes[position + 8 : position + 12], order)
        name = notes[position + 12 : position + 12 + name_size]
        data_start = position + 12 + (name_size + 3) // 4 * 4
        if kind == _NT_GNU_BUILD_ID and name == b"GNU\0" and 8 <= data_size <= 64:
            data = notes[data_start : data_start + data_size]
            return data.hex() if len(data) == data_size else None
        position = data_start + (data_size + 3) // 4 * 4
    return None


def _loaded_modules() -> str:
    import zlib

    lines = (read_regular("/proc/modules", 1 << 24) or b"").split(b"\n")
    return format(zlib.crc32(b"\n".join(sorted(line.partition(b" ")[0] for line in lines))), "08x")


def running_sources() -> TreeSources:
    """Facts about the running kernel."""
    return TreeSources(LiveTree(), images=False)


def running_release() -> str:
    """`uname -r`."""
    return os.uname().release


def loaded_modules() -> set[str]:
    """The names of the loaded modules (/proc/modules)."""
    text = read_regular("/proc/modules", 1 << 20) or b""
    return {line.split(None, 1)[0].decode("utf-8", "replace") for line in text.splitlines() if line.split()}
