"""What is to be said of several specs together: events that two of them define.

Files are first looked through for what looks like an event's name, which costs next to nothing; only those that may clash are parsed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.check.naming import MAX_EVENT_NAME, free_name, group_of_file
from probelang.diagnostics import Diagnostic, Edit, Fix, Label
from probelang.linter.rules.event_clash import RULE
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.source import Source, Span

_KIND = "(?:kprobe|fprobe|tprobe|eprobe|uprobe|usdt|watch|monitor)"
_NAMED = re.compile(rf"(?:\b(\w+)[ \t]*/[ \t]*)?\b(\w+)\s*=\s*{_KIND}\s")
_GROUP = re.compile(r"^\ufeff?[ \t]*group\s+(\w+)", re.MULTILINE)


def check_files(sources: Sequence[Source]) -> list[list[Diagnostic]]:
    """What there is to say of each of several specs because of the others, in source order, whatever the kernel."""
    found: list[list[Diagnostic]] = [[] for _ in sources]
    seen: dict[tuple[str, str], list[int]] = {}
    for number, source in enumerate(sources):
        for key in _at_a_glance(source):
            seen.setdefault(key, []).append(number)
    suspects = sorted({number for numbers in seen.values() if len(numbers) > 1 for number in numbers})
    first: dict[tuple[str, str], Source] = {}
    taken = {event for _, event in seen}
    for number in suspects:
        source = sources[number]
        for (group, event), span in _events(source).items():
            other = first.setdefault((group, event), source)
            if other is not source and other.name != source.name:
                found[number].append(_clash(source, other, group, event, span, taken))
    return found


def _clash(
    source: Source,
    other: Source,
    group: str,
    event: str,
    span: Span,
    taken: set[str],
) -> Diagnostic:
    free = free_name(event, taken, MAX_EVENT_NAME)
    taken.add(free)
    return Diagnostic(
        RULE,
        f"{other.name} defines the event `{group}/{event}` too: only one of them can be there at a time",
        Label(span),
        RULE.severity,
        notes=("without `group`, both are in a group of the files' name",)
        if not _GROUP.search(source.text) and group_of_file(source.name) == group
        else (),
        fix=Fix(f"call it `{free}`", (Edit(span, free),), safe=False),
    )


def _at_a_glance(source: Source) -> set[tuple[str, str]]:
    """The named events, or a little more: what is in comments too."""
    said = _GROUP.search(source.text)
    group = said[1] if said is not None else group_of_file(source.name)
    return {(own or group, event) for own, event in _NAMED.findall(source.text)}


def _events(source: Source) -> dict[tuple[str, str], Span]:
    """The named events of a spec, and where they are named."""
    from probelang.pipeline import read

    file, _ = read(source)
    group = next(
        (one.name.name for one in file.statements if isinstance(one, tree.Group)), group_of_file(source.name)
    )
    events: dict[tuple[str, str], Span] = {}
    for statement in file.statements:
        if isinstance(statement, tree.Probe) and statement.name is not None:
            own = statement.group.name if statement.group is not None else group
            events.setdefault((own, statement.name.name), statement.name.span)
    return events
