"""What a run of the linter comes to: counts, in one line or for each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Severity, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.diagnostics import Diagnostic, Rule
    from probelang.source import Source

_NAMES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "remark"}


def render_summary(
    found: Sequence[tuple[Source, Diagnostic]],
    files: int,
    fixed: int = 0,
    unsafe: bool = False,
    tried: bool = False,
    fixer: str = "--fix",
) -> str:
    """`3 errors and 1 warning in 2 files; 2 can be fixed with --fix`, "" where there is nothing to say.

    `files` is how many were read; with `unsafe`, fixes that want to be looked at are wanted too; with `tried`,
    those that are wanted have been applied, and what is left of them cannot be. `fixer` is what one types to have them applied.
    """
    counts = {severity: 0 for severity in reversed(Severity)}
    for _, one in found:
        counts[one.severity] += 1
    parts = [_count(count, _NAMES[severity]) for severity, count in counts.items() if count]
    said = []
    if fixed:
        said.append(f"{fixed} fixed")
    if parts:
        touched = len({source.name for source, _ in found})
        where = f" in {touched} files" if touched > 1 else f" in 1 of {files} files" if files > 1 else ""
        said.append(("still " if fixed else "") + listed(parts) + where)
    elif fixed:
        said.append("nothing is left")
    hint = _fixable([one for _, one in found], unsafe, tried, fixer)
    return "; ".join([*said, *([hint] if hint else [])]) + "\n" if said else ""


def _fixable(found: Iterable[Diagnostic], unsafe: bool, tried: bool, fixer: str) -> str:
    from probelang.linter.rules.event_clash import RULE as OF_TWO_FILES

    # which of two files is to change is nobody's choice but the user's
    fixable = [one for one in found if one.is_fixable(True) and one.rule is not OF_TWO_FILES]
    sure = sum(one.is_fixable(unsafe) for one in fixable)
    rest = len(fixable) - sure
    if tried:
        sure = 0
    if sure:
        more = f", {rest} more with --unsafe-fixes" if rest else ""
        return f"{sure} can be fixed with {fixer}{more}"
    return f"{rest} can be fixed with {fixer} --unsafe-fixes" if rest else ""


def _count(count: int, name: str) -> str:
    return f"{count} {name}{'s' if count > 1 else ''}"


def count_rules(found: Iterable[Diagnostic]) -> list[tuple[Rule, int, int]]:
    """Each rule that something is said of, how often, and how often with a fix; the most frequent first."""
    counts: dict[Rule, list[int]] = {}
    for one in found:
        count = counts.setdefault(one.rule, [0, 0])
        count[0] += 1
        count[1] += one.fix is not None
    ordered = sorted(counts.items(), key=lambda item: (-item[1][0], item[0].code))
    return [(rule, count[0], count[1]) for rule, count in ordered]


def render_statistics(found: Iterable[Diagnostic]) -> str:
    """A line for each rule: how often, its code, its slug."""
    counts = count_rules(found)
    width = len(str(counts[0][1])) if counts else 0
    return "".join(
        f"{count:>{width}}  {rule.code}  {rule.slug}{f' ({fixes} with a fix)' if fixes else ''}\n"
        for rule, count, fixes in counts
    )


def render_statistics_json(found: Iterable[Diagnostic]) -> str:
    """The same for programs."""
    import json

    listed = [
        {"code": rule.code, "slug": rule.slug, "count": count, "fixable": fixes}
        for rule, count, fixes in count_rules(found)
    ]
    return json.dumps(listed, indent=2) + "\n"
