"""Sections and symbol tables that a program carries compressed, unpacked to no more than a limit."""

from __future__ import annotations

import struct

from probelang.program.elf import ProgramError

_ELFCOMPRESS_ZLIB, _ELFCOMPRESS_ZSTD = 1, 2


def unpack_section(data: bytes, order: str, wide: bool, largest: int, name: str) -> bytes:
    """The contents of a section with SHF_COMPRESSED (gABI, "Section Compression"). Raises ProgramError."""
    head = struct.Struct(order + ("I4xQQ" if wide else "III"))
    if len(data) < head.size:
        raise ProgramError(f"the {name} section is damaged")
    kind, size, _ = head.unpack_from(data)
    if size > largest:
        raise ProgramError(f"the {name} section is too large")
    payload = data[head.size :]
    try:
        if kind == _ELFCOMPRESS_ZLIB:
            import zlib

            unpacked = zlib.decompressobj().decompress(payload, size or 1)
        elif kind == _ELFCOMPRESS_ZSTD:
            import zstandard

            with zstandard.ZstdDecompressor().stream_reader(payload) as stream:
                unpacked = stream.read(size)
        else:
            raise ProgramError(f"the {name} section is compressed in an unknown way")
    except ImportError as error:
        raise ProgramError(f"the {name} section is compressed, and Python has no {error.name}") from None
    except ProgramError:
        raise
    except Exception:  # noqa: BLE001 (each library has exceptions of its own)
        raise ProgramError(f"the {name} section is damaged") from None
    if len(unpacked) != size:
        raise ProgramError(f"the {name} section is damaged")
    return unpacked


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
