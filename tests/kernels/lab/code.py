"""Where instructions begin in the first lines of a kernel's functions, for probes inside of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from probelang.btf.image import unpack_image
from tests.kernels.lab.capture import captured_folder
from tests.kernels.lab.fetch import KernelFiles

_LOOK_AT = 48


def insides(kernel: KernelFiles) -> Callable[[str], list[int]]:
    """Of a function, the offsets behind its first instruction at which others begin; raises `LabError`.

    The image is linked to where it runs, because the guests do not move it about (`nokaslr`).
    """
    image = unpack_image(kernel.vmlinuz.read_bytes())
    segments = _segments(image)
    addresses = _addresses(captured_folder(kernel) / "proc" / "kallsyms")

    def find(function: str) -> list[int]:
        address = addresses.get(function, 0)
        for start, size, place in segments:
            if start <= address < start + size - _LOOK_AT:
                at = place + address - start
                return boundaries(image[at : at + _LOOK_AT])
        return []

    return find


def boundaries(code: bytes) -> list[int]:
    """The offsets of the second and later instructions, as long as they are of a kind that compilers begin with.

    A long nop is left out: where it is not ftrace's it is a jump label's, and the kernel allows no kprobe on that.
    """
    found: list[int] = []
    at = 0
    while (length := _length(code[at : at + 8])) and at + length < len(code):
        if at and code[at] not in (0x0F, 0xE8):
            found.append(at)
        at += length
    return found


def _length(code: bytes) -> int:
    """The length of an x86-64 instruction; 0 of one that is not known here."""
    if code.startswith(b"\xf3\x0f\x1e\xfa"):  # endbr64
        return 4
    if code.startswith(
        (b"\x0f\x1f\x44\x00\x00", b"\xe8")
    ):  # the place for ftrace's call, as a nop or as it was built
        return 5
    rex = 1 if 0x40 <= code[0] <= 0x4F else 0
    opcode = code[rex]
    if 0x50 <= opcode <= 0x57:  # push
        return rex + 1
    if opcode in (0x31, 0x33, 0x39, 0x3B, 0x85, 0x89, 0x8B) and code[rex + 1] >= 0xC0:  # between registers
        return rex + 2
    if opcode in (0x81, 0x83) and code[rex + 1] >= 0xC0:  # with a constant
        return rex + (6 if opcode == 0x81 else 3)
    return 0


def _segments(image: bytes) -> list[tuple[int, int, int]]:
    """Address, size in the file and place in the file of what an ELF image loads."""
    table, _, _, _, size, count = struct.unpack_from("<QQIHHH", image, 32)
    found = []
    for number in range(count):
        kind, _, place, address, _, length = struct.unpack_from("<IIQQQQ", image, table + number * size)
        if kind == 1:
            found.append((address, length, place))
    return found


def _addresses(kallsyms: Path) -> dict[str, int]:
    """Functions of the kernel itself by name, without names that several bear."""
    found: dict[str, int] = {}
    for line in kallsyms.read_text().splitlines():
        address, kind, name, *module = line.split()
        if kind in "tT" and not module:
            found[name] = 0 if name in found else int(address, 16)
    return found
