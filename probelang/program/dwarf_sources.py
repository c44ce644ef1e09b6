"""Places in source files: the addresses of a line, and what to say where it has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_functions import DwarfFunction
from probelang.program.dwarf_lines import IS_STMT
from probelang.program.dwarf_wire import DwarfError
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.program.dwarf_lines import LineTable
    from probelang.program.dwarf_reader import Reader
    from probelang.program.dwarf_unit import Unit
    from probelang.program.dwarf_wire import Sections

_MOST_ADDRESSES = 1 << 12
_MOST_STRINGS = 256
_LONGEST_HEADER = 4 << 20
"""Bytes of a line table's header that are looked through: some tens of thousands of files."""
_ROOT = 4096
"""Bytes that a unit's own entry has at most, its strings counted."""


@record
class LineFound:
    """A line has code at `addresses`: the first in each part of a function and in each inlined instance of one.

    `rows` has, for each of those, all addresses where the table begins the line anew in that part.
    """

    addresses: tuple[int, ...]
    file: str
    line: int
    rows: tuple[tuple[int, ...], ...] = ()


@record
class NoCode:
    """The file is known, the line has no code; `next_line` is the nearest later one that has, if any."""

    file: str
    line: int
    next_line: int | None


@record
class NoFile:
    """Nothing was compiled from a file of that name."""


@record
class AmbiguousFile:
    """Several files end in that path."""

    files: tuple[str, ...]


LineAnswer: TypeAlias = LineFound | NoCode | NoFile | AmbiguousFile


def find_line(reader: Reader, file: str, line: int) -> LineAnswer:
    """Raises DwarfError."""
    tables: list[tuple[Unit, LineTable, dict[int, str]]] = []
    paths: dict[str, None] = {}
    for unit in _units_naming(reader, file):
        try:
            table = reader.line_table(unit)
        except DwarfError:
            continue
        found = table.files_named(file) if table is not None else {}
        if table is not None and found:
            tables.append((unit, table, found))
            paths.update(dict.fromkeys(found.values()))
    if not tables:
        return NoFile()
    if len(paths) > 1:
        with_code = _with_code(tables)
        if len(with_code) != 1:
            return AmbiguousFile(tuple(with_code or paths))
        paths = with_code
    (path,) = paths
    parts: dict[int, tuple[int, ...]] = {}
    later: int | None = None
    for unit, table, found in tables:
        files = {index for index, name in found.items() if name == path}
        own, following = _addresses(reader, unit, table, files, line, None)
        parts.update(own)
        if following is not None and (later is None or following < later):
            later = following
    return _found(parts, path, line) if parts else NoCode(path, line, later)


def find_function_line(reader: Reader, function: DwarfFunction, line: int) -> LineAnswer:
    """A line counted from that of the function's name, 0. Raises DwarfError."""
    unit = function.die.unit
    table = reader.line_table(unit)
    path, first = function.decl_file, function.decl_line
    if table is None or path is None or first is None:
        return NoFile()
    files = set(table.files_named(path))
    if line == 0:
        return LineFound((function.low,), path, first, ((function.low,),))
    own, following = _addresses(reader, unit, table, files, first + line, function)
    return _found(own, path, first + line) if own else NoCode(path, first + line, following)


def _found(parts: dict[int, tuple[int, ...]], path: str, line: int) -> LineFound:
    addresses = tuple(sorted(parts))
    return LineFound(addresses, path, line, tuple([parts[address] for address in addresses]))


def _with_code(tables: list[tuple[Unit, LineTable, dict[int, str]]]) -> dict[str, None]:
    """Of the files found those that have code: headers are in many tables for their types alone."""
    found: dict[str, None] = {}
    for _, table, files in tables:
        used = {row[1] for row in table.rows_of(files) if row[3] & IS_STMT}
        for index, path in files.items():
            if index in used:
                found[path] = None
    return found


def _addresses(
    reader: Reader,
    unit: Unit,
    table: LineTable,
    files: set[int],
    line: int,
    within: DwarfFunction | None,
) -> tuple[dict[int, tuple[int, ...]], int | None]:
    """Addresses of a line in one table, by the first of each part of a function, and the nearest later line that has some."""
    exact: list[int] = []
    later: int | None = None
    for address, _, number, flags in table.rows_of(files):
        if number < line or not flags & IS_STMT or (within is not None and address not in within):
            continue
        if number == line:
            exact.append(address)
        elif later is None or number < later:
            later = number
    parts: dict[tuple[int, int, int], list[int]] = {}
    for address in sorted(set(exact))[:_MOST_ADDRESSES]:
        parts.setdefault(_part_of(reader, address) or (-1, address, 0), []).append(address)
    return {part[0]: tuple(part) for part in parts.values()}, later


