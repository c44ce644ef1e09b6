"""A kernel's own code, out of a `vmlinux` with debugging information: where lines are, and what no kprobe may sit on.

What the kernel refuses is decided in `check_kprobe_address_safe` and `within_kprobe_blacklist` (kernel/kprobes.c); the
tables it asks there are in the image, between symbols of its linker script.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from probelang.program.elf import Elf, ProgramError
from probelang.program.symbols import SymbolTable, read_tables
from probelang.record import record

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.program.debugging import Debugging
    from probelang.program.dwarf_functions import DwarfFunction

_LARGEST_TABLE = 16 << 20
"""Bytes of one of the kernel's own tables; the largest, that of static branches, has some hundred kilobytes."""
_MOST_SYMBOLS = 1 << 22
_MOST_STEPS = 1 << 10

#: Code where the kernel lets no kprobe be: names of the symbols around it, and why.
_FORBIDDEN = (
    ("__kprobes_text_start", "__kprobes_text_end", "is code that kprobes themselves need"),
    ("__noinstr_text_start", "__noinstr_text_end", "is code that must not be instrumented (`noinstr`)"),
    ("__entry_text_start", "__entry_text_end", "is where the kernel is entered, and forbidden to kprobes"),
    ("__init_begin", "__init_end", "is code of the kernel's start, which is gone when it runs (`__init`)"),
)
#: Tables of single places: the symbols around one, the struct of its entries, how far an entry's place is counted from
#: itself (else absolute), why.
_PATCHED = (
    ("__start___jump_table", "__stop___jump_table", "jump_entry", "is a static branch, which the kernel patches"),
    ("__start_static_call_sites", "__stop_static_call_sites", "static_call_site", "is a static call, which the kernel patches"),
    ("__start___bug_table", "__stop___bug_table", "bug_entry", "is the trap of a `WARN` or `BUG`"),
)  # fmt: skip
_BLACKLIST = ("__start_kprobe_blacklist", "__stop_kprobe_blacklist")
_TRACED = ("__start_mcount_loc", "__stop_mcount_loc")
_REFUSES_UNTRACED = b"\0__within_notrace_func\0"
"""Where a kernel has this, it takes kprobe events in traceable functions only (kernel/trace/trace_kprobe.c, Linux 5.3;
CONFIG_KPROBE_EVENTS_ON_NOTRACE leaves it out)."""
_ENDBR64 = b"\xf3\x0f\x1e\xfa"
_CALL = 0xE8


@record
class CodeSymbol:
    """A function's symbol: `size` in bytes, 0 where the table does not tell."""

    name: str
    address: int
    size: int


