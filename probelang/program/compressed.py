"""Sections and symbol tables that a program carries compressed, unpacked to no more than a limit."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.program.elf import ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.program.elf import Elf, Section

_ELFCOMPRESS_ZLIB, _ELFCOMPRESS_ZSTD = 1, 2
_PIECE = 1 << 20
_MOST_INFLATED = 1040
"""Bytes that zlib can make of one."""


def unpacked_size(elf: Elf, section: Section) -> int:
    """How long the contents of a section with SHF_COMPRESSED say to be. Raises ProgramError."""
    return _read_head(elf, section)[1]


def unpack_section(elf: Elf, section: Section, largest: int) -> bytearray:
    """The contents of a section with SHF_COMPRESSED (gABI, "Section Compression").

    The memory it takes is that of the contents, which are no more than `largest`. Raises ProgramError.
    """
    kind, size, at = _read_head(elf, section)
    name = section.name
    if size > largest:
        raise ProgramError(f"the {name} section is too large")
    if kind == _ELFCOMPRESS_ZLIB and size > _MOST_INFLATED * section.size:
        raise ProgramError(f"the {name} section is damaged")
    contents = bytearray(size)
    end = section.offset + section.size
    try:
        if kind == _ELFCOMPRESS_ZLIB:
            filled = _inflate(elf, at, end, contents)
        elif kind == _ELFCOMPRESS_ZSTD:
            import zstandard

            packed = elf.source.read(at, end - at)
            with zstandard.ZstdDecompressor().stream_reader(packed) as stream:
                filled = _fill(stream.readinto, contents)
        else:
            raise ProgramError(f"the {name} section is compressed in an unknown way")
    except ImportError as error:
        raise ProgramError(f"the {name} section is compressed, and Python has no {error.name}") from None
    except ProgramError:
        raise
    except Exception:  # noqa: BLE001 (each library has exceptions of its own)
        raise ProgramError(f"the {name} section is damaged") from None
    if filled != size:
        raise ProgramError(f"the {name} section is damaged")
    return contents


def _read_head(elf: Elf, section: Section) -> tuple[int, int, int]:
    """How a section is compressed, the size of its contents, and where the compressed bytes start."""
    head = struct.Struct(elf.order + ("I4xQQ" if elf.wide else "III"))
    if section.size < head.size:
        raise ProgramError(f"the {section.name} section is damaged")
    kind, size, _ = head.unpack(elf.source.read(section.offset, head.size))
    return kind, size, section.offset + head.size


def _inflate(elf: Elf, at: int, end: int, contents: bytearray) -> int:
    import zlib

    unpacker = zlib.decompressobj()
    filled = 0
    while filled < len(contents) and not unpacker.eof:
        data = unpacker.unconsumed_tail
        if not data:
            data = elf.source.read(at, min(_PIECE, end - at))
            at += len(data)
        if not data:
            break
        piece = unpacker.decompress(data, min(_PIECE, len(contents) - filled))
        contents[filled : filled + len(piece)] = piece
        filled += len(piece)
    return filled


def _fill(read_into: Callable[[memoryview], int], contents: bytearray) -> int:
    view = memoryview(contents)
    filled = 0
    while filled < len(view):
        count = read_into(view[filled : filled + _PIECE])
        if count <= 0:
            break
        filled += count
    return filled


def unpack_xz(data: bytes, largest: int) -> bytes:
    """One xz stream, as .gnu_debugdata holds. Raises ProgramError."""
    try:
        import lzma

        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=256 << 20)
        unpacked = unpacker.decompress(data, largest + 1)
    except ImportError:
        raise ProgramError(
            "the .gnu_debugdata section is compressed with xz, and Python has no lzma"
        ) from None
    except Exception:  # noqa: BLE001 (lzma.LZMAError, MemoryError)
        raise ProgramError("the .gnu_debugdata section is damaged") from None
    if len(unpacked) > largest or not unpacker.eof:
        raise ProgramError("the .gnu_debugdata section is damaged or too large")
    return unpacked
