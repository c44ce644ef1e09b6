"""C types as the checker sees them: one level at a time, whatever they come from.

`describe` looks through typedefs and qualifiers and answers with one of the records below; what a pointer points to,
or an array holds, stays a `TypeRef` until somebody asks. `BtfType` (probelang.check.btf_ctypes) is one of a kernel.
"""

from __future__ import annotations

from probelang.record import record


class TypeRef:
    """A type, wherever its description is."""

    __slots__ = ()

    @property
    def text(self) -> str:
        """The type as C writes it, `struct file *`."""
        raise NotImplementedError

    def describe(self) -> CType:
        """What it is, typedefs, qualifiers and tags looked through."""
        raise NotImplementedError

    def size(self) -> int:
        """In bytes; 0 where it has none."""
        raise NotImplementedError

    def is_text(self) -> bool:
        """Whether an array or a pointer of this is read as a string: a character of C, but no typedef of one.

        `const unsigned char` counts as one too, for `struct qstr` names files by it; without `const` it is a byte, as in
        the data of a packet or the address of a device, and so is `u8`, a typedef of it.
        """
        return False

    def find_member(self, name: str) -> Found | None:
        """A member of a struct or union by name, anonymous ones looked through."""
        return None

    def member_names(self) -> list[str]:
        """The names that `find_member` finds, in the order of the struct."""
        return []


class MadePointer(TypeRef):
    """A pointer that only a spec's cast names, so that no description need have it."""

    __slots__ = ("target",)

    def __init__(self, target: TypeRef) -> None:
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
