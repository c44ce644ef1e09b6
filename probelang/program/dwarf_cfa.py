"""The canonical frame address: what a frame description says of one instruction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program.dwarf_wire import DwarfError, read_number, read_sleb, read_uleb
from probelang.record import record

if TYPE_CHECKING:
    from probelang.program.dwarf_wire import Sections

_MOST_OPERATIONS = 1 << 16
_DEEPEST_STATES = 64


@record
class Cie:
    """What many descriptions have in common; `program` sets their first row."""

    code_factor: int
    data_factor: int
    pointer_encoding: int
    augmented: bool
    address_size: int
    program: bytes


@record
class Fde:
    """The description of the code from `low` up to `high`."""

    cie: Cie
    low: int
    high: int
    program: bytes


def frame_rule(fde: Fde, address: int, sections: Sections) -> tuple[int, int] | None:
    """Register number and offset of the frame address at an address; None where it is an expression."""
    state = _State(fde, address, sections)
    state.run(fde.cie.program)
    state.run(fde.program)
    return state.rule


class _State:
    """The part of a frame's table that tells the frame address; rules of other registers are stepped over."""

    __slots__ = ("_address", "_at", "_done", "_fde", "_kept", "_sections", "rule")

    def __init__(self, fde: Fde, address: int, sections: Sections) -> None:
        self.rule: tuple[int, int] | None = None
        self._kept: list[tuple[int, int] | None] = []
        self._fde = fde
        self._address = address
        self._at = fde.low
        self._sections = sections
        self._done = False

    def _advance(self, count: int) -> None:
        self._at += count * self._fde.cie.code_factor
        self._done = self._at > self._address

    def run(self, program: bytes) -> None:
        """Up to the row that holds for the address. Raises DwarfError."""
        at, order = 0, self._sections.order
        for _ in range(_MOST_OPERATIONS):
            if at >= len(program) or self._done:
                return
            op = program[at]
            at += 1
            high = op & 0xC0
            if high == 0x40:
                self._advance(op & 0x3F)
            elif high == 0x80:
                at = read_uleb(program, at)[1]
            elif high == 0xC0 or op in (0x00, 0x2D):  # restore; nop; GNU_window_save, on arm64 a toggle
                pass
            elif op == 0x01:
                self._at = read_number(program, at, self._fde.cie.address_size, order)
                at += self._fde.cie.address_size
                self._done = self._at > self._address
            elif op in (0x02, 0x03, 0x04):
                size = 1 << (op - 2)
                self._advance(read_number(program, at, size, order))
                at += size
            else:
                at = self._define(op, program, at)
        raise DwarfError("a frame description is too long")

    def _define(self, op: int, program: bytes, at: int) -> int:
        factor = self._fde.cie.data_factor
        match op:
            case 0x0C | 0x12:  # def_cfa, def_cfa_sf
                register, at = read_uleb(program, at)
                offset, at = read_uleb(program, at) if op == 0x0C else read_sleb(program, at)
                self.rule = register, offset * (1 if op == 0x0C else factor)
            case 0x0D:  # def_cfa_register
                register, at = read_uleb(program, at)
                self.rule = (register, self.rule[1]) if self.rule is not None else None
            case 0x0E | 0x13:  # def_cfa_offset, def_cfa_offset_sf
                offset, at = read_uleb(program, at) if op == 0x0E else read_sleb(program, at)
                offset *= 1 if op == 0x0E else factor
                self.rule = (self.rule[0], offset) if self.rule is not None else None
            case 0x0F:  # def_cfa_expression
                length, at = read_uleb(program, at)
                at += length
                self.rule = None
            case 0x0A:  # remember_state
                if len(self._kept) >= _DEEPEST_STATES:
                    raise DwarfError("a frame description remembers too much")
                self._kept.append(self.rule)
            case 0x0B:  # restore_state
                if not self._kept:
                    raise DwarfError("a frame description restores what it did not remember")
                self.rule = self._kept.pop()
            case 0x06 | 0x07 | 0x08 | 0x2E:  # restore_extended, undefined, same_value, GNU_args_size
                at = read_uleb(program, at)[1]
            case 0x05 | 0x09 | 0x11 | 0x14 | 0x15 | 0x2F:  # rules of a register with an operand
                at = read_uleb(program, at)[1]
                at = (read_sleb if op in (0x11, 0x15) else read_uleb)(program, at)[1]
            case 0x10 | 0x16:  # expression, val_expression
                at = read_uleb(program, at)[1]
                length, at = read_uleb(program, at)
                at += length
            case _:
                raise DwarfError(f"a frame description has an unknown operation {op:#x}")
        return at
