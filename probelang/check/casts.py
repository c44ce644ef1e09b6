"""Casts, `container_of`, and the C types they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.names import Space
from probelang.check.btf_ctypes import PLAIN, BtfType, find_integer
from probelang.check.report import near_names, suggest
from probelang.check.rules import facts, types
from probelang.check.values import ADDRESS, LVALUE, RVALUE, Value, article_of, load
from probelang.ctypes import CArray, CInt, CPointer, CString, CStruct, MadePointer, TypeRef
from probelang.diagnostics import Edit, Fix
from probelang.probes import Immediate
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.check.expressions import Expressions
    from probelang.program.dwarf import Dwarf

_TAGS = {"struct": Space.STRUCT, "union": Space.UNION, "enum": Space.ENUM}


def find_type(checker: Expressions, written: tree.CType) -> TypeRef | None:
    """The type that a cast or an `args` parameter names, its pointers not counted."""
    btf = checker.scope.btf or checker.kernel.btf
    if not written.name:
        return None
    if checker.scope.dwarf is not None:
        return _find_in_program(checker, checker.scope.dwarf, written)
    if btf is None:
        checker.report.add(
            facts.MISSING_FACT, written.span, f"no types are known of {checker.kernel.title}: it has no BTF"
        )
        return None
    if written.name == "void" and not written.tag:
        return BtfType(btf, 0)
    spaces = (_TAGS[written.tag],) if written.tag else (Space.TYPEDEF, Space.INT)
    if not written.tag:
        integer = find_integer(btf, written.name)
        if integer is not None:
            return integer
    for space in spaces:
        found = btf.find(space, written.name)
        if found is not None:
            return BtfType(btf, found)
    spelled = f"{written.tag} {written.name}".strip()
    near = near_names(written.name, _tagged_names(btf, spaces, written.name))
    others = [
        tag
        for tag, space in _TAGS.items()
        if tag != written.tag and btf.find(space, written.name) is not None
    ]
    checker.report.add(
        types.UNKNOWN_TYPE,
        written.span,
        f"{checker.kernel.title} has no `{spelled}`",
        label=f"it is `{others[0]} {written.name}`" if others else suggest(near),
        fix=_named_otherwise(
            written, others[0] if others else written.tag, written.name if others else near[:1]
        ),
    )
    return None


def _named_otherwise(written: tree.CType, tag: str, names: str | list[str]) -> Fix | None:
    name = names if isinstance(names, str) else "".join(names)
    if not name:
        return None
    spelled = f"{tag} {name}".strip() + (" " if written.pointers else "") + "*" * written.pointers
    return Fix(f"write `{spelled}`", (Edit(written.span, spelled),), safe=False)


def _find_in_program(checker: Expressions, dwarf: Dwarf, written: tree.CType) -> TypeRef | None:
    """A type of the probed program."""
    kinds = (written.tag,) if written.tag else ("typedef", "int")
    for kind in kinds:
        for name in (written.name,) if written.tag else PLAIN.get(written.name, (written.name,)):
            found = dwarf.find_type(kind, name)
            if found is not None:
                return found
    spelled = f"{written.tag} {written.name}".strip()
    checker.report.add(types.UNKNOWN_TYPE, written.span, f"the program has no `{spelled}`")
    return None


def resolve_cast(checker: Expressions, expr: tree.Cast) -> Value | None:
    said = len(checker.report.diagnostics)
    base = checker.read(expr.operand)
    target = find_type(checker, expr.type)
    if base is None and target is not None and len(checker.report.diagnostics) == said + 1:
        _say_later_member(checker, expr, target)
    if base is None or target is None:
        return None
    if isinstance(base.type, CStruct):
        checker.report.add(
            types.STRUCT_VALUE, expr.operand.span, f"`{base.text}` cannot be cast: it is no single value"
        )
        return None
    if isinstance(base.type, CArray) and base.state == LVALUE:
        base = replace(base, state=ADDRESS)
    wanted = f"{target.text}{' ' if expr.type.pointers else ''}{'*' * expr.type.pointers}"
    if isinstance(base.type, CString):
        checker.report.add(types.TYPE_MISMATCH, expr.operand.span, f"a string cannot be cast to `{wanted}`")
        return None
    if base.bits is not None:
        return _cast_bitfield(checker, expr, base, target)
    value = replace(load(base), written=None)
    width = value.type.size if isinstance(value.type, CInt) and value.typed else 8
    if expr.type.pointers and width < 8:
        checker.report.add(
            types.WIDENING,
            expr.operand.span,
            f"`{base.text}` has {width * 8} bits, and `{wanted}` takes 64: what lies beside it would be read with it",
        )
        return None
    if expr.type.pointers == 0:
        made = target.describe()
        if not isinstance(made, CInt | CPointer):
            checker.report.add(
                types.UNRECORDABLE, expr.type.span, f"a cast to `{target.text}` makes no single value"
            )
            return None
        if isinstance(made, CInt) and made.what == "bool" and not _is_bool(value):
            checker.report.add(
                types.NO_ARITHMETIC,
                expr.type.span,
                "a cast to `bool` compares with 0, which a fetch arg cannot",
                help="record the value itself",
            )
            return None
        if isinstance(value.type, CInt) and isinstance(made, CInt) and value.type.size < made.size:
            # C would widen by the sign of what is there; the kernel would read what lies beside it
            if value.type.signed and not made.signed and not isinstance(value.access.base, Immediate):
                _say_not_widened(checker, expr, value, wanted)
            return value
        return replace(value, type=made, ref=target, names=None, typed=True, cast=None)
    type = _pointer(target, expr.type.pointers, value)
    name = cast_name(target) if expr.type.pointers == 1 and value.state == RVALUE else None
    return replace(value, type=type, ref=None, names=None if name is None else "", typed=True, cast=name)


def cast_name(target: TypeRef) -> str | None:
    """How a kernel's probes name a struct that they cast to; None where they cannot."""
    struct = target.describe()
    return struct.name if isinstance(struct, CStruct) and struct.name and not struct.is_union else None


