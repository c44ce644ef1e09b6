"""Where a variable is: the answers of `DwarfVariable.location_at`.

Registers are by the kernel's names, without `%`; addresses are those of the file (as in its symbols), in bytes.
"""

from __future__ import annotations

from typing import TypeAlias

from probelang.record import record


@record
class InRegister:
    """The value is in a register; smaller ones are in its low bytes."""

    register: str


@record
class RegisterPlus:
    """The value is a register's and `offset`: what it points to can be fetched, itself it is in no place."""

    register: str
    offset: int


@record
class InMemory:
    """The value is in memory at a register's value and `offset`.

    For each of `steps` the address is read from memory there first, and the step added to it.
    """

    register: str
    offset: int
    steps: tuple[int, ...] = ()


@record
class AtAddress:
    """The value is at this address of the file."""

    address: int


@record
class Constant:
    """The compiler knew the value; nothing holds it."""

    value: int


@record
class EntryValue:
    """The value is what the register held when the function was entered, and `offset`: known to a probe there only."""

    register: str
    offset: int = 0


@record
class Piece:
    """`size` bytes of a value, from byte `start` on; `place` is Unavailable of what was not kept."""

    place: Location | Unavailable
    start: int
    size: int


@record
class InPieces:
    """Parts of the value are in different places: a struct in two registers."""

    pieces: tuple[Piece, ...]


@record
class AliveRange:
    """Addresses `low` up to but not including `high`; `line` of the source is where they start, if that is known."""

    low: int
    high: int
    line: int | None = None


@record
class Unavailable:
    """Nothing holds the value there. `reason` ends the sentence "it …"; `alive` is where something does.

    `in_prologue` where it has a frame slot that the prologue is about to fill: at the entry it is where the caller put it.
    """

    reason: str
    alive: tuple[AliveRange, ...] = ()
    in_prologue: bool = False


Location: TypeAlias = InRegister | RegisterPlus | InMemory | AtAddress | Constant | EntryValue | InPieces
