"""Values in bpftrace's own C: by names of BTF where bpftrace resolves them as we do, by offsets everywhere else.

bpftrace's integers have widths and signs, and mixing them up goes wrong without a word: an `int32` that is printed by `%u`
loses its sign, a cast to the type that a value has already is warned about. So a value carries the type that
bpftrace gives it, and is cast where another is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.btf.layout import anonymous_before, find_member, resolved
from probelang.btf.names import Space
from probelang.btf.types import BtfError, Enum, Int, Ptr, Struct
from probelang.probes import (
    CurrentTask,
    Duration,
    EntryValue,
    EventFieldValue,
    FileAddress,
    Immediate,
    Parameter,
    RegisterValue,
    ReturnValue,
    Stack,
    SymbolAddress,
    ThisCpu,
    Thread,
    ThreadName,
)
from probelang.record import record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.backends.bpftrace.dialect import Dialect
    from probelang.btf.blob import Btf
    from probelang.probes import Access, Deref, Fetch

WORD = (64, False)
#: Words of bpftrace's own that its parser takes for no member.
_KEYWORDS = frozenset(
    (
        *("if", "else", "unroll", "while", "for", "return", "break", "continue", "let", "import", "macro"),
        *(
            "config",
            "offsetof",
            "sizeof",
            "struct",
            "union",
            "enum",
            "true",
            "false",
            "none",
            "in",
            "as",
            "fn",
        ),
    )
)
_ARGUMENT_REGISTERS = 6


class Refused(Exception):
    """A value that bpftrace cannot have here: a message, and a way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


@record
class Value:
    """An expression. `number` is its width and sign in bpftrace's eyes, None where that is another type or not known;
    `type` is its type in BTF, where members can be taken by name."""

    text: str
    number: tuple[int, bool] | None
    type: int | None = None


@record
class Surroundings:
    """What there is where a probe fires.

    `parameters` are what `args` has, by name: types in BTF. `returns` is the type of `retval` there. Where `registers` is
    set there is a `struct pt_regs`, and `argN` if it is a function's entry (`entry`). `raw` is a raw tracepoint; where its arguments are `nullable`,
    the kernel's verifier lets none be added to before it is compared with 0, and `checked` are the variables, by argument, of those that were. `memory` is what turns a number into
    a pointer that is read as it should be: `uptr` or `kptr`, or nothing. `kept` are values by name of the field that are known
    already: those of the entry, in maps. `event` has the fields of the event that an eprobe of the same spec sits on, `numbers` the width
    and sign of those of another event, as bpftrace sees them, and `in_place` are its strings that are arrays of characters.
    """

    btf: Btf | None = None
    parameters: Mapping[str, int] | None = None
    returns: int | None = None
    registers: bool = False
    entry: bool = False
    raw: bool = False
    nullable: bool = False
    checked: Mapping[int, str] | None = None
    memory: str = ""
    user: bool = False
    event: Mapping[str, Value] | None = None
    numbers: Mapping[str, tuple[int, bool]] | None = None
    in_place: frozenset[str] = frozenset()
    kept: Mapping[Access, Value] | None = None
    duration: str = ""


