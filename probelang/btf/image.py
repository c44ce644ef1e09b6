"""BTF out of the files it comes in: raw, a `vmlinux` or module (ELF), a compressed kernel image.

Every size read from a file is checked against the file, every decompression ends at a limit.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from typing import TYPE_CHECKING

from probelang.btf.types import BtfError
from probelang.btf.wire import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

LARGEST_IMAGE = 256 << 20
"""A kernel image, compressed or not: unpacked, without DWARF, it has some 30 to 90 MiB."""
_ELF = b"\x7fELF"
_GZIP = b"\x1f\x8b"
_BTF = (b"\x9f\xeb", b"\xeb\x9f")


def read_btf(path: str) -> bytes:
    """The BTF blob in a file: raw BTF, an ELF file with a .BTF section, a vmlinuz (bzImage, Image.gz, EFI zboot).

    Raises BtfError with a one-line reason that begins with the path.
    """
    try:
        # Opening a FIFO would wait for its writer.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise BtfError("not a file")
        with open(path, "rb") as file:
            return read_stream(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise BtfError(f"{path}: {error.strerror or error}") from None
    except (BtfError, ValueError) as error:  # ValueError: a NUL in the path
        raise BtfError(f"{path}: {error}") from None


def extract_btf(data: bytes) -> bytes:
    """The BTF blob in the bytes of a file, as `read_btf`. Raises BtfError."""
    return read_stream(io.BytesIO(data), len(data))


def read_stream(file: BinaryIO, size: int) -> bytes:
    """The BTF blob in an open file of `size` bytes, as `read_btf`. Raises BtfError."""
    magic = file.read(4)
    file.seek(0)
    if magic == _ELF:
        return _btf_of_elf(file, size)
    if size > LARGEST_IMAGE:
        raise BtfError("the file is too large to be a kernel image")
    if magic[:2] in _BTF:
        return file.read(LARGEST + 1)
    data = file.read(LARGEST_IMAGE)
    image = unpack_image(data)
    if image[:4] == _ELF:
        return _btf_of_elf(io.BytesIO(image), len(image))
    return _btf_in_flat_image(image)


def _btf_of_elf(file: BinaryIO, size: int) -> bytes:
    from probelang.btf.elf import read_section

    data = read_section(file, size, b".BTF", LARGEST)
    if not data:
        raise BtfError("no .BTF section: a kernel built without CONFIG_DEBUG_INFO_BTF, or stripped of it")
    return data


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def unpack_image(data: bytes) -> bytes:
    """The kernel within a compressed kernel image: ELF for a bzImage, flat for arm64. Raises BtfError."""
    if data[0x202:0x206] == b"HdrS" and len(data) > 0x250:
        return unpack(_bzimage_payload(data))
    if data[:2] == b"MZ" and data[4:8] == b"zimg":
        return unpack(_zboot_payload(data))
    if data[:2] == _GZIP:
        return unpack(data)
    if data[0x38:0x3C] in (
        b"ARM\x64",
        b"RSC\x05",
    ):  # Documentation/arch/{arm64/booting,riscv/boot-image-header}.rst
        return data
    raise BtfError("neither BTF, nor an ELF file, nor a kernel image")


def _bzimage_payload(data: bytes) -> bytes:
    """The payload, by the setup header (Documentation/arch/x86/boot.rst: setup_sects, payload_offset and _length)."""
    (version,) = struct.unpack_from("<H", data, 0x206)
    if version < 0x208:
        raise BtfError("a kernel image older than boot protocol 2.08")
    sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (sectors + 1) * 512 + offset
    if not length or start + length > len(data):
        raise BtfError("the kernel image is cut off")
    return data[start : start + length]


def _zboot_payload(data: bytes) -> bytes:
    """The payload of an EFI zboot image (drivers/firmware/efi/libstub/zboot-header.S)."""
    if len(data) < 0x40:
        raise BtfError("the kernel image is cut off")
    start, length = struct.unpack_from("<II", data, 8)
    if not length or start + length > len(data):
        raise BtfError("the kernel image is cut off")
    return data[start : start + length]


def unpack(payload: bytes, what: str = "kernel") -> bytes:
    """An ELF file that may be compressed; `what` it is, for a message. Raises BtfError."""
    for magic, name, unpacker in _FORMATS:
        if payload.startswith(magic):
            try:
                image = unpacker(payload)
            except BtfError:
                raise
            except EOFError:
                raise BtfError(f"the {'kernel image' if what == 'kernel' else what} is cut off") from None
            except ImportError as error:
                raise BtfError(
                    f"the {what} is compressed with {name}, and Python has no {error.name}"
                ) from None
            except MemoryError:
                raise BtfError(f"the {what}'s {name} stream is too large") from None
            except Exception as error:  # noqa: BLE001 (each library has exceptions of its own)
                raise BtfError(f"the {what}'s {name} stream is damaged: {_one_line(error)}") from None
            if len(image) > LARGEST_IMAGE:
                raise BtfError(f"the unpacked {what} is too large")
            if not image:
                raise BtfError(f"the {what}'s {name} stream is damaged")
            return image
    if payload[:4] == _ELF:
        return payload
    raise BtfError(
        "the kernel image is compressed in an unknown way"
        if what == "kernel"
        else f"neither an ELF file nor a compressed {what}"
    )


def _unpack_gzip(payload: bytes) -> bytes:
    import zlib

    return _whole(zlib.decompressobj(wbits=31), payload)


def _unpack_bzip2(payload: bytes) -> bytes:
    import bz2

    return _whole(bz2.BZ2Decompressor(), payload)


def _unpack_lzma(payload: bytes) -> bytes:
    import lzma

    return _whole(lzma.LZMADecompressor(memlimit=LARGEST_IMAGE), payload)


def _whole(unpacker: Any, payload: bytes) -> bytes:
    """One stream to its end; behind it lies the length that the kernel's build appends."""
    image: bytes = unpacker.decompress(payload, LARGEST_IMAGE + 1)
    if not unpacker.eof and len(image) <= LARGEST_IMAGE:
        raise EOFError
    return image


