"""Fetch types (`:u32`, `:b3@4/32`, `:string[2]`), the instructions a value takes, and how both must fit.

The order of checks is that of kernel/trace/trace_probe.c (`parse_probe_arg_type`, `finalize_fetch_insn`).
"""

from __future__ import annotations

from probelang.commands.context import MAX_ARRAY, MAX_INSTRUCTIONS, At, Context, FetchType
from probelang.commands.octets import leading_number, parse_unsigned
from probelang.commands.target import Target
from probelang.commands.verdict import Refused

_PLAIN = {f"{letter}{bits}": bits // 8 for letter in "usx" for bits in (8, 16, 32, 64)} | {"symbol": 8}
_STRINGS = ("string", "ustring")
DEFAULT = FetchType("x64", 8)


def find_type(name: str | None, target: Target, at: At) -> FetchType | None:
    """A fetch type by its name; None for the name is the default. A bitfield is known by what stands behind its `/`."""
    if name is None:
        return DEFAULT
    # Linux 6.12 and later; those with this error were seen to refuse it
    if At.USER in at and target.says_string_needed and name in ("symbol", "symstr"):
        return None
    if name[:1] == "b":
        _, slash, bits = name.partition("/")
        width = parse_unsigned(bits) if slash else None
        return FetchType(f"u{width}", width // 8) if width in (8, 16, 32, 64) else None
    if name in _PLAIN:
        return FetchType(name, _PLAIN[name])
    if name == "char" and target.char:
        return FetchType(name, 1)
    if name in _STRINGS or (name == "symstr" and target.symstr):
        return FetchType(name, 4, is_string=True)
    return None


class Typed:
    """The text of an arg split from its type: `text`, `type` (None where nothing was written), `found` and `count`."""

    __slots__ = ("count", "found", "text", "type", "type_offset")

    def __init__(self, body: str, context: Context) -> None:
        """Raises `Refused`."""
        log, base = context.log, context.offset
        assert base is not None
        text, colon, rest = body.partition(":")
        self.text = text
        self.count = 0
        self.type: str | None = None
        self.type_offset = 0
        if colon:
            self.type_offset = len(text) + 1
            self.type, bracket, array = rest.partition("[")
            if bracket:
                start = base + self.type_offset + len(self.type) + 1
                self.count = _array_count(array, start, context)
        self.found = self._find(context)
        if self.found is None:
            raise log.refuse(base + self.type_offset, "BAD_TYPE")

    def _find(self, context: Context) -> FetchType | None:
        is_text = self.text in ("$comm", "$COMM") or self.text.startswith('\\"')
        if At.EVENT in context.at or not is_text:
            return find_type(self.type, context.target, context.at)
        if self.count or self.type not in (None, "string"):
            if context.target.says_string_needed:
                assert context.offset is not None
                raise context.log.refuse(context.offset + self.type_offset, "NEED_STRING_TYPE")
            raise Refused("string-needed")
        return find_type("string", context.target, context.at)


def _array_count(array: str, start: int, context: Context) -> int:
    log = context.log
    digits, bracket, suffix = array.partition("]")
    if not bracket:
        raise log.refuse(start + len(array), "ARRAY_NO_CLOSE")
    if suffix:
        raise log.refuse(start + len(digits) + 1, "BAD_ARRAY_SUFFIX")
    count = parse_unsigned(digits, limit=1 << 32)
    if not count:
        raise log.refuse(start, "BAD_ARRAY_NUM")
    if count > MAX_ARRAY:
        raise log.refuse(start, "ARRAY_TOO_BIG")
    return count


class Code:
    """The instructions that fetch a value: 15 places and an end. `at` is the latest.

    Each has an operand: an offset, a number, a name; what is stored keeps that of the read before it.
    """

    END = MAX_INSTRUCTIONS - 1

    def __init__(self) -> None:
        self.ops = ["NOP"] * self.END + ["END"]
        self._operands: list[object] = [None] * (self.END + 1)
        self.at = 0

    @property
    def op(self) -> str:
        return self.ops[self.at]

    @op.setter
    def op(self, name: str) -> None:
        self.ops[self.at] = name

    def set(self, op: str, operand: object) -> None:
        """The instruction at the latest place."""
        self.ops[self.at] = op
        self._operands[self.at] = operand

    @property
    def operand(self) -> object:
        return self._operands[self.at]

    def advance(self) -> bool:
        """Go on to the next place; False where that is the end."""
        self.at += 1
        return self.at < self.END

    @property
    def used(self) -> tuple[tuple[str, object], ...]:
        """All that is fetched, in order."""
        pairs = zip(self.ops[: self.at + 1], self._operands, strict=False)
        return tuple((op, operand) for op, operand in pairs if op not in ("NOP", "END"))


_FOR_SYMSTR = ("REG", "STACK", "RETVAL", "ARG", "DEREF", "TP_ARG")
_FOR_STRING = ("DEREF", "UDEREF", "IMM", "COMM", "DATA", "TP_ARG")


def finalize(code: Code, typed: Typed, type: FetchType, context: Context) -> None:
    """How the value is stored, cut and repeated. Raises `Refused`."""
    log = context.log
    at_type = context.moved(typed.type_offset)
    if type.is_string:
        is_symstr = type.name == "symstr"
        if code.op not in (_FOR_SYMSTR if is_symstr else _FOR_STRING):
            raise log.refuse(at_type, "BAD_SYMSTRING" if is_symstr else "BAD_STRING")
        if is_symstr or typed.count or code.op in ("IMM", "COMM", "DATA", "TP_ARG"):
            _next(code, context)
        stored = "ST_USTRING" if type.name == "ustring" or code.op == "UDEREF" else "ST_STRING"
        if is_symstr and stored == "ST_STRING":
            stored = "ST_SYMSTR"
    elif code.op in ("DEREF", "UDEREF"):
        stored = "ST_MEM" if code.op == "DEREF" else "ST_UMEM"
    else:
        _next(code, context)
        stored = "ST_RAW"
    code.set(stored, (code.operand, type.name))
    if typed.type is not None:
        if not _bitfield_fits(typed.type, type, code):
            raise log.refuse(at_type, "BAD_BITFIELD")
    elif context.last_type is not None and (context.last_bit_size % 8 or context.last_bit_offset):
        _next(code, context)
        code.set("MOD_BF", (context.last_bit_size, context.last_bit_offset))
    if typed.count:
        if stored not in ("ST_MEM", "ST_STRING", "ST_USTRING"):
            raise log.refuse(at_type, "BAD_STRING")
        _next(code, context)
        code.set("LP_ARRAY", typed.count)
    code.at += 1


def _next(code: Code, context: Context) -> None:
    if not code.advance():
        raise context.log.refuse(context.offset, "TOO_MANY_OPS")


def _bitfield_fits(text: str, type: FetchType, code: Code) -> bool:
    """Whether `bWIDTH@OFFSET/SIZE` is one, and its bits are within the size; all else fits."""
    if text[:1] != "b":
        return True
    width, length = leading_number(text[1:])
    rest = text[1 + length :]
    if not width or rest[:1] != "@":
        return False
    offset, length = leading_number(rest[1:])
    if not length or rest[1 + length : 2 + length] != "/" or not code.advance():
        return False
    code.set("MOD_BF", (width, offset))
    return type.size * 8 >= (width + offset) % (1 << 64)
