"""Parameters and variables of functions, and where they are at an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.program import dwarf_constants as dw
from probelang.program.dwarf_dies import first_number, first_string
from probelang.program.dwarf_expressions import evaluate, evaluate_frame_base
from probelang.program.dwarf_lists import location_list
from probelang.program.dwarf_places import (
    AliveRange,
    AtAddress,
    Constant,
    EntryValue,
    InMemory,
    Unavailable,
)
from probelang.program.dwarf_registers import entry_frame
from probelang.program.dwarf_symbolic import Context, Symbolic
from probelang.program.dwarf_types import DwarfVoid, type_of
from probelang.program.dwarf_wire import DwarfError

if TYPE_CHECKING:
    from probelang.ctypes import TypeRef
    from probelang.program.dwarf_dies import Die
    from probelang.program.dwarf_places import Location
    from probelang.program.dwarf_reader import Reader

_MOST_ALIVE = 64
_CALL_FRAME_CFA = b"\x9c"


class DwarfVariable:
    """A parameter, a local or a global variable. `die` is the entry of it in one function or inlined instance."""

    __slots__ = ("_chain", "_function", "_reader", "die", "is_parameter", "name")

    def __init__(self, reader: Reader, die: Die, function: Die | None) -> None:
        """`function` is the one around it that has a frame. Raises DwarfError."""
        self._reader = reader
        self._chain = die.origins()
        self._function = function
        self.die = die
        self.is_parameter = die.tag == dw.TAG_FORMAL_PARAMETER
        self.name = first_string(self._chain, dw.AT_NAME) or ""

    def __repr__(self) -> str:
        return f"DwarfVariable({self.name!r})"

    @property
    def type(self) -> TypeRef:
        """Raises DwarfError."""
        for die in self._chain:
            if dw.AT_TYPE in die.values:
                return type_of(self._reader.names, die)
        return DwarfVoid()

    @property
    def address(self) -> int | None:
        """Where a variable with an address of its own is, in the file's addresses. Raises DwarfError."""
        found = self.place_at(0)
        return found.address if isinstance(found, AtAddress) else None

    def location_at(self, address: int) -> Location | Unavailable:
        """Where the value is when the instruction at `address` is about to run. Raises DwarfError."""
        self._reader.sections.renew_work()
        return self.place_at(address)

    def place_at(self, address: int) -> Location | Unavailable:
        """`location_at` as a part of a larger question. Raises DwarfError."""
        found = self._place_at(address)
        if isinstance(found, Unavailable) and not found.alive:
            return Unavailable(found.reason, self._alive_ranges())
        return found

    def is_before_prologue(self, address: int) -> bool:
        """Whether the variable has a frame slot that is not filled yet at `address`. Raises DwarfError."""
        found = self._place_at(address)
        return isinstance(found, Unavailable) and found.in_prologue

    def is_pointed_at(self, address: int) -> bool:
        """Whether a frame slot holds the variable's address in its place. Raises DwarfError."""
        expression = self.die.block(dw.AT_LOCATION)
        place = evaluate(expression, self._context(address)) if expression is not None else None
        return isinstance(place, InMemory) and place.steps == (0,)

    def alive_ranges(self) -> tuple[AliveRange, ...]:
        """Where a probe finds the value, neighbours joined; empty where nowhere. Raises DwarfError."""
        self._reader.sections.renew_work()
        return self._alive_ranges()

    def _alive_ranges(self) -> tuple[AliveRange, ...]:
        ranges: list[tuple[int, int]] = []
        for low, high, expression in self._list() or ():
            if low < high and _is_place(evaluate(expression, self._context(low))):
                if ranges and ranges[-1][1] == low:
                    ranges[-1] = ranges[-1][0], high
                else:
                    ranges.append((low, high))
        return tuple([self._alive(low, high) for low, high in sorted(ranges)[:_MOST_ALIVE]])

    def _alive(self, low: int, high: int) -> AliveRange:
        line = None
        try:
            parts = self._reader.code_of(self._function) if self._function is not None else []
            code = next((part for part in parts if part[0] <= low < part[1]), None)
            line = self._reader.line_at(self.die.unit, low, code)
        except DwarfError:
            pass  # the addresses are told without lines
        # Lines of what was inlined there are of other files.
        known = line is not None and line[0] == (first_number(self._chain, dw.AT_DECL_FILE) or line[0])
        return AliveRange(low, high, line[1] if line is not None and known else None)

    def _place_at(self, address: int) -> Location | Unavailable:
        for die in self._chain:
            if dw.AT_LOCATION in die.values:
                break
            if dw.AT_CONST_VALUE in die.values:
                return self._constant(die)
        else:
            return Unavailable("was optimised out")
        expression = die.block(dw.AT_LOCATION)
        if expression is not None:
            return self._fixed(expression, address)
        default = None
        for low, high, expression in self._list() or ():
            if low <= address < high:
                return evaluate(expression, self._context(address))
            if low == high == 0:
                default = expression
        if default is not None:
            return evaluate(default, self._context(address))
        return Unavailable("is in no place there: the compiler no longer or not yet needs it")

    def _list(self) -> list[tuple[int, int, bytes]] | None:
        """The location list; None where the location is the same everywhere, or nowhere."""
        for die in self._chain:
            if dw.AT_LOCATION in die.values:
                found = die.plain(dw.AT_LOCATION)
                return location_list(die.unit, *found) if found is not None else None
        return None

    def _constant(self, die: Die) -> Location | Unavailable:
        value = die.signed(dw.AT_CONST_VALUE)
        if value is None:
            raw = die.block(dw.AT_CONST_VALUE)
            if raw is None or len(raw) > 8:
                return Unavailable("is a constant that is no number")
            value = int.from_bytes(raw, die.unit.sections.order, signed=True)
        return Constant(value)

    def _fixed(self, expression: bytes, address: int) -> Location | Unavailable:
        """One place for the whole function: a frame slot, which holds nothing before the prologue has filled it."""
        context = self._context(address)
        place = evaluate(expression, context)
        if not context.uses_frame or not isinstance(place, InMemory) or self._function is None:
            return place
        ranges = self._reader.code_of(self._function)
        if not ranges or not ranges[0][0] <= address < ranges[0][1] or self._is_above_frame(place, context):
            return place
        low, high = ranges[0]
        end = self._reader.prologue_end(self.die.unit, low, high)
        if end is None or address >= end:
            return place
        return Unavailable(
            "is not in its place before the prologue ends", (self._alive(end, high),), in_prologue=True
        )

    def _is_above_frame(self, place: InMemory, context: Context) -> bool:
        """Whether the caller put it on the stack, so that it is there from the start."""
        if self._function is None or self._function.block(dw.AT_FRAME_BASE) != _CALL_FRAME_CFA:
            return False  # counted from a register that the prologue sets
        frame = context.frame_address()
        return (
            isinstance(frame, Symbolic)
            and frame.register == place.register
            and place.offset >= frame.offset
            and not place.steps
        )

    def _context(self, address: int) -> Context:
        reader, around = self._reader, self._function
        return Context(
            self.die.unit,
            lambda: _frame_address(reader, around, address),
            lambda: _frame_base(reader, around, address),
        )


def _is_place(place: Location | Unavailable) -> bool:
    return not isinstance(place, (Unavailable, EntryValue))


def _frame_address(reader: Reader, function: Die | None, address: int) -> Symbolic | str:
    ranges = reader.code_of(function) if function is not None else []
    start = next((low for low, high in ranges if low <= address < high), address)
    found = reader.frames.frame_address(address, start)
    if found is None and ranges and address == ranges[0][0]:
        found = entry_frame(reader.sections.machine)
    return Symbolic(*found) if found is not None else "is in the frame, and nothing tells where that is"


def _frame_base(reader: Reader, function: Die | None, address: int) -> Symbolic | str:
    if function is None:
        return "is in the frame of no function"
    found = function.plain(dw.AT_FRAME_BASE)
    expression = function.block(dw.AT_FRAME_BASE)
    if expression is None and found is not None:
        for low, high, candidate in location_list(function.unit, *found):
            if low <= address < high:
                expression = candidate
    if expression is None:
        return "is in the frame, and nothing tells where that is"
    context = Context(function.unit, lambda: _frame_address(reader, function, address), None)
    return evaluate_frame_base(expression, context)
