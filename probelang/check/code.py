"""Points inside functions of the kernel: lines become instructions, and names what DWARF says is where there.

An instruction is told to the kernel by a symbol and an offset from it, so that it is found wherever the kernel is loaded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.answers import Found, NotFound, Unknown
from probelang.check.kernel_ctypes import KernelType
from probelang.check.located import value_at
from probelang.check.report import rename, suggest
from probelang.check.rules import facts, points
from probelang.check.scope import Place, Scope
from probelang.probes import FunctionTarget
from probelang.program import ProgramFileError
from probelang.program.dwarf_sources import AmbiguousFile, LineFound, NoCode, NoFile

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.values import Value
    from probelang.kernel.code import CodeSymbol, KernelCode
    from probelang.kernel.interface import Kernel
    from probelang.program.dwarf_functions import DwarfFunction
    from probelang.program.dwarf_sources import LineAnswer
    from probelang.source import Span
    from probelang.syntax import tree
    from probelang.syntax.tree import Kind

_MOST_SHOWN = 8


class CodePoints:
    """Resolves what a kprobe says of code inside a function; what is wrong goes to the report."""

    def __init__(self, kernel: Kernel, report: Report, kind: Kind, limit: int) -> None:
        self.kernel = kernel
        self.report = report
        self.kind = kind
        self.limit = limit

    # -------------------------------------------------------------------------------------------- lines

    def source_line(self, point: tree.SourcePoint) -> list[Place]:
        """The places of `FILE.c:LINE`; none after an error."""
        code = self._code(point.span)
        if code is None:
            return []
        try:
            answer = code.dwarf.addresses_of_line(point.file.name, point.line)
            if not isinstance(answer, LineFound):
                self._say_no_line(point.span, point.file.name, answer)
                return []
            name = os.path.basename(point.file.name)
            return self._places(code, point.span, answer, f"{_label(name)}_{point.line}")
        except ProgramFileError as error:
            self._say_damage(point.span, code, error)
            return []

    def function_line(self, point: tree.FunctionPoint, name: str) -> list[Place]:
        """The places of `FUNC:LINE`, the line counted from that of the function's name; none after an error."""
        assert point.line is not None
        span = point.function.span
        code = self._code(point.span)
        if code is None:
            return []
        try:
            functions = self._functions(code, span, name)
            answers = [code.dwarf.addresses_of_function_line(one, point.line) for one in functions]
            found = [answer for answer in answers if isinstance(answer, LineFound)]
            if found:
                parts = {
                    answer.addresses[i]: answer.rows[i] for answer in found for i in range(len(answer.rows))
                }
                whole = LineFound(
                    tuple(sorted(parts)),
                    found[0].file,
                    found[0].line,
                    tuple([parts[at] for at in sorted(parts)]),
                )
                return self._places(code, point.span, whole, f"{_label(name)}_L{point.line}", name)
            if answers:
                self._say_no_line(point.span, name, _nearest(answers), functions[0].decl_line)
        except ProgramFileError as error:
            self._say_damage(point.span, code, error)
        return []

    def _functions(self, code: KernelCode, span: Span, name: str) -> list[DwarfFunction]:
        """The functions of a name, with the places where they were inlined; none after an error."""
        found = code.functions_called(name)
        if not found:
            answer = self.kernel.find_function(name)
            near = answer.near if isinstance(answer, NotFound | Unknown) else ()
            written = isinstance(answer, Found) or bool(code.functions_named(name))
            self.report.add(
                facts.MISSING_FACT if written else points.UNKNOWN_FUNCTION,
                span,
                f"the debugging information of {self.kernel.title} says nothing of `{name}`"
                if written
                else f"{self.kernel.title} has no function `{name}`",
                label=suggest(near),
                help="it may be written in assembly, or belong to a module" if written else None,
                fix=rename(span, near) if not written else None,
                kernel_error=None,
            )
            return []
        homes = {(one.decl_file, one.decl_line): one for one in found}
        if len(homes) > 1:
            shown = [f"`{_short(path)}:{line}`" for path, line in homes if path is not None][:_MOST_SHOWN]
            self.report.add(
                points.AMBIGUOUS_SYMBOL,
                span,
                f"{len(homes)} functions of {self.kernel.title} are called `{name}`",
                help=f"say which by its file and line: they begin at {', '.join(shown)}",
                kernel_error=None,
            )
            return []
        return found

    def _places(
        self, code: KernelCode, span: Span, answer: LineFound, label: str, of: str | None = None
    ) -> list[Place]:
        if len(answer.rows) > self.limit:
            self.report.add(
                points.TOO_MANY_POINTS,
                span,
                f"line {answer.line} of {_short(answer.file)} has code at {len(answer.rows)} places of "
                f"{self.kernel.title}, and the limit is {self.limit}",
                help=f"`with max={len(answer.rows)}`",
            )
            return []
        places: list[Place] = []
        refused: list[str] = []
        for rows in answer.rows:
            reasons = {}
            for address in rows:
                why = self._why_refused(code, address)
                if why is None:
                    break
                reasons[address] = why
            else:
                first, why = next(iter(reasons.items()))
                refused.append(f"{_where(code, first)} {why}")
                continue
            target = code.locate(address)
            if target is None:
                refused.append(f"{address:#x} is behind no symbol that is the only one of its name")
                continue
            scope = self._scope(code, self._function_of(code, address, answer, of), address)
            places.append(Place(FunctionTarget(target[0], None, target[1], False), label, scope, part=True))
        self._say_refused(span, answer, refused, bool(places))
        return places

    def _say_refused(self, span: Span, answer: LineFound, refused: list[str], others: bool) -> None:
        if not refused:
            return
        line = f"line {answer.line} of {_short(answer.file)}"
        if others:
            self.report.add(
                points.LEFT_OUT,
                span,
                f"{len(refused)} of the {len(answer.rows)} places of {line} "
                f"{'are' if len(refused) > 1 else 'is'} left out",
                notes=tuple(refused[:3]),
            )
            return
        self.report.add(
            points.BLACKLISTED,
            span,
            f"no kprobe can sit on {line}: {refused[0]}",
            help="a line before or behind it may do",
        )

    def _why_refused(self, code: KernelCode, address: int) -> str | None:
        why = code.why_refused(address)
        if why is not None:
            return why
        around = code.function_around(address)
        known = self.kernel.find_function(around.name, "vmlinux") if around is not None else None
        if around is not None and isinstance(known, Found) and known.value.blacklisted:
            return f"is in `{around.name}`, which is forbidden to kprobes"
        return None

    def _function_of(
        self, code: KernelCode, address: int, answer: LineFound, of: str | None
    ) -> DwarfFunction | None:
        """Of the function there and those inlined into it, the one that the line is written in."""
        found = code.dwarf.functions_at(address)
        named = [one for one in found if of is not None and one.name == of]
        if named:
            return named[0]
        around = [
            (one.decl_line or 0, -position)
            for position, one in enumerate(found)
            if one.decl_file == answer.file and (one.decl_line or 0) <= answer.line
        ]
        if around:
            return found[-max(around)[1]]
        return found[-1] if found else None

    def _say_no_line(self, span: Span, name: str, answer: LineAnswer, first: int | None = None) -> None:
        match answer:
            case NoCode(file, line, following):
                near = None
                if following is not None:
                    place = f"`{name}:{following - first}`" if first is not None else f"{following}"
                    near = f"the next line with code is {place}"
                shown = f"line {line - first} of `{name}`, " if first is not None else ""
                self.report.add(
                    points.UNKNOWN_LINE,
                    span,
                    f"{shown}line {line} of {_short(file)}, has no code"
                    if shown
                    else f"line {line} of {_short(file)} has no code",
                    notes=() if near is not None else ("no later line has any there",),
                    help=near,
                )
            case AmbiguousFile(files):
                some = ", ".join(f"`{_short(file)}`" for file in files[:_MOST_SHOWN])
                more = f" and {len(files) - _MOST_SHOWN} more" if len(files) > _MOST_SHOWN else ""
                self.report.add(
                    points.UNKNOWN_LINE,
                    span,
                    f"{len(files)} files of {self.kernel.title} end in `{name}`",
                    notes=(f"they are {some}{more}",),
                    help="more of the path tells them apart",
                )
            case _:
                self.report.add(
                    points.UNKNOWN_LINE,
                    span,
                    f"nothing of {self.kernel.title} was compiled from `{name}`",
                    help="code of modules is not in its image",
                )

    # ------------------------------------------------------------------------------------------ offsets

    def offset_scope(self, point: tree.FunctionPoint, name: str) -> Scope | None:
        """What may be named at `FUNC+OFF`: None where nothing tells. What the kernel would refuse is said."""
        answer = self.kernel.code
        if not isinstance(answer, Found):
            return None
        code = answer.value
        offset = point.offset or 0
        try:
            symbols = code.functions_named(name)
            if len(symbols) != 1 or not self._offset_allowed(code, point, symbols[0], offset):
                return None
            address = symbols[0].address + offset
            function = code.dwarf.function_at(address)
            return self._scope(code, function, address) if function is not None else None
        except ProgramFileError as error:
            self._say_damage(point.span, code, error)
            return None

    def _offset_allowed(
        self, code: KernelCode, point: tree.FunctionPoint, symbol: CodeSymbol, offset: int
    ) -> bool:
        name = symbol.name
        if symbol.size and offset >= symbol.size:
            self.report.add(
                points.BAD_OFFSET,
                point.span,
                f"`{name}` has {symbol.size} bytes, and {offset:#x} is behind them",
                notes=("the kernel would take it, and the probe would sit in another function",),
                kernel_error=None,
            )
            return False
        if code.splits_instruction(symbol, offset):
            self.report.add(
                points.BAD_OFFSET,
                point.span,
                f"`{name}+{offset:#x}` is in the middle of an instruction",
                help=f"`{name}` itself is where the function is entered",
            )
            return False
        why = code.why_refused(symbol.address + offset)
        if why is not None:
            self.report.add(
                points.BLACKLISTED, point.span, f"no kprobe can sit there: `{name}+{offset:#x}` {why}"
            )
            return False
        return True

    # -------------------------------------------------------------------------------------------- names

    def _scope(self, code: KernelCode, function: DwarfFunction | None, address: int) -> Scope:
        if function is None:
            why = "not known, because the debugging information has no function there"
            return Scope(self.kind, {}, "variable", "this place", no_names=why)
        names: dict[str, Value] = {}
        lost: dict[str, str] = {}
        params = function.params
        entry = address == function.low and not function.inlined
        entered = function.places_at_entry() if entry else ()
        btf = self.kernel.btf
        for variable in function.variables_at(address):
            name = variable.name
            if not name or name in names or name in lost:
                continue
            ref = variable.type
            position = params.index(variable) if entry and variable in params else None
            place = variable.location_at(address) if position is None else entered[position]
            made = value_at(
                variable, place, KernelType(ref, btf) if btf is not None else ref, entry=position is not None
            )
            if isinstance(made, str):
                lost[name] = made
            else:
                names[name] = made
        return Scope(
            self.kind,
            names,
            "variable",
            f"`{function.name}`",
            lost=lost,
            parameters=tuple([param.name for param in params if param.name]),
        )

    # --------------------------------------------------------------------------------------------- both

    def _code(self, span: Span) -> KernelCode | None:
        answer = self.kernel.code
        if isinstance(answer, Found):
            return answer.value
        title = self.kernel.title
        release = title.removeprefix("Linux ") if title.startswith("Linux ") else "RELEASE"
        reason = answer.reason if isinstance(answer, Unknown) else "it has none"
        self.report.add(
            facts.MISSING_FACT,
            span,
            f"source lines of {title} are not known: {reason}",
            help=f"give its `vmlinux` as `--kernel`: Debian has it in linux-image-{release}-dbg, Fedora in kernel-debuginfo",
        )
        return None

    def _say_damage(self, span: Span, code: KernelCode, error: Exception) -> None:
        self.report.add(
            facts.BAD_FACTS, span, f"the debugging information of {code.name} can't be used: {error}"
        )


