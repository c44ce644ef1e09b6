"""PRB607: a condition on what is cut off, or can never be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check.conditions import MAX_COMM, room_of
from probelang.ctypes import CInt
from probelang.diagnostics import Edit, Fix, Label, Rule, Severity
from probelang.linter.returns import is_written
from probelang.linter.subject import field_of
from probelang.probes import ThreadName, comparisons
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.subject import Subject
    from probelang.probes import Compare, Condition, Field

RULE = Rule(
    "PRB607",
    "truncated-comparison",
    Severity.WARNING,
    "A filter sees what the event has recorded, not what the value was before. A task's name is cut off after 15 characters, so a pattern that takes "
    "more never fits; it has no folders before it, and neither has the name of a dentry, which is one part of a path. "
    "Of a number whose fetch-arg type is narrower than itself only the lowest bits are compared: 256 as `u8` is 0. Compare the whole value, and give "
    "the narrow one a name of its own; of names, compare what is there.",
    example='fprobe vfs_read if $comm ~ "NetworkManager-dispatcher*"',
)


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    for compare in comparisons(condition):
        field = field_of(statement.events[0], compare)
        if field is None:
            continue
        if isinstance(compare.value, int):
            _check_number(subject, statement, compare, field, report)
        elif compare.constant is not None:
            _check_text(subject, compare, compare.constant, compare.value, field, report)


def _check_number(
    subject: Subject, statement: Statement, compare: Compare, field: Field, report: Report
) -> None:
    asked, type = field.asked, field.type
    if asked is None or asked.bitfield is not None or field.fetch.is_string or not isinstance(type, CInt):
        return
    if field.fetch.bits >= type.size * 8:
        return
    text = subject.text(field.span)
    named = Span(compare.span.start, compare.span.start + len(field.name))
    fix = None
    # a name that no fetch arg bears is recorded by itself, as wide as it is
    taken = {one.name for one in statement.events[0].fields}
    if subject.text(named) == field.name and text not in taken and is_written(statement, field):
        fix = Fix(f"compare `{text}`", (Edit(named, text),), safe=False)
    report.add(
        RULE,
        compare.span,
        f"this compares the lowest {field.fetch.bits} bits of `{text}`, which is all that `{field.name}` has",
        others=(Label(asked.span, "cut off here"),),
        help=f"compare `{text}` itself, and let the narrow one have another name",
        fix=fix,
    )


def _check_text(
    subject: Subject, compare: Compare, constant: Span, value: bytes, field: Field, report: Report
) -> None:
    what, room = subject.text(field.span), _room(field)
    globbing = compare.op == "~"
    takes = _least(value) if globbing else len(value)
    folder, slash, last = value.rpartition(b"/")
    if isinstance(field.access.base, ThreadName) and value[:1] == b"/":
        report.add(
            RULE,
            constant,
            f"`{what}` is the name of the program's file, without its folder: it does not begin with `/`",
            fix=_instead(subject, compare, constant, value, last[:MAX_COMM]),
        )
    elif room is not None and takes > room:
        cut = value[:room] + b"*" if globbing else value[:room]
        report.add(
            RULE,
            constant,
            f"`{what}` has at most {room} characters, and "
            + (f"this pattern takes at least {takes}" if globbing else f"this string has {takes}"),
            label="never fits",
            help="the name of a task is cut off where it is set" if room == MAX_COMM else None,
            fix=_instead(
                subject, compare, constant, value, None if any(char in value[:-1] for char in b"*?[") else cut
            ),
        )
    elif slash and (folder or last) and _is_part_of_path(field) and not value.startswith(b"memfd:"):
        report.add(
            RULE,
            constant,
            f"`{what}` is one part of a path, and no part has a `/`",
            label="never fits",
            help="the name of its folder is that of `d_parent`",
            fix=_instead(subject, compare, constant, value, last),
        )


def _room(field: Field) -> int | None:
    """How many characters a string has at most, None where nobody knows."""
    if isinstance(field.access.base, ThreadName):
        return MAX_COMM
    room = room_of(field.c_type)
    # a task's name always ends with a zero
    is_task = room == MAX_COMM + 1 and field.name.endswith("comm")
    return MAX_COMM if is_task else room


def _is_part_of_path(field: Field) -> bool:
    if field.fetch.name in ("%pd", "%pD") or field.asked is not None and field.asked.name in ("%pd", "%pD"):
        return True
    match field.expr:
        case tree.Member(_, tree.Member(_, _, tree.Ident(_, "d_name"), _), tree.Ident(_, "name"), _):
            return True
        case tree.Member(_, _, tree.Ident(_, "d_iname"), _):
            return True
    return False


def _least(pattern: bytes) -> int:
    """How many characters a string has at least that a pattern fits."""
    count, at = 0, 0
    while at < len(pattern):
        char = pattern[at : at + 1]
        if char == b"[":
            end = pattern.find(b"]", at + 2)
            at = end if end > 0 else at
        elif char == b"\\":
            at += 1
        count += char != b"*"
        at += 1
    return count


def _instead(
    subject: Subject, compare: Compare, constant: Span, value: bytes, text: bytes | None
) -> Fix | None:
    """To write another string, if it is one that says something, and stands there as it is."""
    if not text or text.strip(b"*") == b"" or subject.text(constant) != f'"{value.decode("latin-1")}"':
        return None
    if compare.op == "~" and not any(char in text for char in b"*?["):
        return None
    written = f'"{text.decode("latin-1")}"'
    return Fix(f"write {written}", (Edit(constant, written),), safe=False)
