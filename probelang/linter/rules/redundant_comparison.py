"""PRB618: a comparison that says nothing, because another one says it already."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Label, Rule, Severity
from probelang.linter.ranges import Solver, Values, is_range, units, within
from probelang.linter.subject import span_of
from probelang.probes import Compare, Junction, Not, comparisons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.ranges import Key
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB618",
    "redundant-comparison",
    Severity.INFO,
    "A comparison that is true wherever another one of the same value is (`count > 5 && count > 3`, `x == 1 || x > 0`), or that stands there twice, "
    "also within `in {…}`: it changes nothing, and is perhaps not what was meant. Enumerators and `#define`s of the kernel, whose numbers "
    "may be others on another kernel, are compared by their names only.",
    example="fprobe vfs_read if count > 4096 && count > 1024",
)
#: More operands than this are not compared with each other.
_MANY = 200


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    if isinstance(condition, Compare):
        return
    own = subject.constants
    _check(subject, Solver(statement.events[0].fields), condition, own, report)


def _check(
    subject: Subject, solver: Solver, condition: Condition, own: Mapping[str, bool], report: Report
) -> None:
    match condition:
        case Not(operand):
            _check(subject, solver, operand, own, report)
        case Junction(op, operands):
            if len(operands) <= _MANY and not is_range(condition):
                _redundant(subject, solver, op, units(operands), own, report)
            for operand in operands:
                _check(subject, solver, operand, own, report)


def _redundant(
    subject: Subject,
    solver: Solver,
    op: str,
    operands: list[Condition],
    own: Mapping[str, bool],
    report: Report,
) -> None:
    known: dict[Key, list[tuple[Condition, Values]]] = {}
    for operand in operands:
        told = solver.told(operand)
        if told is None:
            continue
        key, values = told
        # in `&&` the wider says nothing, in `||` the narrower
        for other, others in known.get(key, ()):
            if not _comparable(subject, operand, other, own):
                continue
            if within(others, values) if op == "&&" else within(values, others):
                _say(subject, op, operand, other, values == others, report)
                break
            if within(values, others) if op == "&&" else within(others, values):
                _say(subject, op, other, operand, False, report)
                break
        known.setdefault(key, []).append((operand, values))


def _say(subject: Subject, op: str, idle: Condition, other: Condition, same: bool, report: Report) -> None:
    span, first = span_of(idle), span_of(other)
    if span == first:
        return
    here, there = (subject.words(one) for one in (idle, other))
    if same:
        message = f"`{here}` says the same as `{there}`" if here != there else f"`{here}` is there twice"
    elif op == "&&":
        message = f"`{here}` is true wherever `{there}` is: it changes nothing"
    else:
        message = f"`{here}` is within `{there}`: it changes nothing"
    report.add(RULE, span, message, others=(Label(first, "this one says it"),))


def _comparable(subject: Subject, one: Condition, other: Condition, own: Mapping[str, bool]) -> bool:
    """Whether both hold the same on every kernel: their constants are numbers, or the spec's own, or the same words."""
    texts = [
        tuple(subject.text(compare.constant) if compare.constant else "" for compare in comparisons(side))
        for side in (one, other)
    ]
    words = {word for side in texts for text in side for word in _names(text)}
    return texts[0] == texts[1] or all(own.get(word, False) for word in words)


def _names(text: str) -> list[str]:
    return [] if text.startswith('"') else re.findall(r"\b[A-Za-z_]\w*", text)