def _part_of(reader: Reader, address: int) -> tuple[int, int, int] | None:
    """The entry of the innermost function or inlined instance there, and the part of the function around it.

    What is seldom run lies far from the rest of its function, and a line may have code in both.
    """
    try:
        die = reader.subprogram_at(address)
        if die is None:
            return None
        function = DwarfFunction(reader, die, reader.code_of(die))
        part = next((low for low, high in function.ranges if low <= address < high), 0)
        inner = function.inlined_at(address)
        die = inner[0].die if inner else die
        return die.unit.offset, die.offset, part
    except DwarfError:
        return None


def _units_naming(reader: Reader, file: str) -> list[Unit]:
    """Units whose line table may name a file, in the order of their tables.

    The headers of all tables are looked through as bytes, for the file's last part, before any unit is.
    """
    base = file.rsplit("/", 1)[-1].encode()
    if not base or b"\0" in base:
        return []
    wanted = _pattern_of(reader.sections, base)
    tables = {start for start, end in _headers(reader) if wanted.search(_piece(reader, start, end))}
    if not tables:
        return []
    by_table: dict[int, Unit] = {}
    for unit in _units_storing(reader, tables):
        try:
            table = unit.root.section_offset(dw.AT_STMT_LIST)
        except DwarfError:
            continue
        if table in tables and table not in by_table and unit.root.tag == dw.TAG_COMPILE_UNIT:
            by_table[table] = unit
    return [unit for _, unit in sorted(by_table.items())]


def _pattern_of(sections: Sections, base: bytes) -> re.Pattern[bytes]:
    """What a table that names a file has somewhere in its header: the name, or where in some section it stands."""
    patterns = [re.escape(base) + b"\0"]
    for section in (".debug_line_str", ".debug_str"):
        strings = bytes(sections.view(section)[:])
        for count, match in enumerate(re.finditer(re.escape(base) + b"\0", strings)):
            if count >= _MOST_STRINGS:
                break
            patterns += [re.escape(offset) for offset in _starts(strings, match.start(), sections.order)]
    return re.compile(b"|".join(dict.fromkeys(patterns)))


def _headers(reader: Reader) -> Iterator[tuple[int, int]]:
    """Where each line table starts, and where its rows do, as far as the lengths of the tables lead."""
    sections = reader.sections
    data, order = sections.view(".debug_line"), sections.order
    at, count = 0, 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4], order), 4
        if length == 0xFFFFFFFF:
            length, head = int.from_bytes(data[at + 4 : at + 12], order), 12
        count += 1
        if length:
            try:
                end = _header_end(reader, at)
            except DwarfError:
                end = at
            if at < end <= at + head + length:
                yield at, end
        at += head + length
    sections.spend(count)


def _piece(reader: Reader, start: int, end: int) -> bytes:
    return bytes(reader.sections.view(".debug_line")[start : min(end, start + _LONGEST_HEADER)])


def _units_storing(reader: Reader, tables: set[int]) -> Iterator[Unit]:
    """Units that have the offset of one of these tables in their first bytes: reading what they are takes far longer."""
    order = reader.sections.order
    data = reader.sections.view(".debug_info")
    stored = re.compile(b"|".join(re.escape((table & 0xFFFFFFFF).to_bytes(4, order)) for table in tables))
    for offset in reader.units.offsets():
        if stored.search(bytes(data[offset : offset + _ROOT])):
            try:
                yield reader.units.at(offset)
            except DwarfError:
                continue


def _starts(strings: bytes, at: int, order: str) -> list[bytes]:
    """The offsets, as four bytes, of strings that end in what was found: the name alone, or a path to it."""
    before = strings[max(0, at - 4096) : at]
    start = at - len(before) + before.rfind(0) + 1
    return [
        offset.to_bytes(4, "little" if order == "little" else "big")
        for offset in {at, start}
        if offset < 1 << 32
    ]


def _header_end(reader: Reader, offset: int) -> int:
    """Where the program of a line table starts. Raises DwarfError."""
    number = reader.sections.number
    at, size = offset + 4, 4
    if number(".debug_line", offset, 4) == 0xFFFFFFFF:
        at, size = offset + 12, 8
    version = number(".debug_line", at, 2)
    at += 4 if version >= 5 else 2
    return at + size + number(".debug_line", at, size)
