"""Types as C spells them: names for messages, declarations for hovers.

What is printed is bounded: in a damaged blob a type may lead back to itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.layout import DEEPEST, Alignment, bits_of, size_of
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
    from probelang.btf.types import Member, Param

_MOST_STEPS = 4096
"""Types looked at for one name."""
_LONGEST_CHAIN = 256
"""Of pointers to pointers, arrays, qualifiers and so on."""
_MOST_LINES = 20_000
"""Of a declaration; the longest of a kernel's enums has some 3,000 enumerators."""
_MODES = {1: "QI", 2: "HI", 4: "SI", 8: "DI"}
"""By size, what `__attribute__((mode))` calls it."""


def type_name(btf: Btf, id: int) -> str:
    """The type as C writes it without a name: `struct file *`, `char [16]`, `int (*)(struct foo *)`.

    Raises BtfError where the type leads back to itself.
    """
    return declarator(btf, id, "")


def declarator(btf: Btf, id: int, name: str) -> str:
    """The declaration of something of that type: `char comm[16]`. Raises BtfError."""
    return _Speller(btf, _MOST_STEPS).spell(id, name)


class _Speller:
    """Writes a type around a name, from the inside out, as C's declarators go."""

    def __init__(self, btf: Btf, steps: int) -> None:
        self._btf = btf
        self._steps = steps

    def spell(self, id: int, inner: str, depth: int = 0) -> str:
        words: list[str] = []
        after_pointer = False
        for _ in range(_LONGEST_CHAIN):
            self._steps -= 1
            if self._steps < 0 or depth > DEEPEST:
                break
            match self._btf.type(id):
                case Qualifier(kind=kind, target=id):
                    words.append(kind)
                case TypeTag(name=tag, target=id, is_attribute=is_attribute):
                    # `user` is what the kernel's __user stands for. Other attributes say nothing of the data.
                    if not is_attribute and tag.isidentifier():
                        words.append("__" + tag)
                case Ptr(target=id):
                    close = words and inner and inner[0] not in "[)"
                    inner = f"*{' '.join(words)}{' ' if close else ''}{inner}"
                    words = []
                    after_pointer = True
                case Array(element=id, count=count):
                    # Qualifiers of an array are its elements': `words` stays.
                    inner = f"{f'({inner})' if after_pointer else inner}[{count}]"
                    after_pointer = False
                case FuncProto(returns=id, params=params):
                    inner = f"{f'({inner})' if after_pointer else inner}({self.params(params, depth + 1)})"
                    words = []
                    after_pointer = False
                case Func(proto=id) | Var(type=id):
                    pass
                case other:
                    tags = [word for word in words if word.startswith("__")]
                    kinds = [word for word in words if not word.startswith("__")]
                    base = " ".join([*kinds, _base(other), *tags])
                    return f"{base} {inner}" if inner else base
        raise BtfError(f"BTF type {id} leads back to itself, or is too long to write")

    def params(self, params: tuple[Param, ...], depth: int = 0, *, named: bool = False) -> str:
        """What stands in the parentheses of a function."""
        if not params:
            return "void"
        return ", ".join(
            [
                self.spell(param.type, param.name if named else "", depth)
                if param.type or param.name
                else "..."
                for param in params
            ]
        )


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

    Members carry their offset and size in bytes as comments, in the manner of pahole (`offset: bit size` for a
    bitfield). With `padding`, holes that an attribute has made are filled with members of their own, so that a C
    compiler lays it out the same. Raises BtfError.
    """
    type = btf.type(id)
    text = _Declaration(btf, padding, getattr(type, "name", ""))
    match type:
        case Struct():
            text.add_struct(id, 0, "", "", "", 0)
        case Enum() as enum:
            text.add_enum(enum, "", "", "", 0)
        case Typedef(name=name, target=target):
            text.add(target, name, 0, "typedef ", "", 0)
        case Func(name=name, proto=proto):
            text.add_function(name, proto)
        case Var(name=name, type=target):
            text.add(target, name, 0, "", "", 0)
        case Fwd() as fwd:
            return _base(fwd) + ";"
        case _:
            return type_name(btf, id)
    return "\n".join(text.lines)


class _Declaration:
    """Collects the lines of one declaration; anonymous structs, unions and enums are written where they are used."""

    def __init__(self, btf: Btf, padding: bool, owner: str) -> None:
        self.lines: list[str] = []
        self._btf = btf
        self._padding = padding
        # Part of the name of the paddings: with -fms-extensions, the kernel embeds a struct's members in another's.
        self._owner = owner
        self._pads = 0
        self._speller = _Speller(btf, _MOST_LINES * 8)
        self._alignment = Alignment(btf)

    def _line(self, depth: int, text: str) -> None:
        if len(self.lines) >= _MOST_LINES:
            raise BtfError("the declaration is too long")
        self.lines.append("\t" * depth + text)

    def add_function(self, name: str, proto: int) -> None:
        type = self._btf.type(proto)
        if not isinstance(type, FuncProto):
            raise BtfError(f"function {name} has no prototype")
        params = self._speller.params(type.params, named=True)
        self._line(0, self._speller.spell(type.returns, f"{name}({params})") + ";")

    def add(self, id: int, name: str, depth: int, before: str, comment: str, start: int) -> None:
        """One declaration of `name` at bit `start`, the body of an anonymous type written in its place."""
        core, words, suffix = id, before, ""
        for _ in range(DEEPEST):
            match self._btf.type(core):
                case Array(element=element, count=count):
                    core, suffix = element, f"{suffix}[{count}]"
                case Qualifier(kind=kind, target=target):
                    core, words = target, f"{words}{kind} "
                case TypeTag(target=target):
                    core = target
                case Struct(name=""):
                    return self.add_struct(core, start, words, f"{name}{suffix}", comment, depth)
                case Enum(name="") as enum:
                    return self.add_enum(enum, words, f"{name}{suffix}", comment, depth)
                case _:
                    break
        return self._line(depth, f"{before}{self._speller.spell(id, name)};{comment}")

    def add_struct(self, id: int, start: int, before: str, name: str, comment: str, depth: int) -> None:
        struct = self._btf.type(id)
        assert isinstance(struct, Struct)
        if depth > DEEPEST:
            raise BtfError(f"BTF type {id} nests too deep, or contains itself")
        keyword = "union" if struct.is_union else "struct"
        self._line(depth, f"{before}{keyword} {struct.name}{' ' if struct.name else ''}{{")
        packed = self._alignment.is_packed(id)
        end = 0
        for member in struct.members:
            offset, bits = bits_of(self._btf, member)
            if self._padding and not struct.is_union:
                align = 1 if packed else self._alignment.of(member.type)
                self._pad(end, offset, bits, align, depth + 1)
            size = bits or size_of(self._btf, member.type) * 8
            end = max(end, offset + size)
            self._member(member, start + offset, bits, depth + 1)
        if self._padding:
            align = 1 if packed else self._alignment.of(id)
            used = -(-end // 8)
            if -(-used // align) * align < struct.size:
                self._hole(struct.size if struct.is_union else struct.size - used, depth + 1)
        attribute = " __attribute__((packed))" if packed else ""
        size_comment = comment or f" /* size: {struct.size} */"
        self._line(depth, f"}}{attribute}{' ' if name else ''}{name};{size_comment}")

    def _member(self, member: Member, offset: int, bits: int, depth: int) -> None:
        if bits:
            unit = size_of(self._btf, member.type) * 8 or 8
            comment = f" /* {offset // unit * unit // 8:5}:{offset % unit:2} {bits:2} */"
            self.add(member.type, f"{member.name}:{bits}", depth, "", comment, offset)
        else:
            comment = f" /* {offset // 8:5} {size_of(self._btf, member.type):5} */"
            self.add(member.type, member.name, depth, "", comment, offset)

    def add_enum(self, enum: Enum, before: str, name: str, comment: str, depth: int) -> None:
        self._line(depth, f"{before}enum {enum.name}{' ' if enum.name else ''}{{")
        for enumerator, value in enum.values:
            self._line(depth + 1, f"{enumerator} = {value},")
        # Only an attribute makes an enum other than an int wide, unless its values need it.
        wide = any(not -(1 << 31) <= value < 1 << 32 for _, value in enum.values)
        attribute = "" if enum.size == (8 if wide else 4) else f" __attribute__((mode({_MODES[enum.size]})))"
        self._line(depth, f"}}{attribute}{' ' if name else ''}{name};{comment}")

    def _pad(self, end: int, offset: int, bits: int, align: int, depth: int) -> None:
        """Fill what lies between the end of one member and the next where a compiler would not leave it free."""
        if not bits:
            if -(-end // (align * 8)) * align * 8 < offset:
                self._hole(offset // 8 - -(-end // 8), depth)
            return
        if end % 8 and end // 8 < offset // 8:
            self._line(depth, f"unsigned char :{8 - end % 8};")
            end += 8 - end % 8
        if end // 8 < offset // 8:
            self._hole(offset // 8 - end // 8, depth)
            end = offset // 8 * 8
        if end < offset:
            self._line(depth, f"unsigned char :{offset - end};")

    def _hole(self, size: int, depth: int) -> None:
        self._pads += 1
        self._line(depth, f"unsigned char __{self._owner}_hole{self._pads}[{size}];")
