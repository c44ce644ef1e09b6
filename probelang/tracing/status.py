"""How loaded events do: what the kernel counts of them, and whether they are still those of their specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.record import record
from probelang.tracing.loaded import LoadedEvent, condition_of, digest_of, lines_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from probelang.tracing.loaded import LoadedSpec
    from probelang.tracing.tracefs import Folder, Tracefs


@record
class Counts:
    """How often points were hit, whatever the condition said, and how often they were missed; None where the kernel does not count it.

    Missed are calls that a return probe had no slot for, and those that there was no room to join with their entry for.
    """

    hits: int | None = None
    misses: int | None = None


@record
class EventStatus:
    """A loaded event. `condition` is as `condition_of` has it; `spec` is `same`, `changed` or `gone`, or `unknown`."""

    event: LoadedEvent
    condition: str
    counts: Counts
    spec: str


@record
class SpecStatus:
    """A loaded spec. `spec` is `same`, `changed`, `gone` (there is no such file any more) or `broken` (it does not compile)."""

    file: str
    spec: str
    events: tuple[EventStatus, ...]
    added: tuple[str, ...]


def find_status(
    tracefs: Tracefs,
    spec: LoadedSpec,
    read: Callable[[str], str | None],
    compile: Callable[[str], Sequence[LoadedEvent] | None],
) -> SpecStatus:
    """How a spec does. `read` gives its text now, None where it is gone; `compile` its events now, None where it has errors."""
    there = lines_of(tracefs, spec.events)
    counts = count_hits(tracefs)
    text = read(spec.file)
    now: dict[str, LoadedEvent] | None = None
    if text is None:
        state = "gone"
    elif digest_of(text) == spec.digest:
        state = "same"
    else:
        made = compile(spec.file)
        now = None if made is None else {event.name: event for event in made}
        state = "broken" if made is None else "changed"
    events = []
    for event in spec.events:
        if state == "same":
            of_spec = "same"
        elif now is None:
            of_spec = "unknown"
        else:
            of_spec = "gone" if event.name not in now else "same" if now[event.name] == event else "changed"
        events.append(
            EventStatus(
                event, condition_of(tracefs, event, there), _counts_of(tracefs, event, counts), of_spec
            )
        )
    loaded = {event.name for event in spec.events}
    added = tuple(name for name in now or {} if name not in loaded)
    return SpecStatus(spec.file, state, tuple(events), added)


def count_hits(tracefs: Tracefs) -> dict[str, Counts]:
    """By the names of events of tracefs, what the kernel's profiles tell.

    `kprobe_profile` has no groups, and a line for each point; `kprobe_events` has the same lines in the same order.
    """
    for _ in range(3):
        events, profile = tracefs.get("kprobe_events"), tracefs.get("kprobe_profile")
        if events == tracefs.get("kprobe_events"):
            break
    counts: dict[str, Counts] = {}
    _add(counts, events, [(words[-3], words[-2], words[-1]) for words in _rows(profile, 3)])
    events, profile = tracefs.get("uprobe_events"), tracefs.get("uprobe_profile")
    _add(counts, events, [(words[-2], words[-1], None) for words in _rows(profile, 2)])
    return counts


def _rows(profile: str, least: int) -> list[list[str]]:
    return [words for words in (line.split() for line in profile.splitlines()) if len(words) >= least]


def _add(counts: dict[str, Counts], events: str, rows: Sequence[tuple[str, str, str | None]]) -> None:
    lines = [line for line in events.splitlines() if line and not line.startswith("#")]
    if len(lines) != len(rows):
        return
    for line, (name, hits, misses) in zip(lines, rows, strict=True):
        event = (line.partition(":")[2].split() or [""])[0]
        if event.partition("/")[2] != name or not hits.isdecimal():
            continue
        before = counts.get(event, Counts(0, None if misses is None else 0))
        missed = before.misses
        if missed is not None and misses is not None and misses.isdecimal():
            missed += int(misses)
        counts[event] = Counts((before.hits or 0) + int(hits), missed)


def count_joins(folder: Folder, triggers: Sequence[tuple[str, str]]) -> Counts:
    """Of a joined event, by its triggers: its returns, and the calls that were not joined, because the histogram of entries or of returns was full."""
    totals = {name: folder.totals_of(name) for name, _ in triggers}
    found = [one for one in totals.values() if one is not None]
    if not found:
        return Counts()
    last = totals[triggers[-1][0]]
    return Counts(last and last[0], max(drops for _, drops in found))


def _counts_of(tracefs: Tracefs, event: LoadedEvent, counts: dict[str, Counts]) -> Counts:
    """Of the event of tracefs that raises it: the last that the kernel counts, which is a joined event's return."""
    found = [count_joins(tracefs, event.triggers)]
    found += [counts[one.name] for one in event.defined if one.name in counts]
    hits = [one.hits for one in found if one.hits is not None]
    missed = [one.misses for one in found if one.misses is not None]
    return Counts(hits[-1] if hits else None, sum(missed) if missed else None)
