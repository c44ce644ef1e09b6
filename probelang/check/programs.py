"""Points in programs: symbols, offsets and lines become offsets in the file, static probes their sites.

What may be named there comes from DWARF, at the very address: a parameter may be in another place an instruction
later. Without DWARF there are registers, and `$argN` where the calling convention puts it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.answers import Found, NotFound, Unknown
from probelang.check.patterns import are_usable, expand_braces, is_pattern, pattern_of
from probelang.check.program_scopes import function_is_of_go, function_scope, usdt_scope
from probelang.check.report import rename, suggest
from probelang.check.rules import backends, facts, points
from probelang.check.scope import Place, ProgramMemory, Scope
from probelang.probes import ProgramTarget
from probelang.program import ProgramFileError
from probelang.program.load import load_program
from probelang.program.symbols import Ambiguous
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.program.dwarf import Dwarf
    from probelang.program.dwarf_functions import DwarfFunction
    from probelang.program.program import Program
    from probelang.program.symbols import Symbol


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
        except ProgramFileError as error:
            where = "" if str(error).startswith(path) else f"{path}: "
            relative = not point.path.name.startswith(("/", "./", "../"))
            self.report.add(
                facts.MISSING_FACT,
                point.path.span,
                f"nothing can be looked up: {where}{error}",
                help="a program is named by its whole path, as `/usr/bin/bash`: none is searched for"
                if relative
                else None,
            )
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
            place = self._offset(path, point)
            return [place] if place is not None else []
        program = load_program(path)
        if point.file is not None:
            return self._line(program, point)
        assert point.symbol is not None
        names = self._names(program, point.symbol)
        placed = [self._symbol(program, point, name, len(names) > 1) for name in names]
        return [place for place in placed if place is not None] if all(placed) else []

    def _names(self, program: Program, ident: tree.Ident) -> list[str]:
        if ident.span.end - ident.span.start > len(ident.name):
            return [ident.name]  # in quotes it means itself
        wanted = expand_braces(ident.name)
        if not are_usable(self.report, ident, wanted):
            return []
        found: dict[str, None] = {}
        for name in wanted:
            if not is_pattern(name) or isinstance(program.find_symbol(name), Found):
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
                where = (
                    where
                    or f"install its debug package, or say where: `uprobe {point.path.name}:0xOFFSET`, an offset in the file"
                )
            else:
                rule, message = points.UNKNOWN_SYMBOL, f"{program.path} has no function `{name}`"
            self.report.add(
                rule,
                span,
                message,
                label=suggest(answer.near),
                help=where,
                fix=None if several else rename(span, [_as_point(near) for near in answer.near]),
            )
            return None
        symbol = answer.value
        if not symbol.is_function or symbol.file_offset is None:
            what = "is a variable" if symbol.file_offset is not None else "has no code in the file"
            data = symbol.file_offset is None and not symbol.is_function
            self.report.add(
                points.UNKNOWN_SYMBOL,
                span,
                f"`{name}` of {program.path} {what}, no function",
                help=f"a variable is read where a function is probed: `@{name}: s32`"
                if data or symbol.file_offset
                else None,
            )
            return None
        return self._in_function(program, point, symbol, name)

    def _in_function(
        self, program: Program, point: tree.ProgramPoint, symbol: Symbol, name: str
    ) -> Place | None:
        assert symbol.file_offset is not None
        dwarf = program.debugging.dwarf
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
                help=f"leave it out: `uprobe {point.path.name}:{name}%return`",
            )
            return None
        if symbol.size and offset >= symbol.size:
            self.report.add(
                points.UNKNOWN_SYMBOL,
                point.span,
                f"`{name}` has {symbol.size} bytes, and {offset:#x} is behind them",
            )
            return None
        function = dwarf.function_at(symbol.address) if dwarf is not None else None
        if point.returns is not None and self._kills(program, point, function, name):
            return None
        label = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
        label = f"{label}_{offset:#x}" if offset else label + ("_return" if point.returns else "")
        memory = ProgramMemory(program, address, symbol.file_offset + offset)
        scope = function_scope(
            f"`{name}`", function, memory, entry=offset == 0, returns=point.returns is not None, name=name
        )
        target = ProgramTarget(
            os.path.abspath(program.path), symbol.file_offset + offset, point.returns is not None, None
        )
        return Place(target, label, scope)

    def _kills(
        self, program: Program, point: tree.ProgramPoint, function: DwarfFunction | None, name: str
    ) -> bool:
        """Whether a return probe would end the program, which has been said then."""
        if not function_is_of_go(program, function, name):
            return False
        self.report.add(
            backends.UNSUPPORTED,
            point.span,
            f"`%return` would end this program: `{name}` is a function of Go",
            notes=(
                "a return probe replaces the return address on the stack, which Go's runtime reads when it moves or walks one",
            ),
            help="probe a line behind the call, or the function that is given the result",
        )
        return True

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
        dwarf = program.debugging.dwarf
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
            entry = function is not None and address == function.low
            scope = function_scope(owner, function, ProgramMemory(program, address, offset), entry=entry)
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

    def _offset(self, path: str, point: tree.ProgramPoint) -> Place | None:
        offset = point.offset or 0
        target = ProgramTarget(path, offset, point.returns is not None, None)
        label = f"at_{offset:#x}" + ("_return" if point.returns else "")
        owner = f"{os.path.basename(path)}+{offset:#x}"
        try:
            program = load_program(path)
            dwarf = program.debugging.dwarf
            address = program.address(offset)
            if address is None and self._is_address(program, point, offset):
                return None
            function = dwarf.function_at(address) if dwarf is not None and address is not None else None
        except ProgramFileError as error:
            why = f"not known, because {error}"
            return Place(
                target, label, Scope(Kind.UPROBE, {}, "parameter", owner, bool(point.returns), no_names=why)
            )
        known = program.function_at(address) if address is not None else None
        entry = address is not None and address in (
            function.low if function is not None else None,
            known.address if known is not None else None,
        )
        if point.returns is not None and self._kills(
            program, point, function, known.name if known is not None else ""
        ):
            return None
        scope = function_scope(
            owner,
            function,
            ProgramMemory(program, address, offset),
            entry=entry,
            returns=point.returns is not None,
            name=known.name if known is not None else "",
        )
        return Place(target, label, scope)

    def _is_address(self, program: Program, point: tree.ProgramPoint, offset: int) -> bool:
        """Report an address in memory, as `nm` shows them, where an offset in the file is meant; whether it is one."""
        meant = program.file_offset(offset)
        if meant is None:
            return False
        span = Span(point.path.span.end + 1, point.span.end - (len("%return") if point.returns else 0))
        self.report.add(
            points.BAD_OFFSET,
            span,
            f"no code of {program.path} lies at the offset {offset:#x}: it is an address in memory",
            label=f"in the file it is {meant:#x}",
            notes=(
                "`nm` and debuggers show addresses, which the program's segments place elsewhere in the file",
            ),
            fix=rename(span, [f"{meant:#x}"]),
            kernel_error=None,
        )
        return True

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
                fix=rename(Span(point.provider.span.start, point.probe.span.end), answer.near)
                if isinstance(answer, NotFound)
                else None,
            )
            return []
        label = "".join(char if char.isalnum() or char == "_" else "_" for char in name)
        return [
            Place(
                ProgramTarget(os.path.abspath(path), site.file_offset, False, site.semaphore_offset),
                label,
                usdt_scope(f"`{provider}:{name}`", site, program),
            )
            for site in answer.value
        ]


def _as_point(name: str) -> str:
    """A symbol as it is written in a point: in quotes where it has what no name has."""
    return name if all(char.isalnum() or char in "_.$@:~<>" for char in name) else f'"{name}"'
