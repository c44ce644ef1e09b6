"""BTF out of raw files, ELF files and kernel images of all compressions."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import lz4.block  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.btf import image
from probelang.btf.blob import Btf
from probelang.btf.image import extract_btf, read_btf
from probelang.btf.types import BtfError

from .compiler import require
from .writer import Writer, every_kind


def blob() -> bytes:
    writer = Writer()
    every_kind(writer)
    return writer.blob()


BLOB = blob()


def elf(sections: dict[str, bytes], *, wide: bool = True, order: str = "<") -> bytes:
    """An ELF file of these sections and their names."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in [*sections, ".shstrtab"])
    contents = [*sections.values(), names]
    header_size, entry = (64, "IIQQQQIIQQ") if wide else (52, "IIIIIIIIII")
    at, headers, body = header_size, [bytes(struct.calcsize(order + entry))], b""
    for name, content in zip([*sections, ".shstrtab"], contents, strict=True):
        where = names.index(b"\0" + name.encode() + b"\0") + 1
        headers.append(struct.pack(order + entry, where, 1, 0, 0, at + len(body), len(content), 0, 0, 1, 0))
        body += content
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    fields = [
        2,
        62,
        1,
        0,
        0,
        at + len(body),
        0,
        header_size,
        0,
        0,
        len(headers[0]),
        len(headers),
        len(headers) - 1,
    ]
    head = struct.pack(order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), *fields)
    return ident + head + body + b"".join(headers)


VMLINUX = elf({".text": b"\x90" * 1000, ".BTF": BLOB, ".BTF_ids": b"\0" * 8})


def lz4_legacy(data: bytes) -> bytes:
    blocks = [data[at : at + (8 << 20)] for at in range(0, len(data), 8 << 20)]
    packed = [lz4.block.compress(block, store_size=False) for block in blocks]
    return b"\x02\x21\x4c\x18" + b"".join(struct.pack("<I", len(block)) + block for block in packed)


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "xz": lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    "bzip2": bz2.compress,
    "zstd": zstandard.ZstdCompressor(level=19).compress,
    "lz4": lz4_legacy,
    "none": bytes,
}


def bzimage(payload: bytes, unpacked: int) -> bytes:
    """Setup code of two sectors, then the decompressor, the payload and the length that the build appends."""
    setup = bytearray(3 * 512)
    setup[0x1F1] = 2
    setup[0x202:0x208] = b"HdrS\x0f\x02"
    struct.pack_into("<II", setup, 0x248, 100, len(payload) + 4)
    return bytes(setup) + b"\xcc" * 100 + payload + struct.pack("<I", unpacked) + b"\xcc" * 50


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_a_bzimage_of_any_compression(name: str) -> None:
    assert extract_btf(bzimage(COMPRESSIONS[name](VMLINUX), len(VMLINUX))) == BLOB


def test_lz4_of_several_blocks() -> None:
    vmlinux = elf({".text": os.urandom(1 << 20) + bytes(17 << 20), ".BTF": BLOB})
    assert extract_btf(bzimage(lz4_legacy(vmlinux), len(vmlinux))) == BLOB


def test_lzo_is_refused_by_its_name() -> None:
    with pytest.raises(BtfError, match="compressed with lzo, which is not supported"):
        extract_btf(bzimage(b"\x89LZO\0\r\n\x1a\n" + bytes(50), 100))


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("order", ["<", ">"])
def test_elf_files(wide: bool, order: str) -> None:
    assert extract_btf(elf({".text": b"x" * 99, ".BTF": BLOB}, wide=wide, order=order)) == BLOB


def test_an_arm64_image() -> None:
    """No sections there: the blob is found by its header, and not taken for the magic number in the code."""
    flat = bytearray(4096)
    flat[:2] = b"MZ"
    flat[0x38:0x3C] = b"ARM\x64"
    flat[1000:1004] = b"\x9f\xeb\x01\x00"
    flat[2000:2024] = BLOB[:12] + b"\xff" * 12
    flat += BLOB + b"\xcc" * 500
    assert extract_btf(bytes(flat)) == BLOB
    assert extract_btf(gzip.compress(bytes(flat), mtime=0)) == BLOB
    payload = zstandard.ZstdCompressor().compress(bytes(flat))
    zboot = (
        struct.pack("<4s4sII", b"MZ\0\0", b"zimg", 0x1000, len(payload)) + b"zstd22\0\0" + bytes(0x1000 - 24)
    )
    assert extract_btf(zboot + payload) == BLOB


