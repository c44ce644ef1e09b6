"""What is said of a value that no probe can record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.rules import types
from probelang.check.values import LVALUE, Value
from probelang.ctypes import CPointer, CStruct, CVoid
from probelang.diagnostics import Edit, Fix
from probelang.probes import EventFieldValue
from probelang.source import Span

if TYPE_CHECKING:
    from probelang.check.report import Report


def say_unrecordable(report: Report, value: Value, span: Span) -> None:
    """Say why a value is none that a probe could record."""
    nothing = isinstance(value.type, CVoid)
    what = "no value" if nothing else getattr(value.type, "what", "not a single value")
    message = f"`{value.text}` cannot be recorded: it is {what}"
    report.add(types.UNRECORDABLE, span, message, help=how_to_read(value))


def how_to_read(value: Value) -> str | None:
    """The next step of who wants to record a value that is none."""
    base = value.access.base
    if isinstance(base, EventFieldValue) and base.size in (1, 2, 4, 8):
        return f"`: x{base.size * 8}` records its {base.size} bytes as one number"
    if isinstance(base, EventFieldValue) and base.size:
        return "what it was made of may be among the arguments of the tracepoint, which a `tprobe` has"
    return "a cast or a fetch-arg type says how to read it: `: u64`" if value.state == LVALUE else None


def say_struct(report: Report, value: Value, span: Span) -> None:
    """Say that a struct is recorded by its members."""
    assert isinstance(value.type, CStruct)
    struct = value.type
    members = struct.ref.member_names() if struct.defined else []
    shown = ", ".join(members[:8]) + (", …" if len(members) > 8 else "")
    first = members[0] if members else "member"
    operator = "." if value.state == LVALUE or not isinstance(value.type, CPointer) else "->"
    only = None
    if len(members) == 1 and first.isidentifier():
        only = Fix(
            f"write `{operator}{first}`", (Edit(Span(span.end, span.end), operator + first),), safe=False
        )
    report.add(
        types.STRUCT_VALUE,
        span,
        f"`{value.text}` cannot be recorded as a whole",
        label=f"say which member, for example `{operator}{first}`" if members else "",
        notes=(f"its members: {shown}",) if members else (),
        help="the kernel itself would take it, and record a number that means nothing",
        fix=only,
    )
