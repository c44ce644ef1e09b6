"""Whatever is in a file: a spec comes of it that parses, soon, and never a traceback."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.analysis import read
from probelang.imports import import_source
from probelang.imports.origin import ORIGINS, origin_of
from probelang.kernel.load import load_kernel
from probelang.source import Source

_PIECES = [
    "kprobe:", "vfs_read", "fentry:vfs_read", "tracepoint:sched:sched_switch", "uprobe:/bin/sh:x", "interval:s:1", "usdt:/a:b:c",
    " /", "/ ", "{", "}", "printf(", '"', "n=%d", "%s", ",", ")", ";", "arg0", "args.count", "retval", "comm", "pid", "str(", "(struct file *)",
    "->", ".", "*", "&&", "==", "!", "-", "$x = ", "$x", "@", "@[", "]", "//", "/*", "*/", "#", "\n", " ", "\\", "'", "0x", "7", "kstack", "kaddr(",
    "perf probe ", "-a ", "-x ", "--add=", "--", "%return", "%sdt_a:b", ":string", "+8(", "%di", "$retval", "$vars", ":3", ";", "@", "=", "io:",
    "bpftrace -e ", "p:a/b ", "-:", "\0", "é", "\udcff", "\x1b[2J", "\u2028", "\r", "\t", "if", "BEGIN", "config = {",
]  # fmt: skip


@pytest.mark.parametrize("origin", [None, *ORIGINS])
def test_pieces_at_random(origin: str | None) -> None:
    draw = random.Random(11)
    kernel = load_kernel("6.12")
    for _ in range(250):
        check("".join(draw.choices(_PIECES, k=draw.randrange(1, 40))), origin, kernel)


@settings(max_examples=150)
@given(st.text(max_size=200), st.sampled_from(ORIGINS))
def test_any_text(text: str, origin: str) -> None:
    origin_of("x", text)
    check(text, origin, load_kernel("6.12"))


def check(text: str, origin: str | None, kernel: object) -> None:
    made = import_source(Source("x", text), kernel, origin)  # type: ignore[arg-type]
    assert "\x1b" not in made.text and "\0" not in made.text
    _, syntax = read(Source("y.probe", made.text))
    assert not syntax, (text, made.text, syntax)


LARGE = 200_000


@pytest.mark.parametrize(
    "text",
    [
        "/*" * LARGE, '"' * LARGE, '"\\' * LARGE, "{" * LARGE, "kprobe:f {" + "(" * LARGE + "}", "kprobe:f { print(" + "(struct a *)" * 5000 + "arg0) }",
        "kprobe:f { print(" + "*" * LARGE + "arg0) }", "kprobe:f /" + "(" * 30_000 + "/ {}", "kprobe:f { printf(\"" + "a" * 60_000 + "%d\", arg0) }",
        "kprobe:f { printf(\"" + "%d" * 30_000 + "\"" + ", arg0" * 30_000 + ") }", "uprobe:" + "/a" * LARGE, "a;" * LARGE, "kprobe:f{}" * 1500,
        "kprobe:f," * LARGE, "kprobe:f\n" * LARGE, "bpftrace " * LARGE + " -e", "perf probe -a " + "'" * LARGE, "perf probe " + "a " * LARGE,
        "perf probe " + "\\\n" * LARGE, "vfs_read count\n" * 1000, "a=" * LARGE, "perf probe -" + "a" * LARGE, "p:a/b vfs_read " + "+8(" * 1000,
        "e:a/b sched.sched_switch if " + "(" * 2000 + "prev_pid == 1" + ")" * 2000,
    ],
    ids=lambda text: text[:16].encode("unicode_escape").decode(),
)  # fmt: skip
def test_large(text: str) -> None:
    kernel = load_kernel("6.12")
    for origin in (None, "perf", "bpftrace"):
        began = time.process_time()
        import_source(Source("x", text), kernel, origin)
        assert time.process_time() - began < 10
