"""Names of a run of its own: dynamic events are global, and two runs of one spec may be on at once."""

from __future__ import annotations

from probelang.check.naming import MAX_EVENT_NAME
from probelang.digest import digest

#: MAX_EVENT_NAME_LEN of kernel/trace/trace_probe.h holds for groups, too.
MAX_GROUP_NAME = 63


def name_group(group: str, run: str) -> str:
    """The group that the events of `group` are in for a run; the same as long as `run` is ""."""
    return _with_end(group, f"_{run}", MAX_GROUP_NAME) if run else group


def name_synthetic(event: str, run: str, end: str) -> str:
    """The synthetic event of an event for a run: those are all in one group, so the name itself tells them apart."""
    if not run:
        return event[: MAX_EVENT_NAME - len(end)] + end
    return _with_end(event, f"_{run}{end}", MAX_EVENT_NAME)


def _with_end(name: str, end: str, most: int) -> str:
    """A name with something after it; one that is too long for that is cut, and stays different from others."""
    if len(name) + len(end) > most:
        told_apart = "_" + digest((name,), 4)
        name = name[: most - len(end) - len(told_apart)] + told_apart
    return name + end
