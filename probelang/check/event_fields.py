"""The fields of events as values: of the kernel's own, by their format files or BTF, and of the same spec's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.check.btf_ctypes import BtfType, find_integer
from probelang.check.scope import Scope
from probelang.check.values import Value
from probelang.ctypes import CInt, COther, CPointer, CString, CType
from probelang.probes import Access, EventFieldValue, Probe
from probelang.record import replace
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.kernel.interface import EventField

#: What an array of an event is, which is neither a value nor the address of one.
EVENT_ARRAY = "an array in the event's record, which an eprobe cannot read"


def own_scope(probe: Probe) -> Scope:
    """What an eprobe on an event of the same spec can name: the fields that the event records."""
    names: dict[str, Value] = {}
    for field in probe.fields:
        fetch = field.fetch
        if field.auto or fetch.count is not None:
            continue
        size = 0 if fetch.is_string else (fetch.bitfield[2] if fetch.bitfield else fetch.bits) // 8
        access = Access(EventFieldValue(field.name, fetch.is_string, size, fetch.signed))
        type = CString() if fetch.is_string else CInt(size, fetch.signed)
        names[field.name] = Value(access, type, written=field.c_type or None)
    return Scope(Kind.EPROBE, names, "field", f"`{probe.group}:{probe.event}`")


def field_value(btf: Btf | None, field: EventField, user: bool) -> Value:
    """A field of an event as a value; `user` where its pointers point to user memory (the arguments of a syscall)."""
    text = field.kind in ("string", "dynamic_string")
    is_text_pointer = field.type in ("char *", "const char *")
    access = Access(
        EventFieldValue(field.name, text, 0 if text else field.size, field.signed, is_text_pointer)
    )
    if text:
        return Value(access, CString(), written=field.type)
    ref = BtfType(btf, field.btf_type) if btf is not None and field.btf_type is not None else None
    type: CType | None = ref.describe() if ref is not None else None
    if isinstance(type, CPointer) or (type is None and field.type.rstrip().endswith("*")):
        pointer = type if isinstance(type, CPointer) else _pointer_of(btf, field.type)
        return Value(access, replace(pointer, user=user or pointer.user), ref, written=field.type)
    if field.kind == "int":
        return Value(access, _integer_of(btf, field, type), ref, written=field.type)
    array = COther(EVENT_ARRAY)
    return Value(access, type or array, ref, written=field.type)


def _integer_of(btf: Btf | None, field: EventField, type: CType | None) -> CInt:
    """The type of C: a syscall's `int` stands in eight bytes, of which a program sets but four."""
    if not isinstance(type, CInt) and btf is not None and field.type:
        written = field.type.removeprefix("const ").strip()
        found = find_integer(btf, written)
        type = found.describe() if found is not None else None
    if isinstance(type, CInt) and type.size <= field.size:
        return type
    return CInt(field.size, field.signed)


def _pointer_of(btf: Btf | None, text: str) -> CPointer:
    """`const char *`, `struct sock *` as a format file writes it."""
    words = [word for word in text.replace("*", " * ").split() if word not in ("const", "volatile")]
    if btf is None or words.count("*") != 1:
        return CPointer(None)
    if words[:2] == ["char", "*"]:
        found = btf.find(Space.INT, "char")
    elif words[0] in ("struct", "union") and len(words) == 3:
        found = btf.find(Space.STRUCT if words[0] == "struct" else Space.UNION, words[1])
    else:
        found = btf.find(Space.TYPEDEF, words[0])
    return CPointer(BtfType(btf, found) if found is not None else None)
