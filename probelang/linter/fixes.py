"""Fixes applied to a text, round after round until there is none left, or no more can be had."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from probelang.diagnostics import Severity
from probelang.record import record
from probelang.selection import is_fixed
from probelang.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from probelang.diagnostics import Diagnostic, Edit, Fix

MAX_ROUNDS = 16
#: How many fixes are tried one by one where all together made a spec worse.
MAX_SINGLE = 64


@record
class Fixed:
    """What became of a text: the diagnostics that are left, and of how many it was cured.

    `refused` are fixes that would have made it worse.
    """

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    count: int = 0
    refused: int = 0


def apply_fixes(
    source: Source, found: Sequence[Diagnostic], ask: Callable[[Source], Sequence[Diagnostic]], unsafe: bool
) -> Fixed:
    """Apply all fixes that are safe, or with `unsafe` all; `found` is what `ask` says of the source.

    The outcome has no more errors than the source, and no other syntax errors.
    """
    best = current = Fixed(source, tuple(found))
    limit = _badness(found)
    seen = {source.text}
    for _ in range(MAX_ROUNDS):
        chosen = choose_fixes(current.diagnostics, unsafe)
        if not chosen:
            break
        text = apply_edits(current.source.text, [edit for fix in chosen for edit in fix.edits])
        if text in seen:
            break
        seen.add(text)
        made = Source(source.name, text)
        current = Fixed(made, tuple(ask(made)), current.count + len(chosen))
        if not _is_worse(_badness(current.diagnostics), limit):
            best = current
    if best.count or not choose_fixes(found, unsafe):
        return best
    return _one_by_one(source, found, ask, unsafe)


def _one_by_one(
    source: Source, found: Sequence[Diagnostic], ask: Callable[[Source], Sequence[Diagnostic]], unsafe: bool
) -> Fixed:
    """The fixes that do no harm, each tried by itself."""
    best = Fixed(source, tuple(found))
    refused: set[tuple[str, str]] = set()
    for _ in range(MAX_SINGLE):
        left = choose_fixes(best.diagnostics, unsafe, refused)
        if not left:
            break
        fix = left[0]
        made = Source(source.name, apply_edits(best.source.text, fix.edits))
        said = tuple(ask(made))
        if _is_worse(_badness(said), _badness(best.diagnostics)):
            refused.add(_key(fix))
        else:
            best = Fixed(made, said, best.count + 1)
    return Fixed(best.source, best.diagnostics, best.count, len(refused))


def _key(fix: Fix) -> tuple[str, str]:
    return fix.title, "\0".join(edit.text for edit in fix.edits)


def _badness(found: Iterable[Diagnostic]) -> tuple[int, int]:
    """How many syntax errors, and how many errors."""
    errors = [one for one in found if one.severity is Severity.ERROR]
    return sum(is_fixed(one.rule) for one in errors), len(errors)


def _is_worse(now: tuple[int, int], limit: tuple[int, int]) -> bool:
    return now[0] > limit[0] or now[1] > limit[1]


def choose_fixes(
    found: Iterable[Diagnostic], unsafe: bool, refused: Iterable[tuple[str, str]] = ()
) -> list[Fix]:
    """Fixes that do not touch each other, the first of each place: what is left out comes again in the next round."""
    taken: list[tuple[int, int]] = []
    chosen = []
    for one in found:
        fix = one.fix
        if fix is None or not one.is_fixable(unsafe) or _key(fix) in refused:
            continue
        edits = sorted((edit.span.start, edit.span.end) for edit in fix.edits)
        if all(_is_free(taken, start, end) for start, end in edits):
            chosen.append(fix)
            for edit in edits:
                taken.insert(bisect_left(taken, edit), edit)
    return chosen


def _is_free(taken: list[tuple[int, int]], start: int, end: int) -> bool:
    at = bisect_left(taken, (start, end))
    before = taken[at - 1][1] if at else -1
    after = taken[at][0] if at < len(taken) else end + 1
    # an insertion beside another change says nothing of their order
    return before < start and end < after


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text after edits, which do not overlap; new lines end as the text's first one does."""
    first = text.find("\n")
    ends = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"
    parts = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        start, end = max(edit.span.start, at), max(edit.span.end, at)
        new = edit.text if ends == "\n" else edit.text.replace("\r\n", "\n").replace("\n", ends)
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])
