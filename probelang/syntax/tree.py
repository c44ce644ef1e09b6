"""The syntax tree: what a spec says, as it was written, with the exact characters of each part.

Nothing here knows a kernel. Every node has `span`, and the text of that span parses to the node again.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from probelang.record import record
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator


@record
class Node:
    """Any part of the tree."""

    span: Span


@record
class Ident(Node):
    """A name that stands for itself: of an event, a group, a member, an option, a part of a point."""

    name: str


# ---------------------------------------------------------------------------------------------- expressions


@record
class Expr(Node):
    """An expression of a fetch arg, a condition or a constant."""


@record
class Name(Expr):
    """A bare name: a parameter, an event's field, a constant, an enumerator, or a fetch arg (in a condition)."""

    name: str


@record
class Number(Expr):
    """An integer; how it was written (`0x1f`, `64`) is the text of the span."""

    value: int


@record
class Text(Expr):
    """A string, its C escapes resolved to bytes (UTF-8 for what is not escaped)."""

    value: bytes


@record
class Variable(Expr):
    """`$retval`, `$comm`, `$arg1`: the name without the dollar sign."""

    name: str


@record
class Register(Expr):
    """`%ax`: the name without the percent sign."""

    name: str


@record
class SymbolRef(Expr):
    """`@sym`, `@sym+8`, `@0xaddr`; `@+0x40` has neither symbol nor address and is an offset in a file."""

    symbol: str | None
    address: int | None
    offset: int


@record
class Member(Expr):
    """`base->name` (`arrow`) or `base.name`."""

    base: Expr
    member: Ident
    arrow: bool


@record
class Index(Expr):
    """`base[index]`."""

    base: Expr
    index: Expr


@record
class Unary(Expr):
    """`*e`, `&e`, `-e`, `+e`, `~e`, `!e`."""

    op: str
    operand: Expr


@record
class Binary(Expr):
    """Two operands and what stands between: `??`, C's arithmetic and comparisons, `&&`, `||`, and `~` (glob match).

    Precedence and grouping are C's; `~` binds as `==` does, and `??` tighter than every other binary operator.
    """

    op: str
    op_span: Span
    left: Expr
    right: Expr


@record
class InSet(Expr):
    """`e in {A, B}`."""

    operand: Expr
    items: tuple[Expr, ...]


@record
class InRange(Expr):
    """`e in LOW..HIGH`, both ends included."""

    operand: Expr
    low: Expr
    high: Expr


@record
class CType(Node):
    """A C type as written: `struct file *` is tag `struct`, name `file`, one pointer; `unsigned long` has no tag.

    The name is empty where the type could not be read; that was reported by the parser.
    """

    tag: str
    name: str
    pointers: int


@record
class Cast(Expr):
    """`(struct T *)e`."""

    type: CType
    operand: Expr


@record
class ContainerOf(Expr):
    """`container_of(e, struct T, a.b)`: the member may be a path."""

    operand: Expr
    type: CType
    path: tuple[Ident, ...]


@record
class Call(Expr):
    """`entry(e)`, `user(e)`, `this_cpu_read(e)`, or a function that does not exist: the checker knows which."""

    function: Ident
    arguments: tuple[Expr, ...]


@record
class Deref(Expr):
    """`+8(e)`, `-8(e)`, `+u8(e)`: the kernel's raw dereference, of user memory where there is a `u`."""

    offset: int
    user: bool
    operand: Expr


@record
class BrokenExpr(Expr):
    """Where an expression was expected and something else stood; it was reported by the parser."""


# ----------------------------------------------------------------------------------------------- fetch args


@record
class FetchType(Node):
    """A fetch-arg type: `u64`, `string`, `x8[4]`, `%pd`, `b3@4/32`. `name` is without the array part.

    `bitfield` is (width, offset, container) in bits for `bW@O/S`, whose `name` is then `b`.
    """

    name: str
    count: int | None = None
    bitfield: tuple[int, int, int] | None = None


@record
class FetchArg(Node):
    """`name = expr : type`, of which only the expression must be there."""

    name: Ident | None
    expr: Expr
    type: FetchType | None


@record
class Use(Node):
    """`use of_file(file)`."""

    name: Ident
    arguments: tuple[Expr, ...]


@record
class AllArgs(Node):
    """`$arg*` as a fetch arg: every parameter."""


@record
class BrokenItem(Node):
    """What could not be read as a fetch arg; it was reported by the parser."""


FetchItem = FetchArg | Use | AllArgs | BrokenItem


# --------------------------------------------------------------------------------------------------- points


