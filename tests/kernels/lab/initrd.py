"""Initial RAM disks for the guests: cpio archives in the kernel's `newc` form, written in Python.

Several archives one after the other are one initrd (Documentation/driver-api/early-userspace/
buffer-format.rst), so a fixed base (busybox and `/init`) is made once and each boot adds a small job.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

_FILE = 0o100000
_FOLDER = 0o040000
_LINK = 0o120000
_DEVICE = 0o020000


class Archive:
    """A cpio archive being written; folders a path needs are added with it."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._inode = 0
        self._folders = {""}

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self._parents(path)
        self._entry(path, _FILE | mode, data)

    def folder(self, path: str) -> None:
        path = path.strip("/")
        if path not in self._folders:
            self._parents(path)
            self._folders.add(path)
            self._entry(path, _FOLDER | 0o755, b"")

    def link(self, path: str, target: str) -> None:
        self._parents(path)
        self._entry(path, _LINK | 0o777, target.encode())

    def device(self, path: str, major: int, minor: int) -> None:
        """A character device."""
        self._parents(path)
        self._entry(path, _DEVICE | 0o600, b"", (major, minor))

    def close(self) -> bytes:
        self._entry("TRAILER!!!", 0, b"")
        self._out += b"\0" * (-len(self._out) % 512)
        return bytes(self._out)

    def _parents(self, path: str) -> None:
        parent = path.strip("/").rpartition("/")[0]
        if parent:
            self.folder(parent)

    def _entry(self, path: str, mode: int, data: bytes, device: tuple[int, int] = (0, 0)) -> None:
        name = path.strip("/").encode() + b"\0"
        self._inode += 1
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        self._out += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._out += b"\0" * (-len(self._out) % 4)
        self._out += data
        self._out += b"\0" * (-len(self._out) % 4)


def read_files(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """The plain files of an archive that `Archive` wrote, with their paths."""
    at = 0
    while True:
        mode, size, named = (int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in (1, 6, 11))
        name = archive[at + 110 : at + 110 + named - 1].decode()
        start = -(-(at + 110 + named) // 4) * 4
        if name == "TRAILER!!!":
            return
        if mode & 0o170000 == _FILE:
            yield name, archive[start : start + size]
        at = -(-(start + size) // 4) * 4


def base_archive(busybox: Path) -> bytes:
    """The part all guests share: busybox, `/init` and the empty folders it mounts on."""
    archive = Archive()
    for folder in ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "root", "lab/jobs"):
        archive.folder(folder)
    archive.device("dev/console", 5, 1)
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    archive.link("bin/sh", "busybox")
    archive.link("sbin", "bin")
    archive.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
    archive.file("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    archive.file("etc/hosts", b"127.0.0.1 localhost\n::1 localhost\n")
    archive.file("init", Path(__file__).with_name("init.sh").read_bytes(), 0o755)
    return archive.close()


def job_archive(files: Mapping[str, bytes]) -> bytes:
    """`files` by their path in the guest; all are executable."""
    archive = Archive()
    for path, data in files.items():
        archive.file(path, data, 0o755)
    return archive.close()
