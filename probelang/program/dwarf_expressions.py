"""Location expressions, worked out as far as a probe could follow them: a register, an offset, memory behind it.

A probe adds no registers and multiplies nothing, so what needs more than offsets and memory is unavailable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program.dwarf_places import (
    AtAddress,
    Constant,
    EntryValue,
    InMemory,
    InPieces,
    InRegister,
    Location,
    Piece,
    RegisterPlus,
    Unavailable,
)
from probelang.program.dwarf_registers import register_name
from probelang.program.dwarf_symbolic import Context, Symbolic
from probelang.program.dwarf_wire import DwarfError, read_sleb, read_uleb
from probelang.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_OPERATIONS = 1 << 10
_DEEPEST_STACK = 64
_DEEPEST_EXPRESSION = 8


class _NotKnown(Exception):
    """Why no probe can follow the expression."""


def evaluate(expression: bytes, context: Context) -> Location | Unavailable:
    """Raises DwarfError of what is no expression."""
    try:
        return _Machine(expression, context, 0).run()
    except _NotKnown as reason:
        return Unavailable(str(reason))


def evaluate_frame_base(expression: bytes, context: Context) -> Symbolic | str:
    """The value of DW_AT_frame_base, or why it isn't known. Raises DwarfError."""
    try:
        return _Machine(expression, context, 0).base()
    except _NotKnown as reason:
        return str(reason)


