"""Programs compiled for the tests of DWARF, and their sections as the readers want them."""

from __future__ import annotations

import mmap
import subprocess
from typing import TYPE_CHECKING

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from probelang.program.dwarf import Dwarf
from tests.unit.btf.compiler import require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def build(folder: Path, sources: Mapping[str, str], *options: str, compiler: str = "gcc") -> Path:
    """Compile and link texts, each given by its path in `folder`; the program."""
    tool = require(compiler)
    for name, text in sources.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    made = [name for name in sources if not name.endswith((".h", ".inc"))]
    command = [tool, "-w", *options, "-o", "program", *made]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return folder / "program"


def sections_of(path: Path) -> dict[str, tuple[memoryview, int]]:
    """Every section with bytes in the file: those bytes, and where it is loaded."""
    with path.open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        return {
            section.name: (
                mapped[section["sh_offset"] : section["sh_offset"] + section["sh_size"]],
                section["sh_addr"],
            )
            for section in ELFFile(file).iter_sections()
            if section["sh_type"] != "SHT_NOBITS"
        }


def dwarf_of(sections: Mapping[str, tuple[memoryview | bytes, int]], **options: object) -> Dwarf:
    def find(name: str) -> memoryview | bytes | None:
        return sections[name][0] if name in sections else None

    def address_of(name: str) -> int | None:
        return sections[name][1] if name in sections else None

    return Dwarf(find, address_of=address_of, **options)  # type: ignore[arg-type]


def open_dwarf(path: Path) -> Dwarf:
    return dwarf_of(sections_of(path))


def symbols_of(path: Path) -> dict[str, int]:
    """Functions of the symbol table by name."""
    with path.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection)
        return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols() if symbol["st_value"]}
