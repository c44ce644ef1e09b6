"""Types as C spells them: names for messages, declarations for hovers.

What is printed is bounded: in a damaged blob a type may lead back to itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.layout import DEEPEST, bits_of, resolved, size_of
from probelang.btf.types import (
    Array,
    BtfError,
    DataSec,
    DeclTag,
    Enum,
    Float,
    Func,
    FuncProto,
    Fwd,
    Int,
    Ptr,
    Qualifier,
    Struct,
    Typedef,
    TypeTag,
    Unknown,
    Var,
    Void,
)

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.btf.types import Member

_MOST_STEPS = 4096
"""Types looked at for one name."""
_MOST_LINES = 20_000


def type_name(btf: Btf, id: int) -> str:
    """The type as C writes it without a name: `struct file *`, `char [16]`, `int (*)(struct foo *)`.

    Raises BtfError where the type leads back to itself.
    """
    return declarator(btf, id, "")


def declarator(btf: Btf, id: int, name: str) -> str:
    """The declaration of something of that type: `char comm[16]`. Raises BtfError."""
    return _Speller(btf).spell(id, name, 0)


class _Speller:
    """Writes a type around a name, from the inside out, as C's declarators go."""

    def __init__(self, btf: Btf) -> None:
        self._btf = btf
        self._steps = 0

    def spell(self, id: int, inner: str, depth: int) -> str:
        qualifiers: list[str] = []
        tags: list[str] = []
        pointer = False
        while True:
            self._steps += 1
            if self._steps > _MOST_STEPS or depth > DEEPEST:
                raise BtfError(f"BTF type {id} has no end, or a circle")
            match self._btf.type(id):
                case Qualifier(kind=kind, target=id):
                    qualifiers.append(kind)
                case TypeTag(name=tag, target=id, is_attribute=is_attribute):
                    if not is_attribute and tag.isidentifier():
                        tags.append("__" + tag)
                case Ptr(target=id):
                    words = " ".join(tags + qualifiers)
                    inner = f"*{words}{' ' if words and inner and inner[0] not in '[)' else ''}{inner}"
                    qualifiers, tags = [], []
                    pointer = True
                case Array(element=id, count=count):
                    # Qualifiers of an array are its elements'.
                    inner = f"{f'({inner})' if pointer else inner}[{count}]"
                    pointer = False
                case FuncProto(returns=id, params=params):
                    parts = [
                        self.spell(param.type, "", depth + 1) if param.type or param.name else "..."
                        for param in params
                    ]
                    inner = f"{f'({inner})' if pointer else inner}({', '.join(parts) or 'void'})"
                    qualifiers, tags = [], []
                    pointer = False
                case Func(proto=id) | Var(type=id):
                    pass
                case other:
                    words = " ".join([*reversed(qualifiers), _base(other), *tags])
                    return f"{words} {inner}" if inner else words


def _base(
    type: Void | Int | Struct | Enum | Fwd | Typedef | DataSec | Float | DeclTag | Unknown,
) -> str:
    match type:
        case Void():
            return "void"
        case Struct(name=name, is_union=is_union) | Fwd(name=name, is_union=is_union):
            return f"{'union' if is_union else 'struct'} {name or '{...}'}"
        case Enum(name=name):
            return f"enum {name or '{...}'}"
        case Int(name=name) | Float(name=name) | Typedef(name=name):
            return name or "?"
        case _:
            return "?"


