"""Fixes: which are applied together, and what is not."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from probelang.linter.fixes import MAX_ROUNDS, Fixed, apply_edits, apply_fixes
from probelang.project import lint
from probelang.rules import RULES
from probelang.source import Source, Span
from tests.support.specs import bundled

SYNTAX = RULES[0]
OTHER = next(rule for rule in RULES if rule.code == "PRB301")


def say(
    rule: int, *edits: tuple[int, int, str], safe: bool = True, severity: Severity = Severity.WARNING
) -> Diagnostic:
    fix = Fix("do it", tuple(Edit(Span(start, end), text) for start, end, text in edits), safe)
    return Diagnostic(
        SYNTAX if rule == 0 else OTHER, "m", Label(Span(0, 0)), severity, fix=fix if edits else None
    )


def run(text: str, ask: Callable[[str], list[Diagnostic]], unsafe: bool = False) -> Fixed:
    return apply_fixes(Source("x", text), ask(text), lambda source: ask(source.text), unsafe)


def test_rounds_until_nothing_is_left() -> None:
    done = run(
        "aaaa", lambda text: [say(1, (text.index("a"), text.index("a") + 1, "b"))] if "a" in text else []
    )
    assert (done.source.text, done.count, done.diagnostics) == ("bbbb", 4, ())


def test_fixes_that_undo_each_other_end() -> None:
    done = run("a", lambda text: [say(1, (0, 1, "b" if text == "a" else "a"))])
    assert done.count == 1
    grows = run("a", lambda text: [say(1, (0, 0, "a"))])
    assert len(grows.source.text) == MAX_ROUNDS + 1


def test_edits_that_touch_are_left_for_the_next_round() -> None:
    asked = []

    def ask(text: str) -> list[Diagnostic]:
        asked.append(text)
        if text == "abcd":
            return [say(1, (0, 2, "AB")), say(1, (1, 3, "xx")), say(1, (2, 3, "C")), say(1, (3, 4, "D"))]
        return []

    assert run("abcd", ask).source.text == "ABcD"
    assert asked == ["abcd", "ABcD"]


def test_unsafe_ones_only_if_wanted() -> None:
    def ask(text: str) -> list[Diagnostic]:
        return [say(1, (0, 1, "b"), safe=False)] if text == "a" else []

    assert run("a", ask).source.text == "a"
    assert run("a", ask, unsafe=True).source.text == "b"


def test_what_makes_it_worse_is_not_applied() -> None:
    def ask(text: str) -> list[Diagnostic]:
        found = [say(0, severity=Severity.ERROR)] if "!" in text else []
        if "a" in text:
            found.append(say(1, (text.index("a"), text.index("a") + 1, "!")))
        if "c" in text:
            found.append(say(1, (text.index("c"), text.index("c") + 1, "d")))
        return found

    done = run("abc", ask)
    assert (done.source.text, done.count, done.refused) == ("abd", 1, 1)
    alone = run("ab", ask)
    assert alone.source.text == "ab" and alone.refused == 1


def test_an_error_may_hide_others() -> None:
    """A fix that uncovers errors which are fixed in their turn is applied."""
    text = "fprobe vfs_raed { cuont, file->f_inod }\n"

    def ask(source: Source) -> list[Diagnostic]:
        return lint(source, [bundled("6.12")])

    source = Source("t.pl", text)
    done = apply_fixes(source, ask(source), ask, True)
    assert done.source.text == "fprobe vfs_read { count, file->f_inode }\n" and not done.diagnostics


def test_lines_end_as_they_did() -> None:
    assert apply_edits("a\r\nb", [Edit(Span(1, 1), "x\ny\r\nz")]) == "ax\r\ny\r\nz\r\nb"
    assert apply_edits("a\nb", [Edit(Span(1, 1), "\n")]) == "a\n\nb"


@given(st.text(max_size=20), st.data())
def test_no_edits_are_too_odd(text: str, data: st.DataObject) -> None:
    length = len(text)
    spans = st.tuples(st.integers(0, length), st.integers(0, length), st.text(max_size=3))
    found = [
        say(1, *((min(a, b), max(a, b), new) for a, b, new in edits))
        for edits in data.draw(st.lists(st.lists(spans, max_size=3), max_size=5))
    ]
    done = apply_fixes(Source("x", text), found, lambda source: [], True)
    assert done.count <= len(found)
