"""The debugging information of a program: in its own file, or in the separate one that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program.debug_files import find_shared_file
from probelang.program.elf import LARGEST_SECTION, SHF_COMPRESSED, Elf, FileSource, ProgramError

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.program.dwarf import Dwarf
    from probelang.program.dwarf_wire import Pieces
    from probelang.program.elf import Section
    from probelang.program.program import Program
    from probelang.program.unpacked import UnpackedSections

_SMALL = 1 << 16
"""Bytes of a section that is read as a whole."""
_MACHINES = {"x86-64": "x86_64", "arm64": "aarch64"}


def debugging_of(program: Program) -> Debugging:
    """What the DWARF of a program tells, be it in a file of its own."""
    files = [program.elf]
    path = program.debug_file()
    if path is not None:
        try:
            files.append(Elf(FileSource(path)))
        except ProgramError:
            pass
    return Debugging(*files)


class Debugging:
    """The DWARF that files of one build have, `dwarf`; of each section the first that has it. None where none has any.

    Sections are read when they are asked for.
    """

    def __init__(self, *files: Elf) -> None:
        self.dwarf: Dwarf | None = None
        self._unpacked: dict[Elf, UnpackedSections] = {}
        self._left = LARGEST_SECTION
        if all(elf.find_section(".debug_info") is None for elf in files):
            return
        alternate = None
        for elf in files:
            shared = find_shared_file(elf.path, elf) if elf.path else None
            if shared is not None:
                alternate = self._open((Elf(FileSource(shared)),), None)
        self.dwarf = self._open(files, alternate)

    def keep(self) -> None:
        """Keep for the next run what took time to find. No failure of that is an error."""
        for unpacked in self._unpacked.values():
            unpacked.keep()

    def _open(self, files: tuple[Elf, ...], alternate: Dwarf | None) -> Dwarf:
        from probelang.program.dwarf import Dwarf

        def read(name: str) -> bytes | Pieces | None:
            for elf in files:
                section = elf.find_section(name)
                try:
                    data = self._read(elf, section) if section is not None else b""
                except ProgramError:
                    continue
                # a debug file keeps the headers of sections whose bytes are in the program
                if len(data):
                    return data
            return None

        machine = files[0].machine
        return Dwarf(
            read,
            machine=_MACHINES.get(machine, machine),
            address_size=files[0].pointer_size,
            little_endian=files[0].order == "<",
            address_of=_addresses(files[0]),
            alternate=alternate,
        )

    def _read(self, elf: Elf, section: Section) -> bytes | Pieces:
        if section.flags & SHF_COMPRESSED and section.size > _SMALL:
            unpacked = self._unpacked.get(elf)
            if unpacked is None:
                from probelang.program.unpacked import UnpackedSections

                unpacked = self._unpacked[elf] = UnpackedSections(elf, LARGEST_SECTION)
            return unpacked.open(section)
        if section.size > _SMALL and elf.has_raw(section):
            return _pieces(elf, section)
        data = elf.read_section(section, self._left)
        self._left -= len(data)
        return data


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