class _Machine:
    __slots__ = ("_at", "_context", "_data", "_depth", "_register", "_result", "_stack", "_unit")

    def __init__(self, data: bytes, context: Context, depth: int) -> None:
        if depth > _DEEPEST_EXPRESSION:
            raise DwarfError("an expression contains itself")
        self._data = data
        self._at = 0
        self._context = context
        self._unit = context.unit
        self._depth = depth
        self._stack: list[Symbolic] = []
        self._register: int | None = None
        """Set by an operation that says the value *is* in a register."""
        self._result: Location | None = None
        """Set by one that says what the value is."""

    # Operands.

    def _uleb(self) -> int:
        value, self._at = read_uleb(self._data, self._at)
        return value

    def _sleb(self) -> int:
        value, self._at = read_sleb(self._data, self._at)
        return value

    def _number(self, size: int, signed: bool = False) -> int:
        raw = self._bytes(size)
        return int.from_bytes(raw, self._unit.sections.order, signed=signed)

    def _bytes(self, size: int) -> bytes:
        raw = self._data[self._at : self._at + size]
        if len(raw) < size:
            raise DwarfError("an expression is cut off")
        self._at += size
        return raw

    def _pop(self) -> Symbolic:
        if not self._stack:
            raise DwarfError("an expression takes more than it has")
        return self._stack.pop()

    def _push(self, value: Symbolic) -> None:
        if len(self._stack) >= _DEEPEST_STACK:
            raise DwarfError("an expression is too deep")
        self._stack.append(value)

    def _named(self, number: int) -> str:
        name = register_name(self._unit.sections.machine, number)
        if name is None:
            raise _NotKnown("is in a register that probes can't fetch, one of floating point or vectors")
        return name

    # Runs.

    def run(self) -> Location | Unavailable:
        """The whole expression, in pieces if it is."""
        pieces: list[Piece] = []
        start = 0
        for _ in range(_MOST_OPERATIONS):
            if self._at >= len(self._data):
                break
            op = self._number(1)
            if op == 0x93:  # piece
                size = self._uleb()
                pieces.append(Piece(self._finish_piece(), start, size))
                start += size
            elif op == 0x9D:  # bit_piece
                raise _NotKnown("is in pieces of bits")
            else:
                self._step(op)
        else:
            raise DwarfError("an expression is too long")
        if pieces:
            if all(isinstance(piece.place, Unavailable) for piece in pieces):
                return Unavailable("was optimised out")
            return InPieces(tuple(pieces))
        return self._finish()

    def base(self) -> Symbolic:
        """The value of an expression that is an address, or names the register that is."""
        for _ in range(_MOST_OPERATIONS):
            if self._at >= len(self._data):
                break
            self._step(self._number(1))
        if self._register is not None:
            return Symbolic(self._named(self._register), 0)
        return self._pop()

    def _finish_piece(self) -> Location | Unavailable:
        if not self._stack and self._register is None and self._result is None:
            return Unavailable("was optimised out")
        try:
            return self._finish()
        except _NotKnown as reason:
            return Unavailable(str(reason))
        finally:
            self._stack.clear()
            self._register = self._result = None

    def _finish(self) -> Location | Unavailable:
        if self._result is not None:
            return self._result
        if self._register is not None:
            return InRegister(self._named(self._register))
        if not self._stack:
            return Unavailable("was optimised out")
        value = self._pop()
        if value.at_entry:
            raise _NotKnown("is in memory that only a probe at the function's entry could find")
        if value.register is None:
            if value.steps:
                raise _NotKnown("is in memory that a variable of the program leads to")
            return AtAddress(value.offset)
        return InMemory(value.register, value.offset, value.steps)

    def _finish_value(self, value: Symbolic) -> Location:
        """DW_OP_stack_value: what was worked out is the value itself."""
        if value.steps:
            if value.steps[-1] or value.at_entry or value.register is None:
                raise _NotKnown("is worked out from memory")
            return InMemory(value.register, value.offset, value.steps[:-1])
        if value.register is None:
            if value.is_address:
                raise _NotKnown("is an address that the compiler knew, and nothing holds it")
            return Constant(value.offset)
        if value.at_entry:
            return EntryValue(value.register, value.offset)
        return RegisterPlus(value.register, value.offset) if value.offset else InRegister(value.register)

    def _step(self, op: int) -> None:
        if 0x30 <= op <= 0x4F:  # lit0 to lit31
            self._push(Symbolic(None, op - 0x30))
        elif 0x50 <= op <= 0x6F:  # reg0 to reg31
            self._register = op - 0x50
        elif 0x70 <= op <= 0x8F:  # breg0 to breg31
            self._push(Symbolic(self._named(op - 0x70), self._sleb()))
        elif op in _SIZED:
            self._push(Symbolic(None, self._number(*_SIZED[op])))
        else:
            self._step_other(op)

    def _step_other(self, op: int) -> None:
        match op:
            case 0x03:  # addr
                self._push(Symbolic(None, self._number(self._unit.address_size), is_address=True))
            case 0xA1 | 0xFB:  # addrx, GNU_addr_index
                address = self._unit.indexed_address(self._uleb())
                self._push(Symbolic(None, address, is_address=True))
            case 0xA2 | 0xFC:  # constx, GNU_const_index
                self._push(Symbolic(None, self._unit.indexed_address(self._uleb())))
            case 0x06:  # deref
                value = self._pop()
                self._push(replace(value, steps=(*value.steps, 0)))
            case 0x94 if self._number(1) == self._unit.address_size:  # deref_size
                value = self._pop()
                self._push(replace(value, steps=(*value.steps, 0)))
            case 0x10:  # constu
                self._push(Symbolic(None, self._uleb()))
            case 0x11:  # consts
                self._push(Symbolic(None, self._sleb()))
            case 0x23:  # plus_uconst
                number = self._uleb()
                self._push(self._pop().plus(number))
            case 0x90:  # regx
                self._register = self._uleb()
            case 0x92:  # bregx
                number = self._uleb()
                self._push(Symbolic(self._named(number), self._sleb()))
            case 0x91:  # fbreg
                offset = self._sleb()
                self._push(self._frame(self._context.frame_base).plus(offset))
            case 0x9C:  # call_frame_cfa
                self._push(self._frame(self._context.frame_address))
            case 0x9E:  # implicit_value
                self._result = Constant(self._number(self._uleb(), True))
            case 0x9F:  # stack_value
                self._result = self._finish_value(self._pop())
            case 0xA3 | 0xF3:  # entry_value, GNU_entry_value
                inner = _Machine(self._bytes(self._uleb()), self._context, self._depth + 1)
                self._push(replace(inner.base(), at_entry=True))
            case 0x12 | 0x13 | 0x14 | 0x16 | 0x96:
                self._shuffle(op)
            case 0x1C | 0x22:  # minus, plus
                self._add(-1 if op == 0x1C else 1)
            case 0x1F | 0x20:  # neg, not
                number = self._number_on_top()
                self._push(Symbolic(None, -number if op == 0x1F else ~number))
            case 0xA0 | 0xF2:  # implicit_pointer, GNU_implicit_pointer
                raise _NotKnown("points to something that was optimised out")
            case 0x9B | 0xE0:  # form_tls_address, GNU_push_tls_address
                raise _NotKnown("is a variable of each thread")
            case 0xF0:  # GNU_uninit
                pass
            case _:
                raise _NotKnown("is worked out in a way that no probe can follow")

    def _frame(self, ask: Callable[[], Symbolic | str] | None) -> Symbolic:
        self._context.uses_frame = True
        found = ask() if ask is not None else "is in a frame that nothing describes"
        if isinstance(found, str):
            raise _NotKnown(found)
        return found

    def _shuffle(self, op: int) -> None:
        if op == 0x12:  # dup
            value = self._pop()
            self._push(value)
            self._push(value)
        elif op == 0x13:  # drop
            self._pop()
        elif op == 0x14:  # over
            if len(self._stack) < 2:
                raise DwarfError("an expression takes more than it has")
            self._push(self._stack[-2])
        elif op == 0x16:  # swap
            first, second = self._pop(), self._pop()
            self._push(first)
            self._push(second)

    def _number_on_top(self) -> int:
        value = self._pop()
        if value.register is not None or value.steps or value.is_address:
            raise _NotKnown("is worked out in a way that no probe can follow")
        return value.offset

    def _add(self, sign: int) -> None:
        second, first = self._pop(), self._pop()
        if sign > 0 and first.register is None and not first.steps and not first.is_address:
            first, second = second, first
        if second.register is not None or second.steps or second.is_address:
            raise _NotKnown("is worked out from several registers")
        self._push(first.plus(sign * second.offset))


#: const1u to const8s: size and sign of what follows.
_SIZED = {
    0x08: (1, False),
    0x09: (1, True),
    0x0A: (2, False),
    0x0B: (2, True),
    0x0C: (4, False),
    0x0D: (4, True),
    0x0E: (8, False),
    0x0F: (8, True),
}
