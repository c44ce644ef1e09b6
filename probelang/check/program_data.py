"""`@symbol` and `@+OFFSET` in a program: its own variables, wherever it is loaded.

The distance from the probed instruction to a variable is the same in the file and in memory, and the register `%ip` is that
instruction's address when a probe fires. So a variable is a dereference of `%ip`, on every kernel. At a return `%ip` is in the
caller, and the kernel's own `@+OFFSET` takes its place, which older kernels count twice; where a program is linked to fixed
addresses, the address itself does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import Found, Unknown
from probelang.check.report import suggest
from probelang.check.rules import backends, facts, points, types
from probelang.check.values import LVALUE, Value
from probelang.ctypes import CPointer
from probelang.probes import Access, FileAddress, RegisterValue, SymbolAddress
from probelang.program.symbols import Ambiguous
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.expressions import Expressions
    from probelang.check.scope import ProgramMemory
    from probelang.ctypes import TypeRef
    from probelang.program.program import Program

_FARTHEST = 1 << 31
"""Bytes; the kernel keeps the offset of a dereference in 32 bits (struct fetch_insn)."""
_MOST_LISTED = 4


def resolve_program_data(checker: Expressions, expr: tree.SymbolRef, memory: ProgramMemory) -> Value | None:
    """What lies at a variable of the probed program, or at an offset of its file."""
    program = memory.program
    if expr.symbol is None:
        address = program.elf.address_of(expr.offset)
        if address is None:
            checker.report.add(
                types.UNKNOWN_VARIABLE,
                expr.span,
                f"nothing of {program.path} is loaded from offset {expr.offset:#x}",
                kernel_error=None,
            )
            return None
        return _at(checker, expr, memory, address, None)
    found = _find(checker, expr, program)
    if found is None:
        return None
    address, ref = found
    return _at(checker, expr, memory, address + expr.offset, ref if not expr.offset else None)


def with_package(expr: tree.Member, memory: ProgramMemory) -> tree.SymbolRef | None:
    """`@main.count` where that is one symbol, as all of Go are, and `@main` is none."""
    base = expr.base
    if not isinstance(base, tree.SymbolRef) or base.symbol is None or expr.arrow or base.offset:
        return None
    whole = f"{base.symbol}.{expr.member.name}"
    program = memory.program
    if isinstance(program.find_symbol(base.symbol), Found) or not isinstance(
        program.find_symbol(whole), Found
    ):
        return None
    return tree.SymbolRef(expr.span, whole, None, 0)


def access_of(memory: ProgramMemory, address: int) -> tuple[Access, int] | None:
    """What leads to an address of the program, and the bytes from there; None where nothing does."""
    if memory.program.kind == "executable":
        return Access(SymbolAddress(None, address)), 0
    if memory.address is None:
        return None
    distance = address - memory.address
    if not -_FARTHEST <= distance < _FARTHEST:
        return None
    if memory.at_return:
        return Access(FileAddress(memory.offset + distance)), 0
    return Access(RegisterValue("ip")), distance


def _at(
    checker: Expressions, expr: tree.SymbolRef, memory: ProgramMemory, address: int, ref: TypeRef | None
) -> Value | None:
    way = access_of(memory, address)
    if way is None:
        message = "the kernel's offsets do not reach from the probe to this"
        checker.report.add(backends.UNSUPPORTED, expr.span, message)
        return None
    if ref is None:
        return Value(way[0], CPointer(None), state=LVALUE, pending=way[1], typed=False)
    return Value(way[0], ref.describe(), ref, LVALUE, way[1])


def _find(checker: Expressions, expr: tree.SymbolRef, program: Program) -> tuple[int, TypeRef | None] | None:
    """The address of a variable, and its type where DWARF tells it."""
    assert expr.symbol is not None
    name, report = expr.symbol, checker.report
    by_dwarf = _by_dwarf(program, name)
    answer = program.find_symbol(name)
    if isinstance(answer, Found):
        symbol = answer.value
        if symbol.is_function:
            what = f"`{name}` of {program.path} is a function, no variable"
            report.add(types.UNKNOWN_VARIABLE, expr.span, what, kernel_error=None)
            return None
        if symbol.kind == "tls":
            what = f"`{name}` of {program.path} is another one in each thread, and a probe has no way to it"
            report.add(backends.UNSUPPORTED, expr.span, what)
            return None
        known = by_dwarf.get(symbol.address)
        if known is None and symbol.binding == "global":
            known = _as_declared(program, name)
        return symbol.address, known
    if not isinstance(answer, Ambiguous) and len(by_dwarf) == 1:
        return next(iter(by_dwarf.items()))
    addresses = (
        [symbol.address for symbol in answer.symbols] if isinstance(answer, Ambiguous) else [*by_dwarf]
    )
    if addresses:
        offsets = [program.elf.offset_of(address) for address in addresses]
        listed = ", ".join(f"`@+{offset:#x}`" for offset in offsets[:_MOST_LISTED] if offset is not None)
        report.add(
            points.AMBIGUOUS_SYMBOL,
            expr.span,
            f"{len(addresses)} variables of {program.path} are called `{name}`",
            help=f"an offset in the file tells them apart: {listed}" if listed else None,
            kernel_error=None,
        )
        return None
    library = program.find_import(name)
    if isinstance(answer, Unknown):
        rule, message = facts.MISSING_FACT, f"`{name}` is not known: {answer.reason}"
    else:
        rule, message = types.UNKNOWN_VARIABLE, f"{program.path} has no variable `{name}`"
    report.add(
        rule,
        expr.span,
        message,
        label=suggest("@" + other for other in program.near_variables(name)),
        help=f"it is used there, and defined in {library or 'a library'}" if library is not None else None,
        kernel_error=None,
    )
    return None


def _as_declared(program: Program, name: str) -> TypeRef | None:
    """The type of a variable that only its users describe, such as `stdout`."""
    dwarf = program.debugging.dwarf
    found = dwarf.find_declaration(name) if dwarf is not None else None
    return found.type if found is not None else None


def _by_dwarf(program: Program, name: str) -> dict[int, TypeRef]:
    """The types of the variables of a name, by their addresses."""
    dwarf = program.debugging.dwarf
    found = dwarf.find_variable(name) if dwarf is not None else []
    known: dict[int, TypeRef] = {}
    for variable in found:
        address = variable.address
        if address is not None:
            known.setdefault(address, variable.type)
    return known
