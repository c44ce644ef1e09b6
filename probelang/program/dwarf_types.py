"""C and C++ types out of DWARF, as the checker sees types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CArray, CInt, COther, CPointer, CStruct, CType, CVoid, Found, TypeRef
from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_members import find_member, member_names
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_names import Names

DEEPEST = 64
"""Steps from a type to what it stands for."""

QUALIFIERS = {
    dw.TAG_CONST_TYPE: "const",
    dw.TAG_VOLATILE_TYPE: "volatile",
    dw.TAG_RESTRICT_TYPE: "restrict",
    dw.TAG_ATOMIC_TYPE: "_Atomic",
    dw.TAG_PACKED_TYPE: "",
    dw.TAG_IMMUTABLE_TYPE: "",
}
POINTERS = {
    dw.TAG_POINTER_TYPE: "*",
    dw.TAG_REFERENCE_TYPE: "&",
    dw.TAG_RVALUE_REFERENCE_TYPE: "&&",
}
STRUCTS = frozenset({dw.TAG_STRUCTURE_TYPE, dw.TAG_CLASS_TYPE, dw.TAG_UNION_TYPE, dw.TAG_INTERFACE_TYPE})
_CHARACTERS = frozenset({"char", "signed char", "unsigned char"})


class DwarfVoid(TypeRef):
    """What an entry without a type is of."""

    __slots__ = ()

    @property
    def text(self) -> str:
        return "void"

    def describe(self) -> CType:
        return CVoid()

    def size(self) -> int:
        return 0


class DwarfType(TypeRef):
    """A type by its entry; of an array of several dimensions, `skip` are those already looked into.

    Every question may raise DwarfError on damaged debugging information, but for `size`.
    """

    __slots__ = ("die", "names", "skip")

    def __init__(self, names: Names, die: Die, skip: int = 0) -> None:
        self.names = names
        self.die = die
        self.skip = skip

    @property
    def text(self) -> str:
        from probelang.program.dwarf_spelling import type_name

        self.names.units.sections.renew_work()
        return type_name(self)

    def target(self) -> TypeRef:
        """What DW_AT_type names. Raises DwarfError."""
        return type_of(self.names, self.die)

    def describe(self) -> CType:
        self.names.units.sections.renew_work()
        die = resolve(self.die)
        if die is None:
            return CVoid()
        ref = self if die is self.die else DwarfType(self.names, die)
        tag = die.tag
        if tag == dw.TAG_BASE_TYPE:
            return _describe_base(ref, die)
        if tag == dw.TAG_ENUMERATION_TYPE:
            return CInt(ref.size(), _is_signed_enum(die), "enum", ref)
        if tag in POINTERS:
            return CPointer(type_of(self.names, die))
        if tag in STRUCTS:
            whole = self.names.complete(die)
            if whole is not die:
                ref = DwarfType(self.names, whole)
            defined = not whole.flag(dw.AT_DECLARATION)
            return CStruct(ref, whole.string(dw.AT_NAME) or "", whole.tag == dw.TAG_UNION_TYPE, defined)
        if tag == dw.TAG_ARRAY_TYPE:
            counts = dimensions(die)
            last = ref.skip + 1 >= len(counts)
            element = type_of(self.names, die) if last else DwarfType(self.names, die, ref.skip + 1)
            return CArray(element, counts[ref.skip] if ref.skip < len(counts) else 0)
        if tag == dw.TAG_PTR_TO_MEMBER_TYPE:
            return COther("a pointer to a member")
        if tag == dw.TAG_UNSPECIFIED_TYPE:
            return CVoid()
        return COther("a function" if tag == dw.TAG_SUBROUTINE_TYPE else "of a kind that C has not")

    def size(self) -> int:
        self.names.units.sections.renew_work()
        try:
            return _size_of(self, 0)
        except DwarfError:
            return 0

    def is_text(self) -> bool:
        die: Die | None = self.die
        for _ in range(DEEPEST):
            if die is None or die.tag not in QUALIFIERS:
                break
            die = die.reference(dw.AT_TYPE)
        return die is not None and die.tag == dw.TAG_BASE_TYPE and _is_character(die)

    def find_member(self, name: str) -> Found | None:
        self.names.units.sections.renew_work()
        struct = self._struct()
        member = find_member(self.names, struct, name) if struct is not None else None
        if member is None:
            return None
        return Found(member.bit_offset, member.bit_size, type_of(self.names, member.die), named=False)

    def member_names(self) -> list[str]:
        self.names.units.sections.renew_work()
        struct = self._struct()
        return member_names(self.names, struct) if struct is not None else []

    def _struct(self) -> Die | None:
        die = resolve(self.die)
        return self.names.complete(die) if die is not None and die.tag in STRUCTS else None


def type_of(names: Names, die: Die) -> TypeRef:
    """The type of an entry: of a variable, a member, a pointer's target. Raises DwarfError."""
    target = die.reference(dw.AT_TYPE)
    return DwarfType(names, target) if target is not None else DwarfVoid()


