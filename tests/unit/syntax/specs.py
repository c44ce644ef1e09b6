"""Random valid specs: a tree without places, and a text that must parse to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.tree import Kind

NOWHERE = Span(0, 0)

# among them every keyword that can be a name in C, too
NAMES = [
    "a",
    "file",
    "f_inode",
    "_x9",
    "use",
    "len",
    "r",
    "w",
    "rw",
    "x",
    "args",
    "group",
    "every",
    "entry",
]
NAMES += ["kprobe", "fprobe", "watch", "monitor", "user", "retval", "comm", "i_ino", "BIG"]

LEVELS: list[list[str]] = [
    ["||"],
    ["&&"],
    ["|"],
    ["^"],
    ["&"],
    ["==", "!=", "~"],
    ["<", "<=", ">", ">="],
    ["<<", ">>"],
    ["+", "-"],
    ["*", "/", "%"],
    ["??"],
]
EQUALITY, RELATION, UNARY, POSTFIX, PRIMARY = 5, 6, len(LEVELS), len(LEVELS) + 1, len(LEVELS) + 2


@dataclass(frozen=True)
class Printer:
    """A text, and what it says; `level` is how tightly an expression binds."""

    text: str
    node: Any
    level: int = PRIMARY


def ident(name: str) -> tree.Ident:
    return tree.Ident(NOWHERE, name)


names = st.sampled_from(NAMES)

numbers = st.one_of(
    st.integers(0, 2**64 - 1).map(lambda n: Printer(str(n), tree.Number(NOWHERE, n))),
    st.integers(0, 2**64 - 1).map(lambda n: Printer(hex(n), tree.Number(NOWHERE, n))),
    st.integers(0, 2**16).map(lambda n: Printer(oct(n), tree.Number(NOWHERE, n))),
    st.integers(1, 2**16).map(lambda n: Printer(f"0{n:o}", tree.Number(NOWHERE, n))),
    st.integers(0, 2**16).map(lambda n: Printer(f"{n:#b}", tree.Number(NOWHERE, n))),
    st.integers(1000, 10**9).map(lambda n: Printer(f"{n:_}", tree.Number(NOWHERE, n))),
)


def quote(value: bytes) -> str:
    """A C string for any bytes but NUL."""
    simple = {10: "\\n", 9: "\\t", 34: '\\"', 92: "\\\\"}
    return '"' + "".join(simple.get(b) or (chr(b) if 32 <= b < 127 else f"\\x{b:02x}") for b in value) + '"'


strings = st.binary(max_size=8).map(lambda b: Printer(quote(b), tree.Text(NOWHERE, b)))

types = st.sampled_from(
    [
        ("u64", tree.FetchType(NOWHERE, "u64")),
        ("x8[4]", tree.FetchType(NOWHERE, "x8", 4)),
        ("%pd", tree.FetchType(NOWHERE, "%pd")),
        ("ustring", tree.FetchType(NOWHERE, "ustring")),
        ("b3@4/32", tree.FetchType(NOWHERE, "b", None, (3, 4, 32))),
    ]
)

c_types = st.sampled_from(
    [
        ("struct file *", tree.CType(NOWHERE, "struct", "file", 1)),
        ("union u", tree.CType(NOWHERE, "union", "u", 0)),
        ("enum pid_type**", tree.CType(NOWHERE, "enum", "pid_type", 2)),
        ("unsigned long", tree.CType(NOWHERE, "", "unsigned long", 0)),
        ("some_t *", tree.CType(NOWHERE, "", "some_t", 1)),
        ("u32", tree.CType(NOWHERE, "", "u32", 0)),
    ]
)

simple = st.one_of(
    names.map(lambda n: Printer(n, tree.Name(NOWHERE, n))),
    numbers,
    strings,
    names.map(lambda n: Printer(f"${n}", tree.Variable(NOWHERE, n))),
    st.sampled_from(["ax", "di", "r10"]).map(lambda n: Printer(f"%{n}", tree.Register(NOWHERE, n))),
    st.sampled_from(
        [
            Printer("@jiffies", tree.SymbolRef(NOWHERE, "jiffies", None, 0)),
            Printer("@jiffies+0x10", tree.SymbolRef(NOWHERE, "jiffies", None, 16)),
            Printer("@jiffies-8", tree.SymbolRef(NOWHERE, "jiffies", None, -8)),
            Printer("@0xffff0000", tree.SymbolRef(NOWHERE, None, 0xFFFF0000, 0)),
            Printer("@+0x40", tree.SymbolRef(NOWHERE, None, None, 64)),
            Printer("'a'", tree.Number(NOWHERE, 97)),
        ]
    ),
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3, free: bool = False) -> Printer:
    """An expression; `free` where new lines mean nothing."""
    made: Any = None
    node: tree.Expr
    if depth == 0:
        leaf: Printer = draw(simple)
        return leaf
    blank = st.sampled_from([" ", "  ", "\n   ", " # x = 1\n "] if free else [" ", "\t"])

    def operand(level: int, inside: bool = free) -> str:
        """An operand that binds at least as tightly as `level`, in parentheses if need be, or if drawn so."""
        nonlocal made
        printed = draw(expressions(depth - 1, inside))
        made = printed.node
        if printed.level >= level and draw(st.integers(0, 7)):
            return printed.text
        if not inside:
            printed = draw(expressions(depth - 1, free=True))
            made = printed.node
        return f"({printed.text})"

    kind = draw(st.integers(0, 11))
    if kind <= 2:
        level = draw(st.integers(0, len(LEVELS) - 1))
        op = draw(st.sampled_from(LEVELS[level]))
        before, after = draw(blank), draw(blank)
        left, left_node = operand(level), made
        right = operand(level + 1)
        if op == "&" and right.startswith("&"):
            after = after or " "  # as in C, `&&` is one operator
        return Printer(
            f"{left}{before}{op}{after}{right}", tree.Binary(NOWHERE, op, NOWHERE, left_node, made), level
        )
    if kind == 3:
        op = draw(st.sampled_from("*&-~!"))
        text = operand(UNARY)
        apart = draw(st.booleans()) or (op == "&" and text.startswith("&"))
        return Printer(f"{op} {text}" if apart else op + text, tree.Unary(NOWHERE, op, made), UNARY)
    if kind <= 5:
        member, arrow = draw(names), draw(st.booleans())
        text = operand(POSTFIX)
        joint = "->" if arrow else "."
        return Printer(f"{text}{joint}{member}", tree.Member(NOWHERE, made, ident(member), arrow), POSTFIX)
    if kind == 6:
        base, base_node = operand(POSTFIX), made
        index = operand(0, inside=True)
        return Printer(f"{base}[{index}]", tree.Index(NOWHERE, base_node, made), POSTFIX)
    if kind == 7:
        type_text, type_node = draw(c_types)
        text = operand(UNARY)
        return Printer(f"({type_text}){text}", tree.Cast(NOWHERE, type_node, made), UNARY)
    if kind == 8:
        function = draw(names)
        arguments = draw(st.lists(expressions(depth - 1, free=True), max_size=3))
        text = ", ".join(argument.text for argument in arguments)
        return Printer(
            f"{function}({text})", tree.Call(NOWHERE, ident(function), tuple(a.node for a in arguments))
        )
    if kind == 9:
        offset, user = draw(st.integers(-64, 64)), draw(st.booleans())
        text = operand(0, inside=True)
        sign = "-" if offset < 0 else "+"
        return Printer(f"{sign}{'u' * user}{abs(offset)}({text})", tree.Deref(NOWHERE, offset, user, made))
    if kind == 10:
        type_text, type_node = draw(c_types)
        path = draw(st.lists(names, min_size=1, max_size=3))
        text = operand(0, inside=True)
        node = tree.ContainerOf(NOWHERE, made, type_node, tuple(ident(name) for name in path))
        return Printer(f"container_of({text}, {type_text}, {'.'.join(path)})", node)
    left, left_node = operand(EQUALITY), made
    if draw(st.booleans()):
        values = draw(st.lists(expressions(depth - 1, free=True), min_size=1, max_size=3))
        text = ", ".join(value.text for value in values) + draw(st.sampled_from(["", ","]))
        node = tree.InSet(NOWHERE, left_node, tuple(value.node for value in values))
        return Printer(f"{left} in {{{text}}}", node, EQUALITY)
    low, low_node = operand(RELATION), made
    high = operand(RELATION)
    return Printer(f"{left} in {low}..{high}", tree.InRange(NOWHERE, left_node, low_node, made), EQUALITY)


@st.composite
def items(draw: st.DrawFn) -> Printer:
    """A fetch arg."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return Printer("$arg*", tree.AllArgs(NOWHERE))
    if kind == 1:
        arguments = draw(st.lists(expressions(2, free=True), max_size=2))
        name = draw(names)
        text = ", ".join(argument.text for argument in arguments)
        return Printer(
            f"use {name}({text})", tree.Use(NOWHERE, ident(name), tuple(a.node for a in arguments))
        )
    expression = draw(expressions())
    named = draw(st.none() | names)
    type_text, type_node = draw(st.one_of(st.just(("", None)), types))
    text = f"{named} = " * (named is not None) + expression.text + f": {type_text}" * bool(type_text)
    return Printer(text, tree.FetchArg(NOWHERE, ident(named) if named else None, expression.node, type_node))