def test_files(tmp_path: Path) -> None:
    for name, content in {
        "raw": BLOB,
        "vmlinux": VMLINUX,
        "vmlinuz": bzimage(gzip.compress(VMLINUX), 0),
    }.items():
        (tmp_path / name).write_bytes(content)
        assert len(Btf.from_bytes(read_btf(str(tmp_path / name)))) == len(Btf.from_bytes(BLOB))


def test_what_objcopy_makes(tmp_path: Path) -> None:
    """An ELF file that somebody else wrote."""
    (tmp_path / "blob").write_bytes(BLOB)
    (tmp_path / "empty.c").write_text("int nothing;\n")
    subprocess.run([require("gcc"), "-c", "-g", "-o", tmp_path / "object", tmp_path / "empty.c"], check=True)
    section = f".BTF={tmp_path / 'blob'}"
    subprocess.run([require("objcopy"), "--add-section", section, tmp_path / "object"], check=True)
    assert read_btf(str(tmp_path / "object")) == BLOB


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "neither BTF, nor an ELF file, nor a kernel image"),
        (b"#!/bin/sh\n", "neither BTF"),
        (elf({".text": b"x"}), "no .BTF section: a kernel built without CONFIG_DEBUG_INFO_BTF"),
        (VMLINUX[:-100], "damaged ELF file: it is cut off"),
        (VMLINUX[:20], "damaged ELF file"),
        (b"\x7fELF" + bytes(100), "damaged ELF file"),
        (bzimage(b"\x01\x02\x03\x04" * 20, 0), "compressed in an unknown way"),
        (bzimage(gzip.compress(VMLINUX), 0)[:-200], "the kernel image is cut off"),
        (bzimage(gzip.compress(VMLINUX)[:-300], 0), "gzip stream is damaged|cut off"),
        (bzimage(lzma.compress(VMLINUX)[:-300], 0), "xz stream is damaged|cut off"),
        (bzimage(b"\x28\xb5\x2f\xfd" + os.urandom(90), 0), "zstd stream is damaged|unknown"),
        (bzimage(b"\x02\x21\x4c\x18" + b"\x10\0\0\0" + b"\xff" * 90, 0), "lz4 stream is damaged"),
        (gzip.compress(bytes(4096), mtime=0), "no BTF in the kernel image"),
    ],
)
def test_one_line_says_what_is_wrong(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(BtfError, match=reason) as caught:
        read_btf(str(file))
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path, reason in {
        str(tmp_path / "absent"): "No such file",
        str(tmp_path): "not a file",
        str(tmp_path / "fifo"): "not a file",
        "/dev/zero": "not a file",
        "a\0b": "null",
    }.items():
        with pytest.raises(BtfError, match=reason):
            read_btf(path)


@pytest.mark.parametrize("name", [name for name in COMPRESSIONS if name != "none"])
def test_a_bomb_is_not_unpacked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "LARGEST_IMAGE", 1 << 20)
    bomb = COMPRESSIONS[name](b"\x7fELF" + bytes(20 << 20))
    with pytest.raises(BtfError, match="the unpacked kernel is too large|stream is damaged|memory|too large"):
        extract_btf(bzimage(bomb, 0))


def test_a_section_count_that_would_take_hours() -> None:
    vmlinux = bytearray(VMLINUX)
    table = struct.unpack_from("<Q", vmlinux, 0x28)[0]
    vmlinux[0x3C:0x3E] = b"\0\0"
    struct.pack_into("<Q", vmlinux, table + 32, 1 << 60)
    with pytest.raises(BtfError, match="section count is impossible"):
        extract_btf(bytes(vmlinux))
    struct.pack_into("<Q", vmlinux, table + 32, 5)
    assert extract_btf(bytes(vmlinux)) == BLOB


IMAGES = [VMLINUX, *(bzimage(pack(VMLINUX), len(VMLINUX)) for pack in COMPRESSIONS.values())]


@settings(max_examples=300)
@given(
    st.sampled_from(IMAGES),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6),
    st.none() | st.integers(0, 4000),
)
def test_mutations_of_images(seed: bytes, patches: list[tuple[int, int]], cut: int | None) -> None:
    data = bytearray(seed)
    for at, value in patches:
        data[at % len(data)] = value
    try:
        extract_btf(bytes(data[:cut]))
    except BtfError as error:
        assert str(error) and "\n" not in str(error)
