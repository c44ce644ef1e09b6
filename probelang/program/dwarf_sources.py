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
    from probelang.program.dwarf_lines import LineTable
    from probelang.program.dwarf_reader import Reader
    from probelang.program.dwarf_unit import Unit

_MOST_ADDRESSES = 1 << 12
_MOST_STRINGS = 256


@record
class LineFound:
    """A line has code at `addresses`: one for each function and each inlined instance of one, the first there."""

    addresses: tuple[int, ...]
    file: str
    line: int


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
    addresses: list[int] = []
    later: int | None = None
    for unit, table, found in tables:
        files = {index for index, name in found.items() if name == path}
        own, following = _addresses(reader, unit, table, files, line, None)
        addresses += own
        if following is not None and (later is None or following < later):
            later = following
    if addresses:
        return LineFound(tuple(sorted(set(addresses))), path, line)
    return NoCode(path, line, later)


def find_function_line(reader: Reader, function: DwarfFunction, line: int) -> LineAnswer:
    """A line counted from that of the function's name, 0. Raises DwarfError."""
    unit = function.die.unit
    table = reader.line_table(unit)
    path, first = function.decl_file, function.decl_line
    if table is None or path is None or first is None:
        return NoFile()
    files = set(table.files_named(path))
    if line == 0:
        return LineFound((function.low,), path, first)
    own, following = _addresses(reader, unit, table, files, first + line, function)
    if own:
        return LineFound(tuple(sorted(own)), path, first + line)
    return NoCode(path, first + line, following)


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
) -> tuple[list[int], int | None]:
    """Addresses of a line in one table, one for each function, and the nearest later line that has some."""
    exact: list[int] = []
    later: int | None = None
    for address, _, number, flags in table.rows_of(files):
        if number < line or not flags & IS_STMT or (within is not None and address not in within):
            continue
        if number == line:
            exact.append(address)
        elif later is None or number < later:
            later = number
    seen: set[tuple[int, int]] = set()
    found: list[int] = []
    for address in sorted(set(exact))[:_MOST_ADDRESSES]:
        key = _instance_of(reader, address)
        if key is None or key not in seen:
            found.append(address)
            if key is not None:
                seen.add(key)
    return found, later


def _instance_of(reader: Reader, address: int) -> tuple[int, int] | None:
    """The entry of the innermost function or inlined instance there."""
    try:
        die = reader.subprogram_at(address)
        if die is None:
            return None
        function = DwarfFunction(reader, die, reader.code_of(die))
        inner = function.inlined_at(address)
        die = inner[0].die if inner else die
        return die.unit.offset, die.offset
    except DwarfError:
        return None


def _units_naming(reader: Reader, file: str) -> list[Unit]:
    """Units whose line table may name a file. Their headers are looked through as bytes, for its last part."""
    sections = reader.sections
    base = file.rsplit("/", 1)[-1].encode()
    if not base or b"\0" in base:
        return []
    line_data = sections.get(".debug_line")
    patterns = [re.escape(base) + b"\0"]
    for section in (".debug_line_str", ".debug_str"):
        strings = sections.get(section)
        for count, match in enumerate(re.finditer(re.escape(base) + b"\0", strings)):
            if count >= _MOST_STRINGS:
                break
            patterns += [re.escape(offset) for offset in _starts(strings, match.start(), sections.order)]
    wanted = re.compile(b"|".join(dict.fromkeys(patterns)))
    by_table: dict[int, Unit] = {}
    for offset in reader.units.offsets():
        try:
            unit = reader.units.at(offset)
            table = unit.root.section_offset(dw.AT_STMT_LIST)
        except DwarfError:
            continue
        if table is not None and table not in by_table and unit.root.tag == dw.TAG_COMPILE_UNIT:
            by_table[table] = unit
    found: list[Unit] = []
    for offset, unit in sorted(by_table.items()):
        try:
            length = sections.number(".debug_line", offset, 4)
            header = _header_end(reader, offset)
        except DwarfError:
            continue
        if length and wanted.search(line_data, offset, header):
            found.append(unit)
    return found


def _starts(strings: memoryview, at: int, order: str) -> list[bytes]:
    """The offsets, as four bytes, of strings that end in what was found: the name alone, or a path to it."""
    before = bytes(strings[max(0, at - 4096) : at])
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
