"""C types as the checker sees them: one level at a time, whatever they come from.

`describe` looks through typedefs and qualifiers and answers with one of the records below; what a pointer points to,
or an array holds, stays a `TypeRef` until somebody asks. BTF is the only source so far; DWARF of programs can answer
the same questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf import layout
from probelang.btf import types as btf_types
from probelang.btf.c import type_name
from probelang.btf.names import Space
from probelang.probes import Fetch
from probelang.record import record

if TYPE_CHECKING:
    from probelang.btf.blob import Btf


class TypeRef:
    """A type in a blob."""

    __slots__ = ("btf", "id")

    def __init__(self, btf: Btf, id: int) -> None:
        self.btf = btf
        self.id = id

    @property
    def text(self) -> str:
        """The type as C writes it, `struct file *`."""
        return type_name(self.btf, self.id)

    def describe(self) -> CType:
        """What it is, typedefs, qualifiers and tags looked through."""
        return _describe(self)

    def size(self) -> int:
        """In bytes; 0 where it has none."""
        try:
            return layout.size_of(self.btf, self.id)
        except btf_types.BtfError:
            return 0


class MadePointer(TypeRef):
    """A pointer that only a spec's cast names, so that no blob need have it."""

    __slots__ = ("target",)

    def __init__(self, target: TypeRef) -> None:
        super().__init__(target.btf, 0)
        self.target = target

    @property
    def text(self) -> str:
        return self.target.text + " *"

    def describe(self) -> CType:
        return CPointer(self.target)

    def size(self) -> int:
        return 8


@record
class CInt:
    """An integer, an enumeration or a bool; `size` in bytes."""

    size: int
    signed: bool
    what: str = "int"
    ref: TypeRef | None = None


@record
class CPointer:
    """A pointer; `target` is None where nothing is known of what it points to."""

    target: TypeRef | None
    user: bool = False


@record
class CStruct:
    """A struct or a union; `defined` is false of one that BTF only declares."""

    ref: TypeRef
    name: str
    is_union: bool
    defined: bool = True


@record
class CArray:
    """`count` elements."""

    element: TypeRef
    count: int


@record
class CString:
    """Characters in a field of an event: an array in the record, fixed or dynamic."""


@record
class CVoid:
    """Nothing, or nothing known."""


@record
class COther:
    """What no probe can record: a function, a floating point number."""

    what: str


CType = CInt | CPointer | CStruct | CArray | CString | CVoid | COther


def _describe(ref: TypeRef) -> CType:
    btf = ref.btf
    user = False
    id = ref.id
    for _ in range(64):
        found = btf.type(id)
        match found:
            case btf_types.TypeTag(name, target):
                user = user or name == "user"
                id = target
            case btf_types.Typedef(_, target) | btf_types.Qualifier(_, target):
                id = target
            case btf_types.Int(_, size, _, signed, is_char, is_bool):
                what = "bool" if is_bool else "char" if is_char or _is_char(found) else "int"
                return CInt(size, signed, what, TypeRef(btf, id))
            case btf_types.Enum(_, size, signed, _):
                return CInt(size, signed, "enum", TypeRef(btf, id))
            case btf_types.Ptr(target):
                return CPointer(TypeRef(btf, target), user or _is_user(btf, target))
            case btf_types.Struct(name, _, _, is_union):
                return CStruct(TypeRef(btf, id), name, is_union)
            case btf_types.Fwd(name, is_union):
                space = Space.UNION if is_union else Space.STRUCT
                whole = btf.find(space, name)
                if whole is None:
                    return CStruct(TypeRef(btf, id), name, is_union, defined=False)
                return CStruct(TypeRef(btf, whole), name, is_union)
            case btf_types.Array(element, count):
                return CArray(TypeRef(btf, element), count)
            case btf_types.Void():
                return CVoid()
            case btf_types.Var(_, target, _):
                id = target
            case btf_types.Float():
                return COther("a floating point number")
            case _:
                return COther("a function")
    return CVoid()


def _is_char(type: btf_types.Int) -> bool:
    return type.size == 1 and type.name in ("char", "signed char", "unsigned char")


