"""Where a clause of bpftrace fires, and what there is to read.

fentry and fexit know their arguments by name and cost the least, so an fprobe becomes one where bpftrace can attach it: to
functions that BTF describes, of six arguments that each take one register. Elsewhere, and for registers and the stack, it becomes
a kprobe.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import Found
from probelang.backends.bpftrace.text import quote
from probelang.backends.bpftrace.values import Surroundings
from probelang.btf.layout import resolved, size_of
from probelang.btf.types import BtfError, Enum, FuncProto, Int, Ptr, Void
from probelang.probes import (
    Access,
    AddressTarget,
    ClockTarget,
    EntryValue,
    EventTarget,
    FunctionTarget,
    ProgramTarget,
    RegisterValue,
    Stack,
    ThisCpu,
    TracepointTarget,
    WatchTarget,
)
from probelang.record import record
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.answers import Answer
    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.btf.blob import Btf
    from probelang.kernel.facts import Function
    from probelang.kernel.interface import Kernel
    from probelang.probes import Field, Probe, Target

MOST_ARGUMENTS = 6
MOST_OF_TRACEPOINT = 5
#: What the verifier lets no BPF program attach to by its BTF (btf_id_deny of kernel/bpf/verifier.c).
_DENIED = frozenset(
    (
        "migrate_disable",
        "migrate_enable",
        "rcu_read_unlock_strict",
        "preempt_count_add",
        "preempt_count_sub",
        "__rcu_read_lock",
        "__rcu_read_unlock",
    )
)
#: What `bpftrace -l` of 0.27 leaves out of the functions that the kernel can trace, besides those on which it forbids kprobes; compared
#: with `available_filter_functions` of Linux 6.12 and 7.3, of which it has all others. It attaches there by an address.
_UNLISTED = re.compile(r"rcu_.*|.*\.part\..*|bpf_dispatcher_xdp_func")


class PointRefused(Exception):
    """A point that bpftrace does not have: a message, and a way out."""

    def __init__(self, message: str, help: str | None = "`--target tracefs` can") -> None:
        super().__init__(message)
        self.help = help


@record
class Spot:
    """A point of bpftrace, and what there is.

    `shown` is how a hit tells where it was, as a piece of printf()'s format, with its arguments in `shown_by`. A return has an `entry`, the point where values
    can be kept, and what there is at that. `symbol` is what is at the address that the point takes for `$N`. `unsafe` points need `bpftrace --unsafe`.
    """

    point: str
    place: Surroundings
    shown: str
    shown_by: tuple[str, ...] = ()
    entry: str | None = None
    entry_place: Surroundings | None = None
    symbol: str | None = None
    unsafe: bool = False


def find_spot(
    probe: Probe, kind: Kind, target: Target, fields: Sequence[Field], kernel: Kernel, dialect: Dialect
) -> Spot:
    """The point for one target of a probe that needs `fields` there; `kind` is whose target it is. Raises PointRefused."""
    match target:
        case FunctionTarget():
            return _function(kind, target, fields, kernel, dialect)
        case AddressTarget(address):
            place = Surroundings(btf=kernel.btf, registers=True)
            return Spot(f"kprobe:{address:#x}", place, f"{address:#x}", unsafe=True)
        case TracepointTarget(tracepoint):
            return _tracepoint(tracepoint, kernel, dialect)
        case EventTarget(system, event):
            numbers = _numbers(system, event, kernel)
            strings = _strings_in_place(system, event, kernel)
            place = Surroundings(btf=kernel.btf, memory="kptr", numbers=numbers, in_place=strings)
            return Spot(f"tracepoint:{system}:{event}", place, f"{system}.{event}")
        case ProgramTarget():
            return _program(probe, target, dialect)
        case WatchTarget():
            return _watch(target, kernel)
        case ClockTarget(period):
            return _clock(period, kernel)


# -------------------------------------------------------------------------------------------------- functions


def _function(
    kind: Kind, target: FunctionTarget, fields: Sequence[Field], kernel: Kernel, dialect: Dialect
) -> Spot:
    shown = f"{target.function}+{target.offset:#x}" if target.offset else target.function
    unlisted = dialect.leaves_out and _UNLISTED.fullmatch(target.function) is not None
    answer = kernel.find_function(target.function)
    forbidden = isinstance(answer, Found) and answer.value.blacklisted is True
    if forbidden and dialect.leaves_out:
        raise PointRefused(
            f"{dialect.title} takes no probe on `{target.function}`, where the kernel forbids kprobes"
        )
    if kind is Kind.FPROBE and not unlisted and not any(_needs_registers(field.access) for field in fields):
        proto = _prototype(target, kernel)
        if proto is not None and kernel.btf is not None:
            return _traced(target.function, target.returns, proto, kernel.btf, dialect)
    if forbidden:
        raise PointRefused(
            f"this takes a kprobe of bpftrace, and the kernel forbids those on `{target.function}`"
        )
    symbol = None
    if unlisted:
        place, symbol = "$N", _symbol(target, answer)
    else:
        place = _name(target, dialect) + (f"+{target.offset}" if target.offset else "")
    entry = Surroundings(btf=kernel.btf, registers=True, entry=not target.offset)
    if not target.returns:
        return Spot(f"kprobe:{place}", entry, shown, symbol=symbol, unsafe=unlisted)
    return Spot(
        f"kretprobe:{place}",
        Surroundings(btf=kernel.btf, registers=True),
        f"%s <- {shown}",
        ('ksym(reg("ip"))',),
        entry=f"kprobe:{place}",
        entry_place=entry,
        symbol=symbol,
        unsafe=unlisted,
    )


def _name(target: FunctionTarget, dialect: Dialect) -> str:
    """A function as the point of a kprobe names it."""
    if target.module is None:
        return target.function
    if dialect.module_points:
        return f"{target.module}:{target.function}"
    if not target.alone:
        raise PointRefused(
            f"{dialect.title} cannot say of which module a function is, and several have a `{target.function}`",
            "`--bpftrace-version 0.27` and `--target tracefs` can",
        )
    return target.function


def _symbol(target: FunctionTarget, answer: Answer[Function]) -> str:
    """What is looked up in the kernel's symbols to find the place of a function that bpftrace has no name for."""
    if target.module is not None or not isinstance(answer, Found) or (answer.value.symbols or 1) > 1:
        raise PointRefused(
            f"bpftrace has no name for `{target.function}`, and its address is not told by its name alone"
        )
    return target.function + (f"+{target.offset:#x}" if target.offset else "")