class Kind(Enum):
    """What a probe is; the value is the keyword."""

    KPROBE = "kprobe"
    FPROBE = "fprobe"
    TPROBE = "tprobe"
    EPROBE = "eprobe"
    UPROBE = "uprobe"
    USDT = "usdt"
    WATCH = "watch"
    MONITOR = "monitor"


@record
class FunctionPoint(Node):
    """`[MOD:]FUNC[+OFF]`, `FUNC:LINE`, `FUNC%return` of a kprobe or fprobe; `function` may hold `*`, `?`, `{a,b}`.

    `returns` is the span of `%return`.
    """

    module: Ident | None
    function: Ident
    offset: int | None
    line: int | None
    returns: Span | None


@record
class AddressPoint(Node):
    """`0xADDR` of a kprobe."""

    address: int


@record
class SourcePoint(Node):
    """`FILE.c:LINE` of a kprobe."""

    file: Ident
    line: int


@record
class TracepointPoint(Node):
    """`[MOD:]TRACEPOINT` of a tprobe."""

    module: Ident | None
    tracepoint: Ident


@record
class EventPoint(Node):
    """`SYSTEM:EVENT` of an eprobe."""

    system: Ident
    event: Ident


@record
class ProgramPoint(Node):
    """`PATH:SYMBOL[+OFF]`, `PATH:0xOFF`, `PATH:FILE.c:LINE`, `PATH:FUNC:LINE` of a uprobe, each with `%return` or not.

    Exactly one of `symbol`, `file` is there, or neither and `offset` is the offset in the file.
    """

    path: Ident
    symbol: Ident | None
    file: Ident | None
    offset: int | None
    line: int | None
    returns: Span | None


@record
class UsdtPoint(Node):
    """`PATH:PROVIDER:NAME` of a usdt."""

    path: Ident
    provider: Ident
    probe: Ident


@record
class WatchPoint(Node):
    """`SYMBOL[+OFF]` or `0xADDR` (`place`), then `r`, `w`, `rw` or `x`, then `len N` or not."""

    place: Span
    symbol: Ident | None
    address: int | None
    offset: int
    access: Ident
    length: Number | None


@record
class MonitorPoint(Node):
    """`every DURATION`, in nanoseconds."""

    period: int


@record
class BrokenPoint(Node):
    """What could not be read as a point of this kind; it was reported by the parser."""


Point = (
    FunctionPoint
    | AddressPoint
    | SourcePoint
    | TracepointPoint
    | EventPoint
    | ProgramPoint
    | UsdtPoint
    | WatchPoint
    | MonitorPoint
    | BrokenPoint
)


# ----------------------------------------------------------------------------------------------- statements


@record
class Option(Node):
    """`stacktrace`, or `maxactive=N`."""

    name: Ident
    value: Number | None


@record
class Group(Node):
    """`group NAME`."""

    name: Ident


@record
class Const(Node):
    """`const NAME = expr`."""

    name: Ident
    value: Expr


@record
class ArgsParam(Node):
    """`f: struct file *`."""

    name: Ident
    type: CType


@record
class Args(Node):
    """`args NAME(params) { fetch args }`."""

    name: Ident
    params: tuple[ArgsParam, ...]
    items: tuple[FetchItem, ...]


@record
class Probe(Node):
    """`[[GROUP/]NAME =] kind point [with options] [if condition] [{ fetch args }]`.

    `points` are the alternatives between `??`, one where there is no choice. `items` is None without braces. `flawed` is whether
    something in it had to be read as what was meant, or could not be read, which was reported.
    """

    group: Ident | None
    name: Ident | None
    kind: Kind
    kind_span: Span
    points: tuple[Point, ...]
    options: tuple[Option, ...]
    condition: Expr | None
    items: tuple[FetchItem, ...] | None
    flawed: bool = False


@record
class BrokenStatement(Node):
    """What could not be read as a statement; it was reported by the parser.

    `name` is what it was to define (a constant, `args`), where that much could be read.
    """

    name: Ident | None = None


Statement = Group | Const | Args | Probe | BrokenStatement


@record
class Comment(Node):
    """`# …` or `// …`, without the end of the line."""


@record
class File(Node):
    """A whole spec; comments stand apart, in source order."""

    statements: tuple[Statement, ...]
    comments: tuple[Comment, ...]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in source order but for what a node names first."""
    waiting: list[object] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting.extend(reversed(part))
        elif isinstance(part, Node):
            yield part
            waiting.extend(reversed([getattr(part, name) for name in part.__match_args__]))
