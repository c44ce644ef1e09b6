"""Points in programs: symbols, offsets and lines become offsets in the file, static probes their sites.

What may be named there comes from DWARF, at the very address: a parameter may be in another place an instruction
later. Without DWARF there are registers, and `$argN` where the calling convention puts it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, assert_never

from probelang.check.convention import assign_slots
from probelang.check.ctypes import CInt, CPointer, CVoid
from probelang.check.located import ARGUMENT_REGISTERS, value_at
from probelang.check.patterns import expand_braces, is_pattern, pattern_of
from probelang.check.report import rename, suggest
from probelang.check.rules import backends, facts, points
from probelang.check.scope import Place, Scope
from probelang.check.values import LVALUE, Value
from probelang.kernel.answers import Found, NotFound, Unknown
from probelang.probes import Access, Immediate, ProgramTarget, RegisterValue
from probelang.program.dwarf_wire import DwarfError
from probelang.program.elf import ProgramError
from probelang.program.load import load_program
from probelang.program.operands import Constant as ConstantOperand
from probelang.program.operands import Memory, Register, Unreadable
from probelang.program.symbols import Ambiguous
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.program.dwarf import Dwarf
    from probelang.program.dwarf_functions import DwarfFunction
    from probelang.program.operands import UsdtArgument
    from probelang.program.program import Program
    from probelang.program.symbols import Symbol
    from probelang.program.usdt import UsdtSite


class Programs:
    """Resolves one point of a uprobe or usdt; what is wrong goes to the report."""

    def __init__(self, report: Report, limit: int) -> None:
        self.report = report
        self.limit = limit

    def resolve(self, point: tree.ProgramPoint | tree.UsdtPoint) -> list[Place]:
        """The places that the point means; none after an error."""
        path = os.path.abspath(point.path.name)
        if not self._can_be_said(path, point.path):
            return []
        try:
            if isinstance(point, tree.UsdtPoint):
                return self._usdt(path, point)
            return self._program(path, point)
        except (ProgramError, DwarfError) as error:
            self.report.add(facts.MISSING_FACT, point.path.span, f"nothing can be looked up: {error}")
            return []

    def _can_be_said(self, path: str, ident: tree.Ident) -> bool:
        """The command that defines a probe is split at white space, and ends at `#`."""
        data = os.fsencode(path)
        if path.isprintable() and not any(char in path for char in " #") and b"\xa0" not in data:
            return True
        self.report.add(
            backends.UNSUPPORTED,
            ident.span,
            "a probe cannot be defined on a path with white space or `#` in it",
            help="a symbolic link without them does",
        )
        return False

    # ----------------------------------------------------------------------------------------- programs

    def _program(self, path: str, point: tree.ProgramPoint) -> list[Place]:
        if point.symbol is None and point.file is None:
            return [self._offset(path, point)]
        program = load_program(path)
        if point.file is not None:
            return self._line(program, point)
        assert point.symbol is not None
        names = self._names(program, point.symbol)
        placed = [self._symbol(program, point, name, len(names) > 1) for name in names]
        return [place for place in placed if place is not None] if all(placed) else []

    def _names(self, program: Program, ident: tree.Ident) -> list[str]:
        wanted = expand_braces(ident.name)
        found: dict[str, None] = {}
        for name in wanted:
            if not is_pattern(name):
                found[name] = None
                continue
            matching = program.symbols_matching(pattern_of(name))
            if not matching:
                self.report.add(points.NO_MATCH, ident.span, f"no function of {program.path} fits `{name}`")
                return []
            found.update(dict.fromkeys(matching))
        if len(found) > self.limit:
            self.report.add(
                points.TOO_MANY_POINTS,
                ident.span,
                f"`{ident.name}` fits {len(found)} functions of {program.path}, and the limit is {self.limit}",
                help=f"a narrower pattern, or `with max={len(found)}`",
            )
            return []
        return list(found)

    def _symbol(self, program: Program, point: tree.ProgramPoint, name: str, several: bool) -> Place | None:
        assert point.symbol is not None
        span = point.symbol.span
        answer = program.find_symbol(name)
        if isinstance(answer, Ambiguous):
            listed = ", ".join(f"{symbol.file_offset or 0:#x}" for symbol in answer.symbols[:4])
            self.report.add(
                points.AMBIGUOUS_SYMBOL,
                span,
                f"{answer.count} functions of {program.path} are called `{name}`",
                help=f"say which by its offset in the file: `{point.path.name}:{listed.split(',')[0]}` (they are {listed})",
                kernel_error=None,
            )
            return None
        if isinstance(answer, NotFound | Unknown):
            library = program.find_import(name)
            where = (
                f"it is used there, and defined in {library or 'a library'}" if library is not None else None
            )
            if isinstance(answer, Unknown):
                rule, message = facts.MISSING_FACT, f"`{name}` is not known: {answer.reason}"
            else:
                rule, message = points.UNKNOWN_SYMBOL, f"{program.path} has no function `{name}`"
            self.report.add(
                rule,
                span,
                message,
                label=suggest(answer.near),
                help=where,
                fix=None if several else rename(span, answer.near),
            )
            return None
        symbol = answer.value
        if not symbol.is_function or symbol.file_offset is None:
            what = "is a variable" if symbol.file_offset is not None else "has no code in the file"
            self.report.add(points.UNKNOWN_SYMBOL, span, f"`{name}` of {program.path} {what}, no function")
            return None
        return self._in_function(program, point, symbol, name)

    def _in_function(
        self, program: Program, point: tree.ProgramPoint, symbol: Symbol, name: str
    ) -> Place | None:
        assert symbol.file_offset is not None
        dwarf = _dwarf_of(program)
        offset = point.offset or 0
        address = symbol.address + offset
        if point.line is not None:
            found = self._function_line(program, dwarf, point, symbol)
            if found is None:
                return None
            address = found
            offset = address - symbol.address
        if point.returns is not None and offset:
            self.report.add(
                points.RETURN_WITH_OFFSET,
                point.span,
                "a return is caught at the function's entry: `%return` takes no offset and no line",
            )
            return None
        if symbol.size and offset >= symbol.size:
            self.report.add(
                points.UNKNOWN_SYMBOL,
                point.span,
                f"`{name}` has {symbol.size} bytes, and {offset:#x} is behind them",
            )
            return None
        label = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
        label = f"{label}_{offset:#x}" if offset else label + ("_return" if point.returns else "")
        function = dwarf.function_at(symbol.address) if dwarf is not None else None
        scope = _function_scope(
            f"`{name}`", function, address, offset == 0, point.returns is not None, program, dwarf
        )
        target = ProgramTarget(
            os.path.abspath(program.path), symbol.file_offset + offset, point.returns is not None, None
        )
        return Place(target, label, scope)

    def _function_line(
        self, program: Program, dwarf: Dwarf | None, point: tree.ProgramPoint, symbol: Symbol
    ) -> int | None:
        assert point.line is not None
        function = dwarf.function_at(symbol.address) if dwarf is not None else None
        if dwarf is None or function is None:
            self._no_lines(program, point)
            return None
        addresses = self._addresses(dwarf.addresses_of_function_line(function, point.line), point)
        inside = [address for address in addresses if address in function]
        return inside[0] if inside else None

    def _no_lines(self, program: Program, point: tree.ProgramPoint) -> None:
        self.report.add(
            facts.MISSING_FACT,
            point.span,
            f"lines are not known: {program.path} has no debugging information (DWARF)",
            help="build it with `-g`, or install its debug package",
        )

    def _line(self, program: Program, point: tree.ProgramPoint) -> list[Place]:
        assert point.file is not None and point.line is not None
        dwarf = _dwarf_of(program)
        if dwarf is None:
            self._no_lines(program, point)
            return []
        made = []
        for address in self._addresses(dwarf.addresses_of_line(point.file.name, point.line), point):
            offset = program.file_offset(address)
            if offset is None:
                continue
            function = dwarf.function_at(address)
            owner = f"`{function.name}`" if function is not None else f"line {point.line}"
            scope = _function_scope(
                owner,
                function,
                address,
                function is not None and address == function.low,
                False,
                program,
                dwarf,
            )
            name = "".join(char if char.isalnum() else "_" for char in os.path.basename(point.file.name))
            made.append(
                Place(
                    ProgramTarget(os.path.abspath(program.path), offset, False, None),
                    f"{name}_{point.line}",
                    scope,
                )
            )
        return made

    def _addresses(self, answer: object, point: tree.ProgramPoint) -> tuple[int, ...]:
        from probelang.program.dwarf_sources import AmbiguousFile, LineFound, NoCode, NoFile

        match answer:
            case LineFound(addresses, _, _):
                return addresses
            case NoCode(file, line, following):
                near = f"the next line with code is {following}" if following is not None else None
                self.report.add(
                    points.UNKNOWN_LINE, point.span, f"line {line} of {file} has no code", help=near
                )
            case NoFile():
                name = point.file.name if point.file is not None else "this file"
                self.report.add(points.UNKNOWN_LINE, point.span, f"nothing was compiled from `{name}`")
            case AmbiguousFile(files):
                shown = ", ".join(files[:4])
                self.report.add(
                    points.UNKNOWN_LINE,
                    point.span,
                    f"{len(files)} files end in this name: {shown}",
                    help="more of the path tells them apart",
                )
        return ()

    def _offset(self, path: str, point: tree.ProgramPoint) -> Place:
        offset = point.offset or 0
        target = ProgramTarget(path, offset, point.returns is not None, None)
        label = f"at_{offset:#x}" + ("_return" if point.returns else "")
        owner = f"{os.path.basename(path)}+{offset:#x}"
        try:
            program = load_program(path)
            dwarf = _dwarf_of(program)
            address = program.address(offset)
            function = dwarf.function_at(address) if dwarf is not None and address is not None else None
        except (ProgramError, DwarfError) as error:
            why = f"not known, because {error}"
            return Place(
                target, label, Scope(Kind.UPROBE, {}, "parameter", owner, bool(point.returns), no_names=why)
            )
        entry = function is not None and address == function.low
        scope = _function_scope(
            owner, function, address or 0, entry, point.returns is not None, program, dwarf
        )
        return Place(target, label, scope)

    # ------------------------------------------------------------------------------------- static probes

    def _usdt(self, path: str, point: tree.UsdtPoint) -> list[Place]:
        program = load_program(path)
        provider, name = point.provider.name, point.probe.name
        answer = program.find_usdt(provider, name)
        if not isinstance(answer, Found):
            near = answer.near if isinstance(answer, NotFound) else ()
            count = len(program.usdt_probes())
            self.report.add(
                points.UNKNOWN_USDT,
                point.span,
                f"{program.path} has no static probe `{provider}:{name}`",
                label=suggest(near),
                notes=(
                    f"it has {count} sites of static probes (.note.stapsdt)"
                    if count
                    else "it has no static probes",
                ),
            )
            return []
        label = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
        return [
            Place(
                ProgramTarget(os.path.abspath(path), site.file_offset, False, site.semaphore_offset),
                label,
                _usdt_scope(f"`{provider}:{name}`", site),
            )
            for site in answer.value
        ]


def _dwarf_of(program: Program) -> Dwarf | None:
    from probelang.program.debugging import open_dwarf

    return open_dwarf(program)


def _function_scope(
    owner: str,
    function: DwarfFunction | None,
    address: int,
    entry: bool,
    returns: bool,
    program: Program,
    dwarf: Dwarf | None,
) -> Scope:
    """What may be named in a function; at its return only the value that it returns."""
    if returns:
        type = function.returns if function is not None else None
        return Scope(
            Kind.UPROBE,
            {},
            "parameter",
            owner,
            True,
            type,
            no_names="a program's parameters are over when the function returns",
            returns_nothing=function is not None and type is None,
            dwarf=dwarf,
        )
    arguments = tuple(_by_convention(number) for number in range(len(ARGUMENT_REGISTERS))) if entry else ()
    if function is None:
        why = f"not known, because {program.path} has no debugging information (DWARF) for it"
        return Scope(Kind.UPROBE, {}, "parameter", owner, no_names=why, arguments=arguments)
    names: dict[str, Value] = {}
    lost: dict[str, str] = {}
    slots = assign_slots([param.type for param in function.params])
    for param, slot in zip(function.params, slots, strict=True):
        made = value_at(param, address, slot if entry else None, param.type)
        if isinstance(made, str):
            lost[param.name] = made
        elif param.name:
            names[param.name] = made
    return Scope(Kind.UPROBE, names, "parameter", owner, arguments=arguments, lost=lost, dwarf=dwarf)


def _by_convention(number: int) -> Value:
    return Value(Access(RegisterValue(ARGUMENT_REGISTERS[number])), CPointer(None), typed=False)


def _usdt_scope(owner: str, site: UsdtSite) -> Scope:
    arguments: list[Value] = []
    lost: dict[str, str] = {}
    for number, argument in enumerate(site.arguments, 1):
        value = _usdt_value(argument)
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
    )


def _usdt_value(argument: UsdtArgument) -> Value | None:
    if argument.is_float or argument.size not in (1, 2, 4, 8):
        return None
    # eight bytes may be an address as well
    type = CInt(argument.size, argument.signed, "word" if argument.size == 8 else "int")
    match argument.operand:
        case Register(_, str(name), _, 0):
            return Value(Access(RegisterValue(name)), type)
        case Memory(Register(_, str(base), _, 0), None, _, displacement, None):
            return Value(Access(RegisterValue(base)), type, None, LVALUE, displacement)
        case ConstantOperand(value):
            return Value(Access(Immediate(value)), type)
        case Register() | Memory() | Unreadable():
            return None
        case _ as other:
            assert_never(other)
