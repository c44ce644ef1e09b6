"""What names mean at a place in a spec: the bridge from a caret to the checker's own scopes and types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.btf.types import BtfError
from probelang.check.casts import find_type
from probelang.check.expressions import Expressions
from probelang.check.points import MAX_POINTS, Points
from probelang.check.report import Report
from probelang.check.scope import Scope
from probelang.check.values import Value
from probelang.ctypes import CPointer
from probelang.probes import Access, Parameter
from probelang.program import ProgramFileError
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.check.constants import Constants
    from probelang.kernel.interface import Kernel
    from probelang.probes import Probe
    from probelang.source import Span


class Context:
    """What a spec declares, and one kernel: enough to look at any of its expressions."""

    def __init__(
        self,
        kernel: Kernel,
        constants: Constants,
        lists: Mapping[str, tree.Args],
        defined: Mapping[tuple[str, str], Probe],
        declared: Mapping[tuple[str, str], Span],
        group: str,
    ) -> None:
        self.kernel = kernel
        self.constants = constants
        self.lists = lists
        self.defined = defined
        self.declared = declared
        self.group = group

    def scopes_of(self, statement: tree.Statement) -> list[Scope]:
        """The scopes of a probe's points, or the one of an `args` list; none where that cannot be told."""
        match statement:
            case tree.Probe():
                return [place.scope for place in self.places_of(statement)]
            case tree.Args():
                scope = self._args_scope(statement)
                return [scope] if scope is not None else []
        return []

    def places_of(self, probe: tree.Probe) -> list[Place]:
        """The places of a probe's points; none after an error."""
        limit = next(
            (o.value.value for o in probe.options if o.name.name == "max" and o.value is not None), MAX_POINTS
        )
        try:
            report = Report()
            return Points(self.kernel, report, probe, limit, self.defined, (), self.declared).resolve()
        except (BtfError, KernelError, ProgramFileError):
            return []

    def _args_scope(self, args: tree.Args) -> Scope | None:
        checker = self.expressions(Scope(tree.Kind.KPROBE, {}, "parameter", "this"))
        values = {}
        for param in args.params:
            try:
                target = find_type(checker, param.type)
            except BtfError:
                return None
            if target is None:
                continue
            type = target.describe() if param.type.pointers == 0 else CPointer(target)
            ref = target if param.type.pointers == 0 else None
            values[param.name.name] = Value(Access(Parameter(1, None)), type, ref)
        return Scope(tree.Kind.KPROBE, values, "parameter", f"`args {args.name.name}`", at_return=True)

    def expressions(self, scope: Scope) -> Expressions:
        """What resolves expressions in a scope; what is wrong with them is not of interest here."""
        self.constants.module = scope.btf
        return Expressions(self.kernel, self.constants, Report(), scope)

    def value_of(self, expr: tree.Expr, scope: Scope) -> Value | None:
        """The value of an expression, None where it has none."""
        try:
            return self.expressions(scope).resolve(expr)
        except (BtfError, KernelError, ProgramFileError, RecursionError):
            return None


if TYPE_CHECKING:
    from probelang.check.scope import Place
