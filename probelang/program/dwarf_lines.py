"""Line tables: which addresses belong to which line."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from probelang.program.dwarf_line_header import LineHeader
from probelang.program.dwarf_wire import DwarfError, read_number, read_sleb, read_uleb

if TYPE_CHECKING:
    from collections.abc import Collection

    from probelang.program.dwarf_wire import Sections

IS_STMT = 1
PROLOGUE_END = 2
END = 4
"""The row behind the last of a sequence: its address has no line."""

_SET_ADDRESS = 2
_SEQUENCE_END = b"\x00\x01\x01"
_NO_END = 1 << 64
_LONGEST_START = 64
"""Bytes of operations before a sequence's address."""


Row: TypeAlias = tuple[int, int, int, int]
"""Address, number of the file, line, and the flags above: from that address on the code belongs to the line."""


class LineTable(LineHeader):
    """One unit's table; rows are read when they are asked for, and only those asked for are kept.

    What linkers drop is left at address 0: such sequences are left out, unless the file is `relocatable`.
    """

    def __init__(
        self, sections: Sections, offset: int, folder: str, address_size: int, relocatable: bool
    ) -> None:
        super().__init__(sections, offset, folder, address_size)
        self._relocatable = relocatable
        self._known: dict[tuple[int, int], list[Row]] = {}
        self._latest: tuple[frozenset[int], list[Row]] | None = None

    def rows_between(self, low: int, high: int) -> list[Row]:
        """Rows of the function that starts at `low` and ends at `high`. Raises DwarfError.

        Compilers that put each function into a section of its own give each a sequence of rows, which is found without
        the others.
        """
        known = self._known.get((low, high))
        if known is None:
            known = self._find_sequence(low, high)
            if known is None:
                self._sections.spend(len(self._data) - self._program)
                known, _ = self._run(self._program, low, high, None, None)
            self._known[low, high] = known
        return known

    def rows_of(self, files: Collection[int]) -> list[Row]:
        """Rows of code that was written in some files, by their numbers. Raises DwarfError."""
        wanted = frozenset(files)
        if self._latest is None or self._latest[0] != wanted:
            self._sections.spend(len(self._data) - self._program)
            self._latest = wanted, self._run(self._program, 0, _NO_END, files, None)[0]
        return self._latest[1]

    def _find_sequence(self, start: int, stop: int) -> list[Row] | None:
        data, size = self._data, self._address_size
        if not 0 < start < 1 << (8 * size):
            return None
        wanted = bytes((0, size + 1, _SET_ADDRESS)) + start.to_bytes(size, self._sections.order)
        at = data.find(wanted, self._program)
        if at < 0:
            return None
        # Files and the like may be set before the address, but behind the end of what was before.
        before = data.rfind(_SEQUENCE_END, self._program, at)
        first = before + len(_SEQUENCE_END) if before >= 0 else self._program
        if at - first > _LONGEST_START:
            return None
        try:
            rows, passed = self._run(first, start, stop, None, at)
        except DwarfError:
            return None
        return rows if passed and rows and rows[0][0] == start else None

    def _run(
        self, at: int, low: int, high: int, files: Collection[int] | None, pass_by: int | None
    ) -> tuple[list[Row], bool]:
        """Rows from `low` up to `high`, of all files or some, that the program makes from its byte `at` on.

        With `pass_by` those of one sequence, and whether there was an operation at that byte.
        """
        data, order, size = self._data, self._sections.order, self._address_size
        shortest, base, width, opcode_base = self._shortest, self._base, self._range, self._opcode_base
        default = IS_STMT if self._default else 0
        mask = _NO_END - 1
        rows: list[Row] = []
        end = len(data)
        passed = False
        live = self._relocatable
        address, file, line, flags = 0, 1, 1, default
        constant = (255 - opcode_base) // width * shortest
        while at < end:
            op = data[at]
            at += 1
            if op >= opcode_base or op == 1:
                if op >= opcode_base:
                    op -= opcode_base
                    address = (address + op // width * shortest) & mask
                    line += base + op % width
                if live and low <= address < high and (files is None or file in files):
                    rows.append((address, file, line, flags))
                flags &= ~PROLOGUE_END
            elif op == 2:
                count, at = read_uleb(data, at)
                address = (address + count * shortest) & mask
            elif op == 3:
                count, at = read_sleb(data, at)
                line += count
            elif op == 4:
                file, at = read_uleb(data, at)
            elif op == 6:
                flags ^= IS_STMT
            elif op == 8:
                address = (address + constant) & mask
            elif op == 9:
                address = (address + read_number(data, at, 2, order)) & mask
                at += 2
            elif op == 10:
                flags |= PROLOGUE_END
            elif op == 0:
                if at - 1 == pass_by:
                    passed = True
                length, at = read_uleb(data, at)
                if length == 0 or at + length > end:
                    raise DwarfError(f"the line table at {self.offset:#x} is damaged")
                extended = data[at]
                if extended == 1:
                    if live and files is None and low <= address <= high:
                        rows.append((address, file, line, END))
                    if pass_by is not None:
                        break
                    address, file, line, flags, live = 0, 1, 1, default, self._relocatable
                elif extended == _SET_ADDRESS and length > size:
                    address = int.from_bytes(data[at + 1 : at + 1 + size], order)
                    live = address != 0 or self._relocatable
                at += length
            else:  # set_column, set_basic_block, set_epilogue_begin, set_isa, and what is to come
                for _ in range(self._lengths[op - 1]):
                    at = read_uleb(data, at)[1]
        return rows, passed


def prologue_end(rows: list[Row], low: int, high: int) -> int | None:
    """Where the prologue of the function at `low` ends, or None where the table doesn't tell.

    By the compiler's own mark (clang), else the second address of the function that the table has: gcc begins a
    function's body with a row of its own, even on the same line.
    """
    marked = [at for at, _, _, flags in rows if flags & PROLOGUE_END and low <= at < high]
    if marked:
        return min(marked)
    later = [at for at, _, _, flags in rows if low < at < high and flags & IS_STMT and not flags & END]
    starts = any(at == low for at, _, _, _ in rows)
    return min(later) if later and starts else None