def declaration(btf: Btf, id: int, *, padding: bool = False) -> str:
    """The C declaration of a struct, union, enum, typedef, function or variable; any other type's name.

    Members carry their offset and size in bytes as comments, in the manner of pahole (`offset:bit` for a bitfield).
    With `padding`, holes that an attribute has made are filled with members of their own, so that a C compiler
    lays it out the same. Raises BtfError.
    """
    text = _Declarer(btf, padding)
    match btf.type(id):
        case Struct() as struct:
            text.struct(struct, "", 0, "", 0)
        case Enum() as enum:
            text.enum(enum, "", "", "")
        case Typedef(name=name, target=target):
            text.member(target, name, 0, "typedef ", "")
        case Func(name=name, proto=proto):
            return _function(btf, name, proto)
        case Var(name=name, type=target):
            return declarator(btf, target, name) + ";"
        case Fwd() as fwd:
            return _base(fwd) + ";"
        case _:
            return type_name(btf, id)
    return "\n".join(text.lines)


def _function(btf: Btf, name: str, proto: int) -> str:
    type = btf.type(proto)
    if not isinstance(type, FuncProto):
        raise BtfError(f"function {name} has no prototype")
    params = [declarator(btf, p.type, p.name) if p.type or p.name else "..." for p in type.params]
    return declarator(btf, type.returns, f"{name}({', '.join(params) or 'void'})") + ";"


