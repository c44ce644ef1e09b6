"""Whether two values, points or conditions are the same thing, however they are spelt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.probes import Access, Compare, EntryValue, Immediate, Junction, Not, Parameter, ThisCpu

if TYPE_CHECKING:
    from probelang.probes import Base, Condition, Fetch, Field, Probe

Form = tuple[Any, ...]


def access_form(access: Access) -> Form:
    """A value without its spelling: `$arg3` is `count`, and `(*p).x` is `p->x`."""
    return (_base_form(access.base), *((step.offset, step.user) for step in access.derefs))


def _base_form(base: Base) -> Form | Base:
    match base:
        case Parameter(slot):
            return ("parameter", slot)
        case EntryValue(access):
            return ("entry", access_form(access))
        case ThisCpu(access):
            return ("percpu", access_form(access))
        case _:
            return base


def value_form(field: Field) -> tuple[Form, Fetch] | None:
    """What a field records; None of a constant, which marks an event."""
    if isinstance(field.access.base, Immediate):
        return None
    return access_form(field.access), field.fetch


def condition_form(probe: Probe) -> Form | None:
    """When a probe records, without the names of what it compares; None where it always does."""
    if probe.condition is None:
        return None
    forms = {field.name: (access_form(field.access), field.fetch) for field in probe.fields}
    return _form(probe.condition, forms)


def _form(condition: Condition, forms: dict[str, tuple[Form, Fetch]]) -> Form:
    match condition:
        case Compare(field, op, value, _, common):
            return (field if common else forms.get(field, field), op, value)
        case Not(operand):
            return ("!", _form(operand, forms))
        case Junction(op, operands):
            # in whatever order
            return (op, frozenset(_form(operand, forms) for operand in operands))
    raise AssertionError(condition)
