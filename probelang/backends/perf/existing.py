"""Eprobes by perf: the trace event itself, which perf records with all of its fields, as it is.

A spec's values must be the event's own, of the same width and sign: nothing is fetched anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends.perf.values import TRACEFS, Refusal
from probelang.check.rules import backends
from probelang.probes import Compare, EventFieldValue, Junction, Not, Thread, ThreadName
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probelang.probes import Condition, Field
    from probelang.source import Span

#: What the kernel's filter calls the name of the task, of every event (trace_define_generic_fields).
COMM = "COMM"


@record
class Shown:
    """Where a value of a spec is in what perf records: the name there, "" where the head of the line has it."""

    name: str


def show(field: Field) -> Shown | Refusal:
    """Where perf has the value of a field, or why it has not."""
    base, derefs, fetch = field.access.base, field.access.derefs, field.fetch
    if isinstance(base, Thread | ThreadName):
        return Shown("")
    if not isinstance(base, EventFieldValue):
        return Refusal(
            backends.UNSUPPORTED, "perf records the fields that the event has, and nothing else", TRACEFS
        )
    if derefs:
        return Refusal(
            backends.UNSUPPORTED,
            f"perf records `{base.name}` as the event has it, and reads nothing through it",
            f"a probe on the function that is given this pointer can; {TRACEFS}",
        )
    if base.text or fetch.is_string:
        if base.text and fetch.is_string:
            return Shown(base.name)
        what = "a number" if fetch.is_string else "a string"
        return Refusal(backends.UNSUPPORTED, f"`{base.name}` is {what} in the event", TRACEFS)
    bits = fetch.bits * (fetch.count or 1)
    if fetch.bitfield is None and bits == base.size * 8 and fetch.signed == base.signed:
        return Shown(base.name)
    if (
        field.asked is None
        and not (fetch.signed or base.signed)
        and fetch.count is None
        and bits < base.size * 8
    ):
        # nobody asked for a width: an unsigned argument of a system call stands in the word that it came in
        return Shown(base.name)
    own = f"{'s' if base.signed else 'u'}{base.size * 8}"
    # of an `int` that came in a wider word the rest is anybody's, and `: u64` no cure
    narrower = getattr(field.type, "size", base.size) < base.size
    plain = base.size in (1, 2, 4, 8) and not narrower
    help = f"record it as the event has it: `{field.name}: {own}`" if plain else TRACEFS
    return Refusal(
        backends.UNSUPPORTED,
        f"perf records `{base.name}` as the event has it, `{own}`, and not as `{fetch.text}`",
        help if help is TRACEFS else f"{help}; {TRACEFS}",
    )


@record
class Beyond:
    """A comparison that the event's own filter cannot make, and why."""

    span: Span
    why: str
    help: str


def names_in_filter(condition: Condition, fields: Mapping[str, Field]) -> dict[str, str] | Beyond:
    """The names that the compared fields have in the event's own filter."""
    names: dict[str, str] = {}
    beyond = _collect(condition, fields, names)
    return names if beyond is None else beyond


def _collect(condition: Condition, fields: Mapping[str, Field], names: dict[str, str]) -> Beyond | None:
    match condition:
        case Junction(_, operands):
            found = [_collect(operand, fields, names) for operand in operands]
            return next((one for one in found if one is not None), None)
        case Not(operand):
            return _collect(operand, fields, names)
        case Compare(common=True):
            return None
        case Compare(name, span=span):
            field = fields[name]
            if _is_bits_of_word(condition, field):
                names[name] = getattr(field.access.base, "name", "")
                return None
            shown = show(field)
            if isinstance(shown, Refusal):
                return Beyond(span, shown.message, shown.help or TRACEFS)
            if isinstance(field.access.base, ThreadName):
                names[name] = COMM
            elif shown.name:
                names[name] = shown.name
            else:
                return Beyond(span, "the filter of an event does not know the process", TRACEFS)
            return None


def _is_bits_of_word(compare: Compare, field: Field) -> bool:
    """Whether a comparison is of low bits, which are the same whatever width and sign the field is recorded with."""
    base, fetch, value = field.access.base, field.fetch, compare.value
    return (
        compare.op == "&"
        and isinstance(value, int)
        and isinstance(base, EventFieldValue)
        and not (field.access.derefs or base.text or fetch.is_string)
        and fetch.bitfield is None
        and fetch.count is None
        and fetch.bits <= base.size * 8
        and 0 < value < 1 << (fetch.bits - 1)
    )
