"""The header of a line table: the files that a unit was made of, and how the rows are encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_abbrevs import BLOCK, STRING, ULEB, size_of_form
from probelang.program.dwarf_wire import DwarfError, read_number, read_string, read_uleb, to_text

if TYPE_CHECKING:
    from probelang.program.dwarf_wire import Sections

_PATH = 1
_DIRECTORY = 2
_MOST_FORMATS = 64


class LineHeader:
    """What stands before the rows of the table at an offset of `.debug_line`.

    `folder` is the unit's DW_AT_comp_dir. Raises DwarfError of a damaged header.
    """

    def __init__(self, sections: Sections, offset: int, folder: str, address_size: int) -> None:
        self._sections = sections
        self._folder = folder
        self.offset = offset
        length, at, self._offset_size = sections.number(".debug_line", offset, 4), offset + 4, 4
        if length == 0xFFFFFFFF:
            length, at, self._offset_size = sections.number(".debug_line", at, 8), offset + 12, 8
        whole = sections.view(".debug_line")
        self.end = at + length
        if self.end > len(whole):
            raise DwarfError(f"the line table at {offset:#x} is longer than the section")
        # From here on offsets count from behind the length.
        self._data = data = bytes(whole[at : self.end])
        order = sections.order
        self._version = read_number(data, 0, 2, order)
        if not 2 <= self._version <= 5:
            raise DwarfError(f"the line table at {offset:#x} is of DWARF {self._version}, which is not known")
        at = 2
        self._address_size = address_size
        if self._version >= 5:
            self._address_size = read_number(data, at, 1, order)
            at += 2
        if self._address_size not in (4, 8):
            raise DwarfError(f"the line table at {offset:#x} has addresses of {self._address_size} bytes")
        self._program = read_number(data, at, self._offset_size, order) + at + self._offset_size
        at += self._offset_size
        self._shortest = read_number(data, at, 1, order)
        at += 2 if self._version >= 4 else 1
        self._default = read_number(data, at, 1, order)
        base = read_number(data, at + 1, 1, order)
        self._base = base - 256 if base >= 128 else base
        self._range = read_number(data, at + 2, 1, order)
        self._opcode_base = read_number(data, at + 3, 1, order)
        at += 4
        self._lengths = data[at : at + max(0, self._opcode_base - 1)]
        at += max(0, self._opcode_base - 1)
        if self._range == 0 or self._program > len(data) or at > len(data):
            raise DwarfError(f"the header of the line table at {offset:#x} is damaged")
        self._texts: dict[int, str] = {}
        self._folders: list[str] = []
        self._files: list[tuple[str, int]] = []
        if self._version >= 5:
            at = self._read_entries(at, files=False)
            self._read_entries(at, files=True)
        else:
            self._read_old_files(at)
        sections.spend(len(self._files) + len(self._folders))

    def _read_old_files(self, at: int) -> None:
        data = self._data
        self._folders.append(self._folder)
        while True:
            raw, at = read_string(data, at)
            if not raw:
                break
            self._folders.append(to_text(raw))
        # Files count from 1 there.
        self._files.append(("", 0))
        while True:
            raw, at = read_string(data, at)
            if not raw:
                break
            folder, at = read_uleb(data, at)
            at = read_uleb(data, read_uleb(data, at)[1])[1]
            self._files.append((to_text(raw), folder))

    def _read_entries(self, at: int, *, files: bool) -> int:
        data = self._data
        count, at = read_number(data, at, 1, self._sections.order), at + 1
        formats: list[tuple[int, int, int]] = []
        for _ in range(min(count, _MOST_FORMATS)):
            kind, at = read_uleb(data, at)
            form, at = read_uleb(data, at)
            formats.append((kind, form, size_of_form(form, 5, self._offset_size, self._address_size)))
        count, at = read_uleb(data, at)
        if count > len(data) - at:
            raise DwarfError(f"the line table at {self.offset:#x} is cut off")
        for _ in range(count):
            path, folder = "", 0
            for kind, form, size in formats:
                value: int | bytes
                if size >= 0:
                    value = read_number(data, at, size, self._sections.order)
                    at += size
                elif size == ULEB:
                    value, at = read_uleb(data, at)
                elif size == STRING:
                    value, at = read_string(data, at)
                elif size == BLOCK:
                    length, at = read_uleb(data, at)
                    value, at = b"", at + length
                else:
                    raise DwarfError(f"the line table at {self.offset:#x} has an unknown form {form:#x}")
                if kind == _PATH:
                    path = self._text(form, value)
                elif kind == _DIRECTORY and isinstance(value, int):
                    folder = value
            if files:
                self._files.append((path, folder))
            else:
                self._folders.append(path)
        return at

    def _text(self, form: int, value: int | bytes) -> str:
        if isinstance(value, bytes):
            return to_text(value)
        known = self._texts.get(value)
        if known is None:
            section = {dw.FORM_LINE_STRP: ".debug_line_str", dw.FORM_STRP: ".debug_str"}.get(form)
            if section is None:
                raise DwarfError(f"the line table at {self.offset:#x} names files in an unknown way")
            known = self._texts[value] = to_text(self._sections.string(section, value))
        return known

    def path(self, index: int) -> str | None:
        """A file by its number in this table, as a path from the folder where it was compiled; None of no file."""
        if not 0 <= index < len(self._files):
            return None
        name, folder = self._files[index]
        if not name:
            return None
        if not name.startswith("/") and 0 <= folder < len(self._folders) and self._folders[folder]:
            name = f"{self._folders[folder]}/{name}"
        if not name.startswith("/") and self._folder:
            name = f"{self._folder}/{name}"
        return normal_path(name)

    def files_named(self, wanted: str) -> dict[int, str]:
        """Files whose path ends with `wanted`, whole names of folders compared: number and path."""
        base = wanted.rsplit("/", 1)[-1]
        found = {}
        for index, (name, _) in enumerate(self._files):
            if name == base or name.endswith("/" + base):
                path = self.path(index)
                if path is not None and ends_with(path, wanted):
                    found[index] = path
        return found


def normal_path(path: str) -> str:
    """Without `.` and `..`, as far as that can be told from the text."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] not in ("", ".."):
            parts.pop()
        elif part not in ("", ".") or (not parts and part == ""):
            parts.append(part)
    return "/".join(parts)


def ends_with(path: str, wanted: str) -> bool:
    """Whether a path is, or ends with, another one; `fs/read.c` does not end with `read.c` of `bread.c`."""
    wanted = normal_path(wanted)
    return path == wanted or path.endswith("/" + wanted.lstrip("/"))
