"""One file that holds what is known of a kernel: bundled kernels, snapshots and cache entries alike.

Layout, little endian: a header of 32 bytes (magic, version, number of sections, CRC-32 of the section table, length
of the file), the section table (one fixed record a section: name, codec, CRC-32 of the raw bytes, offset, stored
size, raw size), and the sections, each at a multiple of 64 so that a mapped file can be cast. A section is stored
raw or as one zlib stream, whichever its writer chose. Nothing is decompressed before it is asked for.

Sections, each of which may be missing: `btf`, `btf.index` (of `probelang.btf.index`), `btf:MODULE`,
`functions` (traceable ones), `symbols.text`, `symbols.data`, `aliases` (other names of traceable functions), `blacklist`, `events` (all tables as in
`probelang.kernel.tables`), `readme`, `version` (the banner of `/proc/version`), `missing` (reasons, a table).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from probelang.answers import KernelError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"\x89PRBKRN\n"
VERSION = 1
HEADER = struct.Struct("<8sIIIIQ")
RECORD = struct.Struct("<64sIIQQQ")
MAX_SECTIONS = 4096
MAX_SECTION_SIZE = 1 << 28
MAX_TOTAL_SIZE = 1 << 29
CODEC_RAW = 0
CODEC_ZLIB = 1
_ALIGNMENT = 64


class ContainerError(KernelError):
    """Bytes that are not a sound container; one line."""


class Container:
    """The sections of one container, decompressed and checked as they are asked for.

    `trusted` skips the checksum of raw sections: for files that came with the package, and for cache entries whose
    seal is intact (`probelang.cache`). `name` is what errors call the file.
    """

    __slots__ = ("_data", "_name", "_open", "_sections", "checksum", "trusted")

    def __init__(self, data: bytes | memoryview, *, trusted: bool = False, name: str = "snapshot") -> None:
        self._name = name
        self._data = memoryview(data)
        self._open: dict[str, memoryview] = {}
        self.trusted = trusted
        self.checksum, self._sections = _read_table(self._data)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the sections, in the order of the file."""
        return tuple(self._sections)

    def __contains__(self, name: str) -> bool:
        return name in self._sections

    def raw_size(self, name: str) -> int:
        """How many bytes a section has when decompressed."""
        return self._sections[name][4]

    def section(self, name: str) -> memoryview | None:
        """The bytes of a section, or None if there is none of this name; raises ContainerError if it is damaged."""
        found = self._open.get(name)
        if found is not None:
            return found
        entry = self._sections.get(name)
        if entry is None:
            return None
        codec, checksum, offset, stored, raw = entry
        view = self._data[offset : offset + stored]
        if codec == CODEC_ZLIB:
            view = memoryview(self._decompress(name, view, raw))
        if (codec == CODEC_ZLIB or not self.trusted) and zlib.crc32(view) != checksum:
            raise ContainerError(f"{self._name}: its section {name} is damaged (wrong checksum)")
        self._open[name] = view
        return view

    def _decompress(self, name: str, stored: memoryview, size: int) -> bytes:
        try:
            data = zlib.decompressobj().decompress(stored, size + 1)
        except zlib.error:
            raise ContainerError(
                f"{self._name}: its section {name} is damaged (does not decompress)"
            ) from None
        if len(data) != size:
            raise ContainerError(f"{self._name}: its section {name} does not have the size it claims")
        return data


def _read_table(data: memoryview) -> tuple[int, dict[str, tuple[int, int, int, int, int]]]:
    size = len(data)
    if size < HEADER.size:
        raise ContainerError("too short for a kernel snapshot")
    magic, version, count, checksum, _, length = HEADER.unpack_from(data)
    if magic != MAGIC:
        raise ContainerError("not a kernel snapshot")
    if version != VERSION:
        raise ContainerError(
            f"a kernel snapshot of version {version}; this probelang reads version {VERSION}"
        )
    end = HEADER.size + count * RECORD.size
    if count > MAX_SECTIONS or end > size or length != size:
        raise ContainerError(f"a truncated or damaged kernel snapshot ({size} bytes of {length})")
    if zlib.crc32(data[HEADER.size : end]) != checksum:
        raise ContainerError("a damaged kernel snapshot (the checksum of its section table does not match)")
    sections = {}
    total = 0
    for name, codec, crc, offset, stored, raw in RECORD.iter_unpack(data[HEADER.size : end]):
        text = name.rstrip(b"\0").decode("ascii", "replace")
        if codec not in (CODEC_RAW, CODEC_ZLIB):
            raise ContainerError(f"section {text!r} is packed in an unknown way ({codec})")
        if offset < end or offset > size or stored > size - offset or raw > MAX_SECTION_SIZE:
            raise ContainerError(f"section {text!r} lies outside of the file or is too large")
        if (codec == CODEC_RAW and raw != stored) or (codec == CODEC_ZLIB and raw > 1040 * stored + 64):
            raise ContainerError(f"section {text!r} has an impossible size")
        total += raw
        if total > MAX_TOTAL_SIZE:
            raise ContainerError("a kernel snapshot of an impossible size")
        sections[text] = (codec, crc, offset, stored, raw)
    return checksum, sections


def write_container(
    sections: Mapping[str, bytes | memoryview], *, compress: frozenset[str] = frozenset()
) -> bytes:
    """The bytes of a container with these sections; those named in `compress` are stored as zlib streams."""
    records, bodies = [], []
    offset = _align(HEADER.size + len(sections) * RECORD.size)
    for name, data in sections.items():
        encoded = name.encode("ascii")
        if len(encoded) > 64 or len(data) > MAX_SECTION_SIZE:
            raise ContainerError(f"section {name!r} is too large for a kernel snapshot")
        body = zlib.compress(data, 9) if name in compress else data
        codec = CODEC_ZLIB if name in compress else CODEC_RAW
        records.append(RECORD.pack(encoded, codec, zlib.crc32(data), offset, len(body), len(data)))
        bodies.append((offset, body))
        offset = _align(offset + len(body))
    table = b"".join(records)
    length = bodies[-1][0] + len(bodies[-1][1]) if bodies else HEADER.size
    out = bytearray(HEADER.pack(MAGIC, VERSION, len(records), zlib.crc32(table), 0, length))
    out += table
    for start, body in bodies:
        out += bytes(start - len(out))
        out += body
    return bytes(out)


def _align(offset: int) -> int:
    return (offset + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