def _is_bool(value: Value) -> bool:
    return isinstance(value.type, CInt) and value.type.what == "bool"


def _say_later_member(checker: Expressions, expr: tree.Cast, target: TypeRef) -> None:
    """Of `(struct inode *)file->i_ino` say that the cast is of all of it, if the member is one of the type it is cast to."""
    found = checker.report.diagnostics[-1]
    struct, member = target.describe(), expr.operand
    while isinstance(member, tree.Member) and member.member.span != found.label.span:
        member = member.base
    if (
        found.rule is not types.UNKNOWN_MEMBER
        or not isinstance(member, tree.Member)
        or not isinstance(struct, CStruct)
        or not struct.defined
        or struct.ref.find_member(member.member.name) is None
    ):
        return
    edits = (
        Edit(Span(expr.span.start, expr.span.start), "("),
        Edit(Span(member.base.span.end, member.base.span.end), ")"),
    )
    checker.report.diagnostics[-1] = replace(
        found,
        label=replace(found.label, text=f"`{target.text}` has it, and C casts what stands behind it last"),
        fix=Fix("put the cast in parentheses", edits, safe=False),
    )


def _say_not_widened(checker: Expressions, expr: tree.Cast, value: Value, wanted: str) -> None:
    assert isinstance(value.type, CInt)
    checker.report.add(
        types.SIGN_CHANGE,
        expr.type.span,
        f"C makes a large `{wanted}` of a negative `{value.text}`; here it stays negative, for no value is widened",
        label=f"recorded as `s{value.type.size * 8}`",
    )


def _cast_bitfield(checker: Expressions, expr: tree.Cast, base: Value, target: TypeRef) -> Value | None:
    """A bitfield stays what it is where the type has room for it."""
    assert base.bits is not None
    made = target.describe()
    room = made.size * 8 if expr.type.pointers == 0 and isinstance(made, CInt) and made.what != "bool" else 0
    if isinstance(made, CInt) and room >= base.bits[1] + (made.signed and not _signed(base)):
        return base
    checker.report.add(
        types.TYPE_MISMATCH, expr.type.span, "a bitfield is recorded as its bits: this cast would change them"
    )
    return None


def _signed(value: Value) -> bool:
    return isinstance(value.type, CInt) and value.type.signed


def resolve_container(checker: Expressions, expr: tree.ContainerOf) -> Value | None:
    base = checker.read(expr.operand)
    whole = find_type(checker, replace(expr.type, pointers=0))
    if base is None or whole is None:
        return None
    struct = whole.describe()
    offset, inner = 0, whole
    for member in expr.path:
        if not isinstance(struct, CStruct):
            checker.report.add(
                types.NOT_A_STRUCT, member.span, f"no member `{member.name}`: `{inner.text}` is no struct"
            )
            return None
        found = checker.find_member(struct, member)
        if found is None:
            return None
        offset += found.bit_offset // 8
        inner, struct = found.type, found.type.describe()
    pointer = load(base)
    if not isinstance(pointer.type, CPointer):
        checker.report.add(
            types.NOT_A_POINTER,
            expr.operand.span,
            f"container_of needs a pointer, and this is {article_of(base)}",
        )
        return None
    start = pointer.pending if pointer.state == ADDRESS else 0
    type = CPointer(whole, pointer.type.user)
    name = cast_name(whole) if start == 0 and len(expr.path) == 1 else None
    return replace(
        pointer,
        type=type,
        ref=None,
        state=ADDRESS,
        pending=start - offset,
        names=None if name is None else "",
        user=type.user,
        cast=None if name is None else f"{name},{expr.path[0].name}",
    )


def _pointer(target: TypeRef, depth: int, value: Value) -> CPointer:
    user = isinstance(value.type, CPointer) and value.type.user
    if depth == 1:
        return CPointer(target, user)
    for _ in range(depth - 1):
        target = MadePointer(target)
    return CPointer(target, user)


def _tagged_names(btf: Btf, spaces: tuple[Space, ...], wrong: str) -> list[str]:
    """Names near enough in beginning and length to be compared."""
    names = (name for space in spaces for name in btf.names(space, wrong[:2]))
    return [name for name in names if abs(len(name) - len(wrong)) < 4]
