"""The debugging information of a program: in its own file, or in the separate one that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program.elf import LARGEST_SECTION, Elf, FileSource, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.program.dwarf import Dwarf
    from probelang.program.dwarf_wire import Pieces
    from probelang.program.elf import Section
    from probelang.program.program import Program

_SMALL = 1 << 16
"""Bytes of a section that is read as a whole."""
_MACHINES = {"x86-64": "x86_64", "arm64": "aarch64"}


def open_dwarf(program: Program) -> Dwarf | None:
    """The DWARF of a program, None where there is none to be had. Sections are read when they are asked for."""
    files = [program.elf]
    path = program.debug_file()
    if path is not None:
        try:
            files.append(Elf(FileSource(path)))
        except ProgramError:
            pass
    return dwarf_of(files)


def dwarf_of(files: Sequence[Elf]) -> Dwarf | None:
    """The DWARF that is spread over files of one build, the first with a section taken; None where none has any."""
    if all(elf.find_section(".debug_info") is None for elf in files):
        return None
    from probelang.program.dwarf import Dwarf

    elf = files[0]
    return Dwarf(
        _reader(files),
        machine=_MACHINES.get(elf.machine, elf.machine),
        address_size=elf.pointer_size,
        little_endian=elf.order == "<",
        address_of=_addresses(elf),
    )


def _reader(files: Sequence[Elf]) -> Callable[[str], bytes | Pieces | None]:
    left = LARGEST_SECTION

    def read(name: str) -> bytes | Pieces | None:
        nonlocal left
        for elf in files:
            section = elf.find_section(name)
            if section is None:
                continue
            if section.size > _SMALL and elf.has_raw(section):
                return _pieces(elf, section)
            try:
                data = elf.read_section(section, left)
            except ProgramError:
                continue
            # a debug file keeps the headers of sections whose bytes are in the program
            if data:
                left -= len(data)
                return data
        return None

    return read


def _pieces(elf: Elf, section: Section) -> Pieces:
    from probelang.program.dwarf_wire import DwarfError, Pieces

    def read(at: int, length: int) -> bytes:
        try:
            return elf.source.read(section.offset + at, length)
        except ProgramError as error:
            raise DwarfError(str(error)) from None

    return Pieces(section.size, read)


def _addresses(elf: Elf) -> Callable[[str], int | None]:
    def address_of(name: str) -> int | None:
        section = elf.find_section(name)
        return section.address if section is not None else None

    return address_of
