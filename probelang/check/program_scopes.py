"""What may be named at a place in a program: parameters where they are at that very instruction, `$argN`, `@symbol`."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from probelang.answers import Found
from probelang.check.located import value_at
from probelang.check.program_data import access_of
from probelang.check.scope import ProgramMemory, Scope
from probelang.check.values import LVALUE, Value
from probelang.ctypes import CInt, CPointer, CVoid
from probelang.probes import Access, Immediate, RegisterValue
from probelang.program.operands import Constant as ConstantOperand
from probelang.program.operands import Memory, Register, Unreadable
from probelang.record import replace
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.program.dwarf_functions import DwarfFunction
    from probelang.program.operands import UsdtArgument
    from probelang.program.program import Program
    from probelang.program.usdt import UsdtSite

#: The registers of the first six integer arguments (System V ABI), by the kernel's names.
ARGUMENT_REGISTERS = ("di", "si", "dx", "cx", "r8", "r9")
#: Those of Go's own rules since Go 1.17 (ABIInternal, src/cmd/compile/abi-internal.md), in order.
GO_REGISTERS = ("ax", "bx", "cx", "di", "si", "r8", "r9", "r10", "r11")


def function_scope(
    owner: str,
    function: DwarfFunction | None,
    memory: ProgramMemory,
    *,
    entry: bool,
    returns: bool = False,
    name: str = "",
) -> Scope:
    """What may be named in a function.

    At its return that is the value that it returns, and what it was given, as kept from the entry. `function` is what
    DWARF knows of it, `name` its symbol.
    """
    scope = _inside(owner, function, memory, entry, name)
    if not returns:
        return scope
    type = function.returns if function is not None else None
    nothing = function is not None and type is None
    inner = replace(scope, at_return=True, returns=type, returns_nothing=nothing)
    return replace(
        inner,
        names={name: replace(value, entry=True) for name, value in scope.names.items()},
        arguments=tuple([replace(value, entry=True) for value in scope.arguments]),
        memory=replace(memory, at_return=True),
        at_entry=inner,
    )


def _inside(
    owner: str, function: DwarfFunction | None, memory: ProgramMemory, entry: bool, name: str
) -> Scope:
    program = memory.program
    lost: dict[str, str] = {}
    arguments: tuple[Value, ...] = ()
    rules = _other_rules(program, function, name)
    if rules is not None:
        lost = {f"arg{number}": rules for number in range(1, len(GO_REGISTERS) + 1)}
    elif entry:
        arguments = tuple([_by_convention(number) for number in range(len(ARGUMENT_REGISTERS))])
    else:
        where = (
            "is there when a function is entered, and this place is inside of one, or nothing tells of one"
        )
        lost = {f"arg{number}": where for number in range(1, len(ARGUMENT_REGISTERS) + 1)}
    if function is None:
        why = f"not known, because {program.path} has no debugging information (DWARF) for it"
        return Scope(
            Kind.UPROBE,
            {},
            "parameter",
            owner,
            no_names=why,
            arguments=arguments,
            lost=lost,
            dwarf=program.debugging.dwarf,
            memory=memory,
        )
    names: dict[str, Value] = {}
    address = memory.address
    assert address is not None
    here = function.places_at_entry() if entry else [param.location_at(address) for param in function.params]
    for param, place in zip(function.params, here, strict=True):
        made = value_at(param, place, param.type, entry=entry)
        if isinstance(made, str):
            lost[param.name] = made
        elif param.name:
            names[param.name] = made
    dwarf = program.debugging.dwarf
    return Scope(
        Kind.UPROBE, names, "parameter", owner, arguments=arguments, lost=lost, dwarf=dwarf, memory=memory
    )


def _other_rules(program: Program, function: DwarfFunction | None, name: str) -> str | None:
    """Why `$argN` of a function is not where other languages have it, None where it is."""
    if not function_is_of_go(program, function, name):
        return None
    if function is not None:
        return "is not told for Go, which has rules of its own: name the parameter"
    registers = ", ".join(f"%{register}" for register in GO_REGISTERS)
    return f"is not told for Go, which since 1.17 passes integers and pointers in {registers}, in this order"


def function_is_of_go(program: Program, function: DwarfFunction | None, name: str) -> bool:
    """Whether Go's rules hold in a function: by DWARF, else by its name, which has the package before a dot.

    Go leaves tables for its runtime in a program even when that is stripped; there may be code of C in it as well.
    """
    if function is not None:
        return function.is_of_go()
    tables = (".gopclntab", ".note.go.buildid")
    return any(program.elf.find_section(table) is not None for table in tables) and ("." in name or not name)


def _by_convention(number: int) -> Value:
    return Value(Access(RegisterValue(ARGUMENT_REGISTERS[number])), CPointer(None), typed=False)


def usdt_scope(owner: str, site: UsdtSite, program: Program) -> Scope:
    """What may be named at a static probe: its arguments, as the program's note has them."""
    memory = ProgramMemory(program, site.address, site.file_offset)
    arguments: list[Value] = []
    lost: dict[str, str] = {}
    for number, argument in enumerate(site.arguments, 1):
        value = _usdt_value(argument, memory)
        if value is None:
            lost[f"arg{number}"] = f"is `{argument.text}` there, which no probe can read"
            value = Value(Access(Immediate(0)), CVoid())
        arguments.append(value)
    return Scope(
        Kind.USDT,
        {},
        "argument",
        owner,
        arguments=tuple(arguments),
        lost=lost,
        no_names="a static probe's arguments have no names: `$arg1`, `$arg2`, …",
        dwarf=program.debugging.dwarf,
        memory=memory,
    )


def _usdt_value(argument: UsdtArgument, memory: ProgramMemory) -> Value | None:
    if argument.is_float or argument.size not in (1, 2, 4, 8):
        return None
    # eight bytes may be an address as well
    type = CInt(argument.size, argument.signed, "word" if argument.size == 8 else "int")
    match argument.operand:
        case Register(_, str(name), _, 0):
            return Value(Access(RegisterValue(name)), type)
        case Memory(None | Register(_, "ip", 64, 0), None, _, displacement, str(symbol)):
            found = memory.program.find_symbol(symbol)
            address = found.value.address if isinstance(found, Found) and found.value.kind != "tls" else None
            way = access_of(memory, address + displacement) if address is not None else None
            return Value(way[0], type, None, LVALUE, way[1]) if way is not None else None
        case Memory(Register(_, str(base), 64, 0), None, _, displacement, None) if base != "ip":
            return Value(Access(RegisterValue(base)), type, None, LVALUE, displacement)
        case ConstantOperand(value):
            return Value(Access(Immediate(value)), type)
        case Register() | Memory() | Unreadable():
            return None
        case _ as other:
            assert_never(other)
