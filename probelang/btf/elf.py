"""One section out of an ELF file, by name.

pyelftools would do, at five times the cost of all the rest of opening a kernel: importing it takes longer than
decoding the BTF. It also believes the section count of a hostile file.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.btf.types import BtfError

if TYPE_CHECKING:
    from typing import BinaryIO

MOST_SECTIONS = 1 << 16
"""A vmlinux has some 50 sections, one built with -ffunction-sections before linking some 60,000."""
LONGEST_NAMES = 16 << 20

_SHT_NOBITS = 8
_SHF_COMPRESSED = 0x800
_SHN_XINDEX = 0xFFFF


def read_section(file: BinaryIO, size: int, name: bytes, largest: int) -> bytes | None:
    """The bytes of a section of an ELF file that is `size` bytes long, or None where it has none of that name.

    Raises BtfError where the file is damaged or the section longer than `largest`.
    """
    ident = _read(file, size, 0, 16)
    if ident[:4] != b"\x7fELF" or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        raise BtfError("damaged ELF file")
    wide, order = ident[4] == 2, "<" if ident[5] == 1 else ">"
    # e_shoff, e_shentsize, e_shnum, e_shstrndx
    head = struct.unpack(
        order + ("24xQ10xHHH" if wide else "16xI10xHHH"), _read(file, size, 16, 48 if wide else 36)
    )
    table, entry_size, count, names_index = head
    entry = struct.Struct(order + ("IIQQQQII" if wide else "IIIIIIII"))
    if not table:
        return None
    if entry_size < entry.size:
        raise BtfError("damaged ELF file: its section headers are too short")
    # A count or index that does not fit its field is in the first section header (gABI, "Section Header").
    first = entry.unpack(_read(file, size, table, entry.size))
    count = count or first[5]
    names_index = first[6] if names_index == _SHN_XINDEX else names_index
    if count > MOST_SECTIONS or names_index >= count:
        raise BtfError("damaged ELF file: its section count is impossible")
    raw = _read(file, size, table, count * entry_size)
    sections = [entry.unpack_from(raw, at) for at in range(0, len(raw), entry_size)]
    _, _, _, _, names_at, names_size, *_ = sections[names_index]
    if names_size > LONGEST_NAMES:
        raise BtfError("damaged ELF file: its section names are too long")
    names = _read(file, size, names_at, names_size)
    wanted = name + b"\0"
    for name_at, kind, flags, _, at, length, *_ in sections:
        if names[name_at : name_at + len(wanted)] == wanted:
            if kind == _SHT_NOBITS or flags & _SHF_COMPRESSED:
                raise BtfError(f"the {name.decode()} section is empty or compressed")
            if length > largest:
                raise BtfError(f"the {name.decode()} section is too large")
            return _read(file, size, at, length)
    return None


def _read(file: BinaryIO, size: int, at: int, length: int) -> bytes:
    if at + length > size:
        raise BtfError("damaged ELF file: it is cut off")
    file.seek(at)
    data = file.read(length)
    if len(data) != length:
        raise BtfError("damaged ELF file: it is cut off")
    return data
