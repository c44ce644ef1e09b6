"""Typed probes: what the checker makes of a spec for one kernel, and all that a backend reads.

A value is a *base* (a parameter, the return value, a field of an event, …) and the dereferences that follow it.
Each dereference knows its offset, so that any kernel can do it, and how the kernel's own BTF parser would spell it,
so that a kernel that resolves names is given names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.ctypes import CType
    from probelang.source import Source, Span
    from probelang.syntax.tree import Expr, FetchType, Kind

# ----------------------------------------------------------------------------------------------------- bases


@record
class Parameter:
    """A parameter of the probed function, or an argument of the probed tracepoint.

    `slot` is the N of `$argN` that holds it (from 1), by the calling convention; `name` is how the kernel's BTF
    parser finds it, None where that would give another slot (structs passed by value shift what follows them).
    """

    slot: int
    name: str | None


@record
class ReturnValue:
    """`$retval`."""


@record
class ThreadName:
    """`$comm`."""


@record
class Thread:
    """`$tid` (ftrace's `common_pid`), `$pid` (the thread group) or `$cpu`: `what` is the name."""

    what: str


@record
class CurrentTask:
    """`$current`: the running task's `struct task_struct *`."""


@record
class Stack:
    """`$stack` (None), the stack pointer, or `$stackN`, the N-th word on the stack."""

    index: int | None


@record
class RegisterValue:
    """A register by the kernel's name for it."""

    name: str


@record
class SymbolAddress:
    """The address of a kernel symbol plus an offset, or an address."""

    symbol: str | None
    address: int


@record
class FileAddress:
    """An address in a probed program, by an offset as the kernel counts `@+OFFSET`.

    It adds the offset to the address that the probe is on, less the probe's own offset in the file, which is right wherever the
    program is loaded; for what is in another segment than the probe the offset is not that of the file.
    """

    offset: int


@record
class EventFieldValue:
    """A field of the event that an eprobe sits on; `text` where the field itself holds a string.

    `size` is what it takes in the event's record, in bytes, and `signed` how the event's own filter compares it: a
    syscall's `int` has 8 there, unsigned. 0 of a string. `pointer` marks a
    `char *`, which the kernel treats as a kind of its own (FILTER_PTR_STRING).
    """

    name: str
    text: bool
    size: int
    signed: bool
    pointer: bool = False


@record
class Immediate:
    """A constant to record."""

    value: int | bytes


@record
class EntryValue:
    """`entry(e)` in a return probe: what `access` gives when the function is entered."""

    access: Access


@record
class Duration:
    """`$duration`: nanoseconds from the function's entry to its return."""


@record
class ThisCpu:
    """`this_cpu_ptr(e)`: the copy of a per-CPU variable that belongs to the CPU that runs.

    `pointer` gives what is the same for all CPUs: a pointer of the kernel's (`__percpu`), or the address of a variable,
    which is a SymbolAddress that nothing is read through.
    """

    pointer: Access


Base = (
    Parameter
    | ReturnValue
    | ThreadName
    | Thread
    | CurrentTask
    | Stack
    | RegisterValue
    | SymbolAddress
    | FileAddress
    | EventFieldValue
    | Immediate
    | EntryValue
    | Duration
    | ThisCpu
)


@record
class Deref:
    """Read memory at what came before plus `offset` bytes.

    `user` reads user memory. `names` is the kernel's spelling of the step, `->f_path.dentry`, or None where it has none
    (`*p`, array elements, bitfields). `cast` is the typecast that these names take before them, as a kernel that
    has typecasts spells it: `seq_file`, or `socket_alloc,vfs_inode` for what a member lies in.
    """

    offset: int
    user: bool
    names: str | None
    cast: str | None = None


@record
class Access:
    """A base and what is read through it, in order."""

    base: Base
    derefs: tuple[Deref, ...] = ()


@record
class Fetch:
    """A fetch-arg type of the kernel: its name, the number of elements of an array, the bits of a bitfield.

    `bitfield` is (width, offset, container), in bits, of `bW@O/S`.
    """

    name: str
    count: int | None = None
    bitfield: tuple[int, int, int] | None = None

    @property
    def text(self) -> str:
        """As the kernel reads it."""
        name = "b{}@{}/{}".format(*self.bitfield) if self.bitfield else self.name
        return name if self.count is None else f"{name}[{self.count}]"

    @property
    def is_string(self) -> bool:
        return self.name in _STRINGS

    @property
    def bits(self) -> int:
        """The width of one recorded integer, 0 of a string."""
        if self.bitfield:
            return self.bitfield[0]
        if self.name == "symbol":
            return 64
        return int(self.name[1:]) if self.name[1:].isdigit() else 8 if self.name == "char" else 0

    @property
    def signed(self) -> bool:
        return self.name[0] == "s" and self.name[1:].isdigit()


_STRINGS = frozenset(("string", "ustring", "symstr", "%pd", "%pD"))


@record
class Field:
    """One recorded value. `auto` marks one that only the condition needs.

    `expr` is the expression of the spec, `asked` the fetch-arg type after it, and `type` what the expression is in C (None where
    nobody knows): what the linter reads. A backend's own field, a stack to join by, has none of them.
    """

    name: str
    access: Access
    fetch: Fetch
    c_type: str
    span: Span
    auto: bool = False
    expr: Expr | None = None
    asked: FetchType | None = None
    type: CType | None = None


# ------------------------------------------------------------------------------------------------ conditions


@record
class Compare:
    """`field OP constant`; the operators are C's, `&` for any bit set, and `~` for a glob.

    `field` is the name of a recorded field, or `common` names what every record carries: `tid`, `cpu`, `comm`.
    `constant` is where the spec says `value`, None where it does not: `if count` compares with 0.
    """

    field: str
    op: str
    value: int | bytes
    span: Span
    common: bool = False
    constant: Span | None = None


@record
class Not:
    """`!condition`."""

    operand: Condition


@record
class Junction:
    """Conditions joined by `&&` or `||`."""

    op: str
    operands: tuple[Condition, ...]


Condition = Compare | Not | Junction


def comparisons(condition: Condition | None) -> Iterator[Compare]:
    """The comparisons of a condition, from left to right; none of none."""
    match condition:
        case Junction(_, operands):
            for operand in operands:
                yield from comparisons(operand)
        case Not(operand):
            yield from comparisons(operand)
        case Compare():
            yield condition


# ---------------------------------------------------------------------------------------------------- probes


@record
class FunctionTarget:
    """A function of the kernel or of a module, `offset` bytes into it, or its return.

    `alone` is whether no other function bears the name, as far as is known, so that it can be found without its module.
    """

    function: str
    module: str | None
    offset: int
    returns: bool
    alone: bool = True


@record
class AddressTarget:
    """A kernel address."""

    address: int


@record
class TracepointTarget:
    """A raw tracepoint of the kernel or of a module."""

    tracepoint: str
    module: str | None = None


@record
class EventTarget:
    """A trace event."""

    system: str
    event: str


@record
class ProgramTarget:
    """An offset in a program's file, or the return of the function there; `counter` is where its semaphore is."""

    path: str
    offset: int
    returns: bool
    counter: int | None


@record
class WatchTarget:
    """A hardware breakpoint on `length` bytes of the kernel's memory, at a symbol plus `address`, or at an address.

    `access` is `r`, `w`, `rw` or `x`, as a spec says it.
    """

    symbol: str | None
    address: int
    access: str
    length: int


@record
class ClockTarget:
    """A clock that strikes every `period` nanoseconds."""

    period: int


Target = (
    FunctionTarget
    | AddressTarget
    | TracepointTarget
    | EventTarget
    | ProgramTarget
    | WatchTarget
    | ClockTarget
)


@record
class Site:
    """One place that a probe sits on, and how each field is fetched there."""

    target: Target
    fields: tuple[Field, ...]


@record
class Probe:
    """One event: its name, the places that raise it, what it records and when."""

    group: str
    event: str
    kind: Kind
    sites: tuple[Site, ...]
    condition: Condition | None
    condition_span: Span | None
    maxactive: int | None
    stacktrace: bool
    disabled: bool
    source: Source
    span: Span
    point_span: Span

    @property
    def fields(self) -> tuple[Field, ...]:
        """The recorded fields, which are the same, in name and type, at every site."""
        return self.sites[0].fields