class _Declarer:
    """Collects the lines of one declaration; anonymous structs, unions and enums are written where they are used."""

    def __init__(self, btf: Btf, padding: bool) -> None:
        self.lines: list[str] = []
        self._btf = btf
        self._padding = padding
        self._pads = 0

    def _add(self, line: str) -> None:
        if len(self.lines) >= _MOST_LINES:
            raise BtfError("the declaration is too long")
        self.lines.append(line)

    def struct(self, struct: Struct, before: str, start: int, after: str, depth: int) -> None:
        if depth > DEEPEST:
            raise BtfError(f"struct {struct.name} nests too deep, or contains itself")
        indent = "\t" * depth
        keyword = "union" if struct.is_union else "struct"
        self._add(f"{indent}{before}{keyword} {struct.name}{' ' if struct.name else ''}{{")
        packed = is_packed(self._btf, struct)
        at = 0
        for member in struct.members:
            place = bits_of(self._btf, member)
            if self._padding and not struct.is_union:
                self._pad(member, at, place, packed, depth + 1)
            at = place[0] + (place[1] or size_of(self._btf, member.type) * 8)
            self._member(member, place, start, depth + 1)
        if self._padding:
            self._pad_end(struct, at, packed, depth + 1)
        attribute = " __attribute__((packed))" if packed else ""
        size = f" /* {'' if depth else 'size: '}{f'{start // 8:5} ' if depth else ''}{struct.size} */"
        self._add(f"{indent}}}{attribute}{after};{size}")

    def _member(self, member: Member, place: tuple[int, int], start: int, depth: int) -> None:
        offset, bits = start + place[0], place[1]
        if bits:
            type = resolved(self._btf, member.type)
            unit = type.size * 8 if isinstance(type, Int | Enum) and type.size else 8
            where = f"{offset // unit * unit // 8:5}:{offset % unit}"
            comment = f" /* {where} {bits} bits */"
            self.member(member.type, f"{member.name}:{bits}", depth, "", comment, offset)
        else:
            comment = f" /* {offset // 8:5} {size_of(self._btf, member.type)} */"
            self.member(member.type, member.name, depth, "", comment, offset)

    def member(self, id: int, name: str, depth: int, before: str, comment: str, start: int = 0) -> None:
        """One declaration of `name`, the body of an anonymous type written in its place."""
        core, qualifiers, suffix = id, "", ""
        for _ in range(DEEPEST):
            match self._btf.type(core):
                case Array(element=element, count=count):
                    core, suffix = element, f"{suffix}[{count}]"
                case Qualifier(kind=kind, target=target):
                    core, qualifiers = target, f"{kind} {qualifiers}"
                case TypeTag(target=target):
                    core = target
                case Struct(name="") as struct:
                    after = f" {name}{suffix}" if name else ""
                    return self.struct(struct, before + qualifiers, start, after, depth)
                case Enum(name="") as enum:
                    return self.enum(
                        enum, "\t" * depth + before + qualifiers, f" {name}{suffix}", comment, depth
                    )
                case _:
                    break
        indent = "\t" * depth
        self._add(f"{indent}{before}{declarator(self._btf, id, name)};{comment}")

    def enum(self, enum: Enum, before: str, after: str, comment: str, depth: int = 0) -> None:
        indent = "\t" * depth
        self._add(f"{before}enum {enum.name}{' ' if enum.name else ''}{{")
        for name, value in enum.values:
            self._add(f"{indent}\t{name} = {value},")
        # Only an attribute makes an enum other than an int wide, unless its values need it.
        wide = any(not -(1 << 31) <= value < 1 << 32 for _, value in enum.values)
        attribute = (
            ""
            if enum.size == (8 if wide else 4)
            else f" __attribute__((mode({_MODES.get(enum.size, 'SI')})))"
        )
        self._add(f"{indent}}}{attribute}{after.rstrip()};{comment}")

    def _pad(self, member: Member, at: int, place: tuple[int, int], packed: bool, depth: int) -> None:
        offset, bits = place
        if bits:
            byte = offset // 8 * 8
            if at < byte:
                self._hole(byte // 8 - (at + 7) // 8, depth)
                at = byte
            if at < offset:
                self._add("\t" * depth + declarator(self._btf, member.type, f":{offset - at}") + ";")
            return
        align = 1 if packed else align_of(self._btf, member.type)
        natural = -(-((at + 7) // 8) // align) * align
        if natural * 8 < offset:
            self._hole(offset // 8 - (at + 7) // 8, depth)

    def _pad_end(self, struct: Struct, at: int, packed: bool, depth: int) -> None:
        if struct.is_union:
            at = max(
                (bits_of(self._btf, m)[1] or size_of(self._btf, m.type) * 8 for m in struct.members),
                default=0,
            )
        align = 1 if packed else _struct_align(self._btf, struct, 0)
        used = (at + 7) // 8
        if -(-used // align) * align < struct.size:
            self._hole(struct.size if struct.is_union else struct.size - used, depth)

    def _hole(self, size: int, depth: int) -> None:
        if size > 0:
            self._pads += 1
            indent = "\t" * depth
            self._add(f"{indent}unsigned char __pad{self._pads}[{size}];")


_MODES = {1: "QI", 2: "HI", 4: "SI", 8: "DI"}


def align_of(btf: Btf, id: int) -> int:
    """The natural alignment in bytes, as far as BTF tells: the `aligned` attribute is not in it. Raises BtfError."""
    return _align(btf, id, 0)


def _align(btf: Btf, id: int, depth: int) -> int:
    if depth > DEEPEST:
        raise BtfError(f"BTF type {id} nests too deep, or contains itself")
    match resolved(btf, id):
        case Ptr():
            return btf.pointer_size
        case Int(size=size) | Enum(size=size) | Float(size=size):
            return max(1, size & -size)
        case Array(element=element):
            return _align(btf, element, depth + 1)
        case Struct() as struct:
            return 1 if _packed(btf, struct, depth) else _struct_align(btf, struct, depth)
        case _:
            return 1


def _struct_align(btf: Btf, struct: Struct, depth: int) -> int:
    return max((_align(btf, member.type, depth + 1) for member in struct.members), default=1)


def is_packed(btf: Btf, struct: Struct) -> bool:
    """Whether only the `packed` attribute explains the layout. Raises BtfError."""
    return _packed(btf, struct, 0)


def _packed(btf: Btf, struct: Struct, depth: int) -> bool:
    align = 1
    for member in struct.members:
        offset, bits = bits_of(btf, member)
        own = _align(btf, member.type, depth + 1)
        align = max(align, own)
        if bits:
            unit = size_of(btf, member.type) * 8
            if unit and offset // unit != (offset + bits - 1) // unit:
                return True
        elif offset % (own * 8):
            return True
    return struct.size % align != 0
