"""What a probe of the kernel means: two that mean the same sit at the same place and record the same, in the same cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.conditions import NoWords, parse_condition, same_condition
from probelang.commands.points import split_symbol
from probelang.commands.state import KPROBE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.context import ParsedArg
    from probelang.commands.judge import Judge
    from probelang.commands.state import Probe

#: Where x86-64 passes a function's first parameters: `$arg1` and `%di` of a kprobe at a function's entry are one.
REGISTERS_OF_PARAMETERS = ("di", "si", "dx", "cx", "r8", "r9")


def meaning_of(arg: ParsedArg, probe: Probe) -> tuple[object, ...]:
    """What an arg records: two of one meaning are the same value under the same name and type."""
    ops = arg.ops
    if is_entry(probe) and ops and ops[0][0] == "ARG" and ops[0][1] in range(6):
        number = ops[0][1]
        assert isinstance(number, int)
        ops = (("REG", REGISTERS_OF_PARAMETERS[number]), *ops[1:])
    ops = tuple((op, split_symbol(str(operand)) if op == "SYMBOL" else operand) for op, operand in ops)
    return arg.name, arg.type, arg.count, ops


def is_entry(probe: Probe) -> bool:
    """Whether it is a kprobe on the first instruction of a function, where parameters are in their registers."""
    return probe.kind == KPROBE and not probe.is_return and probe.place[1:] == (0,)


def same_place(one: Probe, other: Probe) -> bool:
    """Whether two probes of one event are at the same place of the same kind."""
    pairs = [
        (each.kind, each.name, each.is_return, each.is_tracepoint, each.place, each.maxactive, each.reference)
        for each in (one, other)
    ]
    return pairs[0] == pairs[1]


def same_args(one: Probe, other: Probe, args: Sequence[ParsedArg]) -> bool:
    """Whether `one` records these args of `other`, and no others."""
    return [meaning_of(arg, one) for arg in one.args] == [meaning_of(arg, other) for arg in args]


def same_filter(one: Probe, other: Probe, judge: Judge) -> bool:
    """Whether two eprobes on one event have conditions that hold in the same cases."""
    if one.filter == other.filter:
        return True
    if not one.filter or not other.filter or other.of is None:
        return False
    signed = {field.name: field.signed for field in judge.fields_of(other)}
    try:
        return same_condition(parse_condition(one.filter, signed), parse_condition(other.filter, signed))
    except NoWords:
        return False
