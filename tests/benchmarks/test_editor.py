"""What the editor costs, guarded: the processor's time of each question, which a busy machine hardly changes, and memory."""

from __future__ import annotations

from benchmarks.editor import LIMITS, LINES, MOST_MEMORY, Figures, missed, render, run, write_spec


def test_a_spec_of_a_thousand_lines() -> None:
    found, most, growth = run(rounds=40, edits=200)
    table = render(found, most, growth, 200)
    processor = {figures.name: figures.processor for figures in found}
    assert processor["keystroke"] <= LIMITS["keystroke"], table
    assert processor["hover"] <= LIMITS["hover"], table
    assert processor["start"] <= 2 * LIMITS["start"], table
    assert most <= MOST_MEMORY, table
    assert growth <= 5, table


def test_the_spec_has_its_lines() -> None:
    assert LINES - 60 <= write_spec().count("\n") <= LINES


def test_limits_are_told() -> None:
    slow = [Figures("hover", [6.0] * 10, 1.0), Figures("keystroke", [1.0])]
    assert missed(slow, 10, 0) == ["hover: 6.0 ms, and 5 are allowed"]
    assert missed([], 500, 50) == [
        "500 MiB of memory, and 120 are allowed",
        "memory grew by 50.0 MiB, and 10 are allowed",
    ]
    assert "hover" in render(slow, 10, 0, 0)