def _needs_registers(access: Access) -> bool:
    match access.base:
        case Stack() | RegisterValue():
            return True
        case EntryValue(inner) | ThisCpu(inner):
            return _needs_registers(inner)
        case _:
            return False


def _prototype(target: FunctionTarget, kernel: Kernel) -> FuncProto | None:
    """The prototype of a function that fentry can attach to."""
    if target.module is not None or target.function in _DENIED or not target.function.isidentifier():
        return None
    answer = kernel.find_function(target.function)
    if not isinstance(answer, Found) or answer.value.proto is None or answer.value.btf is not kernel.btf:
        return None
    if answer.value.traceable is False or (answer.value.symbols or 1) > 1 or kernel.btf is None:
        return None
    proto = kernel.btf.type(answer.value.proto)
    if not isinstance(proto, FuncProto) or proto.is_variadic or len(proto.params) > MOST_ARGUMENTS:
        return None
    if any(not _in_one_register(kernel.btf, param.type) for param in proto.params):
        return None
    plain = isinstance(resolved(kernel.btf, proto.returns), Void) or _in_one_register(
        kernel.btf, proto.returns
    )
    return proto if plain or not target.returns else None


def _in_one_register(btf: Btf, id: int) -> bool:
    try:
        return isinstance(resolved(btf, id), Int | Enum | Ptr) and size_of(btf, id) <= 8
    except BtfError:
        return False


def _traced(function: str, returns: bool, proto: FuncProto, btf: Btf, dialect: Dialect) -> Spot:
    parameters = {param.name: param.type for param in proto.params if param.name}
    entry = Surroundings(btf=btf, parameters=parameters)
    if not returns:
        return Spot(f"{dialect.entry}:{function}", entry, function)
    exit = Surroundings(btf=btf, parameters=parameters, returns=proto.returns)
    return Spot(
        f"{dialect.exit}:{function}",
        exit,
        f"<- {function}",
        entry=f"{dialect.entry}:{function}",
        entry_place=entry,
    )


# ------------------------------------------------------------------------------------------------ tracepoints


def _tracepoint(tracepoint: str, kernel: Kernel, dialect: Dialect) -> Spot:
    if not dialect.raw_tracepoints:
        raise PointRefused(
            f"{dialect.title} has no raw tracepoints by name",
            "`--bpftrace-version 0.27` has, and an eprobe reads the fields of the tracepoint's event",
        )
    answer = kernel.find_tracepoint(tracepoint)
    parameters: dict[str, int] = {}
    of_module = not isinstance(answer, Found) or answer.value.btf is not kernel.btf
    # with more arguments bpftrace says that it finds no BTF of them
    if (
        isinstance(answer, Found)
        and answer.value.btf is kernel.btf
        and len(answer.value.params) <= MOST_OF_TRACEPOINT
    ):
        for param in answer.value.params:
            if not _in_one_register(answer.value.btf, param.type):
                break
            if param.name:
                parameters[param.name] = param.type
    place = Surroundings(btf=kernel.btf, parameters=parameters, raw=True, nullable=of_module, memory="kptr")
    return Spot(f"rawtracepoint:{tracepoint}", place, tracepoint)


