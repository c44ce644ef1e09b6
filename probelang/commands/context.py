"""What is carried from fetch arg to fetch arg while the kernel parses a probe."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from probelang.btf.blob import Btf
    from probelang.commands.target import Proto, Target
    from probelang.commands.verdict import Log
    from probelang.kernel.tracefs import EventField

MAX_ARGS = 128
MAX_INSTRUCTIONS = 16
MAX_EVENT_SIZE = 3072
MAX_ARRAY = 64
MAX_NAME = 32
MAX_STACK = 2048
"""`$stackN` and `$argN` go so far: the words of a kernel stack on x86-64."""

RESERVED = frozenset(
    (
        "common_type",
        "common_flags",
        "common_preempt_count",
        "common_pid",
        "common_tgid",
        "__probe_ip",
        "__probe_ret_ip",
        "__probe_func",
    )
)


class At(IntFlag):
    """Where a probe sits, as far as fetch args care."""

    RETURN = 1
    KERNEL = 2
    ENTRY = 4
    EVENT = 8
    USER = 16
    FPROBE = 32
    TRACEPOINT = 64

    @property
    def place(self) -> At:
        return self & (At.RETURN | At.KERNEL | At.ENTRY | At.EVENT | At.USER)

    @property
    def is_function_entry(self) -> bool:
        return self.place == At.KERNEL | At.ENTRY

    @property
    def is_function_return(self) -> bool:
        return self.place == At.KERNEL | At.RETURN


@record
class FetchType:
    """A fetch type: its name, the bytes that it takes in a record, and whether it is a string of some kind."""

    name: str
    size: int
    is_string: bool = False


@record
class ParsedArg:
    """A fetch arg that the kernel took: name, text without the name, type, elements (0: no array), and the
    instructions with their operands that fetch it."""

    name: str
    text: str
    type: FetchType
    count: int
    ops: tuple[tuple[str, object], ...]


class Context:
    """The state of one probe's parse. `function` is where names are looked up, "" for none.

    `offset` is where in the current word the parser believes itself to be. Linux before 7.3 loses its place behind the
    last member of a path (it adds the difference between a null pointer and another); it is None from there on.
    """

    def __init__(self, target: Target, log: Log, at: At, function: str = "") -> None:
        self.target = target
        self.log = log
        self.at = at
        self.function = function
        self.offset: int | None = 0
        self.args: list[ParsedArg] = []
        self.size = 0
        self.fields: tuple[EventField, ...] = ()
        self.entry_params: list[int] = []
        #: What follows `@`, of the latest arg, looked up when the probe is registered.
        self.symbols: list[str] = []
        self.missing_field = False
        self._proto: Proto | None = None
        self._asked = False
        #: The kernel has looked the function up and found it; it then no longer says that there is no prototype.
        self.is_known = False
        self.forget_type()
        self.cast: tuple[Btf, int] | None = None

    def forget_type(self) -> None:
        self.last_type: tuple[Btf, int] | None = None
        self.last_bit_offset = 0
        self.last_bit_size = 0

    @property
    def proto(self) -> Proto | None:
        """The prototype of the function, looked up once."""
        if not self._asked:
            self._proto = self.target.find_proto(self.function) if self.function else None
            self._asked = True
        return self._proto

    @property
    def params(self) -> tuple[tuple[str, int], ...]:
        """The parameters that can be named; a tracepoint's first is hidden."""
        if self.proto is None:
            return ()
        return self.proto.params[1:] if At.TRACEPOINT in self.at else self.proto.params

    def moved(self, by: int) -> int | None:
        return None if self.offset is None else self.offset + by

    def save_param(self, number: int) -> None:
        """A parameter is kept at entry for the return."""
        if number not in self.entry_params:
            self.entry_params.append(number)
