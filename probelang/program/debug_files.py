"""Where a stripped program's symbols and DWARF are: a file of their own, found by build-id or by `.gnu_debuglink`.

The places are those that gdb looks in ("Debugging Information in Separate Files"). A file of another build is worse
than none, so one found by its name counts only with the checksum that the program has of it, or its build-id.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

from probelang.program.elf import Elf, FileSource, ProgramError

if TYPE_CHECKING:
    from probelang.program.elf import Source

DEBUG_FOLDERS = ("/usr/lib/debug",)

_NT_GNU_BUILD_ID = 3
_CHUNK = 1 << 20
_LARGEST_CHECKED = 4 << 30
"""Bytes; a checksum is taken of no larger file, which would take seconds."""
_LARGEST_LINK = 4096


def read_build_id(elf: Elf) -> bytes | None:
    """The id that the linker gave the program, the same in its separate debug file."""
    try:
        return elf.read_note(b"GNU", _NT_GNU_BUILD_ID) or None
    except ProgramError:
        return None


def read_debug_link(elf: Elf) -> tuple[str, int] | None:
    """The name, without a folder, and the CRC-32 of the separate debug file, as `objcopy --add-gnu-debuglink` wrote."""
    section = elf.find_section(".gnu_debuglink")
    if section is None:
        return None
    try:
        data = elf.read_section(section, _LARGEST_LINK)
    except ProgramError:
        return None
    end = data.find(b"\0")
    at = (end + 4) & ~3
    if end <= 0 or at + 4 > len(data):
        return None
    name = os.fsdecode(data[:end])
    if "/" in name or name in (".", ".."):
        return None
    return name, int(struct.unpack_from(elf.order + "I", data, at)[0])


def find_debug_file(
    path: str, elf: Elf, folders: tuple[str, ...] = DEBUG_FOLDERS
) -> tuple[str | None, str | None]:
    """The separate debug file of a program, or None and why a file that has its name is not taken."""
    build_id = read_build_id(elf)
    reason = None
    if build_id is not None and len(build_id) >= 2:
        digits = build_id.hex()
        for folder in folders:
            candidate = f"{folder}/.build-id/{digits[:2]}/{digits[2:]}.debug"
            if os.path.exists(candidate):
                mismatch = _mismatch(candidate, path, elf, build_id, None)
                if mismatch is None:
                    return candidate, None
                reason = f"{candidate} {mismatch}"
    link = read_debug_link(elf)
    if link is None:
        return None, reason
    name, checksum = link
    for candidate in _places(path, name, folders):
        if os.path.exists(candidate):
            mismatch = _mismatch(candidate, path, elf, build_id, checksum)
            if mismatch is None:
                return candidate, None
            reason = reason or f"{candidate} {mismatch}"
    return None, reason


def find_shared_file(path: str, elf: Elf, folders: tuple[str, ...] = DEBUG_FOLDERS) -> str | None:
    """The file that `dwz -m` moved what several programs share to, which `.gnu_debugaltlink` of the file at `path` names.

    It is of this very build, or None.
    """
    section = elf.find_section(".gnu_debugaltlink")
    if section is None:
        return None
    try:
        name, _, build_id = elf.read_section(section, _LARGEST_LINK).partition(b"\0")
    except ProgramError:
        return None
    if not name or len(build_id) < 2:
        return None
    digits = build_id.hex()
    home = os.path.dirname(os.path.realpath(path))
    places = [os.path.join(home, os.fsdecode(name))]
    places += [f"{folder}/.build-id/{digits[:2]}/{digits[2:]}.debug" for folder in folders]
    # Packages give the path that the file will have, from the place where their own will be.
    last = os.fsdecode(name.partition(b"/.dwz/")[2])
    places += [f"{folder}/.dwz/{last}" for folder in folders if last]
    for place in places:
        try:
            if read_build_id(Elf(FileSource(place))) == build_id:
                return place
        except ProgramError:
            continue
    return None


def _places(path: str, name: str, folders: tuple[str, ...]) -> list[str]:
    """Beside the program, in .debug there, and under each folder at the program's own place."""
    homes = dict.fromkeys([os.path.dirname(os.path.abspath(path)), os.path.dirname(os.path.realpath(path))])
    places = []
    for home in homes:
        places += [f"{home}/{name}", f"{home}/.debug/{name}"]
        places += [f"{folder}{home}/{name}" for folder in folders]
    return places


def _mismatch(
    candidate: str, path: str, elf: Elf, build_id: bytes | None, checksum: int | None
) -> str | None:
    """Why a file is not the debug file of a program, None where it is."""
    try:
        if os.path.samefile(candidate, path):
            return "is the program itself"
        source = FileSource(candidate)
        other = Elf(source)
    except (OSError, ProgramError):
        return "can't be read"
    if (other.wide, other.order, other.machine) != (elf.wide, elf.order, elf.machine):
        return "is for another machine"
    others_id = read_build_id(other)
    if build_id is not None and others_id is not None:
        return None if others_id == build_id else "is of another build: its build-id differs"
    if checksum is None:
        return "has no build-id"
    return None if _checksum(source) == checksum else "is of another build: its checksum differs"


def _checksum(source: Source) -> int | None:
    from zlib import crc32

    if source.size > _LARGEST_CHECKED:
        return None
    value = 0
    for at in range(0, source.size, _CHUNK):
        value = crc32(source.read(at, min(_CHUNK, source.size - at)), value)
    return value
