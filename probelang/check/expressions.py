"""Expressions: names, members and dereferences resolved to typed values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import ctypes
from probelang.check import calls, casts, variables
from probelang.check.condition_slips import refusal
from probelang.check.constants import Constants
from probelang.check.macros import SOCK_MACROS
from probelang.check.naming import source_of
from probelang.check.refusals import say_unrecordable
from probelang.check.report import Report, near_names, only_absent, rename, suggest
from probelang.check.rules import facts, limits, names, types
from probelang.check.values import ADDRESS, LVALUE, RVALUE, Value, article_of, at, inside, load
from probelang.ctypes import CArray, CInt, COther, CPointer, CStruct, CVoid
from probelang.diagnostics import Edit, Fix
from probelang.kernel.features import FEATURES
from probelang.probes import Access, Immediate
from probelang.record import replace
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.check.scope import Lacks, Scope
    from probelang.kernel.interface import Kernel

#: How `Scope.no_names` begins where the names are there, and nobody told them.
UNKNOWN = "not known"


class Expressions:
    """Resolves expressions at one place; what is wrong goes to the report, and the answer is None then."""

    def __init__(
        self,
        kernel: Kernel,
        constants: Constants,
        report: Report,
        scope: Scope,
        lacks: Lacks | None = None,
    ) -> None:
        self.kernel = kernel
        self.constants = constants
        self.report = report
        self.scope = scope
        self.lacks = lacks
        self.this_cpu = False

    def within_this_cpu(self, expr: tree.Expr) -> Value | None:
        """The value of what stands in `this_cpu_read()`, where per-CPU variables may be named."""
        self.this_cpu = True
        try:
            return self.read(expr)
        finally:
            self.this_cpu = False

    def resolve(self, expr: tree.Expr) -> Value | None:
        """The value of an expression."""
        match expr:
            case tree.Name():
                return self._name(expr)
            case tree.Member():
                return self._member(expr)
            case tree.Index():
                return self._index(expr)
            case tree.Unary(_, "*", operand):
                return self._pointed(expr.span, operand)
            case tree.Unary(_, "&", operand):
                return self._address(expr, operand)
            case tree.Variable():
                return variables.resolve_variable(self, expr)
            case tree.Register():
                return variables.resolve_register(self, expr)
            case tree.SymbolRef():
                return variables.resolve_symbol(self, expr)
            case tree.Deref():
                return self._raw(expr)
            case tree.Cast():
                return casts.resolve_cast(self, expr)
            case tree.ContainerOf():
                return casts.resolve_container(self, expr)
            case tree.Call():
                return calls.resolve_call(self, expr)
            case tree.Binary(_, "??", _, left, right):
                return self._choice(left, right)
            case tree.Number() | tree.Text() | tree.Unary() | tree.Binary():
                return self._constant(expr)
            case tree.BrokenExpr():
                return None
            case _:
                self.report.add(
                    types.NO_ARITHMETIC,
                    expr.span,
                    "a fetch arg is a value, not a comparison",
                    help="record the value, and compare it in the probe's `if`",
                )
                return None

    # ------------------------------------------------------------------------------------------- names

    def _name(self, expr: tree.Name) -> Value | None:
        value = self.scope.names.get(expr.name)
        if value is not None:
            return value
        own = self.constants.own
        if expr.name in own:
            constant = own[expr.name]
            return None if constant is None else _immediate(constant)
        if expr.name in self.scope.lost:
            message = f"`{expr.name}` {self.scope.lost[expr.name]}"
            why = "the compiler keeps a value only as long as something needs it"
            self.report.add(types.LOST, expr.span, message, notes=(why,))
            return None
        if self.scope.no_names is not None:
            if self.constants.values_of(expr.name):
                return self._constant(expr)
            self._say_no_names(expr, self.scope.no_names)
            return None
        if self.constants.values_of(expr.name):
            return self._constant(expr)
        from probelang.check import elsewhere

        if elsewhere.explain_name(self, expr):
            return None
        near = near_names(expr.name, [*self.scope.names, *own])
        known = ", ".join(f"`{name}`" for name in self.scope.names) or "none"
        plural = self.scope.what + "s"
        self.report.add(
            names.UNKNOWN_NAME,
            expr.span,
            f"{self.scope.owner} has no {self.scope.what} `{expr.name}`",
            label=suggest(near),
            notes=(f"its {plural}: {known} ({self.kernel.title})",),
            fix=rename(expr.span, near),
            kernel_error=None
            if self.scope.kind is Kind.EPROBE or self.scope.what == "variable"
            else "NO_BTFARG",
        )
        return None

    def _say_no_names(self, expr: tree.Name, why: str) -> None:
        unknown = why.startswith(UNKNOWN)
        message = f"no `{expr.name}` here: {why}"
        if unknown:
            message = f"the {self.scope.what}s of {self.scope.owner} are {why.replace(', because', ':')}"
        cures = {
            Kind.KPROBE: "registers (`%di`) and raw dereferences (`+8(%di)`) work anywhere",
            Kind.FPROBE: "`$arg1` and its like work without names",
            Kind.TPROBE: "`$arg1` and its like work without names",
            Kind.UPROBE: "`$arg1` and its like are the registers of the calling convention; `-g` gives names",
            Kind.USDT: "`$arg1` is the first",
        }
        self.report.add(
            facts.MISSING_FACT if unknown else types.NO_PARAMETERS,
            expr.span,
            message,
            help=cures.get(self.scope.kind),
        )

    def _constant(self, expr: tree.Expr) -> Value | None:
        if isinstance(expr, tree.Unary | tree.Binary) and not self.constants.is_constant(expr):
            message, cure = refusal(self.constants, expr)
            self.report.add(types.NO_ARITHMETIC, expr.span, message, help=cure)
            return None
        constant = self.constants.evaluate(expr)
        return None if constant is None else _immediate(constant)

    def read(self, expr: tree.Expr) -> Value | None:
        """The value of an expression that something is read through, which must not be over when that happens."""
        value = self.resolve(expr)
        if value is None or not value.entry:
            return value
        name = (
            f"`{getattr(expr, 'name', '')}`" if isinstance(expr, tree.Name | tree.Variable) else "`entry(e)`"
        )
        self.report.add(
            types.ENTRY_IS_WHOLE,
            expr.span,
            f"{name} is read when the function is entered, and nothing can be read through it afterwards",
            help="write the whole path inside: `entry(file->f_inode->i_ino)`",
        )
        return None

    # ----------------------------------------------------------------------------------------- members

    def _member(self, expr: tree.Member) -> Value | None:
        whole = variables.with_package(self, expr)
        if whole is not None:
            return self.resolve(whole)
        if isinstance(expr.base, tree.Name) and expr.base.name not in self.scope.names:
            from probelang.check import elsewhere

            if elsewhere.explain_args(self, expr):
                return None
        base = self.read(expr.base)
        if base is None:
            if isinstance(expr.base, tree.Member):
                from probelang.check.arrows import amend

                amend(self, expr)
            return None
        name = expr.member.name
        if expr.arrow:
            return self._through(expr, base, name)
        if isinstance(base.type, CPointer) and isinstance(ctypes.pointed(base.type), CStruct):
            self._say_arrow(expr, "->", f"`{base.text}` is a pointer: its members are behind `->`")
            return None
        struct = self._struct(base.type, base, expr)
        if struct is None:
            return None
        found = self.find_member(struct, expr.member, self._origin(expr, base))
        if found is None:
            return None
        if base.state == RVALUE:
            return self._passed_by_value(expr, base, found)
        value = inside(
            base,
            found.type,
            found.type.describe(),
            found.bit_offset // 8,
            "." + name if found.named else None,
        )
        return _with_bits(value, found)

    def _through(self, expr: tree.Member, base: Value, name: str) -> Value | None:
        pointer = load(base) if isinstance(base.type, CPointer) else base
        if isinstance(pointer.type, CArray) and pointer.state == LVALUE:
            struct = self._struct(pointer.type.element.describe(), base, expr)
            if (
                struct is None
                or (found := self.find_member(struct, expr.member, self._origin(expr, base))) is None
            ):
                return None
            value = inside(pointer, found.type, found.type.describe(), found.bit_offset // 8, None)
            return _with_bits(value, found)
        if not isinstance(pointer.type, CPointer):
            if isinstance(base.type, CStruct):
                self._say_arrow(expr, ".", f"`{base.text}` is no pointer: its members are behind `.`")
            else:
                self._struct(base.type, base, expr)
            return None
        if pointer.type.target is None:
            self._say_no_struct(expr, base)
            return None
        struct = self._struct(pointer.type.target.describe(), base, expr)
        if (
            struct is None
            or (found := self.find_member(struct, expr.member, self._origin(expr, base))) is None
        ):
            return None
        value = at(
            pointer,
            found.type,
            found.type.describe(),
            found.bit_offset // 8,
            "->" + name if found.named else None,
        )
        return _with_bits(value, found)

    def _say_arrow(self, expr: tree.Member, right: str, message: str) -> None:
        wrong = "->" if expr.arrow else "."
        # what stands between base and member is the operator, and perhaps white space
        between = Span(expr.base.span.end, expr.member.span.start)
        self.report.add(
            types.ARROW_OR_DOT,
            Span(expr.base.span.end, expr.member.span.end),
            message,
            label=f"write `{right}{expr.member.name}`, not `{wrong}{expr.member.name}`",
            fix=Fix(f"write `{right}`", (Edit(between, right),)),
            kernel_error="NO_PTR_STRCT" if expr.arrow else None,
        )

    def _struct(self, type: ctypes.CType, base: Value, expr: tree.Member) -> CStruct | None:
        if not isinstance(type, CStruct):
            self._say_no_struct(expr, base)
            return None
        if not type.defined:
            self.report.add(
                types.INCOMPLETE_TYPE,
                expr.member.span,
                f"the members of `{type.ref.text}` are not known",
                notes=(f"{self.kernel.title} declares it, and a module or nothing defines it",),
            )
            return None
        return type

    def _say_no_struct(self, expr: tree.Member, base: Value) -> None:
        if (
            not base.typed
            or (isinstance(base.type, CPointer) and base.type.target is None)
            or isinstance(base.type, CPointer)
            and isinstance(ctypes.pointed(base.type), CVoid)
        ):
            cure = "a cast says what it points to: `((struct T *)e)->member`"
        else:
            cure = None
        self.report.add(
            types.NOT_A_STRUCT,
            expr.member.span,
            f"no member `{expr.member.name}`: `{source_of(expr.base)}` is {article_of(base)}, not a struct",
            help=cure,
        )

    def find_member(self, struct: CStruct, member: tree.Ident, origin: str = "") -> ctypes.Found | None:
        """A member of a struct; `origin` tells of a wrong one what it was looked for in."""
        found = struct.ref.find_member(member.name)
        if found is not None:
            return found
        known = struct.ref.member_names()
        hidden = SOCK_MACROS.get(member.name) if struct.name == "sock" else None
        alike = near_names(member.name, [*known, *(SOCK_MACROS if struct.name == "sock" else ())])
        near = [hidden] if hidden else [name if name in known else SOCK_MACROS[name] for name in alike]
        if not hidden:
            from probelang.check.successors import find_member_elsewhere

            near = [*dict.fromkeys((*find_member_elsewhere(struct.name, struct.ref, member.name), *near))]
        self.report.add(
            types.UNKNOWN_MEMBER,
            member.span,
            f"`{struct.ref.text}` has no member `{member.name}`",
            label=suggest(near),
            notes=(f"`{member.name}` is a `#define` of `{hidden}` in include/net/sock.h",)
            if hidden
            else (origin or f"`{struct.ref.text}` of {self.kernel.title}",),
            fix=rename(member.span, near),
            kernel_error=None if self.scope.kind is Kind.EPROBE else "NO_BTF_FIELD",
        )
        return None

    def _origin(self, expr: tree.Member, base: Value) -> str:
        """Whence we know what a member belongs to."""
        source = f"(BTF of {self.kernel.title})"
        text = source_of(expr.base)
        if text == "this" or not base.typed:
            return ""
        article = "an" if base.text[:1] in "aeiou" else "a"
        if isinstance(expr.base, tree.Name) and expr.base.name in self.scope.names:
            place = list(self.scope.names).index(expr.base.name) + 1
            number = f" {place}" if self.scope.what in ("parameter", "argument") else ""
            return f"`{text}` is {self.scope.what}{number} of {self.scope.owner}, {article} `{base.text}` {source}"
        return f"`{text}` is {article} `{base.text}` {source}"

    def _passed_by_value(self, expr: tree.Member, base: Value, found: ctypes.Found) -> Value | None:
        """A member of a struct that is in a register: only what is at its start can be told from the rest."""
        whole = not isinstance(found.type.describe(), CArray)
        if whole and found.bit_offset == 0 and found.bit_size == 0:
            return Value(base.access, found.type.describe(), found.type, typed=base.typed)
        self.report.add(
            types.NO_ADDRESS,
            expr.member.span,
            f"`{source_of(expr.base)}` is passed in registers, of which only what is at its start can be told",
            help="record the register and take the bits apart where the trace is read",
        )
        return None

    # ------------------------------------------------------------------------------------- dereferences

    def _pointed(self, span: Span, operand: tree.Expr) -> Value | None:
        base = self.read(operand)
        if base is None:
            return None
        return self._element(span, operand, base, 0)

    def _index(self, expr: tree.Index) -> Value | None:
        base = self.read(expr.base)
        if base is None:
            return None
        if not self.constants.is_constant(expr.index):
            self.report.add(types.BAD_INDEX, expr.index.span, "an index is a constant")
            return None
        index = self.constants.evaluate(expr.index)
        if not isinstance(index, int):
            return None
        bounds = base.type.count if isinstance(base.type, CArray) and base.state == LVALUE else None
        if bounds is not None and (index < 0 or 0 < bounds <= index):
            self.report.add(
                types.BAD_INDEX,
                expr.index.span,
                f"index {index} is not within `{base.text}`, which has {bounds} elements",
            )
            return None
        return self._element(expr.span, expr.base, base, index)

    def _element(self, span: Span, operand: tree.Expr, base: Value, index: int) -> Value | None:
        if isinstance(base.type, CArray) and base.state == LVALUE:
            element = base.type.element
            return inside(base, element, element.describe(), index * element.size(), None)
        pointer = load(base)
        if isinstance(pointer.type, CPointer) and pointer.type.target is not None:
            element = pointer.type.target
            return at(pointer, element, element.describe(), index * max(element.size(), 1), None)
        if isinstance(base.type, COther):
            say_unrecordable(self.report, base, operand.span)
            return None
        self.report.add(
            types.NOT_A_POINTER,
            span,
            f"`{source_of(operand)}` is {article_of(base)}, not a pointer or an array",
            help="the raw dereference `+0(e)` reads what an untyped value points to"
            if not base.typed
            else f"`{source_of(operand)}` alone is recorded"
            if source_of(operand) != "this"
            else None,
        )
        return None

    def _address(self, expr: tree.Unary, operand: tree.Expr) -> Value | None:
        base = self.read(operand)
        if base is None:
            return None
        if base.state != LVALUE or base.bits is not None:
            what = "a bitfield" if base.bits is not None else "not in memory"
            self.report.add(
                types.NO_ADDRESS, expr.span, f"`{source_of(operand)}` is {what}: it has no address"
            )
            return None
        return replace(base, type=CPointer(base.ref, base.user), ref=None, state=ADDRESS)

    def _raw(self, expr: tree.Deref) -> Value | None:
        base = self.read(expr.operand)
        if base is None:
            return None
        pointer = load(base)
        if isinstance(pointer.access.base, Immediate):
            self.report.add(
                types.NOT_A_POINTER,
                expr.operand.span,
                "a constant cannot be dereferenced",
                help="`@0xffff…` reads what lies at an address",
            )
            return None
        narrow = isinstance(pointer.type, CInt) and pointer.type.size < 8 and pointer.typed
        if narrow or pointer.bits is not None or isinstance(pointer.type, CStruct | CArray | ctypes.CString):
            self.report.add(
                types.NOT_A_POINTER, expr.operand.span, f"{article_of(base)} cannot be dereferenced"
            )
            return None
        user = expr.user or (isinstance(pointer.type, CPointer) and pointer.type.user)
        offset = expr.offset + (pointer.pending if pointer.state == ADDRESS else 0)
        # as in the kernel, `+8(e): string` is the string that lies there, and `+8(e)` alone the word
        return Value(pointer.access, CPointer(None), None, LVALUE, offset, user=user, typed=False)

    def _choice(self, left: tree.Expr, right: tree.Expr) -> Value | None:
        mark = self.report.mark()
        value = self.resolve(left)
        if value is not None and not self._is_lacking(value, left):
            return value
        said = self.report.take_since(mark)
        if not said or not only_absent(said):
            self.report.diagnostics.extend(said)
            return None
        value = self.resolve(right)
        if value is None:
            # neither is there: one cause, said at the last choice with the first as a note
            last = self.report.take_since(mark)
            if last and only_absent(last):
                merged = replace(
                    last[0], notes=(*last[0].notes, f"nor is the choice before `??` there: {said[0].message}")
                )
                last = [merged, *last[1:]]
            self.report.diagnostics.extend(last)
        return value

    def _is_lacking(self, value: Value, expr: tree.Expr) -> bool:
        """Whether a value takes what this kernel, by the chosen backend, does not tell, which is said then."""
        name = self.lacks(value.access.base, self.scope.kind) if self.lacks is not None else None
        if name is None:
            return False
        feature = FEATURES[name]
        message = f"{self.kernel.title} does not tell {feature.title}: it takes {feature.needs}"
        self.report.add(limits.NO_FEATURE, expr.span, message)
        return True


def _immediate(constant: int | bytes) -> Value:
    if isinstance(constant, bytes):
        return Value(Access(Immediate(constant)), ctypes.CString())
    return Value(Access(Immediate(constant)), CInt(8, constant < 0))


def _with_bits(value: Value, found: ctypes.Found) -> Value:
    if found.bit_size == 0:
        return value
    return replace(value, bits=(found.bit_offset % 8, found.bit_size), names=None)
