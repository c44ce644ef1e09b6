"""Constants: numbers, strings, `const` names, enumerators, the `#define` table, and arithmetic of those."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.answers import NotFound
from probelang.check.condition_slips import near_null
from probelang.check.report import Report, near_names, rename, suggest
from probelang.check.rules import conditions as rules
from probelang.check.rules import names as name_rules
from probelang.diagnostics import Edit, Fix, Label
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.btf.blob import Btf
    from probelang.kernel.interface import Kernel

Constant = int | bytes

_WORDS = {"true": 1, "false": 0, "NULL": 0}
_LOW, _HIGH = -(1 << 63), (1 << 64) - 1


class Constants:
    """The constants that a spec can name: its own first, then the kernel's."""

    def __init__(self, kernel: Kernel, report: Report) -> None:
        self.kernel = kernel
        self.report = report
        self.own: dict[str, Constant | None] = {}
        #: Where the constants are defined that are not evaluated yet.
        self.later: dict[str, Span] = {}
        #: The types of the module whose probe is looked at, with those of the kernel below them.
        self.module: Btf | None = None
        #: The text of the spec.
        self.source = ""
        self._known: dict[tuple[str, str], tuple[int, ...]] = {}

    def values_of(self, name: str) -> tuple[int, ...]:
        """The values that a name of the kernel's has: none, one, or several of different headers."""
        key = (name, self.module.name if self.module is not None else "")
        values = self._known.get(key)
        if values is None:
            values = self._known[key] = self._look_up(name)
        return values

    def _look_up(self, name: str) -> tuple[int, ...]:
        if name in _WORDS:
            return (_WORDS[name],)
        btf = self.module or self.kernel.btf
        # not `Kernel.find_enumerator`, which goes on to look for near names where there is none of this name
        values = sorted({value for value, _ in btf.find_enumerator(name)}) if btf is not None else []
        if values:
            return tuple(values)
        from probelang.kernel import constants

        defined = constants.find_constant(name)
        if defined is None:
            return ()
        if isinstance(defined, constants.Constant):
            return (defined.value,)
        return tuple(sorted({choice.value for choice in defined.choices}))

    def is_constant(self, expr: tree.Expr) -> bool:
        """Whether an expression is made of constants only, without saying anything about it."""
        match expr:
            case tree.Number() | tree.Text():
                return True
            case tree.Name(_, name):
                return name in self.own or bool(self.values_of(name))
            case tree.Unary(_, op, operand):
                return op in "-+~!" and self.is_constant(operand)
            case tree.Binary(_, op, _, left, right):
                return op in _ARITHMETIC and self.is_constant(left) and self.is_constant(right)
            case _:
                return False

    def evaluate(self, expr: tree.Expr) -> Constant | None:
        """The value; None where there is none, which has been reported then."""
        value = self._evaluate(expr)
        if isinstance(value, int) and not _LOW <= value <= _HIGH:
            self.report.add(rules.BAD_CONSTANT, expr.span, f"{value} does not fit in 64 bits")
            return None
        return value

    def _evaluate(self, expr: tree.Expr) -> Constant | None:
        match expr:
            case tree.Number(_, number):
                return number
            case tree.Text(_, text):
                return text
            case tree.Name():
                return self._name(expr)
            case tree.Unary(_, "-" | "+" | "~" | "!", operand):
                value = self._integer(operand)
                return None if value is None else _unary(expr.op, value)
            case tree.Binary(_, op, _, left, right) if op in _ARITHMETIC:
                return self._binary(expr, self._integer(left), self._integer(right))
            case tree.BrokenExpr():
                return None
            case _:
                self.report.add(
                    rules.BAD_CONSTANT,
                    expr.span,
                    "a constant is expected here",
                    label="not a constant",
                    help="a number, a string, a `const`, an enumerator or a `#define` of the kernel's user API",
                )
                return None

    def _integer(self, expr: tree.Expr) -> int | None:
        value = self._evaluate(expr)
        if isinstance(value, bytes):
            self.report.add(rules.BAD_CONSTANT, expr.span, "a string has no arithmetic")
            return None
        return value

    def _name(self, expr: tree.Name) -> Constant | None:
        if expr.name in self.own:
            return self.own[expr.name]
        values = self.values_of(expr.name)
        if len(values) == 1:
            return values[0]
        if values:
            listed = " or ".join(str(value) for value in values)
            self.report.add(
                rules.AMBIGUOUS_CONSTANT,
                expr.span,
                f"`{expr.name}` is {listed}",
                notes=self._origins(expr.name),
                help="write the number, or a `const` with it",
            )
            return None
        if expr.name in self.later:
            self.report.add(
                name_rules.UNKNOWN_NAME,
                expr.span,
                f"`{expr.name}` is defined further down, and a `const` can use only what stands above it",
                others=(Label(self.later[expr.name], "defined here"),),
                kernel_error=None,
            )
            return None
        if self._is_commented(expr):
            return None
        near = near_null(expr.name) or self.near(expr.name)
        self.report.add(
            name_rules.UNKNOWN_NAME,
            expr.span,
            f"no constant `{expr.name}`",
            label=suggest(near),
            notes=(
                f"no `const` of this spec, enumerator of {self.kernel.title}, or `#define` of its user API has this name",
            ),
            fix=rename(expr.span, near),
            kernel_error=None,
        )
        return None

    def _is_commented(self, expr: tree.Name) -> bool:
        """Report `#define N 10`, which is a comment; whether the spec has one of this name."""
        match = re.search(
            rf"^[ \t]*(#[ \t]*define)[ \t]+{re.escape(expr.name)}\b[ \t]*", self.source, re.MULTILINE
        )
        if match is None:
            return False
        fix = Fix(
            f"write `const {expr.name} = …`",
            (Edit(Span(match.start(1), match.end()), f"const {expr.name} = "),),
        )
        self.report.add(
            name_rules.UNKNOWN_NAME,
            expr.span,
            f"no constant `{expr.name}`",
            others=(Label(Span(match.start(1), match.end(1)), "a line that begins with `#` is a comment"),),
            help=f"a constant is written `const {expr.name} = …`",
            fix=fix,
            kernel_error=None,
        )
        return True

    def near(self, name: str) -> list[str]:
        """Constants of nearly this name."""
        from difflib import SequenceMatcher
        from os.path import commonprefix

        from probelang.kernel.constants import near_constants

        if not self.kernel.may_suggest():
            return []
        found = self.kernel.find_enumerator(name)
        known = {*near_constants(name), *(found.near if isinstance(found, NotFound) else ())}
        likeness = {
            near: SequenceMatcher(None, name.upper(), near).ratio() + len(commonprefix((name, near))) / 100
            for near in known
        }
        likely = sorted(
            (near for near in known if likeness[near] > 0.7), key=lambda near: (-likeness[near], near)
        )
        return [*near_names(name, [own for own in self.own if own != name]), *likely][:3]

    def _origins(self, name: str) -> tuple[str, ...]:
        """For each value of an ambiguous name, who gives it."""
        from probelang.kernel import constants

        btf = self.module or self.kernel.btf
        enums = btf.find_enumerator(name) if btf is not None else []
        if btf is not None and enums:
            named = ((value, getattr(btf.type(id), "name", "")) for value, id in enums)
            return tuple(
                f"{value} in {f'enum {enum}' if enum else 'an enum without a name'}" for value, enum in named
            )
        defined = constants.find_constant(name)
        choices = defined.choices if isinstance(defined, constants.Ambiguous) else ()
        return tuple(f"{choice.value} in {choice.header}" for choice in choices)

    def _binary(self, expr: tree.Binary, left: int | None, right: int | None) -> int | None:
        if left is None or right is None:
            return None
        if expr.op in ("/", "%") and right == 0:
            self.report.add(rules.BAD_CONSTANT, expr.span, "division by zero")
            return None
        if expr.op in ("<<", ">>") and not 0 <= right < 64:
            self.report.add(
                rules.BAD_CONSTANT, expr.right.span, f"a shift by {right} bits is not within 0 to 63"
            )
            return None
        value = _ARITHMETIC[expr.op](left, right)
        if not _LOW <= value <= _HIGH:
            self.report.add(rules.BAD_CONSTANT, expr.span, f"{value} does not fit in 64 bits")
            return None
        return value


def _unary(op: str, value: int) -> int:
    match op:
        case "-":
            return -value
        case "~":
            return ~value
        case "!":
            return int(not value)
        case _:
            return value


def _divide(left: int, right: int) -> int:
    """C's division, which cuts off towards zero."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _divide,
    "%": lambda a, b: a - b * _divide(a, b),
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}
