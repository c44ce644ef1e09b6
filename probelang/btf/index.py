"""An index of a blob, to be saved: opening the blob with it takes no walk, and a look-up builds nothing.

Words in the machine's byte order: magic, version, length and fingerprint of the blob, checksum of all that follows,
then how many entries each table has, then the tables: the offsets of the records, then one table a `Space`, its
entries sorted by name.
"""

from __future__ import annotations

import zlib
from array import array
from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.btf.types import BtfIndexError

if TYPE_CHECKING:
    from probelang.btf.blob import Btf

MAGIC = 0x31495442  # "BTI1"
VERSION = 2
_TABLES = 1 + len(Space)
_HEADER = 5 + _TABLES
_SAMPLE = 1024
_SAMPLES = 16


def build_index(btf: Btf) -> bytes:
    """What `Btf.from_bytes(index=...)` takes back, with the same blob only. Raises BtfError."""
    tables = [array("I", btf.offsets)]
    tables += [array("I", btf.build_table(space).sorted_entries()) for space in Space]
    body = array("I", [len(table) for table in tables])
    for table in tables:
        body.extend(table)
    content = body.tobytes()
    head = array("I", [MAGIC, VERSION, len(btf.data), _fingerprint(btf.data, btf.base), zlib.crc32(content)])
    return head.tobytes() + content


def read_index(
    index: memoryview, data: memoryview, base: Btf | None
) -> tuple[memoryview, tuple[memoryview, ...]]:
    """The offsets and the tables of an index. Raises BtfIndexError."""
    if index.nbytes < _HEADER * 4 or index.nbytes % 4 or not index.c_contiguous:
        raise BtfIndexError("not a BTF index")
    words = index.cast("B").cast("I")
    if words[0] != MAGIC or words[1] != VERSION:
        raise BtfIndexError("not a BTF index, or of another version")
    if words[2] != len(data) or words[3] != _fingerprint(data, base):
        raise BtfIndexError("BTF index of another blob")
    if words[4] != zlib.crc32(words[5:]):
        raise BtfIndexError("BTF index is damaged")
    tables = []
    at = _HEADER
    for length in words[5:_HEADER]:
        tables.append(words[at : at + length])
        at += length
    if at != len(words) or not tables[0]:
        raise BtfIndexError("BTF index is damaged")
    return tables[0], tuple(tables[1:])


def _fingerprint(data: memoryview, base: Btf | None) -> int:
    """A checksum of samples: reading all of it would take longer than all else that opening takes."""
    value = _fingerprint(base.data, base.base) ^ len(base.data) if base else 0
    value = zlib.crc32(data[:64], value)
    step = max(len(data) // _SAMPLES, 1)
    for start in range(0, len(data), step):
        value = zlib.crc32(data[start : start + _SAMPLE], value)
    return zlib.crc32(data[-_SAMPLE:], value)
