"""Clauses of bpftrace as probes, and hostile ones in bounded time."""

from __future__ import annotations

import random
import time

import pytest

from probelang.source import Source
from probelang.syntax.bpftrace import read_clauses, write_condition
from probelang.syntax.parse import parse
from probelang.syntax.shell import write_pasted


@pytest.mark.parametrize(
    ("clause", "probe"),
    [
        ("kprobe:f { }", "kprobe f"),
        ("kretprobe:f { @[retval] = count(); }", "kprobe f%return { $retval }"),
        (
            'kprobe:f /arg0 > 1 && comm != "a/b"/ { arg1 }',
            'kprobe f if $arg1 > 1 && $comm != "a/b" { $arg2 }',
        ),
        ('fentry:vfs_read { printf("%d", args.count); }', "fprobe vfs_read { count }"),
        ("tracepoint:a:b { @ = hist(args->x); }", "eprobe a:b { x }"),
        ("kprobe:f { $p = (struct a *)arg0; print($p->b); }", "kprobe f { ((struct a *)$arg1)->b }"),
        ('kprobe:f { printf("%s %s", ksym(arg0), ntop(arg1)); }', "kprobe f { $arg1: symbol, $arg2: u8[4] }"),
        ('kprobe:f { printf("%d %d", args.x.a, args.y.a); }', "kprobe f { x.a, a2 = y.a }"),
        ("kprobe:f { a; } kprobe:g { b; }", "kprobe f { a }\nkprobe g { b }"),
        ("kprobe:f, fentry:g { comm }", "kprobe f { $comm }\nfprobe g { $comm }"),
        ("kprobe:f { // what\n /* and\n why */ comm }", "kprobe f { $comm }"),
        ("kprobe:f { @us = (nsecs - @s[tid]) / 1000; }", ""),
        ("kprobe:f /@s[tid]/ { comm }", ""),
        ("kprobe:f { unroll(3) { comm } }", ""),
    ],
)
def test_clauses(clause: str, probe: str) -> None:
    read = read_clauses(clause, 0, len(clause))
    assert read is not None
    assert read.text == probe


@pytest.mark.parametrize(
    "text", ["kprobe:f", "kprobe:f {", "kprobe:f /a {}", "kprobe f {}", "x:f {}", "kprobe:f {} x"]
)
def test_what_is_no_clause(text: str) -> None:
    assert read_clauses(text, 0, len(text)) is None


def test_conditions() -> None:
    assert write_condition('comm == "pid"') == '$comm == "pid"'
    assert write_condition('strncmp(comm, "a", 1) == 0') is None


def test_damaged_ones_in_bounded_time() -> None:
    pieces = [
        "kprobe:",
        "f",
        " /",
        "/ ",
        "{",
        "}",
        "(",
        ")",
        "@",
        "[",
        "]",
        "=",
        '"',
        "\n",
        ";",
        "$x",
        "args->",
        "/*",
        "*/",
        "'",
        "perf probe ",
        "echo '",
    ]
    draw = random.Random(7)
    began = time.process_time()
    for _ in range(1500):
        text = draw.choice(
            ("kprobe:f ", "t:a:b {", "perf probe ", 'probe kernel.function("f")', "")
        ) + "".join(draw.choices(pieces, k=draw.randrange(40)))
        parse(Source("x.pl", text))
        write_pasted(text)
        read_clauses(text, 0, len(text))
    for piece in pieces:
        parse(Source("x.pl", "kprobe:f {" + piece * 20_000))
        parse(Source("x.pl", "fprobe f {" + piece * 20_000 + "}"))
    assert time.process_time() - began < 60
