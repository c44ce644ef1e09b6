"""What each rule of the grammar makes: the methods that its `-> name` call.

A method gets the values of the rule's symbols, and where each begins and ends in the text. The value of a terminal
is its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.literals import (
    Flaw,
    parse_character,
    parse_constant,
    parse_dereference,
    parse_duration,
    parse_fetch_type,
    parse_integer,
    parse_string,
    parse_symbol,
    shorten,
)
from probelang.syntax.points import parse_point, parse_watch
from probelang.syntax.rules import BAD_NUMBER, BAD_STRING, SYNTAX_ERROR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.diagnostics import Rule
    from probelang.syntax.report import Report

Values = list[Any]
Places = list[int]


class Builder:
    """Makes the nodes of one statement; `returns` is where a foreign spelling already said `%return`."""

    __slots__ = ("report", "returns", "text")

    def __init__(self, text: str, report: Report) -> None:
        self.text = text
        self.report = report
        self.returns: Span | None = None

    def flaw(self, rule: Rule, flaw: Flaw, start: int, end: int | None = None) -> None:
        """Report what is wrong with the literal from `start` to `end`."""
        fix = None
        if flaw.written is not None and end is not None:
            edit = Edit(Span(start, end), flaw.written)
            fix = Fix(f"write `{shorten(flaw.written)}`", (edit,), safe=False)
        span = Span(start + flaw.start, start + flaw.end)
        self.report.error(rule, flaw.message, span, help=flaw.help, fix=fix)

    # --- lists and parts

    def nothing(self, v: Values, b: Places, e: Places) -> Any:
        return []

    def first(self, v: Values, b: Places, e: Places) -> Any:
        return [v[0]]

    def next(self, v: Values, b: Places, e: Places) -> Any:
        v[0].append(v[-1])
        return v[0]

    def second(self, v: Values, b: Places, e: Places) -> Any:
        return v[1]

    def pass_first(self, v: Values, b: Places, e: Places) -> Any:
        return v[0]

    def no_condition(self, v: Values, b: Places, e: Places) -> Any:
        return None

    no_block = no_item = no_condition
    condition = second

    def first_item(self, v: Values, b: Places, e: Places) -> Any:
        return [] if v[0] is None else [v[0]]

    def next_item(self, v: Values, b: Places, e: Places) -> Any:
        if v[2] is not None:
            v[0].append(v[2])
        return v[0]

    def ident(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Ident(Span(b[0], e[0]), v[0])

    def first_ident(self, v: Values, b: Places, e: Places) -> Any:
        return [tree.Ident(Span(b[0], e[0]), v[0])]

    def next_ident(self, v: Values, b: Places, e: Places) -> Any:
        v[0].append(tree.Ident(Span(b[2], e[2]), v[2]))
        return v[0]

    def token(self, v: Values, b: Places, e: Places) -> Any:
        return v[0]

    # --- statements

    def group(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Group(Span(b[0], e[1]), tree.Ident(Span(b[1], e[1]), v[1]))

    def const(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Const(Span(b[0], e[3]), tree.Ident(Span(b[1], e[1]), v[1]), v[3])

    def args(self, v: Values, b: Places, e: Places) -> Any:
        name = tree.Ident(Span(b[1], e[1]), v[1])
        params = tuple(param for param in v[3] if param is not None)
        return tree.Args(Span(b[0], e[5]), name, params, tuple(v[5]))

    def param(self, v: Values, b: Places, e: Places) -> Any:
        return tree.ArgsParam(Span(b[0], e[2]), tree.Ident(Span(b[0], e[0]), v[0]), v[2])

    def probe(self, v: Values, b: Places, e: Places) -> Any:
        return self._probe(v, Span(b[0], e[3]), None, None)

    def named_probe(self, v: Values, b: Places, e: Places) -> Any:
        return self._probe(v[2:], Span(b[0], e[5]), None, v[0])

    def grouped_probe(self, v: Values, b: Places, e: Places) -> Any:
        return self._probe(v[4:], Span(b[0], e[7]), v[0], v[2])

    def _probe(self, v: Values, span: Span, group: tree.Ident | None, name: tree.Ident | None) -> tree.Probe:
        kind, kind_span, points = v[0]
        options = tuple(option for option in v[1] if option is not None)
        items = None if v[3] is None else tuple(v[3])
        return tree.Probe(span, group, name, kind, kind_span, points, options, v[2], items)

    # --- points

    def point(self, v: Values, b: Places, e: Places) -> Any:
        return Span(b[0], e[0]) if v[0] else tree.BrokenPoint(Span(b[0], e[0]))

    def target(self, v: Values, b: Places, e: Places) -> Any:
        kind = tree.Kind(v[0])
        points = tuple(
            parse_point(kind, self.text[p.start : p.end], p.start, self.report, self.returns)
            if isinstance(p, Span)
            else p
            for p in v[1]
        )
        return kind, Span(b[0], e[0]), points

    def watch(self, v: Values, b: Places, e: Places) -> Any:
        return self._watch(v, b, e, None)

    def watch_length(self, v: Values, b: Places, e: Places) -> Any:
        length = self._number(v[4], b[4], e[4])
        if length is None:
            return tree.Kind.WATCH, Span(b[0], e[0]), (tree.BrokenPoint(Span(b[1], e[4])),)
        return self._watch(v, b, e, length)

    def _watch(self, v: Values, b: Places, e: Places, length: tree.Number | None) -> Any:
        access = tree.Ident(Span(b[2], e[2]), v[2])
        points: list[tree.Point] = []
        for place in v[1]:
            if not isinstance(place, Span):
                points.append(place)
                continue
            span = Span(place.start, e[-1]) if place is v[1][-1] else place
            points.append(parse_watch(self.text[place.start : place.end], span, access, length, self.report))
        return tree.Kind.WATCH, Span(b[0], e[0]), tuple(points)

    def monitor(self, v: Values, b: Places, e: Places) -> Any:
        span = Span(b[1], e[2])
        period = parse_duration(v[2])
        point: tree.Point
        if isinstance(period, Flaw):
            self.flaw(BAD_NUMBER, period, b[2], e[2])
            point = tree.BrokenPoint(span)
        else:
            point = tree.MonitorPoint(span, period)
        return tree.Kind.MONITOR, Span(b[0], e[0]), (point,)

    def option(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Option(Span(b[0], e[0]), tree.Ident(Span(b[0], e[0]), v[0]), None)

    def option_value(self, v: Values, b: Places, e: Places) -> Any:
        value = self._number(v[2], b[2], e[2])
        if value is None:
            return None
        return tree.Option(Span(b[0], e[2]), tree.Ident(Span(b[0], e[0]), v[0]), value)

    # --- fetch args

    def arg(self, v: Values, b: Places, e: Places) -> Any:
        return tree.FetchArg(Span(b[0], e[0]), None, v[0], None)

    def typed_arg(self, v: Values, b: Places, e: Places) -> Any:
        return self._typed(None, v[0], v[2], Span(b[0], e[2]), b[2])

    def named_arg(self, v: Values, b: Places, e: Places) -> Any:
        return tree.FetchArg(Span(b[0], e[2]), v[0], v[2], None)

    def named_typed_arg(self, v: Values, b: Places, e: Places) -> Any:
        return self._typed(v[0], v[2], v[4], Span(b[0], e[4]), b[4])

    def _typed(
        self, name: tree.Ident | None, expr: tree.Expr, text: str, span: Span, start: int
    ) -> tree.FetchArg:
        parts = parse_fetch_type(text)
        if isinstance(parts, Flaw):
            self.flaw(SYNTAX_ERROR, parts, start)
            return tree.FetchArg(span, name, tree.BrokenExpr(expr.span), None)
        return tree.FetchArg(span, name, expr, tree.FetchType(Span(start, start + len(text)), *parts))

    def use(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Use(Span(b[0], e[4]), tree.Ident(Span(b[1], e[1]), v[1]), tuple(v[3]))

    def all_args(self, v: Values, b: Places, e: Places) -> Any:
        return tree.AllArgs(Span(b[0], e[0]))

    # --- expressions

    def name(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Name(v[0].span, v[0].name)

    def number(self, v: Values, b: Places, e: Places) -> Any:
        value = parse_constant(v[0])
        if isinstance(value, Flaw):
            self.flaw(BAD_NUMBER, value, b[0], e[0])
            return tree.BrokenExpr(Span(b[0], e[0]))
        return tree.Number(Span(b[0], e[0]), value)

    def _number(self, text: str, start: int, end: int) -> tree.Number | None:
        value = parse_integer(text)
        if isinstance(value, Flaw):
            self.flaw(BAD_NUMBER, value, start)
            return None
        return tree.Number(Span(start, end), value)

    def character(self, v: Values, b: Places, e: Places) -> Any:
        value = parse_character(v[0])
        if isinstance(value, Flaw):
            span = Span(b[0], e[0])
            fix = None
            if e[0] - b[0] > 3 and '"' not in v[0]:
                fix = Fix("make it a string", (Edit(span, f'"{v[0][1:-1]}"'),))
            place = Span(b[0] + value.start, b[0] + value.end)
            self.report.error(BAD_STRING, value.message, place, help=value.help, fix=fix)
            return tree.BrokenExpr(span)
        return tree.Number(Span(b[0], e[0]), value)

    def string(self, v: Values, b: Places, e: Places) -> Any:
        if not v[0]:  # reported by the scanner
            return tree.BrokenExpr(Span(b[0], e[0]))
        value, flaws = parse_string(v[0])
        for flaw in flaws:
            self.flaw(BAD_STRING, flaw, b[0])
        return tree.BrokenExpr(Span(b[0], e[0])) if flaws else tree.Text(Span(b[0], e[0]), value)

    def variable(self, v: Values, b: Places, e: Places) -> Any:
        if not v[0]:
            return tree.BrokenExpr(Span(b[0], e[0]))
        return tree.Variable(Span(b[0], e[0]), v[0][1:])

    def register(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Register(Span(b[0], e[0]), v[0][1:])

    def symbol(self, v: Values, b: Places, e: Places) -> Any:
        if not v[0]:
            return tree.BrokenExpr(Span(b[0], e[0]))
        parts = parse_symbol(v[0])
        if isinstance(parts, Flaw):
            self.flaw(BAD_NUMBER, parts, b[0])
            return tree.BrokenExpr(Span(b[0], e[0]))
        return tree.SymbolRef(Span(b[0], e[0]), *parts)

    def parenthesised(self, v: Values, b: Places, e: Places) -> Any:
        return v[1]

    def deref(self, v: Values, b: Places, e: Places) -> Any:
        parts = parse_dereference(v[0])
        if isinstance(parts, Flaw):
            self.flaw(BAD_NUMBER, parts, b[0])
            return tree.BrokenExpr(Span(b[0], e[3]))
        return tree.Deref(Span(b[0], e[3]), *parts, v[2])

    def call(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Call(Span(b[0], e[3]), v[0], tuple(v[2]))

    def container_of(self, v: Values, b: Places, e: Places) -> Any:
        return tree.ContainerOf(Span(b[0], e[7]), v[2], v[4], tuple(v[6]))

    def arrow(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Member(Span(b[0], e[2]), v[0], tree.Ident(Span(b[2], e[2]), v[2]), True)

    def dot(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Member(Span(b[0], e[2]), v[0], tree.Ident(Span(b[2], e[2]), v[2]), False)

    def index(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Index(Span(b[0], e[3]), v[0], v[2])

    def unary(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Unary(Span(b[0], e[1]), v[0], v[1])

    def cast(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Cast(Span(b[0], e[3]), v[1], v[3])

    def binary(self, v: Values, b: Places, e: Places) -> Any:
        return tree.Binary(Span(b[0], e[2]), v[1], Span(b[1], e[1]), v[0], v[2])

    def in_set(self, v: Values, b: Places, e: Places) -> Any:
        return tree.InSet(Span(b[0], e[4]), v[0], tuple(v[3]))

    def in_range(self, v: Values, b: Places, e: Places) -> Any:
        return tree.InRange(Span(b[0], e[4]), v[0], v[2], v[4])

    # --- C types; what a value holds on the way are the words

    def plain_type(self, v: Values, b: Places, e: Places) -> Any:
        return tree.CType(Span(b[0], e[0]), "", _unqualified(v[0]), 0)

    def tagged_type(self, v: Values, b: Places, e: Places) -> Any:
        return tree.CType(Span(b[0], e[1]), v[0], v[1], 0)

    def qualified_type(self, v: Values, b: Places, e: Places) -> Any:
        return tree.CType(Span(b[0], e[2]), v[1], v[2], 0)

    def pointer_type(self, v: Values, b: Places, e: Places) -> Any:
        return tree.CType(Span(b[0], e[1]), v[0].tag, v[0].name, v[0].pointers + 1)


def _unqualified(words: Sequence[str]) -> str:
    """A type's name without `const` and `volatile`, which change nothing about what is read."""
    plain = [word for word in words if word not in ("const", "volatile")]
    return " ".join(plain or words)
