"""Static probes of programs (USDT): the notes that <sys/sdt.h> leaves in .note.stapsdt.

A note has three addresses, that of the probe's nop, of .stapsdt.base and of the semaphore, then the provider, the
name and the arguments (systemtap, "User Space Probe Implementation"). What moves the program's addresses later,
prelink or a linker script, does not know of the notes, but moves .stapsdt.base, and the difference tells.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from probelang.program.elf import PF_X, ProgramError
from probelang.program.operands import UsdtArgument, parse_arguments
from probelang.record import record

if TYPE_CHECKING:
    from probelang.program.elf import Elf

_NT_STAPSDT = 3
_OWNER = b"stapsdt"


@record
class UsdtSite:
    """One place of a static probe; a probe has several where the compiler copied the code that has it.

    `address` is virtual, as symbols have it; `file_offset` is the same place in the file. `semaphore_offset` is where in
    the file the counter is that the program looks at before it fires the probe, what the kernel calls the
    reference counter's offset; None where the program fires it always.
    """

    provider: str
    name: str
    address: int
    file_offset: int
    semaphore_offset: int | None
    arguments: tuple[UsdtArgument, ...]
    arguments_text: str


def read_usdt_probes(elf: Elf) -> list[UsdtSite]:
    """All sites, in the order of the notes, without those that lie in no executable segment of the file."""
    section = elf.find_section(".note.stapsdt")
    if section is None:
        return []
    base_section = elf.find_section(".stapsdt.base")
    addresses = struct.Struct(elf.order + ("QQQ" if elf.wide else "III"))
    mask = (1 << 8 * elf.pointer_size) - 1
    sites = []
    try:
        notes = list(elf.notes(section))
    except ProgramError:
        return []
    for note in notes:
        if note.type != _NT_STAPSDT or note.owner != _OWNER or len(note.description) < addresses.size:
            continue
        address, base, semaphore = addresses.unpack_from(note.description)
        texts = note.description[addresses.size :].split(b"\0")
        if len(texts) < 3 or not texts[0] or not texts[1]:
            continue
        moved = base_section.address - base if base_section is not None and base else 0
        address = address + moved & mask
        offset = elf.offset_of(address, PF_X)
        if offset is None:
            continue
        counter = None
        if semaphore:
            # The kernel counts in two bytes there.
            counter = elf.offset_of(semaphore + moved & mask, length=2)
            if counter is None:
                continue
        provider, name, written = [text.decode("utf-8", "backslashreplace") for text in texts[:3]]
        arguments = parse_arguments(written, elf.machine)
        sites.append(UsdtSite(provider, name, address, offset, counter, arguments, written))
    return sites
