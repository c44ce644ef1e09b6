"""Diagnostics as text that can be read again: for the cache, and from one process to another.

What is read is checked, whoever wrote it: it is diagnostics of rules that there are, at places that the spec has, or
nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from probelang.rules import RULES
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

_RULES = {rule.code: rule for rule in RULES}
#: What is written of a diagnostic: a new field wants a place here.
FIELDS = (
    "rule",
    "message",
    "label",
    "severity",
    "others",
    "notes",
    "help",
    "fix",
    "kernel_error",
    "kernels",
    "kernel_text",
    "kernel_column",
    "kernel_command",
)


def pack(found: Sequence[Diagnostic]) -> str:
    """Diagnostics as one line of text; "" for none."""
    return json.dumps([_pack_one(one) for one in found], separators=(",", ":")) if found else ""


def _pack_one(found: Diagnostic) -> list[Any]:
    fix = found.fix
    return [
        found.rule.code,
        found.message,
        _pack_label(found.label),
        int(found.severity),
        [_pack_label(label) for label in found.others],
        found.notes,
        found.help,
        fix and [fix.title, [[edit.span.start, edit.span.end, edit.text] for edit in fix.edits], fix.safe],
        found.kernel_error,
        found.kernels,
        found.kernel_text,
        found.kernel_column,
        found.kernel_command,
    ]


def _pack_label(label: Label) -> list[Any]:
    return [label.span.start, label.span.end, label.text]


def unpack(text: str, length: int) -> tuple[Diagnostic, ...] | None:
    """The diagnostics of a spec of so many characters; None where the text is none that `pack` makes."""
    if not text:
        return ()
    try:
        content = json.loads(text)
        return tuple(_unpack_one(one, length) for one in _list(content))
    except (ValueError, KeyError, RecursionError):
        return None


def _unpack_one(content: Any, length: int) -> Diagnostic:
    (rule, message, label, severity, others, notes, help, fix, error, kernels, said, column, command) = _list(
        content, len(FIELDS)
    )
    return Diagnostic(
        _RULES[_text(rule)],
        _text(message),
        _label(label, length),
        Severity(_number(severity, 2)),
        tuple(_label(one, length) for one in _list(others)),
        tuple(_text(one) for one in _list(notes)),
        None if help is None else _text(help),
        None if fix is None else _fix(fix, length),
        None if error is None else _text(error),
        tuple(_text(one) for one in _list(kernels)),
        None if said is None else _text(said),
        None if column is None else _number(column, 0xFFFF),
        None if command is None else _text(command),
    )


def _label(content: Any, length: int) -> Label:
    start, end, text = _list(content, 3)
    return Label(_span(start, end, length), _text(text))


def _fix(content: Any, length: int) -> Fix:
    title, edits, safe = _list(content, 3)
    if not isinstance(safe, bool):
        raise ValueError  # noqa: TRY004
    made = []
    for start, end, text in (_list(edit, 3) for edit in _list(edits)):
        made.append(Edit(_span(start, end, length), _text(text)))
    return Fix(_text(title), tuple(made), safe)


def _span(start: Any, end: Any, length: int) -> Span:
    last = _number(end, length)
    return Span(_number(start, last), last)


def _number(content: Any, most: int) -> int:
    if type(content) is not int or not 0 <= content <= most:
        raise ValueError
    return content


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise ValueError  # noqa: TRY004
    return content


def _list(content: Any, length: int | None = None) -> list[Any]:
    if not isinstance(content, list) or length not in (None, len(content)):
        raise ValueError
    return content
