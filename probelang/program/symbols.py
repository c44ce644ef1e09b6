"""Symbol tables searched in place: no object, and no name, is made of a symbol that nobody asked for.

A name is looked for in the string table as bytes, then its place there among the symbols' `st_name`. Both are read in
chunks, so that a table of any size costs little memory; 200,000 symbols take some ten milliseconds.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from probelang.program.elf import LARGEST_SECTION, SHT_DYNSYM, SHT_NOBITS, SHT_SYMTAB, ProgramError
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.program.elf import Elf, Section

LONGEST_NAME = 1 << 14
"""Bytes; a longer name is no name that anybody can write in a probe."""
MANGLED = ("_Z", "_R")
"""What names of C++ and Rust begin with, once mangled."""
MOST_SYMBOLS = 1 << 22
"""In one table; a large browser with all its symbols has about half as many."""
MOST_HITS = 4096
"""Of strings in a table that match what was asked for; only damaged or hostile files have more."""

_CHUNK = 1 << 20
_FEW = 8
_MOST_ENDS = 1 << 16
_KINDS = {0: "notype", 1: "object", 2: "func", 6: "tls", 10: "ifunc"}
_BINDINGS = {0: "local", 1: "global", 2: "weak", 10: "unique"}
_SHN_UNDEF, _SHN_LORESERVE = 0, 0xFF00


@record
class Symbol:
    """A symbol that a program defines.

    `kind` is "func", "ifunc" (its address is that of the function that chooses one, run once when the program is
    loaded), "object", "tls" or "notype". `address` is virtual, as in the file; `size` is in bytes, 0 where it is
    not told. `file_offset` is where the address is in the file, None where the file has no bytes for it (.bss) or no
    segment loads them. `demangled` is None where the name is not mangled, or too long for a demangler. `version` has no
    `@`; `is_default` tells `name@@version` from `name@version`. `table` says where the symbol was found: "symtab",
    "dynsym", "debug file" or "gnu_debugdata". `aliases` are other names of functions at the address.
    """

    name: str
    demangled: str | None
    address: int
    size: int
    file_offset: int | None
    kind: str
    binding: str
    version: str | None = None
    is_default: bool = False
    section: str | None = None
    table: str = "symtab"
    aliases: tuple[str, ...] = ()

    @property
    def versioned_name(self) -> str:
        """The name as `nm` prints it, with its version where it has one."""
        return f"{self.name}{'@@' if self.is_default else '@'}{self.version}" if self.version else self.name

    @property
    def is_function(self) -> bool:
        return self.kind in ("func", "ifunc")


@record
class Ambiguous:
    """Several places in the program bear the name; `count` may be more than the symbols listed, by address."""

    symbols: tuple[Symbol, ...]
    count: int


class RawSymbol(NamedTuple):
    """An entry of a symbol table; `name_at` is a place in its string table."""

    number: int
    name_at: int
    info: int
    section: int
    address: int
    size: int

    @property
    def kind(self) -> str:
        return _KINDS.get(self.info & 15, "other")

    @property
    def binding(self) -> str:
        return _BINDINGS.get(self.info >> 4, "other")

    @property
    def is_defined(self) -> bool:
        """In a section of the program: neither imported, nor absolute, nor common."""
        return self.section != _SHN_UNDEF and (self.section < _SHN_LORESERVE or self.section == 0xFFFF)

    @property
    def is_function(self) -> bool:
        return self.info & 15 in (2, 10)


class SymbolTable:
    """A .symtab or .dynsym and its string table. Raises ProgramError where they lie outside the file."""

    def __init__(self, elf: Elf, section: Section, origin: str) -> None:
        self.elf = elf
        self.section = section
        self.origin = origin
        wide = elf.wide
        self._entry = struct.Struct(elf.order + ("IBxHQQ" if wide else "IIIBxH"))
        self._names = struct.Struct(elf.order + ("I20x" if wide else "I12x"))
        entry_size = self._entry.size
        if section.entry_size not in (0, entry_size):
            raise ProgramError(f"the {section.name} section is damaged")
        if not 0 < section.link < len(elf.sections):
            raise ProgramError(f"the {section.name} section has no names")
        strings = elf.sections[section.link]
        if strings.type == SHT_NOBITS:
            raise ProgramError(f"the {section.name} section has no names")
        if max(section.offset + section.size, strings.offset + strings.size) > elf.source.size:
            raise ProgramError(f"the {section.name} section is cut off")
        if section.size // entry_size > MOST_SYMBOLS or strings.size > LARGEST_SECTION:
            raise ProgramError(f"the {section.name} section is too large")
        self.strings = strings

    def find(self, name: bytes) -> list[RawSymbol]:
        """Every entry whose name is `name`, or `name@…` as some linkers write versions into .symtab."""
        whole = {at + 1 for at in self._places(b"\0" + name, MOST_HITS)}
        # Linkers let a name be the end of another.
        return self.named_at(whole or set(self._places(name, _MOST_ENDS)))

    def named_at(self, places: set[int]) -> list[RawSymbol]:
        """Every entry with a name at one of the places in the string table."""
        found: list[RawSymbol] = []
        if not places:
            return found
        size = self._entry.size
        needles = [struct.pack(self.elf.order + "I", place) for place in places]
        for start, chunk in self._chunks(self.section, size):
            if len(needles) <= _FEW:
                for needle in needles:
                    found += [self._unpack(chunk, at, start) for at in _aligned(chunk, needle, size, 0)]
            else:
                for number, (place,) in enumerate(self._names.iter_unpack(chunk)):
                    if place in places:
                        found.append(self._unpack(chunk, number * size, start))
            if len(found) > MOST_HITS:
                break
        found.sort()
        return found[:MOST_HITS]

    def at_address(self, address: int) -> list[RawSymbol]:
        """Every entry with an address."""
        found: list[RawSymbol] = []
        size, field = self._entry.size, 8 if self.elf.wide else 4
        needle = struct.pack(self.elf.order + ("Q" if self.elf.wide else "I"), address)
        for start, chunk in self._chunks(self.section, size):
            found += [self._unpack(chunk, at - field, start) for at in _aligned(chunk, needle, size, field)]
            if len(found) > MOST_HITS:
                break
        return found[:MOST_HITS]

    def covering(self, address: int) -> RawSymbol | None:
        """The function that has an address within, the innermost of several."""
        best: RawSymbol | None = None
        for symbol in self:
            if symbol.address > address or not symbol.is_function or not symbol.is_defined:
                continue
            inside = address < symbol.address + max(symbol.size, 1)
            if inside and (best is None or symbol.address > best.address):
                best = symbol
        return best

    def __iter__(self) -> Iterator[RawSymbol]:
        size = self._entry.size
        for start, chunk in self._chunks(self.section, size):
            index = start // size
            for number, fields in enumerate(self._entry.iter_unpack(chunk), index):
                if self.elf.wide:
                    yield RawSymbol(number, *fields)
                else:
                    name, value, length, info, section = fields
                    yield RawSymbol(number, name, info, section, value, length)

    def function_names(self) -> Iterator[str]:
        """The names of all functions that the program defines, as the table has them, some of them twice."""
        return self._names_of_kinds(2, 10)

    def variable_names(self) -> Iterator[str]:
        """The names of all variables that the program defines, as the table has them, some of them twice."""
        return self._names_of_kinds(1, 1)

    def _names_of_kinds(self, one: int, other: int) -> Iterator[str]:
        entry = struct.Struct(self.elf.order + ("IBxH16x" if self.elf.wide else "I8xBxH"))
        strings = self.all_strings()
        for _, chunk in self._chunks(self.section, entry.size):
            for place, info, section in entry.iter_unpack(chunk):
                if section and info & 15 in (one, other):
                    end = strings.find(b"\0", place, place + LONGEST_NAME)
                    if end > place:
                        yield strings[place:end].decode("utf-8", "backslashreplace")

    def strings_containing(self, needle: bytes) -> dict[int, bytes]:
        """Whole strings of the string table with `needle` within, by their place."""
        found: dict[int, bytes] = {}
        last = -1
        for start, chunk in self._chunks(self.strings, 1, len(needle) - 1):
            at = chunk.find(needle)
            while at >= 0 and len(found) < _MOST_ENDS:
                begin, end = chunk.rfind(b"\0", 0, at), chunk.find(b"\0", at)
                if begin >= 0 and end >= 0:
                    place, text = start + begin + 1, chunk[begin + 1 : end]
                else:
                    before = max(0, start + at - LONGEST_NAME)
                    head = self._string_bytes(before, start + at - before)
                    place = before + head.rfind(b"\0") + 1
                    text = self.name_bytes(place)
                if start + at > last:
                    last = place + len(text)
                    found[place] = text
                at = chunk.find(needle, max(at + 1, last - start))
        return found

    def name_bytes(self, place: int) -> bytes:
        """The name at a place in the string table; cut at `LONGEST_NAME`."""
        length = 256
        while True:
            data = self._string_bytes(place, length)
            end = data.find(b"\0")
            if end >= 0 or len(data) < length or length >= LONGEST_NAME:
                return data[:end] if end >= 0 else data
            length = LONGEST_NAME

    def name(self, symbol: RawSymbol) -> str:
        return self.name_bytes(symbol.name_at).decode("utf-8", "backslashreplace")

    def all_strings(self) -> bytes:
        """The whole string table, for questions about all names. Raises ProgramError where it is too large."""
        return self.elf.read_section(self.strings)

    def _unpack(self, chunk: bytes, at: int, start: int) -> RawSymbol:
        fields = self._entry.unpack_from(chunk, at)
        index = (start + at) // self._entry.size
        if self.elf.wide:
            return RawSymbol(index, *fields)
        name, value, length, info, section = fields
        return RawSymbol(index, name, info, section, value, length)

    def _string_bytes(self, place: int, length: int) -> bytes:
        length = min(length, self.strings.size - place)
        return self.elf.source.read(self.strings.offset + place, length) if length > 0 else b""

    def _places(self, needle: bytes, most: int) -> Iterator[int]:
        """Where in the string table `needle` is with the end of the name behind it, or a version."""
        length = len(needle)
        for start, chunk in self._chunks(self.strings, 1, length):
            at = chunk.find(needle)
            while at >= 0 and most:
                if chunk[at + length : at + length + 1] in (b"\0", b"@"):
                    yield start + at
                most -= 1
                at = chunk.find(needle, at + 1)

    def _chunks(self, section: Section, unit: int, overlap: int = 0) -> Iterator[tuple[int, bytes]]:
        step = _CHUNK // unit * unit
        whole = section.size // unit * unit
        for start in range(0, whole, step):
            length = min(step + overlap, whole - start)
            yield start, self.elf.source.read(section.offset + start, length)


def _aligned(chunk: bytes, needle: bytes, size: int, field: int) -> Iterator[int]:
    """Where `needle` is in a chunk of entries of `size` bytes, `field` bytes into an entry."""
    at = chunk.find(needle)
    while at >= 0:
        off = (field - at) % size
        if not off:
            yield at
            off = size
        at = chunk.find(needle, at + off)


def read_tables(elf: Elf, origin: str | None = None) -> list[SymbolTable]:
    """The symbol tables of a file, .symtab before .dynsym; damaged ones are left out."""
    tables = []
    for kind, name in ((SHT_SYMTAB, "symtab"), (SHT_DYNSYM, "dynsym")):
        for section in elf.sections:
            if section.type == kind:
                try:
                    tables.append(SymbolTable(elf, section, origin or name))
                except ProgramError:
                    continue
                break
    return tables