@st.composite
def blocks(draw: st.DrawFn) -> Printer:
    """Fetch args in braces."""
    text = "{" + draw(st.sampled_from(["", " ", "\n  ", "\n\n  # x\n  "]))
    nodes = []
    for item in draw(st.lists(items(), max_size=4)):
        text += item.text + draw(st.sampled_from([", ", "\n  ", " # why\n  ", ",\n\n  ", " // so\n  "]))
        nodes.append(item.node)
    return Printer(text + draw(st.sampled_from(["}", "\n}"])), tuple(nodes))


def function(
    name: str, module: str | None = None, offset: int | None = None, returns: bool = False
) -> tree.Point:
    owner = ident(module) if module else None
    return tree.FunctionPoint(NOWHERE, owner, ident(name), offset, None, NOWHERE if returns else None)


POINTS: dict[Kind, list[tuple[str, tree.Point]]] = {
    Kind.KPROBE: [
        ("vfs_read", function("vfs_read")),
        ("ext4:ext4_*+0x10", function("ext4_*", "ext4", 16)),
        ("vfs_{read,write}%return", function("vfs_{read,write}", returns=True)),
        ("0xffffffff81000000", tree.AddressPoint(NOWHERE, 0xFFFFFFFF81000000)),
        ("vfs_read:12", tree.FunctionPoint(NOWHERE, None, ident("vfs_read"), None, 12, None)),
        ("fs/read_write.c:450", tree.SourcePoint(NOWHERE, ident("fs/read_write.c"), 450)),
    ],
    Kind.FPROBE: [
        ("vfs_read", function("vfs_read")),
        ("nf-x:f.isra.0%return", function("f.isra.0", "nf-x", returns=True)),
    ],
    Kind.TPROBE: [("sched_*", tree.TracepointPoint(NOWHERE, None, ident("sched_*")))],
    Kind.EPROBE: [("sched:sched_switch", tree.EventPoint(NOWHERE, ident("sched"), ident("sched_switch")))],
    Kind.UPROBE: [
        ('"/a b":main', tree.ProgramPoint(NOWHERE, ident("/a b"), ident("main"), None, None, None, None)),
        ("/bin/x:0x1f%return", tree.ProgramPoint(NOWHERE, ident("/bin/x"), None, None, 31, None, NOWHERE)),
        ("/bin/x:a.c:7", tree.ProgramPoint(NOWHERE, ident("/bin/x"), None, ident("a.c"), None, 7, None)),
    ],
    Kind.USDT: [("/bin/x:p:n", tree.UsdtPoint(NOWHERE, ident("/bin/x"), ident("p"), ident("n")))],
}


