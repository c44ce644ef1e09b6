"""C types of a kernel's DWARF, taken from its BTF as soon as a struct has a name there.

Both describe the same structs. Those of BTF are found at once, where DWARF that only declares a struct would have to be
searched for the rest; and what casts, `container_of` and the checks of the kernel's own parser know is of BTF too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.check.btf_ctypes import BtfType
from probelang.ctypes import CArray, CPointer, CStruct, Found, TypeRef
from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_types import STRUCTS, DwarfType, resolve
from probelang.record import replace

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.ctypes import CType


class KernelType(TypeRef):
    """A type of DWARF that leads to BTF. Questions may raise DwarfError and BtfError, but for `size`."""

    __slots__ = ("btf", "ref")

    def __init__(self, ref: TypeRef, btf: Btf) -> None:
        self.ref = ref
        self.btf = btf

    @property
    def text(self) -> str:
        return self.ref.text

    def describe(self) -> CType:
        known = self._struct_of_btf()
        if known is not None:
            return known
        match self.ref.describe():
            case CPointer(TypeRef() as target) as pointer:
                return replace(pointer, target=KernelType(target, self.btf))
            case CStruct(ref) as struct:
                return replace(struct, ref=KernelType(ref, self.btf))
            case CArray(element) as array:
                return replace(array, element=KernelType(element, self.btf))
            case other:
                return other

    def size(self) -> int:
        known = self._struct_of_btf()
        return known.ref.size() if known is not None else self.ref.size()

    def is_text(self) -> bool:
        return self.ref.is_text()

    def find_member(self, name: str) -> Found | None:
        found = self.ref.find_member(name)
        return replace(found, type=KernelType(found.type, self.btf)) if found is not None else None

    def member_names(self) -> list[str]:
        return self.ref.member_names()

    def _struct_of_btf(self) -> CStruct | None:
        """The struct of that name in BTF, if there is one only that has the size DWARF tells."""
        ref = self.ref
        die = resolve(ref.die) if isinstance(ref, DwarfType) else None
        if die is None or die.tag not in STRUCTS:
            return None
        name = die.string(dw.AT_NAME)
        is_union = die.tag == dw.TAG_UNION_TYPE
        if not name:
            return None
        size = None if die.flag(dw.AT_DECLARATION) else die.number(dw.AT_BYTE_SIZE)
        same = [
            BtfType(self.btf, id) for id in self.btf.find_all(Space.UNION if is_union else Space.STRUCT, name)
        ]
        fitting = [type for type in same if size is None or type.size() == size]
        return CStruct(fitting[0], name, is_union) if len(fitting) == 1 else None
