"""What `events/GROUP/EVENT/format` says of an event's record: where each field lies, how wide it is, and its sign.

Facts seen on Linux 6.1, 6.12 and 7.3: strings are 32 bits, the offset from the record's start below and the length above;
several strings of one field are as many such words; `size` of an array is that of all its elements; fields of synthetic
events lie 8 bytes apart at least, and a string of fixed length takes 256 there whatever `size` says. Where a dynamic
string of a synthetic event says size 8, the word is in the lower half.
"""

from __future__ import annotations

import re

from probelang.record import record

MAX_FORMAT = 1 << 18
"""No event of a kernel takes more: 128 fields of 64 elements each are spelled out in `print fmt`."""

_ID = re.compile(r"^ID: (\d{1,5})$", re.MULTILINE)
_FIELD = re.compile(
    r"^\tfield:(?P<declared>[^;\n]+);\toffset:(?P<offset>\d{1,6});\tsize:(?P<size>\d{1,6});"
    r"(?:\tsigned:(?P<signed>[01]);)?$",
    re.MULTILINE,
)
_DECLARED = re.compile(r"(?P<type>.*?)\s*\b(?P<name>\w+)(?P<array>\[\d*\])?")
_STRINGS = re.compile(r"__data_loc\s+char\s*\[\](?:\[(?P<count>\d{1,3})\])?")
_WIDTH = re.compile(r"[us](8|16|32|64)")


class ReaderError(Exception):
    """What a kernel says of its ring buffer is not understood, or cannot be read; the message is one line."""


def unreadable(error: OSError) -> ReaderError:
    """Of a file that cannot be read."""
    return ReaderError(f"cannot read {error.filename or 'the ring buffer'}: {error.strerror or error}")


@record
class FormatField:
    """One field of a record: `size` bytes at `offset`.

    `strings` is how many strings it points to, 0 for other fields. `count` is the number of elements of an array, None where
    it is none; `width` is the size of an element in bytes.
    """

    name: str
    offset: int
    size: int
    signed: bool
    width: int
    count: int | None = None
    strings: int = 0
    characters: bool = False
    """Whether it is a string of fixed length."""


@record
class EventFormat:
    """An event's number, `common_type` of its records, and their fields by name."""

    id: int
    fields: dict[str, FormatField]


def parse_format(text: str, name: str) -> EventFormat:
    """The format of event `name`; raises ReaderError."""
    number = _ID.search(text)
    if number is None or len(text) > MAX_FORMAT:
        raise ReaderError(f"the format of {name} is not one of this kernel's: it has no ID")
    fields: dict[str, FormatField] = {}
    for found in _FIELD.finditer(text):
        field = _parse_field(found["declared"], int(found["offset"]), int(found["size"]), found["signed"])
        if field is not None:
            fields[field.name] = field
    return EventFormat(int(number[1]), fields)


def parse_page_size(text: str) -> int:
    """The size of a page of the ring buffer by `events/header_page`; raises ReaderError."""
    end = 0
    for found in _FIELD.finditer(text):
        if found["declared"].split()[-1] == "data":
            end = int(found["offset"]) + int(found["size"])
            start = int(found["offset"])
            if start != 16 or not start < end <= 1 << 20:
                break
            return end
    raise ReaderError("events/header_page describes pages as no known kernel has them")


def _parse_field(declared: str, offset: int, size: int, signed: str | None) -> FormatField | None:
    """A field by its declaration, `u64 name`, `u8 name[]`, `__data_loc char[][2] name`; None where it is no such thing."""
    found = _DECLARED.fullmatch(declared)
    if found is None:
        return None
    type, name, array = found["type"], found["name"], found["array"]
    strings = _STRINGS.fullmatch(type)
    if strings is not None or (type == "__data_loc char" and array == "[]"):
        count = int(strings["count"]) if strings is not None and strings["count"] else 1
        one = count == 1 and (strings is None or not strings["count"])
        return FormatField(name, offset, size, False, 4, None if one else count, count)
    if array is None:
        return FormatField(name, offset, size, signed == "1", size)
    if type == "char":
        return FormatField(name, offset, size, False, 1, characters=True)
    width = _WIDTH.fullmatch(type)
    bytes_each = int(width[1]) // 8 if width else 8 if type in ("unsigned long", "long") else 0
    if bytes_each == 0 or size % bytes_each:
        return None
    return FormatField(name, offset, size, signed == "1", bytes_each, size // bytes_each)
