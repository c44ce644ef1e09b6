"""BTF from a compiler's DWARF, as pahole makes it for the kernel, for the types that the tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elftools.elf.elffile import ELFFile

from probelang.btf import wire

from .writer import BOOL, CHAR, SIGNED, Writer

if TYPE_CHECKING:
    from pathlib import Path

_WRAPPERS = {
    "DW_TAG_pointer_type": wire.PTR,
    "DW_TAG_typedef": wire.TYPEDEF,
    "DW_TAG_const_type": wire.CONST,
    "DW_TAG_volatile_type": wire.VOLATILE,
}


def btf_of(path: Path) -> bytes:
    """The types of an object compiled with -g."""
    with path.open("rb") as file:
        return _Converter(ELFFile(file).get_dwarf_info()).convert()


class _Converter:
    def __init__(self, dwarf: Any) -> None:
        self._dies = [die for cu in dwarf.iter_CUs() for die in cu.iter_DIEs() if isinstance(die.tag, str)]
        self._writer = Writer()
        self._ids: dict[int, int] = {}

    def convert(self) -> bytes:
        # An array is written as several, so ids are given in a first round and used in a second.
        for _ in range(2):
            self._writer = Writer()
            self._writer.integer("long unsigned int", 8)
            for die in self._dies:
                self._add(die)
        return self._writer.blob()

    def _target(self, die: Any) -> int:
        if "DW_AT_type" not in die.attributes:
            return 0
        return self._ids.get(die.get_DIE_from_attribute("DW_AT_type").offset, 0)

    def _add(self, die: Any) -> None:
        name = _text(die, "DW_AT_name")
        size = _number(die, "DW_AT_byte_size")
        w = self._writer
        match die.tag:
            case "DW_TAG_base_type":
                encoding = _number(die, "DW_AT_encoding")
                if encoding == 4:
                    self._ids[die.offset] = w.floating(name, size)
                else:
                    kind = {2: BOOL, 5: SIGNED, 6: SIGNED | CHAR, 7: 0, 8: CHAR}[encoding]
                    self._ids[die.offset] = w.integer(name, size, kind)
            case "DW_TAG_structure_type" | "DW_TAG_union_type":
                members = [
                    self._member(child) for child in die.iter_children() if child.tag == "DW_TAG_member"
                ]
                self._ids[die.offset] = w.struct(name, size, members, union=die.tag == "DW_TAG_union_type")
            case "DW_TAG_enumeration_type":
                rows = [child for child in die.iter_children() if child.tag == "DW_TAG_enumerator"]
                values = {_text(row, "DW_AT_name"): _number(row, "DW_AT_const_value") for row in rows}
                add = w.enum64 if size == 8 else w.enum
                self._ids[die.offset] = add(name, values, size)
            case "DW_TAG_array_type":
                target = self._target(die)
                for child in reversed([*die.iter_children()]):
                    count = (
                        _number(child, "DW_AT_upper_bound") + 1
                        if "DW_AT_upper_bound" in child.attributes
                        else 0
                    )
                    target = w.array(target, count)
                self._ids[die.offset] = target
            case "DW_TAG_subroutine_type":
                self._ids[die.offset] = w.proto(self._target(die))
            case tag if tag in _WRAPPERS:
                self._ids[die.offset] = w.add(_WRAPPERS[tag], name, self._target(die))

    def _member(self, die: Any) -> tuple[str, int, int, int]:
        bits = _number(die, "DW_AT_bit_size")
        offset = (
            _number(die, "DW_AT_data_bit_offset")
            if "DW_AT_data_bit_offset" in die.attributes
            else _number(die, "DW_AT_data_member_location") * 8
        )
        return _text(die, "DW_AT_name"), self._target(die), offset, bits


def _text(die: Any, attribute: str) -> str:
    return die.attributes[attribute].value.decode() if attribute in die.attributes else ""


def _number(die: Any, attribute: str) -> int:
    return int(die.attributes[attribute].value) if attribute in die.attributes else 0
