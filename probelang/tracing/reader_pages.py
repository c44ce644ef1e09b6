"""Pages of the kernel's ring buffer, as `trace_pipe_raw` gives them.

A page has the time of its first record (64 bits), a word whose lower bits are the number of bytes that are taken, and records from
byte 16 on. Bit 31 of that word says that records were lost before this page, bit 30 that their number stands behind
the last record. A record begins with 32 bits: a type in the lower 5, and the nanoseconds since the record before it. `events/header_page`
and `events/header_event` of a kernel describe both; 6.1, 6.12 and 7.3 have them alike.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.tracing.reader_decode import Decoder

HEADER = 16
_TAKEN = (1 << 20) - 1
_MISSED, _COUNTED = 1 << 31, 1 << 30
_PADDING, _EXTEND, _STAMP = 29, 30, 31
_HIGH = 59
"""An absolute time has so many bits; those above are those of the time before it."""

_page = struct.Struct("<QQ")
_word = struct.Struct("<I")
_begin = struct.Struct("<IH")
_number = struct.Struct("<Q")

_KINDS = bytes(byte & 31 for byte in range(256))
_BYTES = [bytes([byte]) for byte in range(256)]
_FEW = 4
"""So many records alike are decoded together."""
_LATER = 16
"""After so many records one looks again, where the next ones are not alike."""

UNKNOWN = -1


class Damaged(Exception):
    """A page, or the rest of it, that is none; the message says why."""


def time_of(page: bytes) -> int:
    """The time of a page's first record; raises Damaged."""
    if len(page) < HEADER:
        raise Damaged(f"a page of {len(page)} bytes")
    return int(_page.unpack_from(page)[0])


def missed_before(page: bytes) -> int:
    """How many records were lost before a page; UNKNOWN if that is not told."""
    _, commit = _page.unpack_from(page)
    if not commit & _MISSED:
        return 0
    end = HEADER + (commit & _TAKEN)
    if commit & _COUNTED and end + 8 <= len(page):
        count = int(_number.unpack_from(page, end)[0])
        if 0 < count < 1 << 62:
            return count
    return UNKNOWN


def read_records(page: bytes, cpu: int, decoders: Mapping[int, Decoder], out: list[Any]) -> int:
    """Append what the records of a page are, and give the time of the last; of events that have no decoder, nothing.

    Raises Damaged where a record is none; what came before it is in `out`.
    """
    time, commit = _page.unpack_from(page)
    end = HEADER + (commit & _TAKEN)
    if end > len(page):
        raise Damaged(f"a page of {len(page)} bytes that says it has {end}")
    at = HEADER
    begin, find, add = _begin.unpack_from, decoders.get, out.append
    last = end - 8
    look = at
    while at <= last:
        word, event = begin(page, at)
        kind = word & 31
        if kind - 1 < 28 and kind:
            if at >= look:
                count = _count_alike(page, at, end, kind, event)
                decoder = find(event) if count >= _FEW else None
                if decoder is not None and decoder.run is not None and 4 * kind >= decoder.least:
                    made, time = decoder.run(page, at, kind, count, time, cpu)
                    out += made
                    at += 4 * (1 + kind) * count
                    continue
                look = at + 4 * (1 + kind) * _LATER
            time += word >> 5
            data = at + 4
            at = data + 4 * kind
        elif not kind:
            time += word >> 5
            length = _word.unpack_from(page, at + 4)[0]
            if length < 8:
                raise Damaged(f"a record of {length} bytes")
            data = at + 8
            at += 4 + length
            if at > end or end - data < 2:
                raise Damaged("a record that is longer than its page")
            event = page[data] | page[data + 1] << 8
        elif kind == _PADDING:
            # a record that was taken back; without a time, all that is left of the page
            if not word >> 5:
                return int(time)
            at += 4 + _word.unpack_from(page, at + 4)[0]
            continue
        else:
            high = _word.unpack_from(page, at + 4)[0]
            at += 8
            if kind == _EXTEND:
                time += (high << 27) + (word >> 5)
            else:
                time = _absolute((high << 27) + (word >> 5), time)
            continue
        if at > end:
            raise Damaged("a record that is longer than its page")
        decoder = find(event)
        if decoder is not None:
            hit = decoder.one(page, data, at, time, cpu)
            if hit is None:
                raise Damaged("a record that is shorter than its event's")
            add(hit)
    if at < end and (end - at < 4 or _word.unpack_from(page, at)[0] != _PADDING):
        raise Damaged("half a record")
    return int(time)


def _count_alike(page: bytes, at: int, end: int, kind: int, event: int) -> int:
    """How many records from here on are of one length and one event, without a line of Python for each."""
    step = 4 + 4 * kind
    end = at + (end - at) // step * step
    kinds = page[at:end:step].translate(_KINDS)
    left = (
        len(kinds.lstrip(_BYTES[kind])),
        len(page[at + 4 : end : step].lstrip(_BYTES[event & 255])),
        len(page[at + 5 : end : step].lstrip(_BYTES[event >> 8])),
    )
    return len(kinds) - max(left)


def _absolute(stamp: int, before: int) -> int:
    stamp &= (1 << _HIGH) - 1
    high = before >> _HIGH
    if high:
        stamp |= high << _HIGH
        if stamp < before:
            stamp += 1 << _HIGH
    return stamp
