"""Conditions: what a probe's `if` compares, by the types of what is recorded.

The kernel's event filter compares recorded fields with constants (kernel/trace/trace_events_filter.c), so the left side
of every comparison becomes a field: one that the spec records anyway, or one for the condition's sake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.check import condition_slips as slips
from probelang.check.report import Report
from probelang.check.rules import conditions as rules
from probelang.diagnostics import Edit, Fix
from probelang.probes import Compare, Condition, Field, Junction, Not, ThreadName
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probelang.check.constants import Constants
    from probelang.source import Source

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "&", "~")
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!=", "&": "&"}
_ORDERS = ("<", "<=", ">", ">=")
_COMMON = {"tid": "tid", "cpu": "cpu"}
#: TASK_COMM_LEN of include/linux/sched.h, the end of the string not counted.
MAX_COMM = 15


def operands_of(expr: tree.Expr) -> Iterator[tree.Expr]:
    """The expressions that a condition compares, in order."""
    match expr:
        case tree.Binary(_, "&&" | "||", _, left, right):
            yield from operands_of(left)
            yield from operands_of(right)
        case tree.Unary(_, "!", operand):
            yield from operands_of(operand)
        case tree.Binary(_, op, _, left, _) if op in COMPARISONS:
            if _misleading(left) is None:
                yield left
        case tree.InSet(_, operand, _) | tree.InRange(_, operand, _, _):
            yield operand
        case tree.BrokenExpr() | tree.Binary() | tree.Number() | tree.Text():
            pass
        case _:
            yield expr


class Conditions:
    """Turns one probe's condition into comparisons of its fields.

    `fields` maps the span of each compared expression to the field that holds it, None where it could not be
    resolved, which has been reported then. `values` are the names that stand for values here: of what is recorded,
    and of parameters, arguments or fields.
    """

    def __init__(
        self,
        report: Report,
        constants: Constants,
        source: Source,
        fields: Mapping[Span, Field | None],
        values: frozenset[str],
    ) -> None:
        self.report = report
        self.constants = constants
        self.source = source
        self.fields = fields
        self.values = values
        #: What stands left of the `&&` or `||` whose right side is looked at.
        self.before: tree.Expr | None = None

    def resolve(self, expr: tree.Expr) -> Condition | None:
        """The condition; None after an error."""
        match expr:
            case tree.Binary(_, "&&" | "||", _, left, right):
                operands = [self.resolve(left)]
                self.before = left
                operands.append(self.resolve(right))
                if operands[0] is None or operands[1] is None:
                    return None
                flat: list[Condition] = []
                for operand in operands:
                    assert operand is not None
                    if isinstance(operand, Junction) and operand.op == expr.op:
                        flat.extend(operand.operands)
                    else:
                        flat.append(operand)
                return Junction(expr.op, tuple(flat))
            case tree.Unary(_, "!", operand):
                inner = self.resolve(operand)
                return None if inner is None else Not(inner)
            case tree.Binary(_, op, _, left, right) if op in COMPARISONS:
                return self._compare(expr, left, right)
            case tree.InSet(_, operand, items):
                return self._in_set(expr, operand, items)
            case tree.InRange(_, operand, low, high):
                return self._in_range(expr, operand, low, high)
            case tree.BrokenExpr():
                return None
            case tree.Binary() | tree.Number() | tree.Text():
                self.report.add(
                    rules.BAD_CONDITION,
                    expr.span,
                    "a condition compares a value with a constant, and this does not",
                    help='`a == 1 && b < 2`, `flags & O_CREAT`, `name ~ "ext*"`, `state in {A, B}`',
                    fix=self._repeated(expr) or slips.bits_together(self.source, self.constants, expr),
                )
                return None
            case _:
                return self._truth(expr)

    def _repeated(self, expr: tree.Expr) -> Fix | None:
        """The fix for `a == 1 || 2`, which in C is true of everything."""
        before = self.before
        while isinstance(before, tree.Binary) and before.op in ("&&", "||"):
            before = before.right
        if (
            not isinstance(before, tree.Binary)
            or before.op not in COMPARISONS
            or isinstance(expr, tree.Binary)
        ):
            return None
        text = f"{self.source.slice(before.left.span)} {before.op} "
        return Fix(
            f"write `{text}{self.source.slice(expr.span)}`",
            (Edit(Span(expr.span.start, expr.span.start), text),),
        )

    def _truth(self, expr: tree.Expr) -> Condition | None:
        """A value by itself is true where it is not zero, as in C."""
        if expr.span not in self.fields:
            self._say_constant(expr)
            return None
        field = self.fields[expr.span]
        if field is None:
            return None
        if field.fetch.is_string or field.fetch.count is not None:
            what = "a string" if field.fetch.is_string else "an array"
            self.report.add(rules.BAD_CONDITION, expr.span, f"{what} is neither true nor false: compare it")
            return None
        return self._compared(field, "!=", 0, expr.span, None)

    def _compare(self, expr: tree.Binary, left: tree.Expr, right: tree.Expr) -> Condition | None:
        grouping = _misleading(left) or _misleading(right)
        if grouping is not None:
            self._say_grouping(expr, grouping)
            return None
        if left.span not in self.fields:
            if self.constants.is_constant(right):
                self._say_constant(expr)
            elif not isinstance(left, tree.BrokenExpr) and not isinstance(right, tree.BrokenExpr):
                self._say_mirrored(expr, left, right)
            return None
        field = self.fields.get(left.span)
        if (
            field is not None
            and field.fetch.is_string
            and slips.say_unquoted(self.report, self.constants, right)
        ):
            return None
        value = self._constant(right)
        if value is None or field is None or not self._fits(field, expr.op, value, expr, right):
            return None
        if expr.op == "&" and isinstance(value, int):
            value = _mask(field, value)
        return self._compared(field, expr.op, value, expr.span, right.span)

    def _constant(self, expr: tree.Expr) -> int | bytes | None:
        """The value of what a field is compared with."""
        if self.constants.is_constant(expr) or self._may_be_unknown_constant(expr):
            return self.constants.evaluate(expr)
        self.report.add(
            rules.BAD_CONDITION,
            expr.span,
            "a value is compared with a constant",
            label="not a constant",
            notes=("the kernel's event filter compares a field with a constant, never with another field",),
            help="record both, and compare where the trace is read",
        )
        return None

    def _say_constant(self, expr: tree.Expr) -> None:
        self.report.add(
            rules.BAD_CONDITION,
            expr.span,
            "this is the same at every hit: a condition compares a value of the probe with a constant",
            fix=slips.bits_of_value(self.source, self.before, expr),
        )

    def _compared(
        self, field: Field, op: str, value: int | bytes, span: Span, constant: Span | None
    ) -> Condition:
        base = field.access.base
        common = getattr(base, "what", None)
        if common in _COMMON and not field.access.derefs:
            return Compare(_COMMON[common], op, value, span, True, constant)
        return Compare(field.name, op, value, span, False, constant)

    def _may_be_unknown_constant(self, expr: tree.Expr) -> bool:
        """A lone unknown name on the right is most likely a misspelt constant, and is reported as one."""
        match expr:
            case tree.Name():
                return expr.name not in self.values
            case tree.Unary(_, op, operand):
                return op in "-+~!" and (
                    self._may_be_unknown_constant(operand) or self.constants.is_constant(operand)
                )
            case tree.Binary(_, op, _, left, right):
                return op in ("|", "&", "+", "-", "<<", ">>", "*", "/", "%", "^") and all(
                    self._may_be_unknown_constant(side) or self.constants.is_constant(side)
                    for side in (left, right)
                )
            case tree.BrokenExpr():
                return True
            case _:
                return False

    def _say_mirrored(self, expr: tree.Binary, left: tree.Expr, right: tree.Expr) -> None:
        op = _MIRRORED.get(expr.op)
        fix = None
        if op is not None and not isinstance(right, tree.Binary):
            constant = self.source.slice(left.span)
            if isinstance(left, tree.Binary) and left.op in ("&", "^", "|"):
                constant = f"({constant})"
            text = f"{self.source.slice(right.span)} {op} {constant}"
            fix = Fix(f"write `{text}`", (Edit(expr.span, text),))
        self.report.add(
            rules.CONSTANT_LEFT,
            left.span,
            "the value stands on the left of a comparison, the constant on the right",
            fix=fix,
        )

    def _say_grouping(self, expr: tree.Binary, inner: tree.Expr) -> None:
        text = self.source.slice(inner.span)
        fix = None
        help = "`flags & (A | B)` is true where any of these bits is set"
        if inner is expr.left and isinstance(inner, tree.Binary) and {inner.op, expr.op} <= set(_ORDERS):
            message = (
                "comparisons are not chained: this compares the outcome of the first, which is true or false"
            )
            help = "`count in LOW..HIGH` is true from LOW to HIGH, both included"
            fix = self._unchained(expr, inner)
        elif inner is expr.left and isinstance(inner, tree.Binary) and inner.op == "&":
            message = f"`{text}` is true or false: the kernel's filter tests bits, and cannot compare them"
            nothing = isinstance(expr.right, tree.Number) and expr.right.value == 0
            if nothing and expr.op in (">", "!=", "=="):
                written = text if expr.op != "==" else f"!({text})"
                fix = Fix(f"write `{written}`", (Edit(expr.span, written),))
        else:
            message = f"C takes `{text}` first, and the kernel's filter cannot compare the outcome"
            fix = slips.test_of_bits(self.source, expr, inner)
        self.report.add(
            rules.MIXED_OPERATORS,
            expr.span,
            message,
            help=help,
            fix=fix,
        )

    def _unchained(self, expr: tree.Binary, inner: tree.Binary) -> Fix:
        """`10 < count < 20` as two comparisons."""
        value, low, high = (self.source.slice(one.span) for one in (inner.right, inner.left, expr.right))
        first = f"{value} {_MIRRORED[inner.op]} {low}"
        if self.constants.is_constant(inner.right):
            first = self.source.slice(inner.span)
            value = low
        text = f"{first} && {value} {expr.op} {high}"
        return Fix(f"write `{text}`", (Edit(expr.span, text),), safe=False)

    def _in_set(self, expr: tree.InSet, operand: tree.Expr, items: tuple[tree.Expr, ...]) -> Condition | None:
        if operand.span not in self.fields:
            self._say_no_value(expr, operand)
            return None
        field = self.fields[operand.span]
        compares: list[Condition] = []
        for item in items:
            value = self._constant(item)
            if value is None or field is None or not self._fits(field, "==", value, expr, item):
                continue
            compares.append(self._compared(field, "==", value, item.span, item.span))
        if len(compares) < len(items) or not compares:
            return None
        return compares[0] if len(compares) == 1 else Junction("||", tuple(compares))

    def _in_range(
        self, expr: tree.InRange, operand: tree.Expr, low: tree.Expr, high: tree.Expr
    ) -> Condition | None:
        if operand.span not in self.fields:
            self._say_no_value(expr, operand)
            return None
        field = self.fields[operand.span]
        first, last = self._constant(low), self._constant(high)
        if field is None or first is None or last is None:
            return None
        fits = [
            self._fits(field, op, value, expr, at)
            for op, value, at in ((">=", first, low), ("<=", last, high))
        ]
        if not all(fits):
            return None
        if isinstance(first, int) and isinstance(last, int) and first > last:
            self.report.add(
                rules.OUT_OF_RANGE, Span(low.span.start, high.span.end), f"the range {first}..{last} is empty"
            )
            return None
        return Junction(
            "&&",
            (
                self._compared(field, ">=", first, expr.span, low.span),
                self._compared(field, "<=", last, expr.span, high.span),
            ),
        )

    def _subject(self, expr: tree.Expr) -> str:
        """What is compared, as it was written."""
        match expr:
            case tree.Binary(_, op, _, left, _) if op in COMPARISONS:
                expr = left
            case tree.InSet(_, operand, _) | tree.InRange(_, operand, _, _):
                expr = operand
        return " ".join(self.source.slice(expr.span).split())

    def _say_no_value(self, expr: tree.Expr, operand: tree.Expr) -> None:
        if not isinstance(operand, tree.BrokenExpr):
            self._say_constant(expr)

    def _fits(self, field: Field, op: str, value: int | bytes, expr: tree.Expr, right: tree.Expr) -> bool:
        """Whether a comparison makes sense for what the field records."""
        fetch = field.fetch
        if fetch.count is not None:
            self.report.add(
                rules.BAD_CONDITION,
                expr.span,
                f"`{self._subject(expr)}` is an array, and the kernel's filter takes single values",
            )
            return False
        if fetch.is_string != isinstance(value, bytes):
            if fetch.is_string and isinstance(right, tree.Number) and self.source.slice(right.span)[0] == "'":
                text = '"' + self.source.slice(right.span)[1:-1].replace('"', '\\"') + '"'
                self.report.add(
                    rules.TEXT_COMPARISON,
                    right.span,
                    f"`{self._subject(expr)}` is a string, and a character in single quotes is a number",
                    fix=Fix(f"write `{text}`", (Edit(right.span, text),)),
                )
                return False
            cure, fix = self._other_constant(field, value, right)
            message = (
                f"`{self._subject(expr)}` is a string, and this is a number"
                if fetch.is_string
                else f"`{self._subject(expr)}` is a number (`{field.c_type or fetch.text}`), and this is a string"
            )
            self.report.add(rules.TEXT_COMPARISON, right.span, message, help=cure, fix=fix)
            return False
        if isinstance(value, bytes):
            if op in ("==", "!=", "~"):
                return self._fits_text(field, op, value, expr, right)
            self.report.add(rules.TEXT_COMPARISON, expr.span, "strings are compared by `==`, `!=` and `~`")
            return False
        if op == "~":
            self.report.add(rules.TEXT_COMPARISON, expr.span, "`~` compares a string with a pattern")
            return False
        return self._in_type(field, op, value, expr, right)

    def _other_constant(
        self, field: Field, value: int | bytes, right: tree.Expr
    ) -> tuple[str | None, Fix | None]:
        """What to write for a number that should be a string, or the reverse."""
        text = self.source.slice(right.span)
        if field.fetch.is_string:
            fix = (
                Fix(f'write `"{text}"`', (Edit(right.span, f'"{text}"'),), safe=False)
                if text.isalnum()
                else None
            )
            return 'a string stands between two `"`', fix
        bare = value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
        values = self.constants.values_of(bare.lstrip("-")) if bare.lstrip("-").isidentifier() else ()
        if values:
            if bare[0] == "E" and values[0] < 4096 and field.fetch.signed:
                bare = "-" + bare  # what functions return for an error
            return "the name of a constant has no quotes", Fix(f"write `{bare}`", (Edit(right.span, bare),))
        if bare.lstrip("-").isdigit():
            return "a number has no quotes", Fix(f"write `{bare}`", (Edit(right.span, bare),))
        return "a number, a `const`, an enumerator or a `#define` of the kernel's user API", None

    def _fits_text(self, field: Field, op: str, text: bytes, expr: tree.Expr, right: tree.Expr) -> bool:
        """Whether a string can be equal to one that lies in so many bytes."""
        room = MAX_COMM if isinstance(field.access.base, ThreadName) else room_of(field.c_type)
        if op == "~" or room is None or len(text) <= room:
            return True
        self.report.add(
            rules.OUT_OF_RANGE,
            right.span,
            f"`{self._subject(expr)}` has at most {room} characters, and this string {len(text)}",
            help="the kernel cuts a task's name after 15 characters"
            if room in (MAX_COMM, MAX_COMM + 1)
            else None,
            fix=self._cut(text, min(room, MAX_COMM) if room == MAX_COMM + 1 else room, right),
        )
        return False

    def _cut(self, text: bytes, room: int, right: tree.Expr) -> Fix | None:
        """The fix that compares with as much of a string as is recorded."""
        whole = self.source.slice(right.span)
        cut = text[:room].decode("ascii", "replace")
        if not isinstance(right, tree.Text) or whole != f'"{text.decode("ascii", "replace")}"':
            return None
        return Fix(f'write `"{cut}"`', (Edit(right.span, f'"{cut}"'),), safe=False)

    def _in_type(self, field: Field, op: str, value: int, expr: tree.Expr, right: tree.Expr) -> bool:
        bits, signed = field.fetch.bits, field.fetch.signed
        if op == "&":
            # `flags & ~A` is negative in C, and means the bits that it has in the type of `flags`
            low, high = -(1 << (bits - 1)), (1 << bits) - 1
            if value == 0:
                self.report.add(
                    rules.BAD_CONDITION,
                    expr.span,
                    f"`{self.source.slice(right.span)}` is 0, and `&` with no bits is never true",
                    label="never true",
                )
                return False
        else:
            low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
            if field.c_type in ("bool", "_Bool"):
                high = 1
        if not signed and op != "&" and (value < 0 or (op == "<" and value == 0)):
            what = (
                f"`{field.c_type}`, recorded as `{field.fetch.text}`"
                if field.c_type
                else f"`{field.fetch.text}`"
            )
            self.report.add(
                rules.UNSIGNED_NEGATIVE,
                expr.span if isinstance(expr, tree.Binary) else right.span,
                f"`{self._subject(expr)}` is unsigned ({what}): it is never below zero",
                help="a cast makes it signed: `(s64)e`; what an error returns is `$retval`, at the return"
                if value == 0
                else f"on {bits} bits, {value} is {value % (1 << bits):#x}",
            )
            return False
        if low <= value <= high:
            return True
        wrapped = value - (1 << bits if value < 1 << bits else 1 << 64)
        same = signed and op in ("==", "!=", "<", ">", "<=", ">=") and low <= wrapped < 0
        self.report.add(
            rules.OUT_OF_RANGE,
            right.span,
            f"{value} is not within `{self._subject(expr)}`, {_kind(field)}: {low} to {high}",
            label=f"as a signed number it is {wrapped}" if same else "",
            fix=Fix(f"write `{wrapped}`", (Edit(right.span, str(wrapped)),)) if same else None,
        )
        return False


def room_of(c_type: str) -> int | None:
    """The bytes of `char [16]`, None of what is no such array."""
    name, bracket, count = c_type.removesuffix("]").partition("[")
    return int(count) if bracket and count.isdigit() and name.rstrip().endswith("char") else None


def _mask(field: Field, mask: int) -> int:
    """A mask as the filter reads it for a field: of the field's sign, and of no more bits than it has."""
    bits = field.fetch.bits
    mask %= 1 << bits
    return mask - (1 << bits) if field.fetch.signed and mask >> (bits - 1) else mask


def _kind(field: Field) -> str:
    if field.fetch.bitfield is not None:
        bits = field.fetch.bitfield[0]
        return f"a bitfield of {bits} bit{'s' if bits > 1 else ''}"
    return f"`{field.c_type}`" if field.c_type else f"`{field.fetch.text}`"


def _misleading(expr: tree.Expr) -> tree.Expr | None:
    """A comparison inside a comparison, which C's precedence makes of `flags & A == A`."""
    return expr if isinstance(expr, tree.Binary) and expr.op in COMPARISONS else None