class Reader:
    """Turns accesses into expressions for one clause of a script."""

    def __init__(self, dialect: Dialect, place: Surroundings) -> None:
        self.dialect = dialect
        self.place = place

    # ------------------------------------------------------------------------------------------------ numbers

    def number(self, access: Access, fetch: Fetch) -> str:
        """An expression of just the width and sign that the fetch-arg type says. Raises Refused."""
        if fetch.bitfield:
            width, offset, container = fetch.bitfield
            whole = self.sized(access, (container, False))
            shifted = f"({whole} >> {offset})" if offset else whole
            return f"({shifted} & {(1 << width) - 1:#x})"
        return self.sized(access, (fetch.bits, fetch.signed))

    def sized(self, access: Access, wanted: tuple[int, bool]) -> str:
        if not access.derefs:
            return fit(self.base(access), wanted)
        value = self._walk(access, access.derefs[:-1])
        last = access.derefs[-1]
        named = self._named(value, last)
        if named is not None:
            bits = 64 if named.type is not None else named.number[0] if named.number is not None else None
            if bits == wanted[0]:
                return fit(named, wanted)
        return self._raw(value, last, wanted)

    def address(self, access: Access) -> str:
        """Where the last dereference reads: a number of 64 bits. Without dereferences, the value itself."""
        if not access.derefs:
            return fit(self.base(access), WORD)
        value = self._walk(access, access.derefs[:-1])
        text, offset = word(value), access.derefs[-1].offset
        return f"{text} {'-' if offset < 0 else '+'} {abs(offset)}" if offset else text

    def pointer(self, access: Access) -> str:
        """What turns the address of an access into a pointer to the memory that it is in."""
        user = self.place.user or any(step.user for step in access.derefs[-1:])
        return "uptr" if user else self.place.memory

    def _walk(self, access: Access, steps: tuple[Deref, ...]) -> Value:
        value = self.base(access)
        for step in steps:
            value = self._named(value, step) or Value(self._raw(value, step, WORD), WORD)
        return value

    def _raw(self, value: Value, step: Deref, wanted: tuple[int, bool]) -> str:
        """Memory at an offset from a value, as a number."""
        text = word(value)
        if step.offset:
            text += f" {'-' if step.offset < 0 else '+'} {abs(step.offset)}"
        pointer = "uptr" if step.user or self.place.user else self.place.memory
        return f"*({type_name(wanted)} *){pointer}({text})"

    # --------------------------------------------------------------------------------------------- BTF's names

    def _named(self, value: Value, step: Deref) -> Value | None:
        """A step by the names of its members, where bpftrace finds by them what we know to be there."""
        btf = self.place.btf
        if (
            not self.dialect.deep_names
            or value.type is None
            or btf is None
            or step.user
            or self.place.user
            or not step.names
        ):
            return None
        if not step.names.startswith("->"):
            return None
        try:
            pointer = resolved(btf, value.type)
            if not isinstance(pointer, Ptr):
                return None
            id, bits = pointer.target, 0
            for name in step.names[2:].split("."):
                struct = resolved(btf, id)
                if not isinstance(struct, Struct) or name in _KEYWORDS:
                    return None
                # bpftrace finds a struct by its name
                if not struct.name or len(btf.find_all(Space.STRUCT, struct.name)) != 1:
                    return None
                member = find_member(btf, id, name)
                if member is None or member.bit_size:
                    return None
                # bpftrace may read the types as C, where an anonymous struct has no name (of Linux 7.3 some have: -fms-extensions)
                if any(getattr(resolved(btf, one), "name", "") for one in anonymous_before(btf, id, name)):
                    return None
                bits += member.bit_offset
                id = member.type
            if bits != step.offset * 8:
                return None
            return typed(btf, id, value.text + step.names)
        except BtfError:
            return None

    # -------------------------------------------------------------------------------------------------- bases

    def base(self, access: Access) -> Value:
        """What an access begins with, whatever follows. Raises Refused."""
        base = access.base
        place = self.place
        if place.kept is not None:
            found = place.kept.get(replace(access, derefs=()))
            if found is not None:
                return found
        match base:
            case Parameter(slot, name):
                if access.derefs and place.checked is not None and slot in place.checked:
                    return Value(place.checked[slot], WORD)
                return self._parameter(slot, name)
            case ReturnValue():
                if place.btf is not None and place.returns is not None:
                    return typed(place.btf, place.returns, "retval") or Value("retval", None)
                return Value("retval", WORD if place.registers else None)
            case ThreadName():
                return Value("comm", None)
            case Thread(what):
                return Value({"tid": self.dialect.tid, "pid": self.dialect.pid}.get(what, what), None)
            case CurrentTask():
                return Value("curtask", None)
            case Stack(index):
                return self._stack(index)
            case RegisterValue(name):
                if not place.registers:
                    raise Refused(f"bpftrace has no registers here: `%{name}` is a kprobe's")
                return Value(f'reg("{_register(name)}")', WORD)
            case SymbolAddress(symbol, address):
                if symbol is None:
                    return Value(f"{address:#x}", WORD)
                text = f'kaddr("{symbol}")'
                return Value(
                    f"({text} {'-' if address < 0 else '+'} {abs(address)})" if address else text, WORD
                )
            case FileAddress():
                raise Refused(
                    "bpftrace does not know where a program's file was loaded when a function returns",
                    "`entry(…)` reads it when the function is entered; `--target tracefs` can",
                )
            case EventFieldValue(name):
                return self._event_field(name)
            case Immediate(int(value)):
                return Value(str(value), None)
            case ThisCpu(pointer):
                of_cpu = f'*(uint64 *){place.memory}(kaddr("__per_cpu_offset") + 8 * cpu)'
                return Value(f"({self.sized(pointer, WORD)} + {of_cpu})", WORD)
            case Duration():
                return Value(place.duration, (64, True))
            case EntryValue() | Immediate():
                raise AssertionError(f"{base} is no number of this clause")

    def _parameter(self, slot: int, name: str | None) -> Value:
        place = self.place
        if slot == 0:
            raise Refused("this parameter is not in one register: it is a struct passed by value")
        if name is not None and name in (place.parameters or {}) and place.btf and place.parameters:
            text = f"args{self.dialect.member}{name}"
            return typed(place.btf, place.parameters[name], text) or Value(text, None)
        if place.raw and slot > _ARGUMENT_REGISTERS:
            raise Refused(
                "bpftrace has the first six arguments of a tracepoint only", "`--target tracefs` has all"
            )
        if place.raw:
            return Value(f"arg{slot - 1}", WORD)
        if place.registers and place.entry:
            if slot <= _ARGUMENT_REGISTERS:
                return Value(f"arg{slot - 1}", WORD)
            above = 8 * (slot - _ARGUMENT_REGISTERS)
            return Value(f'*(uint64 *){place.memory}(reg("sp") + {above})', WORD)
        raise Refused("bpftrace has no parameters here")

    def _stack(self, index: int | None) -> Value:
        if not self.place.registers:
            raise Refused("bpftrace has no stack pointer here", "`--target tracefs` can")
        if index is None:
            return Value('reg("sp")', WORD)
        pointer = "uptr" if self.place.user else self.place.memory
        return Value(f'*(uint64 *){pointer}(reg("sp") + {8 * index})', WORD)

    def _event_field(self, name: str) -> Value:
        if self.place.event is not None:
            return self.place.event[name]
        return Value(f"args{self.dialect.member}{name}", (self.place.numbers or {}).get(name))


def fit(value: Value, wanted: tuple[int, bool]) -> str:
    """A value as a number of some width and sign."""
    return value.text if value.number == wanted else f"({type_name(wanted)}){value.text}"


def word(value: Value) -> str:
    """A value as an unsigned number of 64 bits, to calculate an address with."""
    return fit(value, WORD)


def type_name(number: tuple[int, bool]) -> str:
    bits, signed = number
    return f"{'int' if signed else 'uint'}{bits}"


def typed(btf: Btf, id: int, text: str) -> Value | None:
    """An expression of a type in BTF, None where it is no number and no pointer."""
    match resolved(btf, id):
        case Int(size=size, signed=signed, is_bool=is_bool):
            return Value(text, None if is_bool else (size * 8, signed))
        case Enum():
            return Value(text, None)
        case Ptr():
            return Value(text, None, id)
        case _:
            return None


def _register(name: str) -> str:
    """bpftrace's name of a register, which is the kernel's but for one."""
    return {"orig_ax": "orig_rax"}.get(name, name)


__all__ = ["WORD", "Reader", "Refused", "Surroundings", "Value", "fit", "type_name", "typed", "word"]