def _nearest(answers: list[LineAnswer]) -> LineAnswer:
    """Of what was answered for the copies of a function, what tells most."""
    best: LineAnswer = NoFile()
    for answer in answers:
        if isinstance(answer, NoCode) and (
            not isinstance(best, NoCode)
            or (
                answer.next_line is not None and (best.next_line is None or answer.next_line < best.next_line)
            )
        ):
            best = answer
    return best


def _label(name: str) -> str:
    made = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    return "_" + made if made[:1].isdigit() else made


def _where(code: KernelCode, address: int) -> str:
    around = code.function_around(address)
    return f"`{around.name}+{address - around.address:#x}`" if around is not None else f"{address:#x}"


def _short(path: str) -> str:
    """The end of a path: distributions compile in folders of their own, which say nothing."""
    parts = path.split("/")
    for start in range(len(parts)):
        if parts[start] in _TOP:
            return "/".join(parts[start:])
    return "/".join(parts[-3:])


#: The folders of the kernel's source that have code of its image.
_TOP = frozenset(
    (
        *(
            "arch",
            "block",
            "certs",
            "crypto",
            "drivers",
            "fs",
            "include",
            "init",
            "io_uring",
            "ipc",
            "kernel",
        ),
        *("lib", "mm", "net", "rust", "security", "sound", "usr", "virt"),
    )
)