def _unpack_zstd(payload: bytes) -> bytes:
    import zstandard

    # The kernel is built with a window of up to 128 MiB (zstd --ultra -22).
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    with unpacker.stream_reader(payload) as stream:
        return bytes(stream.read(LARGEST_IMAGE + 1))


def _unpack_lz4(payload: bytes) -> bytes:
    """The legacy frame (lz4 -l): a magic number, then blocks of 8 MiB unpacked, each after its length."""
    import lz4.block  # type: ignore[import-untyped]

    block = 8 << 20
    parts = []
    size, at = 0, 4
    while at + 4 <= len(payload):
        (length,) = struct.unpack_from("<I", payload, at)
        at += 4
        # The build appends the unpacked length, which looks like one more block that isn't there.
        if length == 0 or at + length > len(payload):
            break
        part = lz4.block.decompress(payload[at : at + length], uncompressed_size=block)
        at += length
        parts.append(part)
        size += len(part)
        if size > LARGEST_IMAGE:
            raise BtfError("the unpacked kernel is too large")
        if len(part) < block:
            break
    return b"".join(parts)


def _unpack_lzo(payload: bytes) -> bytes:
    raise BtfError(
        "the kernel is compressed with lzo, which is not supported: unpack it first (extract-vmlinux)"
    )


_FORMATS: tuple[tuple[bytes, str, Callable[[bytes], bytes]], ...] = (
    (_GZIP, "gzip", _unpack_gzip),
    (b"\xfd7zXZ\x00", "xz", _unpack_lzma),
    (b"\x28\xb5\x2f\xfd", "zstd", _unpack_zstd),
    (b"\x02\x21\x4c\x18", "lz4", _unpack_lz4),
    (b"BZh", "bzip2", _unpack_bzip2),
    (b"\x5d\x00\x00", "lzma", _unpack_lzma),
    (b"\x89LZO", "lzo", _unpack_lzo),
)


def _btf_in_flat_image(image: bytes) -> bytes:
    """The blob in an image without sections (arm64): the header that fits, and is by far the largest."""
    magic = b"\x9f\xeb\x01\x00"
    at = image.find(magic)
    best = b""
    tries = 0
    while at >= 0 and tries < 10_000:
        tries += 1
        if at + 24 <= len(image):
            header, types, type_len, strings, string_len = struct.unpack_from("<5I", image, at + 4)
            length = header + max(types + type_len, strings + string_len)
            plausible = 24 <= header <= 256 and strings >= types + type_len and string_len and type_len
            if plausible and len(best) < length <= min(LARGEST, len(image) - at):
                best = image[at : at + length]
        at = image.find(magic, at + 4)
    if not best:
        raise BtfError("no BTF in the kernel image: built without CONFIG_DEBUG_INFO_BTF")
    return best
