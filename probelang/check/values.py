"""Values while they are being checked: where they are, and what C type they have.

A value is one of three things. An *rvalue* is a number that the base or the last dereference gives. An *lvalue* lies in
memory, `pending` bytes from where the access leads, and has not been read. An *address* is that place itself, not
yet used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.ctypes import CArray, CInt, CPointer, CString, CStruct, CType
from probelang.probes import Access, Deref, FileAddress, SymbolAddress
from probelang.record import record, replace

if TYPE_CHECKING:
    from probelang.ctypes import TypeRef

RVALUE = 0
LVALUE = 1
ADDRESS = 2


@record
class Value:
    """An expression's value.

    `ref` is the declared type where there is one, for messages; `names` is how the kernel's BTF parser spells the
    pending step, None where it cannot, or could not what led here; `bits` is (first bit, width) of a bitfield, counted from `pending`.
    `typed` is false where nobody knows the type and the kernel's default is taken; `written` is the type as a format file
    of the kernel has it. `cast` is the kernel's typecast that the pending step's names need (`Deref`). `entry` marks what `entry(e)` reads when the function is entered: nothing can be read through it later.
    """

    access: Access
    type: CType
    ref: TypeRef | None = None
    state: int = RVALUE
    pending: int = 0
    names: str | None = None
    user: bool = False
    bits: tuple[int, int] | None = None
    typed: bool = True
    written: str | None = None
    entry: bool = False
    cast: str | None = None

    @property
    def text(self) -> str:
        """The C type, for a person."""
        if self.written is not None:
            return self.written
        if self.ref is not None:
            return self.ref.text
        if not self.typed:
            return "a value of unknown type"
        if isinstance(self.type, CPointer):
            target = self.type.target
            return f"{target.text} *" if target is not None else "void *"
        return "an integer"


def pending_step(value: Value) -> Deref:
    """The dereference that reads an lvalue."""
    return Deref(value.pending, value.user, value.names, value.cast if value.names is not None else None)


def load(value: Value) -> Value:
    """Read an lvalue; what is a number already stays as it is, and so does an address that is a sum or a symbol's."""
    if value.state == RVALUE:
        return value
    if value.state == ADDRESS:
        if value.pending or (
            isinstance(value.access.base, SymbolAddress | FileAddress) and not value.access.derefs
        ):
            return value
        return replace(value, state=RVALUE, names=None, user=False)
    step = pending_step(value)
    type = value.type
    if value.user and isinstance(type, CPointer):
        type = replace(type, user=True)
    return replace(
        value,
        access=Access(value.access.base, (*value.access.derefs, step)),
        type=type,
        state=RVALUE,
        pending=0,
        names=None if value.names is None else "",
        user=False,
        written=None,
        cast=None,
    )


def at(pointer: Value, target: TypeRef, type: CType, offset: int, names: str | None) -> Value:
    """What lies `offset` bytes from where a pointer points."""
    user = isinstance(pointer.type, CPointer) and pointer.type.user
    spelled = names if pointer.names is not None else None
    if pointer.state == ADDRESS and (pointer.cast is None or pointer.names):
        # `&a->b` and then `->c`: the kernel spells it `->b.c`, unless something in between has no spelling
        spelled = None
        if names is not None and pointer.names is not None:
            spelled = pointer.names + "." + names[2:]
        return Value(
            pointer.access,
            type,
            target,
            LVALUE,
            pointer.pending + offset,
            spelled,
            user or pointer.user,
            cast=pointer.cast,
        )
    start = pointer.pending if pointer.state == ADDRESS else 0
    return Value(pointer.access, type, target, LVALUE, start + offset, spelled, user, cast=pointer.cast)


def inside(whole: Value, target: TypeRef, type: CType, offset: int, names: str | None) -> Value:
    """What lies `offset` bytes into something that is in memory."""
    spelled = None if whole.names is None or names is None else whole.names + names
    return replace(
        whole, type=type, ref=target, pending=whole.pending + offset, names=spelled, bits=None, written=None
    )


def article_of(value: Value) -> str:
    """What a value is, for the middle of a sentence."""
    match value.type:
        case CInt(what="bool"):
            return "a bool"
        case CInt() if value.ref is None and value.written is None:
            return value.text
        case CInt() | CStruct() | CPointer() if value.typed:
            return f"`{value.text}`"
        case CArray():
            return f"an array, `{value.text}`"
        case CString():
            return "a string"
        case _:
            return value.text
