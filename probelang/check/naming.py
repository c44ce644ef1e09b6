"""Names that nobody wrote: of events after their points, of fetch args after their last member or variable."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Container

#: Names that every trace event has for itself: kernel/trace/trace_probe.c, reserved_field_names, and the one by which a
#: filter knows the CPU.
RESERVED = frozenset(
    ("common_type", "common_flags", "common_preempt_count", "common_pid", "common_tgid")
    + ("__probe_ip", "__probe_ret_ip", "__probe_func", "common_cpu")
)
#: MAX_EVENT_NAME_LEN and MAX_ARG_NAME_LEN of kernel/trace/trace_probe.h, the end of the string not counted.
MAX_EVENT_NAME = 63
MAX_ARG_NAME = 31


#: Files of tracefs that stand where the folder of an event, of a group would stand.
FILES = {
    "event": frozenset(("enable", "filter")),
    "group": frozenset(("enable", "header_event", "header_page")),
}


def name_of(expr: tree.Expr) -> str | None:
    """The name of a fetch arg that has none of its own."""
    match expr:
        case tree.Name(_, name) | tree.Variable(_, name) | tree.Register(_, name):
            return name
        case tree.Member(_, _, member, _):
            return member.name
        case tree.SymbolRef(_, symbol, _, _):
            return None if symbol is None else symbol.replace(".", "_")
        case tree.Index(_, base, _):
            return name_of(base)
        case (
            tree.Unary(_, "*" | "&", operand) | tree.Cast(_, _, operand) | tree.ContainerOf(_, operand, _, _)
        ):
            return name_of(operand)
        case tree.Deref(_, _, _, operand):
            return name_of(operand)
        case tree.Call(_, _, (operand,)):
            return name_of(operand)
        case tree.Binary(_, "??", _, left, right):
            return name_of(left) or name_of(right)
        case _:
            return None


def group_of_file(name: str) -> str:
    """The group of a file's events: `my-reads.probe.pl` is `my_reads`."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    for suffix in (".pl", ".probe"):
        base = base.removesuffix(suffix)
    # `<stdin>` is called so, without the brackets
    group = re.sub(r"[^A-Za-z0-9_]", "_", base.strip("<>"))[:MAX_EVENT_NAME]
    if not group.strip("_"):
        return "probelang"
    if group in FILES["group"]:
        return "_" + group
    return "_" + group[: MAX_EVENT_NAME - 1] if group[0].isdigit() else group


def free_name(wanted: str, taken: Container[str], limit: int, numbers: dict[str, int] | None = None) -> str:
    """`wanted_2`, `wanted_3`, …: the first that is not taken. `numbers` keeps how far earlier questions got."""
    number = 2 if numbers is None else numbers.get(wanted, 2)
    while True:
        name = numbered(wanted, number, limit)
        if name not in taken:
            if numbers is not None:
                numbers[wanted] = number
            return name
        number += 1


def numbered(wanted: str, number: int, limit: int) -> str:
    """`wanted_2`, shortened where that is beyond the limit."""
    suffix = f"_{number}"
    return wanted[: limit - len(suffix)] + suffix


def source_of(expr: tree.Expr) -> str:
    """An expression in the user's own words, short enough for a message."""
    match expr:
        case tree.Name(_, name):
            return name
        case tree.Variable(_, name):
            return "$" + name
        case tree.Register(_, name):
            return "%" + name
        case tree.Member(_, base, member, arrow):
            return f"{source_of(base)}{'->' if arrow else '.'}{member.name}"
        case tree.Index(_, base, _):
            return f"{source_of(base)}[…]"
        case tree.Unary(_, op, operand):
            return op + source_of(operand)
        case tree.SymbolRef(_, symbol, _, _):
            return "@" + (symbol or "…")
        case _:
            return "this"
