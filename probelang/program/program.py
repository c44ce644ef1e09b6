"""One program or library, and the answers about it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias, Union

from probelang.answers import Answer, Found, NotFound, Unknown
from probelang.near import MAX_NEAR, find_near
from probelang.program.debug_files import DEBUG_FOLDERS, find_debug_file, read_build_id
from probelang.program.elf import (
    ET_DYN,
    ET_EXEC,
    PF_X,
    PT_DYNAMIC,
    PT_INTERP,
    BytesSource,
    Elf,
    FileSource,
    ProgramError,
)
from probelang.program.search import SymbolSearch
from probelang.program.symbols import Ambiguous, Symbol, SymbolTable, read_tables

if TYPE_CHECKING:
    import re

    from probelang.program.debugging import Debugging
    from probelang.program.usdt import UsdtSite

SymbolAnswer: TypeAlias = Union[Answer[Symbol], Ambiguous]  # noqa: UP007 - a generic alias, and 3.11

LARGEST_MINI_DEBUG = 64 << 20
"""Bytes that .gnu_debugdata may unpack to: the symbols of a program, without DWARF."""

_TYPES = {1: "a relocatable object, not linked yet", 4: "a core dump"}
_DT_SONAME, _DT_FLAGS_1 = 14, 0x6FFFFFFB
_DF_1_PIE = 0x08000000
_MOST_DYNAMIC = 4096


class Program:
    """What is known of a program or library, read from its file when asked.

    `kind` is "executable" (linked to fixed addresses), "pie" or "library"; `machine` is "x86-64", "arm64", or what
    else the file says. Raises ProgramError, one line that begins with the path, where the file is none of these.
    """

    def __init__(self, path: str, debug_folders: tuple[str, ...] = DEBUG_FOLDERS) -> None:
        self.path = path
        self._debug_folders = debug_folders
        try:
            self.elf = Elf(FileSource(path))
            if self.elf.type not in (ET_EXEC, ET_DYN):
                raise ProgramError(
                    f"not a program: {_TYPES.get(self.elf.type, 'an ELF file of another kind')}"
                )
            self.kind = self._read_kind()
        except ProgramError as error:
            text = str(error)
            raise ProgramError(text if text.startswith(path) else f"{path}: {text}") from None
        self.machine = self.elf.machine
        self._debug: tuple[str | None, str | None] | None = None
        self._search: SymbolSearch | None = None
        self._usdt: list[UsdtSite] | None = None
        self._debugging: Debugging | None = None

    @property
    def debugging(self) -> Debugging:
        """What the program's DWARF tells."""
        if self._debugging is None:
            from probelang.program.debugging import debugging_of

            self._debugging = debugging_of(self)
        return self._debugging

    @property
    def build_id(self) -> bytes | None:
        return read_build_id(self.elf)

    def keep_findings(self) -> None:
        """Keep in the user's cache what took time to read."""
        if self._debugging is not None:
            self._debugging.keep()

    def file_offset(self, address: int) -> int | None:
        """Where in the file the code at a virtual address is; None outside the executable segments."""
        return self.elf.offset_of(address, PF_X)

    def address(self, file_offset: int) -> int | None:
        """The virtual address of code at a place in the file; None outside the executable segments."""
        return self.elf.address_of(file_offset, PF_X)

    def debug_file(self) -> str | None:
        """The path of the separate debug file that is certainly of this build, or None."""
        return self._find_debug_file()[0]

    @property
    def debug_file_problem(self) -> str | None:
        """Why a file that has the name of the debug file is not it, as "PATH is of another build …", or None."""
        return self._find_debug_file()[1]

    def find_symbol(self, name: str) -> SymbolAnswer:
        """The function or variable of a name: as the symbol table has it, `name@VERSION`, or in C++'s or Rust's words.

        A global symbol goes before local ones of the name, a default version before others, and a symbol as written before
        what C++ or Rust names so. Several that are left, at different addresses, are `Ambiguous`.
        """
        search = self.symbols
        found, count = search.find(name)
        if count == 1:
            return Found(found[0])
        if count:
            return Ambiguous(tuple(found), count)
        near = search.find_near(name)
        if search.has_all:
            return NotFound(near)
        problem = self.debug_file_problem
        why = f", and {problem}" if problem else ", and there is no separate debug file of it"
        return Unknown(f"{self.path} is stripped{why}", near)

    def near_variables(self, name: str) -> tuple[str, ...]:
        """At most three names of variables that may have been meant."""
        return self.symbols.near_variables(name)

    def find_import(self, name: str) -> str | None:
        """Where a symbol comes from that the program only uses: a library's name, "" where it does not say; else None."""
        return self.symbols.find_import(name)

    def function_at(self, address: int) -> Symbol | None:
        """The function that has the code at a virtual address."""
        return self.symbols.function_at(address)

    def symbols_matching(self, pattern: re.Pattern[str]) -> list[str]:
        """The names of functions that the whole of `pattern` matches, sorted, as `find_symbol` takes them.

        A pattern with `::` is matched with names in C++'s and Rust's words, without their parameters.
        """
        return self.symbols.matching(pattern)

    def usdt_probes(self) -> list[UsdtSite]:
        """Every site of every static probe, in the order of the file's notes."""
        if self._usdt is None:
            from probelang.program.usdt import read_usdt_probes

            self._usdt = read_usdt_probes(self.elf)
        return self._usdt

    def find_usdt(self, provider: str, name: str) -> Answer[tuple[UsdtSite, ...]]:
        """The sites of a static probe; near ones as `provider:name`."""
        sites = tuple([site for site in self.usdt_probes() if (site.provider, site.name) == (provider, name)])
        if sites:
            return Found(sites)
        known = sorted({f"{site.provider}:{site.name}" for site in self.usdt_probes()})
        near = [text for text in known if text.endswith(f":{name}")]
        near += find_near(f"{provider}:{name}", known)
        return NotFound(tuple(dict.fromkeys(near))[:MAX_NEAR])

    @property
    def symbols(self) -> SymbolSearch:
        """The symbol tables of the program, of its debug file and of .gnu_debugdata."""
        if self._search is None:
            tables = read_tables(self.elf)
            if not any(table.origin == "symtab" for table in tables):
                tables = [*self._debug_tables(), *self._mini_debug_tables(), *tables]
            self._search = SymbolSearch(self.elf, tables)
        return self._search

    def _find_debug_file(self) -> tuple[str | None, str | None]:
        if self._debug is None:
            try:
                self._debug = find_debug_file(self.path, self.elf, self._debug_folders)
            except ProgramError as error:
                self._debug = None, str(error)
        return self._debug

    def _debug_tables(self) -> list[SymbolTable]:
        path = self.debug_file()
        if path is None:
            return []
        try:
            return [
                t for t in read_tables(Elf(FileSource(path)), "debug file") if t.section.name == ".symtab"
            ]
        except ProgramError:
            return []

    def _mini_debug_tables(self) -> list[SymbolTable]:
        section = self.elf.find_section(".gnu_debugdata")
        if section is None:
            return []
        from probelang.program.compressed import unpack_xz

        try:
            data = unpack_xz(self.elf.read_section(section, LARGEST_MINI_DEBUG), LARGEST_MINI_DEBUG)
            return read_tables(Elf(BytesSource(data)), "gnu_debugdata")
        except ProgramError:
            return []

    def _read_kind(self) -> str:
        elf = self.elf
        if elf.type == ET_EXEC:
            return "executable"
        tags = self._dynamic_tags()
        if tags.get(_DT_FLAGS_1, 0) & _DF_1_PIE:
            return "pie"
        # Linkers before 2017 do not tell; libc.so.6 has an interpreter, and a name as a library.
        has_interpreter = any(segment.type == PT_INTERP for segment in elf.segments)
        return "pie" if has_interpreter and _DT_SONAME not in tags else "library"

    def _dynamic_tags(self) -> dict[int, int]:
        entry = struct.Struct(self.elf.order + ("QQ" if self.elf.wide else "II"))
        for segment in self.elf.segments:
            if segment.type == PT_DYNAMIC:
                size = min(segment.file_size, _MOST_DYNAMIC * entry.size) // entry.size * entry.size
                return dict(entry.iter_unpack(self.elf.source.read(segment.offset, size)))
        return {}
