"""The sample spec, and the corners of the language, to exact trees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from probelang.source import Source
from probelang.syntax import tables
from probelang.syntax.driver import END, Driver, accepts
from probelang.syntax.parse import parse
from probelang.syntax.report import Report
from tests.unit.syntax.dump import dump
from tests.unit.syntax.examples import PRODUCTIONS, SAMPLE
from tests.unit.syntax.texts import parse_expression, parse_item, parse_probe, parse_statement, parse_valid

GOLDEN = Path(__file__).parent / "sample.tree"


def test_the_sample() -> None:
    """Every node with its place; sample.tree is written anew by UPDATE_GOLDENS=1."""
    file = parse_valid(SAMPLE)
    written = "".join(dump(statement, 0) + "\n" for statement in file.statements)
    if os.environ.get("UPDATE_GOLDENS"):
        GOLDEN.write_text(written)
    assert GOLDEN.read_text() == written


def test_comments_of_the_sample() -> None:
    texts = [SAMPLE[comment.span.start : comment.span.end] for comment in parse_valid(SAMPLE).comments]
    assert len(texts) == SAMPLE.count(" # ") + 2
    assert texts[:2] == SAMPLE.splitlines()[:2]
    assert texts[-1] == "# hardware breakpoint: who writes this variable"


def test_the_productions_are_all_of_them() -> None:
    """The examples use every rule of the grammar that makes a node."""
    used: set[int] = set()
    for text in PRODUCTIONS:
        used |= rules_of(text)
    for number, (made, _, method) in enumerate(tables.RULES):
        assert number in used or not method or made == "file", tables.RULES[number]


def rules_of(text: str) -> set[int]:
    used = set()
    driver = Driver(text, 0, len(text), Report(), [])
    terminals = []
    plain_scan = driver.scan

    def scan(state: int) -> str:
        terminals.append(plain_scan(state))
        return terminals[-1]

    driver.scan = scan  # type: ignore[method-assign]
    driver.run()
    states = [tables.START]
    for terminal in terminals:
        assert accepts(states, terminal)
        while (action := tables.ACTIONS[states[-1]].get(terminal, 0)) < 0:
            made, length, _ = tables.RULES[~action]
            used.add(~action)
            del states[len(states) - length :]
            states.append(tables.GOTOS[states[-1]][made])
        if terminal != END:
            states.append(action)
    return used


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a || b && c", "a || (b && c)"),
        ("a && b | c", "a && (b | c)"),
        ("a | b ^ c & d", "a | (b ^ (c & d))"),
        ("a & b == c", "a & (b == c)"),
        ("a == b < c", "a == (b < c)"),
        ("a < b << c", "a < (b << c)"),
        ("a << b + c", "a << (b + c)"),
        ("a + b * c", "a + (b * c)"),
        ("a * b ?? c", "a * (b ?? c)"),
        ("-a ?? b", "(-a) ?? b"),
        ("a ?? b ?? c", "(a ?? b) ?? c"),
        ("a - b - c", "(a - b) - c"),
        ("a ~ b == c", "(a ~ b) == c"),
        ("!a == b", "(!a) == b"),
        ("*a->b", "*(a->b)"),
        ("&a->b[1].c", "&(((a->b)[1]).c)"),
        ("(u32)a->b", "(u32)(a->b)"),
        ("(u32)-a + b", "((u32)(-a)) + b"),
        ("a in {1} == b", "(a in {1}) == b"),
        ("a in 1..2 && b", "(a in 1..2) && b"),
        ("a in b + 1..c << 2", "a in (b + 1)..(c << 2)"),
        ("a & b in {1}", "a & (b in {1})"),
        ("a % %ax", "a % (%ax)"),
        ("-8 + +8(a)", "(-8) + (+8(a))"),
        ("a +8", "a + (8)"),
        ("- -a", "-(-a)"),
        ("a - -8(b)", "a - (-8(b))"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    assert dump(parse_expression(text)) == dump(parse_expression(grouped))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("(struct file *)a", "Cast(CType('struct' 'file' 1) Name('a'))"),
        ("(t)a", "Cast(CType('' 't' 0) Name('a'))"),
        ("(t)(a)", "Cast(CType('' 't' 0) Name('a'))"),
        ('(t)"a"', "Cast(CType('' 't' 0) Text(b'a'))"),
        ("(u8)*a", "Cast(CType('' 'u8' 0) Unary('*' Name('a')))"),
        ("(a)*b", "Binary('*' Name('a') Name('b'))"),
        ("(a)-1", "Binary('-' Name('a') Number(1))"),
        ("(a)[1]", "Index(Name('a') Number(1))"),
        ("(a)->b", "Member(Name('a') Ident('b') True)"),
        ("(a) in {b}", "InSet(Name('a') [Name('b')])"),
        ("(unsigned int)a", "Cast(CType('' 'unsigned int' 0) Name('a'))"),
        ("(const struct s * *)a", "Cast(CType('struct' 's' 2) Name('a'))"),
        ("(a * b)", "Binary('*' Name('a') Name('b'))"),
        ("a % b", "Binary('%' Name('a') Name('b'))"),
        ("a %b", "Binary('%' Name('a') Name('b'))"),
        ("%b", "Register('b')"),
        ("+u8(a)", "Deref(8 True Name('a'))"),
        ("-0x10(a)", "Deref(-16 False Name('a'))"),
        ("@a-4", "SymbolRef('a' None -4)"),
        ("@a.17+8", "SymbolRef('a.17' None 8)"),
        ("@a.b", "Member(SymbolRef('a' None 0) Ident('b') False)"),
        ("@a in @b..@c", "InRange(SymbolRef('a' None 0) SymbolRef('b' None 0) SymbolRef('c' None 0))"),
        ("@a - 4", "Binary('-' SymbolRef('a' None 0) Number(4))"),
        ("entry(a->b)", "Call(Ident('entry') [Member(Name('a') Ident('b') True)])"),
        ("entry->b", "Member(Name('entry') Ident('b') True)"),
        ("in->args.group", "Member(Member(Name('in') Ident('args') True) Ident('group') False)"),
        ("with + if", "Binary('+' Name('with') Name('if'))"),
        ("f_path.dentry", "Member(Name('f_path') Ident('dentry') False)"),
        (
            "container_of(a, struct s, m.n)",
            "ContainerOf(Name('a') CType('struct' 's' 0) [Ident('m'), Ident('n')])",
        ),
        ("'a'", "Number(97)"),
        ("$arg1", "Variable('arg1')"),
    ],
)
def test_forms(text: str, tree: str) -> None:
    assert dump(parse_expression(text)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("$arg*", "AllArgs()"),
        ("use of_file(file)", "Use(Ident('of_file') [Name('file')])"),
        ("use in {a}", "FetchArg(None InSet(Name('use') [Name('a')]) None)"),
        ("use: u32", "FetchArg(None Name('use') FetchType('u32' None None))"),
        ("in = if: x8[4]", "FetchArg(Ident('in') Name('if') FetchType('x8' 4 None))"),
        ("a == b: u8", "FetchArg(None Binary('==' Name('a') Name('b')) FetchType('u8' None None))"),
        ("x = $retval:b3@4/32", "FetchArg(Ident('x') Variable('retval') FetchType('b' None (3, 4, 32)))"),
    ],
)
def test_fetch_args(text: str, tree: str) -> None:
    # dump writes tuples as lists
    assert (
        dump(parse_item(text)).replace("[3, 4, 32]", "(3, 4, 32)").replace("None None)", "None None)") == tree
    )


def test_new_lines_mean_nothing_outside_the_block_and_in_brackets() -> None:
    one_line = "x = kprobe f ?? g with stacktrace, max=3 if a in {1, 2} && (b + c) > 3 { d(e, f), (g[1]) }"
    lines = one_line.replace(" ", "\n ").replace("x\n =\n kprobe\n f", "x = kprobe f").replace("{\n d", "{ d")
    lines = lines.replace(",\n (g[1])\n }", "\n (g[\n1\n])\n\n}")
    assert lines.count("\n") > 20
    assert dump(parse_probe(lines)) == dump(parse_probe(one_line))


def test_commas_and_new_lines_separate_fetch_args() -> None:
    written = [
        "{ a, b, c }",
        "{ a, b, c, }",
        "{\na\nb\nc\n}",
        "{\n\na,\n\nb, c,\n}",
        "{a,b,c}",
        "{ a # x\n b // y\n c }",
    ]
    trees = {dump(parse_probe("kprobe f " + block).items) for block in written if block != "{a,b,c}"}
    assert len(trees) == 1
    # a choice of names as the kernel's wildcards have it, not a block
    assert dump(parse_probe("kprobe f{a,b,c}").points) == dump(parse_probe("kprobe f{a,b,c} { x }").points)
    assert parse_probe("kprobe f{ a }").items


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_a_byte_order_mark(end: str, mark: str) -> None:
    file, diagnostics = parse(Source("sample.pl", mark + SAMPLE.replace("\n", end)))
    assert diagnostics == []
    assert dump(file.statements) == dump(parse_valid(SAMPLE).statements)


@pytest.mark.parametrize("text", ["fprobe vfs_read", "a = fprobe vfs_read", "group io", "\tkprobe f { x }"])
def test_a_byte_order_mark_before_a_statement(text: str) -> None:
    assert dump(parse_valid("\ufeff" + text).statements) == dump(parse_valid(text).statements)


@pytest.mark.parametrize("text", ["\rfprobe f", " \ra = fprobe f { x }", "group io\n\r fprobe f {\r x }"])
def test_a_carriage_return_is_blank(text: str) -> None:
    assert dump(parse_valid(text).statements) == dump(parse_valid(text.replace("\r", " ")).statements)


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "  // one\n\t# two\n"])
def test_no_statements(text: str) -> None:
    assert parse_valid(text).statements == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kprobe = fprobe f", "kprobe"),
        ("group = fprobe f", "group"),
        ("const = fprobe f", "const"),
        ("args = fprobe f", "args"),
        ("g/watch = fprobe f", "watch"),
        ("if = fprobe f", "if"),
    ],
)
def test_events_may_be_named_as_keywords(text: str, name: str) -> None:
    probe = parse_probe(text)
    assert probe.name is not None and probe.name.name == name


def test_names_of_fetch_args_that_look_like_statements() -> None:
    probe = parse_probe(
        "kprobe f {\n    kprobe\n    group = args\n    watch ?? monitor\n    x = usdt: u8\n    args(1)\n}"
    )
    assert probe.items is not None and len(probe.items) == 5


def test_const_and_group() -> None:
    assert (
        dump(parse_statement("const A = -1 << 4"))
        == "Const(Ident('A') Binary('<<' Unary('-' Number(1)) Number(4)))"
    )
    assert dump(parse_statement("group io")) == "Group(Ident('io'))"