@st.composite
def targets(draw: st.DrawFn) -> Printer:
    """A kind and its points."""
    kind = draw(st.sampled_from(list(Kind)))
    if kind is Kind.MONITOR:
        return Printer("monitor every 10ms", (kind, (tree.MonitorPoint(NOWHERE, 10_000_000),)))
    if kind is Kind.WATCH:
        access, length = draw(st.sampled_from(["r", "w", "rw", "x"])), draw(st.booleans())
        size = tree.Number(NOWHERE, 8) if length else None
        point = tree.WatchPoint(NOWHERE, NOWHERE, ident("jiffies"), None, 4, ident(access), size)
        return Printer(f"watch jiffies+4 {access}" + " len 8" * length, (kind, (point,)))
    points = draw(st.lists(st.sampled_from(POINTS[kind]), min_size=1, max_size=2))
    text = f"{kind.value} " + " ?? ".join(text for text, _ in points)
    return Printer(text, (kind, tuple(point for _, point in points)))


@st.composite
def probes(draw: st.DrawFn) -> Printer:
    """A probe."""
    group = draw(st.sampled_from([None, "io", "args"]))
    name = draw(names) if group else draw(st.none() | names)
    target = draw(targets())
    kind, points = target.node
    text = (f"{group}/" if group else "") + (f"{name} = " if name else "") + target.text
    options: tuple[tree.Option, ...] = ()
    blank = draw(st.sampled_from([" ", "\n  "]))
    if draw(st.booleans()):
        text += f"{blank}with stacktrace, maxactive=16"
        options = (
            tree.Option(NOWHERE, ident("stacktrace"), None),
            tree.Option(NOWHERE, ident("maxactive"), tree.Number(NOWHERE, 16)),
        )
    condition = None
    if draw(st.booleans()):
        printed = draw(expressions(free=True))
        text += f"{blank}if {printed.text}"
        condition = printed.node
    body = None
    if draw(st.booleans()):
        block = draw(blocks())
        text += blank + block.text
        body = block.node
    owner = ident(group) if group else None
    own = ident(name) if name else None
    return Printer(text, tree.Probe(NOWHERE, owner, own, kind, NOWHERE, points, options, condition, body))


