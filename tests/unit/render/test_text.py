"""Diagnostics for people: the whole text, and one line each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probelang.check.rules.types import UNKNOWN_MEMBER
from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Severity, headline
from probelang.record import replace
from probelang.render.summary import render_summary
from probelang.render.text import render_concise, render_text
from probelang.source import Source, Span
from tests.support.specs import run


def diagnostic(start: int, end: int, text: str = "", **more: object) -> Diagnostic:
    return Diagnostic(UNKNOWN_MEMBER, "a message", Label(Span(start, end), text), Severity.ERROR, **more)  # type: ignore[arg-type]


def shown(text: str, start: int, end: int, label: str = "") -> list[str]:
    """The source line, and the line under it."""
    lines = render_text(Source("x.pl", text), [diagnostic(start, end, label)]).splitlines()
    return lines[3:5]


def test_the_whole_of_it() -> None:
    spec = "big_read = fprobe vfs_read {\n    ino = file->f_inod->i_ino\n}\n"
    analysis = run(spec, name="reads.pl")
    out = render_text(analysis.source, analysis.diagnostics)
    head, source, tail = out.partition("(BTF of Linux 6.12")
    assert head == (
        "error[PRB301]: `struct file` has no member `f_inod`\n"
        " --> reads.pl:2:17\n"
        "  |\n"
        "2 |     ino = file->f_inod->i_ino\n"
        "  |                 ^^^^^^ did you mean `f_inode`, `f_mode` or `f_op`?\n"
        "  |\n"
        "  = note: `file` is parameter 1 of `vfs_read`, a `struct file *` "
    )
    assert source
    assert tail.partition("\n")[2] == (
        "  = note: the kernel would refuse it: NO_BTF_FIELD\n  = fix: replace it by `f_inode`\n\n"
    )


def test_a_number_of_a_line_has_its_room() -> None:
    text = "\n" * 99 + "fprobe x"
    out = render_text(Source("x.pl", text), [diagnostic(99 + 7, 99 + 8)])
    assert out.splitlines()[1:5] == ["   --> x.pl:100:8", "    |", "100 | fprobe x", "    |        ^"]


@pytest.mark.parametrize(
    ("text", "start", "end", "expected"),
    [
        ("abc def", 4, 7, ["1 | abc def", "  |     ^^^"]),
        ("\tabc", 1, 4, ["1 |     abc", "  |     ^^^"]),
        ("a\tb\tc", 2, 3, ["1 | a    b    c", "  |      ^"]),
        ("é = abc", 4, 7, ["1 | é = abc", "  |     ^^^"]),
        ("中 = abc", 4, 7, ["1 | 中 = abc", "  |      ^^^"]),
        ("abc 中文", 4, 6, ["1 | abc 中文", "  |     ^^^^"]),
        ("e\u0301 = abc", 5, 8, ["1 | e\u0301 = abc", "  |     ^^^"]),
        ("abc\r\ndef", 0, 3, ["1 | abc", "  | ^^^"]),
        ("abc\r\ndef", 5, 8, ["2 | def", "  | ^^^"]),
        # a span over several lines is shown by its first
        ("abc {\n  def\n}", 4, 13, ["1 | abc {", "  |     ^"]),
        # at the end of the text there is nothing to underline, and yet a place
        ("abc", 3, 3, ["1 | abc", "  |    ^"]),
        ("abc\n", 4, 4, ["2 |", "  | ^"]),
        ("", 0, 0, ["1 |", "  | ^"]),
    ],
)
def test_what_is_underlined(text: str, start: int, end: int, expected: list[str]) -> None:
    assert shown(text, start, end) == expected


def test_a_label_stands_behind_the_underline() -> None:
    assert shown("abc def", 0, 3, "here")[1] == "  | ^^^ here"


def test_of_a_long_line_the_part_around_is_shown() -> None:
    text = "x" * 5000 + "WRONG" + "y" * 5000
    line, under = shown(text, 5000, 5005)
    assert len(line) < 200
    at = under.index("^")
    assert line[at : at + 5] == "WRONG" and under.count("^") == 5


def test_a_terminal_sees_no_control_characters() -> None:
    text = 'a = "\x1b[2J\x9b31m\x07" \x7f \u202e'
    out = render_text(
        Source("\x1b]0;x\x07.pl", text), [diagnostic(0, 1, "\x1b[1m", notes=("\x1b",), help="\x07")]
    )
    out += render_concise(Source("\x1b[1m\n.pl", text), [diagnostic(0, 1)])
    assert all(char == "\n" or char.isprintable() for char in out)
    assert out.count("\n") == len(out.splitlines())


def test_second_places() -> None:
    text = "first\nsecond\n"
    out = render_text(
        Source("x.pl", text), [diagnostic(6, 12, "again", others=(Label(Span(0, 5), "the first"),))]
    )
    assert out.splitlines()[3:] == [
        "2 | second",
        "  | ^^^^^^ again",
        "...",
        "1 | first",
        "  | ----- the first",
        "",
    ]


def test_notes_help_and_fix_in_this_order() -> None:
    found = diagnostic(
        0,
        1,
        notes=("one", "two"),
        kernel_error="BAD_VAR",
        help="three",
        fix=Fix("four", (Edit(Span(0, 1), "b"),)),
    )
    assert render_text(Source("x.pl", "a"), [found]).splitlines()[5:] == [
        "  |",
        "  = note: one",
        "  = note: two",
        "  = note: the kernel would refuse it: BAD_VAR",
        "  = help: three",
        "  = fix: four",
        "",
    ]


def test_of_several_kernels_those_are_named_on_which_it_holds() -> None:
    found = diagnostic(0, 1, kernels=("6.1", "6.12"))
    source = Source("x.pl", "a")
    three = ("6.1", "6.12", "7.3")
    assert ": fails on 6.1 and 6.12: " in render_text(source, [found], kernels=three)
    assert ": fails on 6.1 and 6.12: " in render_concise(source, [found], kernels=three)
    assert ": on 6.1 and 6.12: " in render_concise(
        source, [replace(found, severity=Severity.WARNING)], kernels=three
    )
    assert "6.1" not in render_text(source, [found], kernels=("6.1", "6.12")) + render_text(source, [found])


def test_of_many_kernels_the_few_are_named_on_which_it_does_not_hold() -> None:
    names = tuple("abcdef")
    assert headline(diagnostic(0, 1, kernels=names[:5]), names).startswith("fails on all but f: ")
    assert headline(diagnostic(0, 1, kernels=names[:2]), names).startswith("fails on a and b: ")


def test_colours_do_not_change_the_text() -> None:
    import re

    analysis = run("fprobe vfs_read { cuont, count: u8, $tid }")
    plain = render_text(analysis.source, analysis.diagnostics)
    painted = render_text(analysis.source, analysis.diagnostics, color=True)
    assert "\x1b[" not in plain and "\x1b[" in painted
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain
    for line in painted.splitlines():
        assert line.count("\x1b[0m") * 2 == line.count("\x1b["), "a colour that is never put off"


def test_summary() -> None:
    def counted(spec: str, files: int = 1, fixed: int = 0, unsafe: bool = False) -> str:
        analysis = run(spec)
        return render_summary([(analysis.source, one) for one in analysis.diagnostics], files, fixed, unsafe)

    assert counted("fprobe vfs_read") == ""
    assert counted("fprobe vfs_read { $tid == 2 }")[:7] == "1 error"
    assert counted("fprobe vfs_read { cuont }") == "1 error; 1 can be fixed with --fix --unsafe-fixes\n"
    assert (
        counted("fprobe vfs_read { cuont, fiel }", 2)
        == "2 errors in 1 of 2 files; 2 can be fixed with --fix --unsafe-fixes\n"
    )
    assert counted("fprobe vfs_read if 4096 < count { cuont }") == (
        "2 errors; 1 can be fixed with --fix, 1 more with --unsafe-fixes\n"
    )
    assert counted("fprobe vfs_read { cuont }", unsafe=True) == "1 error; 1 can be fixed with --fix\n"
    analysis = run("fprobe vfs_read if 4096 < count { cuont }")
    found = [(analysis.source, one) for one in analysis.diagnostics]
    assert render_summary(found, 1, 1, tried=True) == (
        "1 fixed; still 2 errors; 1 can be fixed with --fix --unsafe-fixes\n"
    )
    assert render_summary(found, 1, 1, unsafe=True, tried=True) == "1 fixed; still 2 errors\n"
    assert counted("fprobe vfs_read", fixed=3) == "3 fixed; nothing is left\n"
    assert (
        counted("fprobe vfs_read { count: u8 }\nfprobe vfs_open { $tid }", fixed=1)
        == "1 fixed; still 1 warning and 1 remark\n"
    )


@given(st.text(), st.data())
def test_no_text_and_no_span_are_too_odd(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    source = Source("x.pl", text)
    found = [diagnostic(start, end, others=(Label(Span(0, end)),))]
    out = render_text(source, found)
    assert "^" in out
    line, column = source.position(start)
    assert f" --> x.pl:{line}:{column}\n" in out
    assert render_concise(source, found) == f"x.pl:{line}:{column}: error[PRB301]: a message\n"
    assert text.count("\n", 0, start) == line - 1
    assert text.split("\n")[line - 1][: column - 1] == text[start - column + 1 : start]
