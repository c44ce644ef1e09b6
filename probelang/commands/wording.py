"""Parts of a spec in the syntax of the kernel's commands, as they were written: of what is wrong there is no command otherwise.

None stands for what that syntax has no words for. Names and numbers are taken over, right or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.syntax import tree
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.target import Target

#: The letters of kinds of probes, and of their returns where those have one of their own.
_LETTERS = {
    Kind.KPROBE: "pr",
    Kind.FPROBE: "ff",
    Kind.TPROBE: "tt",
    Kind.EPROBE: "ee",
    Kind.UPROBE: "pr",
    Kind.USDT: "pp",
}
_PATTERN = frozenset("*?[{")


def write_head(kind: Kind, returns: bool, maxactive: int | None, target: Target) -> str | None:
    """The letter of a command, and the number behind it."""
    if kind is Kind.FPROBE and not target.has_fprobes:
        kind = Kind.KPROBE
    letters = _LETTERS.get(kind)
    if letters is None:
        return None
    return letters[returns] + ("" if maxactive is None else str(maxactive))


def returns(point: tree.Point) -> bool:
    """Whether a point is the return of a function."""
    return isinstance(point, tree.FunctionPoint | tree.ProgramPoint) and point.returns is not None


def write_point(point: tree.Point, head: str) -> str | None:
    """A point; patterns, lines and symbols of programs are many or none until they are looked up."""
    match point:
        case tree.FunctionPoint(_, module, function, offset, None, _) if not _PATTERN & set(function.name):
            named = module is not None and module.name != "vmlinux" and head[0] != "f"
            home = f"{module.name}:" if named and module is not None else ""
            suffix = "%return" if returns(point) and head[0] == "f" else ""
            return f"{home}{function.name}{f'+{offset}' if offset else ''}{suffix}"
        case tree.AddressPoint(_, address):
            return f"{address:#x}"
        case tree.TracepointPoint(_, _, tracepoint) if not _PATTERN & set(tracepoint.name):
            return tracepoint.name
        case tree.EventPoint(_, system, event) if not _PATTERN & set(system.name + event.name):
            return f"{system.name}.{event.name}"
        case tree.ProgramPoint(_, path, None, None, int(offset), None, _):
            return f"{path.name}:{offset:#x}"
        case _:
            return None


def write_type(type: tree.FetchType) -> str:
    """A fetch type."""
    name = "b{}@{}/{}".format(*type.bitfield) if type.bitfield else type.name
    return name if type.count is None else f"{name}[{type.count}]"


def write_value(expr: tree.Expr, kind: Kind, target: Target, parameters: Sequence[str] = ()) -> str | None:
    """A value. `parameters` are those of the probed function, by whose numbers a kernel goes that does not know their names."""

    def within(inner: tree.Expr) -> str | None:
        return write_value(inner, kind, target, parameters)

    match expr:
        case tree.Name(_, name):
            if kind is Kind.EPROBE:
                return f"${name}"
            if target.names:
                return name
            return f"$arg{parameters.index(name) + 1}" if name in parameters else None
        case tree.Variable(_, name):
            return f"${name}"
        case tree.Register(_, name):
            return f"%{name}"
        case tree.Number(_, value):
            return f"\\{value}"
        case tree.SymbolRef(_, symbol, address, offset):
            if symbol is None:
                return f"@{address:#x}" if address is not None else f"@+{offset:#x}"
            return f"@{symbol}{offset:+d}" if offset else f"@{symbol}"
        case tree.Member(_, base, member, arrow):
            inner = within(base) if target.names and _may_have_members(base) else None
            return None if inner is None else f"{inner}{'->' if arrow else '.'}{member.name}"
        case tree.Cast(_, tree.CType(_, "struct", name, 1), operand):
            inner = within(operand) if target.loop or (target.event_casts and kind is Kind.EPROBE) else None
            return None if inner is None else f"({name}){inner if inner[0] == '(' else f'({inner})'}"
        case tree.Unary(_, "*", operand):
            inner = within(operand)
            return None if inner is None else f"+0({inner})"
        case tree.Deref(_, offset, user, operand):
            inner = within(operand)
            sign = "-" if offset < 0 else "+"
            return None if inner is None else f"{sign}{'u' if user else ''}{abs(offset)}({inner})"
        case tree.Call(_, tree.Ident(_, "this_cpu_read" | "this_cpu_ptr" as name), (operand,)):
            inner = within(operand)
            return None if inner is None else f"{name}({inner})"
        case _:
            return None


def _may_have_members(base: tree.Expr) -> bool:
    """Whether the kernel takes `->` behind it: a name, `$retval`, `$current`, a cast, and members of those."""
    while isinstance(base, tree.Member):
        base = base.base
    return isinstance(base, tree.Name | tree.Cast) or (
        isinstance(base, tree.Variable) and base.name in ("retval", "current")
    )
