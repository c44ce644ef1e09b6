"""Frame descriptions of functions, in `.eh_frame` or `.debug_frame`, by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program.dwarf_cfa import Cie, Fde, frame_rule
from probelang.program.dwarf_registers import register_name
from probelang.program.dwarf_wire import DwarfError, read_number, read_sleb, read_string, read_uleb

if TYPE_CHECKING:
    from probelang.program.dwarf_wire import Sections

_LONGEST_RECORD = 1 << 20

# Encodings of pointers (Linux Standard Base, section 10.5).
_OMITTED = 0xFF
_PC_RELATIVE = 0x10
_DATA_RELATIVE = 0x30
_INDIRECT = 0x80


class Frames:
    """Frame descriptions of one file, found when they are asked for."""

    __slots__ = ("_cies", "_sections")

    def __init__(self, sections: Sections) -> None:
        self._sections = sections
        self._cies: dict[tuple[str, int], Cie] = {}

    def frame_address(self, address: int, start: int) -> tuple[str, int] | None:
        """Register (by the kernel's name) and offset that make the frame address at `address`.

        `start` is that of the function, where its description most likely starts as well. None where nothing
        describes it, or describes it in another way. Raises DwarfError.
        """
        for section in (".eh_frame", ".debug_frame"):
            fde = self._find(section, address, start)
            if fde is not None:
                rule = frame_rule(fde, address, self._sections)
                if rule is None:
                    return None
                name = register_name(self._sections.machine, rule[0])
                return (name, rule[1]) if name is not None else None
        return None

    def _find(self, section: str, address: int, start: int) -> Fde | None:
        data = self._sections.get(section)
        if not data:
            return None
        if section == ".eh_frame":
            offset = self._search_header(address)
            if offset is not None:
                found = self._fde_at(section, offset)
                if found is not None and found.low <= address < found.high:
                    return found
        else:
            for offset in self._guess(data, start):
                found = self._fde_at(section, offset)
                if found is not None and found.low <= address < found.high:
                    return found
        return self._search_all(section, address)

    def _search_header(self, address: int) -> int | None:
        """The offset in .eh_frame that the table of .eh_frame_hdr has for an address; None where it has none."""
        sections = self._sections
        table, frames = sections.address_of(".eh_frame_hdr"), sections.address_of(".eh_frame")
        data = sections.get(".eh_frame_hdr")
        # Version 1, a count of four bytes, offsets from the header in four bytes: what linkers write.
        if (
            table is None
            or frames is None
            or len(data) < 12
            or data[0] != 1
            or data[2] != 3
            or data[3] != 0x3B
        ):
            return None
        pointer_size = {0x3: 4, 0xB: 4, 0x4: 8, 0xC: 8}.get(data[1] & 0xF)
        if pointer_size is None:
            return None
        first = 4 + pointer_size
        count = read_number(data, first, 4, sections.order)
        first += 4
        count = min(count, (len(data) - first) // 8)
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if table + _signed(data, first + 8 * middle, sections) <= address:
                low = middle + 1
            else:
                high = middle
        if low == 0:
            return None
        return table + _signed(data, first + 8 * (low - 1) + 4, sections) - frames

    def _guess(self, data: memoryview, start: int) -> list[int]:
        """Where descriptions of a function that starts there may be: wherever its address stands in `.debug_frame`."""
        size = self._sections.address_size
        wanted = start.to_bytes(8, self._sections.order)[:size] if start < 1 << (8 * size) else b""
        if not wanted:
            return []
        whole = bytes(data)
        found: list[int] = []
        at = whole.find(wanted)
        while at >= 0 and len(found) < 8:
            # Behind a length and a pointer to the CIE of four bytes each, or of twelve and eight.
            found += [at - 8, at - 20]
            at = whole.find(wanted, at + 1)
        return [at for at in found if at >= 0]

    def _search_all(self, section: str, address: int) -> Fde | None:
        data, order = self._sections.get(section), self._sections.order
        at, steps = 0, 0
        while at + 8 <= len(data):
            length = int.from_bytes(data[at : at + 4], order)
            head = 4
            if length == 0xFFFFFFFF:
                length, head = int.from_bytes(data[at + 4 : at + 12], order), 12
            steps += 1
            if length == 0:
                at += head
                continue
            if at + head + length > len(data):
                break
            found = self._fde_at(section, at)
            if found is not None and found.low <= address < found.high:
                self._sections.spend(steps)
                return found
            at += head + length
        self._sections.spend(steps)
        return None

    def _fde_at(self, section: str, offset: int) -> Fde | None:
        """The frame description at an offset; None where there is none that is sound."""
        sections = self._sections
        data, order = sections.get(section), sections.order
        if not 0 <= offset <= len(data) - 8:
            return None
        length, head, width = int.from_bytes(data[offset : offset + 4], order), offset + 4, 4
        if length == 0xFFFFFFFF:
            length, head, width = int.from_bytes(data[offset + 4 : offset + 12], order), offset + 12, 8
        end = head + length
        if length < width + 2 or end > len(data) or length > _LONGEST_RECORD:
            return None
        pointer = int.from_bytes(data[head : head + width], order)
        if section == ".eh_frame":
            if pointer == 0:
                return None
            pointer = head - pointer
        elif pointer == (1 << (8 * width)) - 1:
            return None
        try:
            cie = self._cie_at(section, pointer)
            at = head + width
            low, at = self._pointer(section, data, at, cie.pointer_encoding, cie.address_size)
            count, at = self._pointer(section, data, at, cie.pointer_encoding & 0x0F, cie.address_size)
            if cie.augmented:
                skipped, at = read_uleb(data, at)
                at += skipped
        except DwarfError:
            return None
        return Fde(cie, low, low + count, bytes(data[at:end]))

    def _cie_at(self, section: str, offset: int) -> Cie:
        """Raises DwarfError where none is."""
        known = self._cies.get((section, offset))
        if known is not None:
            return known
        sections = self._sections
        data, order = sections.get(section), sections.order
        length, at, width = read_number(data, offset, 4, order), offset + 4, 4
        if length == 0xFFFFFFFF:
            length, at, width = read_number(data, at, 8, order), offset + 12, 8
        end = at + length
        if end > len(data) or length > _LONGEST_RECORD:
            raise DwarfError(f"a CIE of {section} is cut off")
        own = bytes(data[at:end])
        id = read_number(own, 0, width, order)
        if id != (0 if section == ".eh_frame" else (1 << (8 * width)) - 1):
            raise DwarfError(f"there is no CIE at {offset:#x} of {section}")
        version = read_number(own, width, 1, order)
        augmentation, at = read_string(own, width + 1)
        address_size = sections.address_size
        if version >= 4:
            address_size = read_number(own, at, 1, order)
            at += 2
        code_factor, at = read_uleb(own, at)
        data_factor, at = read_sleb(own, at)
        at = at + 1 if version == 1 else read_uleb(own, at)[1]
        encoding = 0
        augmented = augmentation.startswith(b"z")
        if augmented:
            size, at = read_uleb(own, at)
            encoding = self._encoding(section, own, at, augmentation, address_size)
            at += size
        elif augmentation:
            raise DwarfError(f"a CIE of {section} has an unknown augmentation")
        if address_size not in (4, 8):
            raise DwarfError(f"a CIE of {section} has addresses of {address_size} bytes")
        cie = Cie(code_factor, data_factor, encoding, augmented, address_size, own[at:])
        self._cies[section, offset] = cie
        return cie

    def _encoding(self, section: str, data: bytes, at: int, augmentation: bytes, address_size: int) -> int:
        """How the CIE says that its descriptions encode addresses."""
        for letter in augmentation[1:].decode("latin-1"):
            if letter == "R":
                return read_number(data, at, 1, self._sections.order)
            if letter == "P":
                encoding = read_number(data, at, 1, self._sections.order)
                _, at = self._pointer(section, data, at + 1, encoding & 0x0F, address_size)
            elif letter == "L":
                at += 1
        return 0

    def _pointer(
        self, section: str, data: bytes | memoryview, at: int, encoding: int, address_size: int
    ) -> tuple[int, int]:
        """Raises DwarfError."""
        if encoding == _OMITTED or encoding & _INDIRECT:
            raise DwarfError("a frame description has no address")
        start = at
        form = encoding & 0x0F
        if form in (1, 9):
            value, at = read_uleb(data, at) if form == 1 else read_sleb(data, at)
        else:
            size = {0: address_size, 2: 2, 3: 4, 4: 8, 8: address_size, 10: 2, 11: 4, 12: 8}.get(form)
            if size is None:
                raise DwarfError("a frame description has an address of an unknown kind")
            value = read_number(data, at, size, self._sections.order)
            at += size
            if form >= 8 and value >> (8 * size - 1):
                value -= 1 << (8 * size)
        base = encoding & 0x70
        if base == _PC_RELATIVE:
            loaded = self._sections.address_of(section)
            if loaded is None:
                raise DwarfError(f"nobody knows where {section} is loaded")
            value += loaded + start
        elif base:
            raise DwarfError("a frame description has an address of an unknown kind")
        return value & ((1 << 64) - 1), at


def _signed(data: memoryview, at: int, sections: Sections) -> int:
    return int.from_bytes(data[at : at + 4], sections.order, signed=True)