def _is_user(btf: Btf, target: int) -> bool:
    """Whether a pointer's target is tagged `__user` (BTF_KIND_TYPE_TAG, which sits right behind the pointer)."""
    for _ in range(16):
        found = btf.type(target)
        match found:
            case btf_types.TypeTag(name, next_one):
                if name == "user":
                    return True
                target = next_one
            case btf_types.Qualifier(_, next_one):
                target = next_one
            case _:
                return False
    return False


def is_text(ref: TypeRef) -> bool:
    """Whether an array or a pointer of this element is read as a string: a character of C, but no typedef of one.

    `struct qstr` names files by `const unsigned char *`; `u8` and its like are `unsigned char` behind a typedef, and
    are numbers.
    """
    btf, id = ref.btf, ref.id
    for _ in range(16):
        found = btf.type(id)
        match found:
            case btf_types.Qualifier(_, target) | btf_types.TypeTag(_, target):
                id = target
            case btf_types.Int():
                return _is_char(found)
            case _:
                return False
    return False


#: How C lets one write integers, and what compilers call them in BTF (gcc's names, then clang's).
_PLAIN = {
    "unsigned": ("unsigned int",),
    "signed": ("int",),
    "signed int": ("int",),
    "bool": ("_Bool", "bool"),
    **{name: ("short int", "short") for name in ("short", "short int", "signed short")},
    **{name: ("short unsigned int", "unsigned short") for name in ("unsigned short", "unsigned short int")},
    **{name: ("long int", "long") for name in ("long", "long int", "signed long")},
    **{
        name: ("long unsigned int", "unsigned long")
        for name in ("unsigned long", "unsigned long int", "long unsigned")
    },
    **{name: ("long long int", "long long") for name in ("long long", "long long int", "signed long long")},
    **{
        name: ("long long unsigned int", "unsigned long long")
        for name in ("unsigned long long", "unsigned long long int")
    },
}


def find_integer(btf: Btf, written: str) -> TypeRef | None:
    """An integer type, or a typedef of one, as C writes it."""
    for name in _PLAIN.get(written, (written,)):
        for space in (Space.INT, Space.TYPEDEF, Space.ENUM):
            found = btf.find(space, name)
            if found is not None:
                return TypeRef(btf, found)
    return None


def natural_fetch(type: CType) -> Fetch | None:
    """How a value of this type is recorded when nothing else is asked; None of what cannot be."""
    match type:
        case CInt(size, signed) if size in (1, 2, 4, 8):
            return Fetch(f"{'s' if signed else 'u'}{size * 8}")
        case CPointer(target, user):
            if target is not None and is_text(target):
                return Fetch("ustring" if user else "string")
            return Fetch("x64")
        case CString():
            return Fetch("string")
        case CArray(element, count):
            if is_text(element):
                return Fetch("string")
            inner = natural_fetch(element.describe())
            if inner is None or inner.is_string or inner.count is not None or count == 0:
                return None
            return Fetch(inner.name, count)
        case _:
            return None


def pointed(type: CType) -> CType | None:
    """What a pointer points to; None of what is no pointer or points to nothing known."""
    return type.target.describe() if isinstance(type, CPointer) and type.target is not None else None


@record
class Found:
    """A member: where it is, in bits from the start of the struct, its type, and its bits if it is a bitfield.

    `named` is whether the kernel's own parser finds it by its name.
    """

    bit_offset: int
    bit_size: int
    type: TypeRef
    named: bool


def find_member(struct: CStruct, name: str) -> Found | None:
    """A member by name, anonymous structs and unions looked through."""
    place = layout.find_member(struct.ref.btf, struct.ref.id, name)
    if place is None:
        return None
    btf = struct.ref.btf
    named = layout.is_found_by_kernel(btf, struct.ref.id, name)
    return Found(place.bit_offset, place.bit_size, TypeRef(btf, place.type), named)


def member_names(struct: CStruct) -> list[str]:
    """The names that `find_member` finds, in the order of the struct."""
    return layout.member_names(struct.ref.btf, struct.ref.id)
