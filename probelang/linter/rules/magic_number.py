"""PRB616: a number in a condition that has a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Rule, Severity
from probelang.linter.named_numbers import error_for, names_of
from probelang.linter.subject import field_of
from probelang.probes import comparisons

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Condition, Field

RULE = Rule(
    "PRB616",
    "magic-number",
    Severity.INFO,
    "A condition compares with a number that has a name: an enumerator of the value's own enum, an error that a function returns, a flag of "
    "`open()`, an address family, the type of a file, a signal. A name says what is meant, and it stays right: the numbers of enumerators change from "
    "kernel to kernel (`SKB_DROP_REASON_NO_SOCKET` is 2 on Linux 6.1 and 3 on 6.12).",
    example="fprobe vfs_unlink%return if $retval == -2",
)
_LITERAL = re.compile(r"-?\s*[0-9][0-9a-zA-Z_]*$")


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    event = statement.events[0]
    for compare in comparisons(condition):
        if (
            compare.op not in ("==", "!=", "&")
            or compare.constant is None
            or isinstance(compare.value, bytes)
        ):
            continue
        if compare.value == 0 or not _LITERAL.match(subject.text(compare.constant)):
            continue
        field = field_of(event, compare)
        if field is None:
            continue
        name = error_for(field, compare.value) if compare.op != "&" else None
        notes: tuple[str, ...] = ()
        if name is None:
            bits = _bits(compare.value) if compare.op == "&" else []
            names = names_of(subject.kernel, field, event.sites[0].target, {compare.value, *bits})
            name = _name(names, compare.value, bits)
            if field.c_type.startswith("enum "):
                notes = (f"an enumerator of `{field.c_type}`, whose number may be another on another kernel",)
        if name is None or _taken(subject, event.fields, name):
            continue
        number = subject.text(compare.constant)
        report.add(
            RULE,
            compare.constant,
            f"`{number}` is `{name}`",
            notes=notes,
            fix=Fix(f"write `{name}`", (Edit(compare.constant, name),)),
        )


def _bits(mask: int) -> list[int]:
    """The single bits of a mask."""
    return [1 << bit for bit in range(mask.bit_length()) if mask >> bit & 1] if mask > 0 else []


def _name(names: dict[int, str], value: int, bits: list[int]) -> str | None:
    """The name of a number, or of a mask the names of its bits; None where any is missing."""
    if value in names:
        return names[value]
    if not bits or any(bit not in names for bit in bits):
        return None
    return "(" + " | ".join(names[bit] for bit in bits) + ")"


def _taken(subject: Subject, fields: tuple[Field, ...], name: str) -> bool:
    """Whether a name means something else in this spec."""
    words = set(re.findall(r"\w+", name))
    return any(field.name in words for field in fields) or any(word in subject.constants for word in words)