def resolve(die: Die) -> Die | None:
    """The entry behind typedefs and qualifiers; None of void. Raises DwarfError."""
    found: Die | None = die
    for _ in range(DEEPEST):
        if found is None or not (
            found.tag in QUALIFIERS or found.tag in (dw.TAG_TYPEDEF, dw.TAG_SUBRANGE_TYPE)
        ):
            return found
        found = found.reference(dw.AT_TYPE)
    raise DwarfError("a type leads back to itself, or is too many typedefs deep")


def dimensions(die: Die) -> list[int]:
    """How many elements an array has in each dimension, 0 where that is open. Raises DwarfError."""
    counts: list[int] = []
    for child in die.children():
        if child.tag == dw.TAG_SUBRANGE_TYPE:
            count = child.number(dw.AT_COUNT)
            if count is None:
                upper = child.signed(dw.AT_UPPER_BOUND)
                count = upper + 1 - (child.signed(dw.AT_LOWER_BOUND) or 0) if upper is not None else 0
            counts.append(max(0, count))
        elif child.tag == dw.TAG_ENUMERATION_TYPE:
            counts.append(sum(entry.tag == dw.TAG_ENUMERATOR for entry in child.children()))
    return counts or [0]


def _describe_base(ref: DwarfType, die: Die) -> CType:
    size = die.number(dw.AT_BYTE_SIZE) or 0
    match die.number(dw.AT_ENCODING):
        case dw.ATE_BOOLEAN:
            return CInt(size, False, "bool", ref)
        case dw.ATE_SIGNED | dw.ATE_SIGNED_CHAR as encoding:
            what = "char" if encoding == dw.ATE_SIGNED_CHAR and _is_character(die) else "int"
            return CInt(size, True, what, ref)
        case dw.ATE_UNSIGNED | dw.ATE_UNSIGNED_CHAR | dw.ATE_UTF | 0x01:
            return CInt(size, False, "char" if _is_character(die) else "int", ref)
        case _:
            return COther("a floating point number")


def _is_character(die: Die) -> bool:
    return die.number(dw.AT_BYTE_SIZE) == 1 and die.string(dw.AT_NAME) in _CHARACTERS


def _is_signed_enum(die: Die) -> bool:
    encoding = die.number(dw.AT_ENCODING)
    if encoding is not None:
        return encoding in (dw.ATE_SIGNED, dw.ATE_SIGNED_CHAR)
    base = die.reference(dw.AT_TYPE)
    base = resolve(base) if base is not None else None
    if base is not None and base.tag == dw.TAG_BASE_TYPE:
        return base.number(dw.AT_ENCODING) in (dw.ATE_SIGNED, dw.ATE_SIGNED_CHAR)
    return any((entry.number(dw.AT_CONST_VALUE) or 0) < 0 for entry in die.children())


def _size_of(type: DwarfType, depth: int) -> int:
    die = resolve(type.die)
    if die is None or depth > DEEPEST:
        return 0
    if die.tag == dw.TAG_ARRAY_TYPE:
        element = die.reference(dw.AT_TYPE)
        count = 1
        for dimension in dimensions(die)[type.skip if die is type.die else 0 :]:
            count *= dimension
        return count * _size_of(DwarfType(type.names, element), depth + 1) if element is not None else 0
    if die.tag in STRUCTS:
        die = type.names.complete(die)
    size = die.number(dw.AT_BYTE_SIZE)
    if size is None:
        return die.unit.address_size if die.tag in POINTERS else 0
    return size