class KernelCode:
    """The code of one `vmlinux`, called `name`; addresses are those of the file. Raises ProgramError of a damaged one."""

    def __init__(self, name: str, elf: Elf, debugging: Debugging, btf: Btf | None = None) -> None:
        assert debugging.dwarf is not None
        self.name = name
        self.dwarf = debugging.dwarf
        self.keep_findings = debugging.keep
        self._elf = elf
        self._btf = btf
        tables = [table for table in read_tables(elf) if table.origin == "symtab"]
        if not tables:
            raise ProgramError(f"{name} has no symbols")
        self._table: SymbolTable = tables[0]
        self._starts: list[int] = []
        self._functions: list[tuple[int, int, int]] = []
        self._marks: dict[str, int] | None = None
        self._counts: dict[str, int] = {}
        self._called: dict[str, list[DwarfFunction]] = {}
        self._forbidden: list[tuple[int, int, str]] | None = None
        self._patched: dict[int, str] | None = None
        self._traced: list[int] | None = None

    # Symbols.

    def functions_named(self, name: str) -> list[CodeSymbol]:
        """The functions of a name, one for each address."""
        found = self._table.find(name.encode("utf-8", "surrogateescape"))
        places = {raw.address: raw for raw in found if raw.is_function and raw.is_defined}
        return [CodeSymbol(name, raw.address, raw.size) for _, raw in sorted(places.items())]

    def functions_called(self, name: str) -> list[DwarfFunction]:
        """The functions that have a name in the source, and where they were inlined. Raises DwarfError."""
        known = self._called.get(name)
        if known is None:
            known = []
            for symbol in self.functions_named(name):
                function = self.dwarf.function_at(symbol.address)
                if function is not None:
                    known += self.dwarf.copies_of(function)
            known = self._called[name] = known or self.dwarf.find_function(name)
        return known

    def locate(self, address: int) -> tuple[str, int] | None:
        """The symbol, and the bytes from there, that a kernel finds an address by wherever it is loaded.

        That of the function around, if it is the only one of its name, else one that is before it.
        """
        self._read_symbols()
        position = bisect_right(self._starts, address) - 1
        around = self._named(position) if position >= 0 else None
        if around is not None and self.count(around.name) == 1:
            return around.name, address - around.address
        text = self._mark("_text")
        if text is not None and text <= address and self.count("_text") == 1:
            return "_text", address - text
        for before in range(position - 1, max(-1, position - _MOST_STEPS), -1):
            symbol = self._named(before)
            if self.count(symbol.name) == 1:
                return symbol.name, address - symbol.address
        return None

    def function_around(self, address: int) -> CodeSymbol | None:
        """The function whose symbol is the last before an address."""
        self._read_symbols()
        position = bisect_right(self._starts, address) - 1
        return self._named(position) if position >= 0 else None

    def count(self, name: str) -> int:
        """How many symbols bear a name, of functions and of data: the kernel counts both."""
        if name not in self._counts:
            found = self._table.find(name.encode("utf-8", "surrogateescape"))
            self._counts[name] = len({raw.address for raw in found if raw.is_defined and raw.kind != "file"})
        return self._counts[name]

    def _named(self, position: int) -> CodeSymbol:
        """The symbol at that place of the order; of several at one address, one whose name is its own."""
        address = self._starts[position]
        last = position
        while position > 0 and self._starts[position - 1] == address:
            position -= 1
        found: CodeSymbol | None = None
        for _, size, name_at in self._functions[position : min(last + 1, position + 16)]:
            name = self._table.name_bytes(name_at).decode("utf-8", "backslashreplace")
            if found is None or (self.count(found.name) != 1 and self.count(name) == 1):
                found = CodeSymbol(name, address, size)
        assert found is not None
        return found

    def _read_symbols(self) -> None:
        if self._marks is not None:
            return
        tables = (*_FORBIDDEN, *_PATCHED, _BLACKLIST, _TRACED)
        wanted = {name for low, high, *_ in tables for name in (low, high)}
        strings = self._table.all_strings()
        places: dict[int, str] = {}
        for name in (*wanted, "_text"):
            raw = name.encode() + b"\0"
            at = strings.find(raw)
            while at >= 0:
                places[at] = name
                at = strings.find(raw, at + 1)
        marks: dict[str, int] = {}
        functions: list[tuple[int, int, int]] = []
        for number, raw_symbol in enumerate(self._table):
            if number >= _MOST_SYMBOLS:
                raise ProgramError(f"{self.name} has too many symbols")
            if raw_symbol.is_function:
                if raw_symbol.is_defined:
                    functions.append((raw_symbol.address, raw_symbol.size, raw_symbol.name_at))
            elif raw_symbol.name_at in places:
                marks[places[raw_symbol.name_at]] = raw_symbol.address
        functions.sort()
        self._functions = functions
        self._starts = [address for address, _, _ in functions]
        self._marks = marks

    def _mark(self, name: str) -> int | None:
        self._read_symbols()
        assert self._marks is not None
        return self._marks.get(name)

    # What the kernel refuses.

    def why_refused(self, address: int) -> str | None:
        """Why no kprobe may be at an instruction: "it …"; None where nothing speaks against it."""
        if self._forbidden is None:
            self._forbidden = self._read_forbidden()
        for low, high, why in self._forbidden:
            if low <= address < high:
                return why
        if self._patched is None:
            self._patched = self._read_patched()
        if address in self._patched:
            return self._patched[address]
        around = self.function_around(address)
        if around is not None and self._is_untraced(around):
            return "is in a function that ftrace cannot trace, where the kernel takes no kprobe events"
        return None

    def _is_untraced(self, function: CodeSymbol) -> bool:
        """Whether a function, and the one that it is a piece of (`NAME.cold`), has no place for ftrace to patch."""
        if self._traced is None:
            self._traced = self._read_traced()
        if not self._traced or not function.size or self._has_place(function):
            return False
        whole, dot, _ = function.name.partition(".")
        return not (dot and any(self._has_place(one) for one in self.functions_named(whole)))

    def _has_place(self, function: CodeSymbol) -> bool:
        assert self._traced is not None
        position = bisect_left(self._traced, function.address)
        return position < len(self._traced) and self._traced[position] < function.address + max(
            function.size, 1
        )

    def _read_traced(self) -> list[int]:
        """The places that ftrace patches, in order; none where the kernel does not ask for them, or nothing tells."""
        section = self._elf.find_section(".debug_str")
        if section is None or _REFUSES_UNTRACED not in self._elf.read_section(section):
            return []
        places = [address for address in self._addresses_in(*_TRACED) if address]
        return sorted(places)

    def splits_instruction(self, function: CodeSymbol, offset: int) -> bool:
        """Whether an offset is within one of the instructions that a traceable function begins with, `endbr64` and the
        call that ftrace patches; of all the others only the kernel knows."""
        start = self._bytes_at(function.address, 9) or b""
        branch = len(_ENDBR64) if start.startswith(_ENDBR64) else 0
        if 0 < offset < branch:
            return True
        called = start[branch : branch + 5]
        return len(called) == 5 and called[0] == _CALL and branch < offset < branch + 5

    def _read_forbidden(self) -> list[tuple[int, int, str]]:
        found = []
        for first, behind, why in _FORBIDDEN:
            low, high = self._mark(first), self._mark(behind)
            if low is not None and high is not None and low < high:
                found.append((low, high, why))
        why = "is forbidden to kprobes (`NOKPROBE_SYMBOL`)"
        for address in self._addresses_in(*_BLACKLIST):
            function = self.function_around(address)
            if function is not None and function.address == address and function.size:
                found.append((address, address + function.size, why))
        return found

    def _addresses_in(self, first: str, behind: str) -> list[int]:
        data, width = self._table_between(first, behind) or b"", self._elf.pointer_size
        form = self._elf.order + ("Q" if width == 8 else "I")
        return [address for (address,) in struct.iter_unpack(form, data[: len(data) // width * width])]

    def _read_patched(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for first, behind, name, why in _PATCHED:
            start, data, size = self._mark(first), self._table_between(first, behind), self._size_of(name)
            if start is None or not data or size < 4:
                continue
            for at in range(0, len(data) - size + 1, size):
                distance = int.from_bytes(
                    data[at : at + 4], "little" if self._elf.order == "<" else "big", signed=True
                )
                found[start + at + distance] = why
        return found

    def _size_of(self, name: str) -> int:
        """The size of an entry that begins with how far its place is from itself, in four bytes; 0 of any other."""
        from probelang.btf import layout
        from probelang.btf.names import Space
        from probelang.btf.types import BtfError, Struct

        btf = self._btf
        try:
            id = btf.find(Space.STRUCT, name) if btf is not None else None
            struct_type = btf.type(id) if btf is not None and id is not None else None
            if btf is None or id is None or not isinstance(struct_type, Struct) or not struct_type.members:
                return 0
            first = struct_type.members[0]
            return layout.size_of(btf, id) if layout.size_of(btf, first.type) == 4 else 0
        except BtfError:
            return 0

    def _table_between(self, first: str, behind: str) -> bytes | None:
        low, high = self._mark(first), self._mark(behind)
        if low is None or high is None or not 0 < high - low <= _LARGEST_TABLE:
            return None
        return self._bytes_at(low, high - low)

    def _bytes_at(self, address: int, length: int) -> bytes | None:
        offset = self._elf.offset_of(address, length=length)
        try:
            return self._elf.source.read(offset, length) if offset is not None else None
        except ProgramError:
            return None
