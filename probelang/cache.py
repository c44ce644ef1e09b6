"""The user's cache folder: facts about a kernel made ready once, mapped into memory from then on.

An entry is a container (`probelang.container`) with nothing compressed. It is written to a file of its own
and renamed, so two processes at once, a full disk or a crash leave a whole entry or none. Its time stamp is its
seal: set to a value made from its checksum, it shows that nobody wrote to the file since; an entry whose seal is
broken has all its checksums computed, and is removed if one is wrong. No failure of the cache is an error.
"""

from __future__ import annotations

import os
import zlib
from typing import TYPE_CHECKING

from probelang.container import HEADER, Container, ContainerError, write_container

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_ENTRIES = 48
_ORIGIN = "origin"


def cache_folder() -> str | None:
    """Where the cache is: $PROBELANG_CACHE_DIR, or the platform's folder for caches; None if there is no home."""
    chosen = os.environ.get("PROBELANG_CACHE_DIR")
    if chosen:
        return chosen
    home = os.path.expanduser("~")
    if not os.path.isabs(home):
        return None
    if os.name == "nt":
        return os.path.join(
            os.environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local"), "probelang"
        )
    import sys

    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "probelang")
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, ".cache"), "probelang")


def _entry_path(origin: str) -> str | None:
    folder = cache_folder()
    if folder is None:
        return None
    encoded = origin.encode("utf-8", "surrogateescape")
    return os.path.join(folder, f"{zlib.crc32(encoded):08x}{zlib.adler32(encoded):08x}.kernel")


def open_entry(origin: str) -> Container | None:
    """The entry made from `origin` (a text that identifies it fully), sound and mapped, or None."""
    path = _entry_path(origin)
    if path is None:
        return None
    try:
        data, stamp = _map(path)
    except (OSError, ValueError):
        return None
    try:
        container = Container(data, trusted=True)
        if stamp != _seal(container.checksum):
            container = Container(data)
            for name in container.names:
                container.section(name)
        made_from = container.section(_ORIGIN)
    except ContainerError:
        _remove(path)
        return None
    if made_from is None or bytes(made_from) != origin.encode("utf-8", "surrogateescape"):
        return None
    return container


def _map(path: str) -> tuple[memoryview, int]:
    import mmap

    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if status.st_size < HEADER.size or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            raise ValueError("not an entry of ours")
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(mapped), int(status.st_mtime)


def _seal(checksum: int) -> int:
    """A time stamp, in whole even seconds (FAT keeps no finer) of the years 2001 to 2035."""
    return 1_000_000_000 + (checksum & 0x1FFFFFFF) * 2


def store_entry(origin: str, sections: Mapping[str, bytes | memoryview]) -> bool:
    """Write the entry of `origin`; False, and nothing left behind, where that fails for whatever reason."""
    path = _entry_path(origin)
    if path is None:
        return False
    folder = os.path.dirname(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        data = write_container({**sections, _ORIGIN: origin.encode("utf-8", "surrogateescape")})
        seal = _seal(Container(data, trusted=True).checksum)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
        )
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            os.utime(temporary, (seal, seal))
            os.replace(temporary, path)
        except BaseException:
            _remove(temporary)
            raise
    except (OSError, ValueError, ContainerError, OverflowError):
        return False
    _drop_oldest(folder)
    return True


def can_store() -> bool:
    """Whether it is worth making something for the cache: there is a folder that can be written, or could be made."""
    folder = cache_folder()
    while folder and not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(folder):
            return False
        folder = parent
    return bool(folder) and os.access(folder or "", os.W_OK | os.X_OK)


def _drop_oldest(folder: str) -> None:
    """Keep the cache small: beyond MAX_ENTRIES, the entries created first go, and temporaries that were left behind."""
    try:
        with os.scandir(folder) as listing:
            entries = [
                (item.stat().st_ctime, item.path)
                for item in listing
                if item.name.endswith((".kernel", ".tmp"))
            ]
    except OSError:
        return
    import time

    for created, path in entries:
        if path.endswith(".tmp") and time.time() - created > 3600:
            _remove(path)
    kept = sorted(entry for entry in entries if entry[1].endswith(".kernel"))
    for _, path in kept[: max(len(kept) - MAX_ENTRIES, 0)]:
        _remove(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
