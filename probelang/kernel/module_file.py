"""A module's file (`.ko`, as it is or compressed): the kernel it was built for, its BTF, its functions.

Nothing in the file is believed: sizes are checked against what is there, unpacking ends at a limit.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.btf.types import BtfError
from probelang.btf.wire import LARGEST
from probelang.program.elf import SHT_SYMTAB, BytesSource, Elf, ProgramError
from probelang.record import record

if TYPE_CHECKING:
    from probelang.program.elf import Section

SUFFIXES = ("", ".xz", ".zst", ".gz")
"""How modules are compressed (CONFIG_MODULE_COMPRESS_*)."""
MOST_SYMBOLS = 1 << 20
_LARGEST_INFO = 1 << 20
_ET_REL = 1
_SHF_EXECINSTR = 4
_SHT_RELA = 4
_FTRACE = ("__mcount_loc", "__patchable_function_entries")


@record
class ModuleFile:
    """What a `.ko` tells.

    `release` is the kernel that it was built for, as `uname -r` says it ("" where the file does not tell). `btf` is its
    blob, split from the kernel's, or from `base` where it brings one of its own. `functions` are lines of a table
    (`probelang.kernel.tables`): a name, then a tab and words of `traced` (ftrace can reach it) and `init` (gone once the
    module is loaded); `knows_traced` is whether the file tells which are traced.
    """

    release: str
    btf: bytes | None
    base: bytes | None
    functions: tuple[str, ...]
    knows_traced: bool


def read_module(data: bytes) -> ModuleFile:
    """What the bytes of a `.ko` tell, compressed or not. Raises BtfError, with one line without the file's name."""
    from probelang.btf.image import unpack

    try:
        elf = Elf(BytesSource(unpack(data, "module")))
        if elf.type != _ET_REL:
            raise ProgramError("an ELF file, but no module")
        base, btf = (_section(elf, name, LARGEST) for name in (".BTF.base", ".BTF"))
        functions, knows_traced = _functions(elf)
        info = _section(elf, ".modinfo", _LARGEST_INFO) or b""
    except (ProgramError, struct.error) as error:
        raise BtfError(str(error)) from None
    return ModuleFile(_release(info), btf or None, base or None, functions, knows_traced)


def _section(elf: Elf, name: str, largest: int) -> bytes | None:
    section = elf.find_section(name)
    return elf.read_section(section, largest) if section is not None else None


def _release(info: bytes) -> str:
    """The first word of `vermagic=`."""
    for item in info.split(b"\0"):
        if item.startswith(b"vermagic="):
            words = item[9:200].decode("utf-8", "replace").split()
            return words[0] if words and words[0].isprintable() else ""
    return ""


def _functions(elf: Elf) -> tuple[tuple[str, ...], bool]:
    """The functions by .symtab, as lines of a table, and whether it is known which of them ftrace can trace."""
    table = next((section for section in elf.sections if section.type == SHT_SYMTAB), None)
    if table is None or not 0 < table.link < len(elf.sections):
        return (), False
    names = elf.read_section(elf.sections[table.link])
    code = {section.index: section.name for section in elf.sections if section.flags & _SHF_EXECINSTR}
    symbols = _symbols(elf, table)
    calls = _traced(elf, symbols)
    lines = []
    for name_at, info, section, value in symbols:
        if section not in code or info & 15 not in (0, 2):
            continue
        name = names[name_at : max(names.find(b"\0", name_at, name_at + 512), name_at)].decode("latin-1")
        if (
            not name
            or name.startswith((".", "__pfx_", "__cfi_"))
            or not (name.isascii() and name.isprintable())
        ):
            continue
        # The call is the first instruction, or follows the one that marks where indirect calls may go (endbr64).
        traced = calls is not None and ((section, value) in calls or (section, value + 4) in calls)
        words = ["traced"] * traced + ["init"] * code[section].startswith(".init")
        lines.append(f"{name}\t{' '.join(words)}" if words else name)
    return tuple(lines), calls is not None


def _symbols(elf: Elf, table: Section) -> list[tuple[int, int, int, int]]:
    """Name, type and binding, section and value of each symbol."""
    entry = struct.Struct(elf.order + ("IBxHQ8x" if elf.wide else "II4xBxH"))
    if table.size // entry.size > MOST_SYMBOLS:
        raise ProgramError("the .symtab section is too large")
    data = elf.read_section(table)
    whole = memoryview(data)[: len(data) // entry.size * entry.size]
    if elf.wide:
        return [(name, info, section, value) for name, info, section, value in entry.iter_unpack(whole)]
    return [(name, info, section, value) for name, value, info, section in entry.iter_unpack(whole)]


def _traced(elf: Elf, symbols: list[tuple[int, int, int, int]]) -> set[tuple[int, int]] | None:
    """Where ftrace's calls are: section and offset, by the relocations of its table; None where there is no such table."""
    if not elf.wide:
        return None
    found: set[tuple[int, int]] = set()
    entry = struct.Struct(elf.order + "8xQq")
    known = False
    tables = {section.index for section in elf.sections if section.name in _FTRACE}
    for section in elf.sections:
        if section.type != _SHT_RELA or section.info not in tables:
            continue
        if section.size // entry.size > MOST_SYMBOLS:
            raise ProgramError(f"the {section.name} section is too large")
        data = elf.read_section(section)
        known = True
        for info, addend in entry.iter_unpack(memoryview(data)[: len(data) // entry.size * entry.size]):
            number = info >> 32
            if number < len(symbols):
                _, _, where, value = symbols[number]
                found.add((where, value + addend))
    return found if known else None
