"""PRB611: a comparison, or several of one value, that are always true or never."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix, Label, Rule, Severity
from probelang.linter.ranges import Solver, Values, bounds, is_range, join, meet, units
from probelang.linter.subject import span_of
from probelang.probes import Compare, Junction, Not, comparisons
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.check.report import Report
    from probelang.check.spec import Statement
    from probelang.linter.ranges import Key
    from probelang.linter.subject import Subject
    from probelang.probes import Condition

RULE = Rule(
    "PRB611",
    "constant-condition",
    Severity.WARNING,
    "A comparison that is the same at every hit because of the value's type (an unsigned number is never below 0, a `bool` never above 1), or "
    "comparisons of one value that cannot be true together (`x == 1 && x == 2`) or of which one always is (`x != 1 || x != 2`). What is never true "
    "records nothing, what is always true filters nothing. Mostly `&&` and `||` were taken for each other, or the value is not of the type that was thought.",
    example="fprobe vfs_read if count >= 0 && count != 1",
)


def check_condition(subject: Subject, statement: Statement, condition: Condition, report: Report) -> None:
    solver = Solver(statement.events[0].fields)
    said: set[Span] = set()
    for unit in _units(condition):
        _by_type(subject, solver, unit, said, report)
    _junctions(subject, solver, condition, condition, said, report)


def _units(condition: Condition) -> Iterator[Condition]:
    """Every comparison, and every range, of which one end may well be the type's."""
    match condition:
        case Compare():
            yield condition
        case Not(operand):
            yield from _units(operand)
        case Junction(op, operands):
            if is_range(condition):
                yield condition
                return
            for operand in units(operands) if op == "&&" else operands:
                yield from _units(operand)


def _by_type(subject: Subject, solver: Solver, unit: Condition, said: set[Span], report: Report) -> None:
    found = solver.values(unit)
    if found is None or not (found.empty or found.full):
        return
    compare = next(comparisons(unit))
    said.add(compare.span)
    field = solver.fields[compare.field]
    low, high = bounds(field)
    type = field.c_type or field.fetch.text
    text = subject.words(compare)
    always = "always true" if found.full else "never true"
    unsigned = compare.value == low == 0 and high > 1 and isinstance(unit, Compare)
    why = f"`{type}` is unsigned" if unsigned else f"`{type}` is {low} to {high}"
    if compare.op == "&":
        why += ", and has none of these bits"
    report.add(RULE, compare.span, f"`{text}` is {always}: {why}", label=always)


def _junctions(
    subject: Subject, solver: Solver, condition: Condition, root: Condition, said: set[Span], report: Report
) -> None:
    match condition:
        case Not(operand):
            _junctions(subject, solver, operand, root, said, report)
        case Junction(op, operands):
            _together(subject, solver, op, units(operands), condition is root, said, report)
            for operand in operands:
                _junctions(subject, solver, operand, root, said, report)


def _together(
    subject: Subject,
    solver: Solver,
    op: str,
    operands: list[Condition],
    whole: bool,
    said: set[Span],
    report: Report,
) -> None:
    """What operands of one junction say of one value, taken together."""
    known: dict[Key, list[tuple[Condition, Values]]] = {}
    for operand in operands:
        told = solver.told(operand)
        if told is None:
            continue
        key, values = told
        earlier = known.setdefault(key, [])
        earlier.append((operand, values))
        sets = [one for _, one in earlier]
        if len(earlier) < 2:
            continue
        clash = meet(sets).empty if op == "&&" else join(sets).full
        if not clash:
            continue
        other = _partner(earlier, op)
        span, first = span_of(operand), span_of(other or earlier[0][0])
        if span in said or span == first:
            continue
        said.add(span)
        here = f"`{subject.words(operand)}`"
        constant = "never true" if op == "&&" else "always true"
        if other is None:
            message = f"{here} is {constant} together with what is compared before"
        elif op == "&&":
            message = f"`{subject.words(other)}` and {here} are never true together"
        else:
            message = f"`{subject.words(other)}` or {here} is always true"
        fix = (
            _swap(subject, op, other, operand) if whole and other is not None and len(operands) == 2 else None
        )
        report.add(
            RULE,
            span,
            message,
            label="never true with the other" if op == "&&" else "true where the other is not",
            others=(Label(first, "the other"),),
            help=None if fix is not None else f"is `{'||' if op == '&&' else '&&'}` meant?",
            fix=fix,
        )
        # what comes after it would be said to clash as well
        known[key] = []


def _partner(earlier: list[tuple[Condition, Values]], op: str) -> Condition | None:
    """The one before that alone makes the last one constant."""
    last = earlier[-1][1]
    for other, values in earlier[:-1]:
        if meet([values, last]).empty if op == "&&" else join([values, last]).full:
            return other
    return None


def _swap(subject: Subject, op: str, first: Condition, second: Condition) -> Fix | None:
    """`&&` for `||`, or the other way round, between two comparisons that are both `==`, or both `!=`."""
    wanted = "==" if op == "&&" else "!="
    if not all(isinstance(one, Compare) and one.op == wanted for one in (first, second)):
        return None
    start, end = span_of(first).end, span_of(second).start
    at = subject.source.text.find(op, start, end)
    if at < 0:
        return None
    other = "||" if op == "&&" else "&&"
    return Fix(f"write `{other}`", (Edit(Span(at, at + 2), other),), safe=False)