@st.composite
def other_statements(draw: st.DrawFn) -> Printer:
    """`group`, `const` and `args`."""
    kind = draw(st.integers(0, 2))
    name = draw(names)
    if kind == 0:
        return Printer(f"group {name}", tree.Group(NOWHERE, ident(name)))
    if kind == 1:
        value = draw(expressions(free=True))
        return Printer(f"const {name} = {value.text}", tree.Const(NOWHERE, ident(name), value.node))
    params = draw(st.lists(st.tuples(names, c_types), max_size=3))
    block = draw(blocks())
    text = ", ".join(f"{param}: {type_text}" for param, (type_text, _) in params)
    nodes = tuple(tree.ArgsParam(NOWHERE, ident(param), type_node) for param, (_, type_node) in params)
    return Printer(f"args {name}({text}) {block.text}", tree.Args(NOWHERE, ident(name), nodes, block.node))


def statements() -> st.SearchStrategy[Printer]:
    return st.one_of(probes(), other_statements())


@st.composite
def files(draw: st.DrawFn) -> Printer:
    """Some statements, with comments and empty lines between them."""
    text = draw(st.sampled_from(["", "\n", "#!/usr/bin/env probelang\n", "\ufeff# \u00e9\n\n"]))
    nodes = []
    for statement in draw(st.lists(statements(), max_size=4)):
        text += statement.text + draw(st.sampled_from(["\n", "\n\n", "   # c\n", "\n// kprobe f\n"]))
        nodes.append(statement.node)
    return Printer(text, tuple(nodes))
