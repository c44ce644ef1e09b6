"""What conditions let through, against every value tried one by one."""

from __future__ import annotations

import operator
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from probelang.linter.ranges import Numbers, Solver, Texts, join, meet, within
from probelang.probes import Access, Compare, Condition, Fetch, Field, Immediate, Junction, Not
from probelang.source import Span

SPAN = Span(0, 1)
FIELDS = {
    "byte": Field("byte", Access(Immediate(1)), Fetch("u8"), "u8", SPAN),
    "signed": Field("signed", Access(Immediate(2)), Fetch("s8"), "s8", SPAN),
    "flag": Field("flag", Access(Immediate(3)), Fetch("u8"), "bool", SPAN),
}
DOMAINS = {"byte": range(256), "signed": range(-128, 128), "flag": range(2)}
TEXTS = [b"", b"a", b"b", b"c"]
_TESTS: dict[str, Callable[[int, int], object]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
}


def holds(condition: Condition, value: int) -> bool:
    match condition:
        case Compare(_, op, int() as wanted):
            return bool(_TESTS[op](value, wanted))
        case Not(operand):
            return not holds(operand, value)
        case Junction("&&", operands):
            return all(holds(operand, value) for operand in operands)
        case Junction(_, operands):
            return any(holds(operand, value) for operand in operands)
    raise AssertionError(condition)


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, Condition]:
    field = draw(st.sampled_from(sorted(FIELDS)))
    domain = DOMAINS[field]
    leaf = st.builds(
        lambda op, value: Compare(field, op, value, SPAN),
        st.sampled_from(sorted(_TESTS)),
        st.integers(domain[0], domain[-1]),
    )
    tree: st.SearchStrategy[Condition] = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(Not, inner),
            st.builds(
                lambda op, operands: Junction(op, tuple(operands)),
                st.sampled_from(["&&", "||"]),
                st.lists(inner, min_size=2, max_size=4),
            ),
        ),
        max_leaves=12,
    )
    return field, draw(tree)


@given(conditions())
def test_numbers(drawn: tuple[str, Condition]) -> None:
    field, condition = drawn
    solver = Solver(FIELDS.values())
    assert solver.key(condition) == (FIELDS[field].access, FIELDS[field].fetch)
    found = solver.values(condition)
    assert isinstance(found, Numbers)
    domain = DOMAINS[field]
    let_through = {value for first, last in found.parts for value in range(first, last + 1)}
    assert let_through == {value for value in domain if holds(condition, value)}
    assert found.full == (len(let_through) == len(domain)) and found.empty == (not let_through)


SETS = st.builds(Texts, st.frozensets(st.sampled_from(TEXTS)), st.booleans())


def _in(values: Texts, text: bytes) -> bool:
    return (text in values.texts) != values.but


@given(SETS, SETS)
def test_texts(one: Texts, other: Texts) -> None:
    both, either = meet([one, other]), join([one, other])
    assert isinstance(both, Texts) and isinstance(either, Texts)
    # and one that no condition names
    for text in [*TEXTS, b"another"]:
        assert _in(both, text) == (_in(one, text) and _in(other, text))
        assert _in(either, text) == (_in(one, text) or _in(other, text))
        if within(one, other):
            assert _in(other, text) or not _in(one, text)


def test_what_cannot_be_told() -> None:
    solver = Solver(FIELDS.values())
    byte, flag = Compare("byte", "==", 1, SPAN), Compare("flag", "==", 1, SPAN)
    assert solver.key(Junction("&&", (byte, flag))) is None
    assert solver.values(Compare("unknown", "==", 1, SPAN)) is None
    assert solver.values(Compare("byte", "==", 1000, SPAN)) is None
    wide = Field("wide", Access(Immediate(4)), Fetch("u64"), "u64", SPAN)
    assert Solver([wide]).values(Compare("wide", "&", 4, SPAN)) is None
    assert (
        Solver([wide]).values(Junction("||", tuple([Compare("wide", "==", n, SPAN) for n in range(600)])))
        is None
    )
