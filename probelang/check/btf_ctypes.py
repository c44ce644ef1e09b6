"""C types out of BTF."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf import layout, types
from probelang.btf.c import type_name
from probelang.btf.names import Space
from probelang.ctypes import CArray, CInt, COther, CPointer, CStruct, CType, CVoid, Found, TypeRef

if TYPE_CHECKING:
    from probelang.btf.blob import Btf


class BtfType(TypeRef):
    """A type in a blob, by its id there. Every question may raise BtfError on a damaged blob, but for `size`."""

    __slots__ = ("btf", "id")

    def __init__(self, btf: Btf, id: int) -> None:
        self.btf = btf
        self.id = id

    @property
    def text(self) -> str:
        return type_name(self.btf, self.id)

    def describe(self) -> CType:
        return _describe(self.btf, self.id)

    def size(self) -> int:
        try:
            return layout.size_of(self.btf, self.id)
        except types.BtfError:
            return 0

    def is_text(self) -> bool:
        btf, id = self.btf, self.id
        constant = False
        for _ in range(16):
            found = btf.type(id)
            match found:
                case types.Qualifier(what, target):
                    constant = constant or what == "const"
                    id = target
                case types.TypeTag(_, target):
                    id = target
                case types.Int(name):
                    return name == "char" or (constant and name == "unsigned char")
                case _:
                    return False
        return False

    def find_member(self, name: str) -> Found | None:
        place = layout.find_member(self.btf, self.id, name)
        if place is None:
            return None
        named = layout.is_found_by_kernel(self.btf, self.id, name)
        return Found(place.bit_offset, place.bit_size, BtfType(self.btf, place.type), named)

    def member_names(self) -> list[str]:
        return layout.member_names(self.btf, self.id)


def _describe(btf: Btf, id: int) -> CType:
    user = False
    for _ in range(64):
        found = btf.type(id)
        match found:
            case types.TypeTag(name, target):
                user = user or name == "user"
                id = target
            case types.Typedef(_, target) | types.Qualifier(_, target):
                id = target
            case types.Int(_, size, _, signed, is_char, is_bool):
                what = "bool" if is_bool else "char" if is_char or _is_char(found) else "int"
                return CInt(size, signed, what, BtfType(btf, id))
            case types.Enum(_, size, signed, _):
                return CInt(size, signed, "enum", BtfType(btf, id))
            case types.Ptr(target):
                return CPointer(BtfType(btf, target), user or _is_user(btf, target))
            case types.Struct(name, _, _, is_union):
                return CStruct(BtfType(btf, id), name, is_union)
            case types.Fwd(name, is_union):
                space = Space.UNION if is_union else Space.STRUCT
                whole = btf.find(space, name)
                if whole is None:
                    return CStruct(BtfType(btf, id), name, is_union, defined=False)
                return CStruct(BtfType(btf, whole), name, is_union)
            case types.Array(element, count):
                return CArray(BtfType(btf, element), count)
            case types.Void():
                return CVoid()
            case types.Var(_, target, _):
                id = target
            case types.Float():
                return COther("a floating point number")
            case _:
                return COther("a function")
    return CVoid()


def _is_char(type: types.Int) -> bool:
    return type.size == 1 and type.name in ("char", "signed char", "unsigned char")


def _is_user(btf: Btf, target: int) -> bool:
    """Whether a pointer's target is tagged `__user` (BTF_KIND_TYPE_TAG, which sits right behind the pointer)."""
    for _ in range(16):
        found = btf.type(target)
        match found:
            case types.TypeTag(name, next_one):
                if name == "user":
                    return True
                target = next_one
            case types.Qualifier(_, next_one):
                target = next_one
            case _:
                return False
    return False


#: How C lets one write integers, and what compilers call them in BTF (gcc's names, then clang's).
PLAIN = {
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
    for name in PLAIN.get(written, (written,)):
        for space in (Space.INT, Space.TYPEDEF, Space.ENUM):
            found = btf.find(space, name)
            if found is not None:
                return BtfType(btf, found)
    return None
