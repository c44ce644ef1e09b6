"""Ranges, as editors ask for them: which statements change, and how little of them."""

from __future__ import annotations

import pytest

from probelang.diagnostics import Edit
from probelang.formatter.spec import FormatError, format_range, format_spec
from probelang.source import Source, Span
from tests.unit.syntax.texts import apply_edits

TEXT = """\
group   io

a=kprobe   f
longer =  kprobe g

fprobe h {
    x = 1
    longer = 2
    y
}
# comment
"""


def edit(text: str, touched: str) -> str:
    start = text.index(touched)
    return apply_edits(text, format_range(Source("x", text), Span(start, start + len(touched))))


def test_only_what_is_touched_changes() -> None:
    assert edit(TEXT, "group") == TEXT.replace("group   io", "group io")
    assert edit(TEXT, "kprobe g") == TEXT.replace("longer =  kprobe", "longer = kprobe")
    assert edit(TEXT, "# comment") == TEXT


def test_a_statement_gets_the_columns_it_has_in_the_whole() -> None:
    assert edit(TEXT, "a=") == TEXT.replace("a=kprobe   f", "a      = kprobe f")


def test_edits_are_whole_lines_and_no_more_than_needed() -> None:
    text = TEXT.partition("\n\n")[2].partition("\n\n")[2]
    start = text.index("    x")
    found = format_range(Source("x", text), Span(0, 0))
    assert found == (Edit(Span(start, start + len("    x = 1\n")), "    x      = 1\n"),)


def test_broken_statements_stay_and_keep_no_other_from_it() -> None:
    text = "a  = kprobe f\nkprobe g {  (x }\n\n\nb  =  kprobe h\n  # c\nkprob  i\n"
    source = Source("x", text)
    assert format_spec(source).text == text and format_spec(source).diagnostics
    assert edit(text, text) == "a = kprobe f\nkprobe g {  (x }\n\nb = kprobe h\n# c\nkprob  i\n"


def test_the_end_of_the_file() -> None:
    assert edit("kprobe f\n\n\n", "\n\n\n") == "kprobe f\n"
    assert edit("kprobe  f\n\n\n", "kprobe") == "kprobe f\n\n\n"
    assert edit("kprobe f", "f") == "kprobe f\n"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        (" \n\t\n\r\n", ""),
        ("\ufeff", "\ufeff"),
        ("\ufeff\n\n# c", "\ufeff# c\n"),
        ("kprobe  f\r\nkprobe g\n", "kprobe f\r\nkprobe g\r\n"),
        ("kprobe  f\nkprobe g\r\n", "kprobe f\nkprobe g\n"),
        ("kprobe f\r\n\r\n\r\n\r\n# c  \r\n", "kprobe f\r\n\r\n# c\r\n"),
        ("# \udcff\n\nkprobe  f", "# \udcff\n\nkprobe f\n"),
    ],
)
def test_ends_of_lines_and_of_the_file(given: str, expected: str) -> None:
    assert format_spec(Source("x", given)).text == expected


def test_a_fault_of_the_layout_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written that says something else."""
    monkeypatch.setattr("probelang.formatter.layout.join", lambda atoms: "kprobe f { b }")
    with pytest.raises(FormatError):
        format_spec(Source("x", "kprobe f { a }\n"))
    with pytest.raises(FormatError):
        format_range(Source("x", "kprobe f { a }\n"), Span(0, 0))
