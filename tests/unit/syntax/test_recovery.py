"""After an error everything else is read as if it were not there."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probelang.source import Source
from probelang.syntax import tree
from probelang.syntax.parse import parse
from probelang.syntax.report import MAX_ERRORS
from probelang.syntax.words import FOREIGN
from tests.unit.syntax.dump import dump
from tests.unit.syntax.examples import SAMPLE
from tests.unit.syntax.specs import Printer, statements
from tests.unit.syntax.test_errors import FILES, read_cases
from tests.unit.syntax.texts import apply_fix, parse_broken, parse_valid

BROKEN = sorted({text for path in FILES for text, _ in read_cases(path)})
GOOD = "good = fprobe vfs_write if count > 3 { count, file->f_pos }\n"


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_statement_does_not_touch_its_neighbours(text: str) -> None:
    """A good probe before and after has its tree; no error is lost, or new."""
    good = dump(parse_valid(GOOD).statements[0])
    alone = parse_broken(text)[1]
    _, diagnostics = parse_broken(text + GOOD)
    assert dump(parse_broken(text + GOOD)[0].statements[-1]) == good
    assert len(diagnostics) == len(alone)
    file, diagnostics = parse_broken(GOOD + text)
    # a line that begins no statement belongs to what stands before it
    assert dump(file.statements[0]) == good
    assert len(diagnostics) == len(alone)


@pytest.mark.parametrize(
    "broken",
    [
        "x = ",
        "a b",
        "x = a +",
        "a:",
        "a: u8 = b",
        "f(a, b",
        "x = a[1",
        '"open',
        "x = (a",
        "use f",
        "}x",
        "a ? b : c",
        "=",
        "b3@4",
    ],
)
def test_a_broken_fetch_arg_does_not_touch_its_neighbours(broken: str) -> None:
    text = f"kprobe f {{\n    first\n    {broken}\n    last = second->third\n}}\n"
    if broken == "}x":
        return
    file, diagnostics = parse_broken(text)
    assert len(diagnostics) == 1, [d.message for d in diagnostics]
    (probe,) = file.statements
    assert isinstance(probe, tree.Probe) and probe.items is not None
    assert dump(probe.items[0]) == "FetchArg(None Name('first') None)"
    assert dump(probe.items[-1]) == "FetchArg(Ident('last') Member(Name('second') Ident('third') True) None)"


def test_the_name_of_a_broken_fetch_arg_is_kept() -> None:
    """A condition that names it must not be told that there is no such fetch arg."""
    file, _ = parse_broken("kprobe f if x > 3 { x = a b }")
    (probe,) = file.statements
    assert isinstance(probe, tree.Probe)
    assert dump(probe.items) == "[FetchArg(Ident('x') BrokenExpr() None)]"


@given(st.lists(statements(), min_size=1, max_size=3), st.data())
@settings(max_examples=60)
def test_cutting_a_statement_short_spares_the_others(printed: list[Printer], data: st.DataObject) -> None:
    whole = printed[0].text
    cut = whole[: data.draw(st.integers(1, len(whole)))]
    text = GOOD + cut + "\n" + GOOD
    file, _ = parse(Source("test.pl", text))
    good = dump(parse_valid(GOOD).statements[0])
    assert dump(file.statements[0]) == good
    assert dump(file.statements[-1]) == good


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("kretprobe vfs_read { ret = $retval }", "kprobe vfs_read%return { ret = $retval }"),
        ("x = kretprobe m:f ?? g", "x = kprobe m:f%return ?? g%return"),
        ("kretprobe vfs_read%return", "kprobe vfs_read%return"),
        ("uretprobe /bin/bash:readline", "uprobe /bin/bash:readline%return"),
        ("fentry:vfs_read { count }", "fprobe vfs_read { count }"),
        ("fentry:ext4:ext4_read { a }", "fprobe ext4:ext4_read { a }"),
        ("g/x = fexit:vfs_read if $retval < 0", "g/x = fprobe vfs_read%return if $retval < 0"),
        ("fexit vfs_read", "fprobe vfs_read%return"),
        ("kfunc:vfs_read", "fprobe vfs_read"),
        ("kretfunc:vfs_read", "fprobe vfs_read%return"),
        ("kprobe:vfs_read { a }", "kprobe vfs_read { a }"),
        ("kretprobe:vfs_read", "kprobe vfs_read%return"),
        ("tracepoint:sched:sched_switch { prev_pid }", "eprobe sched:sched_switch { prev_pid }"),
        ("tracepoint sched:sched_switch", "eprobe sched:sched_switch"),
        ("rawtracepoint:sched_switch", "tprobe sched_switch"),
        ("rawtracepoint sched_switch", "tprobe sched_switch"),
        ("uprobe:/bin/bash:readline", "uprobe /bin/bash:readline"),
        ("uretprobe:/bin/bash:readline", "uprobe /bin/bash:readline%return"),
        ("usdt:/bin/x:p:n { $arg1 }", "usdt /bin/x:p:n { $arg1 }"),
        ("KPROBE vfs_read", "kprobe vfs_read"),
        ("fprob vfs_read", "fprobe vfs_read"),
        ("grop io", "group io"),
        ("cnst A = 3", "const A = 3"),
        ("x = tprobee sched_switch", "x = tprobe sched_switch"),
    ],
)
def test_other_spellings_are_read_as_what_they_mean(text: str, written: str) -> None:
    file, diagnostics = parse_broken(text)
    assert len(diagnostics) == 1
    fix = diagnostics[0].fix
    assert fix is not None
    if "??" not in text:
        assert apply_fix(text, fix) == written
    expected = dump(parse_valid(written).statements)
    # where `%return` stands is not the same
    assert dump(file.statements, None) == expected


def test_every_foreign_word_is_known_with_and_without_a_colon() -> None:
    for word in FOREIGN:
        if len(word) < 3:
            assert parse_broken(f"{word}:f {{ x }}")[1][0].rule.code == "PRB002"
            continue
        for text in (
            f"{word} f" if word not in ("kprobe", "uprobe", "usdt") else f"{word}:f",
            f"x = {word}:f",
        ):
            codes = [diagnostic.rule.code for diagnostic in parse_broken(text)[1]]
            assert codes[0] == "PRB002", text


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("p:io/rd vfs_read count=$arg3", "io/rd = kprobe vfs_read { count = $arg3 }"),
        ("p vfs_read", "kprobe vfs_read"),
        ("r8:x vfs_read $retval", "x = kprobe vfs_read%return with maxactive=8 { $retval }"),
        ("f:io/rd vfs_read%return ret=$retval", "io/rd = fprobe vfs_read%return { ret = $retval }"),
        ("t:io/sw sched_switch p=prev->pid:u32", "io/sw = tprobe sched_switch { p = prev->pid:u32 }"),
        ("e:io/e sched.sched_switch a=$prev_pid", "io/e = eprobe sched:sched_switch { a = prev_pid }"),
        ("e:io/e sched/sched_switch", "io/e = eprobe sched:sched_switch"),
        ("p:x /bin/bash:0x1f a=%ax", "x = uprobe /bin/bash:0x1f { a = %ax }"),
    ],
)
def test_commands_of_the_kernel_are_rewritten(command: str, written: str) -> None:
    text = f"group a\n{command}\n"
    (diagnostic,) = parse_broken(text)[1]
    assert diagnostic.rule.code == "PRB002" and diagnostic.fix is not None
    fixed = apply_fix(text, diagnostic.fix)
    assert fixed == f"group a\n{written}\n"
    parse_valid(fixed)


def test_all_errors_are_said_at_once_and_in_order() -> None:
    text = "".join(f"kprobe f{number} {{ a b }}\n" for number in range(20))
    _, diagnostics = parse_broken(text)
    starts = [diagnostic.label.span.start for diagnostic in diagnostics]
    assert len(starts) == 20 and starts == sorted(starts)


def test_a_file_with_too_many_errors() -> None:
    _, diagnostics = parse_broken("kprobe f { a b }\n" * 500)
    assert len(diagnostics) == MAX_ERRORS + 1
    assert diagnostics[-1].rule.code == "PRB010" and "400 more" in diagnostics[-1].message


def test_damage_in_one_line_of_the_sample_keeps_the_other_statements() -> None:
    choose = random.Random(3)
    whole = [dump(statement) for statement in parse_valid(SAMPLE).statements]
    lines = SAMPLE.splitlines()
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        at = choose.randrange(len(line))
        damaged = "\n".join(
            [
                *lines[:number],
                line[:at] + choose.choice(['"', "{", ")", "`", "$"]) + line[at:],
                *lines[number + 1 :],
            ]
        )
        file, _ = parse(Source("sample.pl", damaged))
        kept = [dump(statement) for statement in file.statements]
        assert sum(statement in kept for statement in whole) >= len(whole) - 1, damaged


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("args of_file { a }", "of_file"),
        ("const BIG", "BIG"),
        ("BIG = 64 * 1024", "BIG"),
        ("group", None),
        ("oh no", None),
    ],
)
def test_what_a_broken_statement_was_to_define(text: str, name: str | None) -> None:
    """A use of it must not be told that there is no such thing."""
    (statement,) = parse_broken(text)[0].statements
    assert isinstance(statement, tree.BrokenStatement)
    assert (statement.name and statement.name.name) == name


def test_a_parameter_without_a_type_is_a_parameter() -> None:
    (statement,) = parse_broken("args f(a, b: size_t) { a, b }")[0].statements
    assert isinstance(statement, tree.Args)
    assert [(param.name.name, param.type.name) for param in statement.params] == [("a", ""), ("b", "size_t")]