def _numbers(system: str, event: str, kernel: Kernel) -> dict[str, tuple[int, bool]]:
    """The fields of an event that are integers to bpftrace too; those of system calls it takes for wider than they are."""
    answer = kernel.find_event(system, event)
    if system == "syscalls" or not isinstance(answer, Found):
        return {}
    return {
        field.name: (field.size * 8, bool(field.signed))
        for field in answer.value.fields
        if field.kind == "int"
        and field.size in (1, 2, 4, 8)
        and not re.search(r"\*|\benum\b|\bbool\b", field.type)
    }


def _strings_in_place(system: str, event: str, kernel: Kernel) -> frozenset[str]:
    answer = kernel.find_event(system, event)
    fields = answer.value.fields if isinstance(answer, Found) else ()
    return frozenset(field.name for field in fields if field.kind == "string")


# --------------------------------------------------------------------------------------------------- programs


def _program(probe: Probe, target: ProgramTarget, dialect: Dialect) -> Spot:
    path = quoted_path(target.path)
    address = _address(target)
    if target.counter is None and not dialect.inside_programs:
        _refuse_inside(target, address, dialect)
    place = Surroundings(registers=True, memory="uptr", user=True)
    shown, shown_by = "0x%llx", ('reg("ip")',)
    if target.returns:
        return Spot(
            f"uretprobe:{path}:{address:#x}",
            place,
            f"{shown} <- {address:#x}",
            shown_by,
            entry=f"uprobe:{path}:{address:#x}",
            entry_place=place,
        )
    point = f"uprobe:{path}:{address:#x}"
    if target.counter is not None:
        # a uprobe beside it would be in its way: the kernel takes one counter for one place
        provider, name = probe.source.slice(probe.point_span).split(":")[-2:]
        point = f"usdt:{path}:{quoted_word(provider)}:{quoted_word(name)}"
    return Spot(point, place, shown, shown_by)


def quoted_path(path: str) -> str:
    """A path in a point of bpftrace, which takes `*` in it for a pattern even in quotes."""
    if "*" in path:
        raise PointRefused(
            "bpftrace takes the `*` in this path for a pattern", "a symbolic link without it does"
        )
    return quote(path.encode("utf-8", "surrogateescape"))


def quoted_word(word: str) -> str:
    return word if word.isidentifier() else quote(word.encode("utf-8", "surrogateescape"))


def _address(target: ProgramTarget) -> int:
    """The address that an offset in a file has when the program is linked: what bpftrace calls an offset."""
    from probelang.program.elf import ProgramError
    from probelang.program.load import load_program

    try:
        address = load_program(target.path).address(target.offset)
    except ProgramError as error:
        raise PointRefused(
            f"bpftrace wants an address of the program, and there is none to be told: {error}"
        ) from None
    if address is None:
        raise PointRefused(f"{target.offset:#x} in {target.path} is in no part of the program that is loaded")
    return address


def _refuse_inside(target: ProgramTarget, address: int, dialect: Dialect) -> None:
    """Raises PointRefused where an address of a program is inside of a function."""
    from probelang.program.load import load_program

    function = load_program(target.path).function_at(address)
    if function is not None and function.address != address:
        raise PointRefused(
            f"{dialect.title} attaches to programs only where a function starts, and this is {address - function.address:#x} behind that of `{function.name}`",
            "`--bpftrace-version 0.27` and `--target tracefs` can",
        )


# -------------------------------------------------------------------------------------- watches and the clock


def _watch(target: WatchTarget, kernel: Kernel) -> Spot:
    if target.access == "r":
        raise PointRefused(
            "x86 has no breakpoint on reads alone, and bpftrace none either", "`rw` is on both"
        )
    place = Surroundings(btf=kernel.btf, memory="kptr")
    rest = f"{target.length}:{target.access}"
    if target.symbol is None:
        return Spot(f"watchpoint:{target.address:#x}:{rest}", place, f"{target.address:#x}")
    symbol = target.symbol + (f"{target.address:+d}" if target.address else "")
    return Spot(f"watchpoint:$N:{rest}", place, symbol, symbol=symbol)


def _clock(period: int, kernel: Kernel) -> Spot:
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)):
        if period and period % size == 0:
            place = Surroundings(btf=kernel.btf, memory="kptr")
            return Spot(f"interval:{unit}:{period // size}", place, f"every {period // size}{unit}")
    raise PointRefused("bpftrace counts microseconds, and this is less", "`1us` is the shortest")
