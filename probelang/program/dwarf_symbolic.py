"""What a location expression works with: values as a probe could fetch them, and the frame they may be in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.program.dwarf_unit import Unit


@record
class Symbolic:
    """A register's value (none: 0), `offset` added, and for each step memory read there and the step added."""

    register: str | None
    offset: int
    steps: tuple[int, ...] = ()
    at_entry: bool = False
    is_address: bool = False

    def plus(self, number: int) -> Symbolic:
        if self.steps:
            return replace(self, steps=(*self.steps[:-1], self.steps[-1] + number))
        return replace(self, offset=self.offset + number)


class Context:
    """What an expression may ask for: the unit of its addresses, and the frame of the function at the address asked."""

    __slots__ = ("frame_address", "frame_base", "unit", "uses_frame")

    def __init__(
        self,
        unit: Unit,
        frame_address: Callable[[], Symbolic | str],
        frame_base: Callable[[], Symbolic | str] | None,
    ) -> None:
        self.unit = unit
        self.frame_address = frame_address
        """DW_OP_call_frame_cfa; a text says why it isn't known."""
        self.frame_base = frame_base
        self.uses_frame = False
