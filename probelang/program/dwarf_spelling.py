"""Types of DWARF as C and C++ spell them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_types import POINTERS, QUALIFIERS, STRUCTS, DwarfType, dimensions
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.program.dwarf_dies import Die

_LONGEST_CHAIN = 256
_MOST_STEPS = 4096
_DEEPEST = 32


def type_name(type: DwarfType) -> str:
    """`struct file *`, `char [16]`, `int (*)(struct foo *)`, `Foo<int> &`. Raises DwarfError where it has no end."""
    return _Speller(_MOST_STEPS).spell(type.die, "", type.skip, 0)


class _Speller:
    """Writes a type around a name, from the inside out, as C's declarators go."""

    __slots__ = ("_steps",)

    def __init__(self, steps: int) -> None:
        self._steps = steps

    def spell(self, die: Die | None, inner: str, skip: int, depth: int) -> str:
        words: list[str] = []
        after_pointer = False
        for _ in range(_LONGEST_CHAIN):
            self._steps -= 1
            if self._steps < 0 or depth > _DEEPEST:
                break
            if die is None:
                return _joined([*words, "void"], inner)
            tag = die.tag
            if tag in QUALIFIERS:
                words += [QUALIFIERS[tag]] if QUALIFIERS[tag] else []
            elif tag in POINTERS and dw.AT_NAME in die.values:
                return _joined([*words, base_name(die)], inner)  # Rust names its references
            elif tag in POINTERS:
                close = words and inner and inner[0] not in "[)"
                inner = f"{POINTERS[tag]}{' '.join(words)}{' ' if close else ''}{inner}"
                words = []
                after_pointer = True
            elif tag == dw.TAG_ARRAY_TYPE:
                counts = "".join(f"[{count}]" for count in dimensions(die)[skip:])
                inner = f"{f'({inner})' if after_pointer else inner}{counts}"
                after_pointer = False
            elif tag == dw.TAG_SUBROUTINE_TYPE:
                inner = f"{f'({inner})' if after_pointer else inner}({self._params(die, depth + 1)})"
                words = []
                after_pointer = False
            elif tag == dw.TAG_PTR_TO_MEMBER_TYPE:
                inner = f"::*{inner}"
                after_pointer = True
            else:
                return _joined([*words, base_name(die)], inner)
            die = die.reference(dw.AT_TYPE)
            skip = 0
        raise DwarfError("a type leads back to itself, or is too long to write")

    def _params(self, die: Die, depth: int) -> str:
        texts: list[str] = []
        for child in die.children():
            if child.tag == dw.TAG_FORMAL_PARAMETER:
                texts.append(self.spell(child.reference(dw.AT_TYPE), "", 0, depth))
            elif child.tag == dw.TAG_UNSPECIFIED_PARAMETERS:
                texts.append("...")
        return ", ".join(texts) or "void"


def _joined(words: list[str], inner: str) -> str:
    base = " ".join(words)
    return f"{base} {inner}" if inner else base


def base_name(die: Die) -> str:
    """A named type: with its keyword in C, without in languages that leave it out. Raises DwarfError."""
    name = die.string(dw.AT_NAME)
    if die.tag in STRUCTS or die.tag == dw.TAG_ENUMERATION_TYPE:
        if name and die.unit.leaves_out_keywords():
            return name
        keyword = {
            dw.TAG_UNION_TYPE: "union",
            dw.TAG_CLASS_TYPE: "class",
            dw.TAG_ENUMERATION_TYPE: "enum",
        }.get(die.tag, "struct")
        return f"{keyword} {name or '{...}'}"
    return name or "?"
