"""Names as perf makes and reads them.

`perf probe` makes names of its own out of those it is given: it adds `__return` to every return probe, and newer releases
drop underscores in front and make one of several (6.12 does not, 7.3 does). It refuses a name that an event of another group has. `perf record -e` reads an event with the lexer of all its events, so some good names are
something else to it: `read` is the raw event 0xead, `keep` four modifiers, `load` a cache operation. A pattern with a `?`
is a name to every release; the script makes sure that it fits one event only. Tried with perf 6.1, 6.12, 7.2 and 7.3.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from probelang.check.naming import MAX_ARG_NAME, MAX_EVENT_NAME, free_name
from probelang.probes import comparisons

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from probelang.probes import Condition

RETURN = "__return"

_RAW = re.compile(r"r[0-9a-fA-F]{1,16}")
_MODIFIERS = re.compile(r"[ukhpPGHSDIWebRX]+")
_WORDS = frozenset(
    ("access", "bpc", "bpu", "branch", "branches", "btb", "config", "cs", "cycles", "data", "dummy", "faults")
    + ("duration_time", "instructions", "l1d", "l1i", "load", "loads", "mem", "migrations", "miss", "misses")
    + ("node", "ops", "prefetch", "prefetches", "read", "ref", "refs", "speculative_load", "speculative_read")
    + ("store", "stores", "system_time", "tsc", "user_time", "write", "dtlb", "itlb", "llc", "l2", "l1")
)

#: `perf record --filter` takes every text that has this in it for a BPF filter, which few builds know (perf 7.2).
MISREAD = "uid"


def aliases(condition: Condition | None, names: Sequence[str]) -> dict[str, str]:
    """New names for the compared fields whose names perf would misread in a filter: they are recorded once more."""
    found: dict[str, str] = {}
    taken = set(names)
    for compare in comparisons(condition):
        name = compare.field
        if not compare.common and MISREAD in name and name not in found:
            base = name.replace(MISREAD, "u_id")[:MAX_ARG_NAME]
            found[name] = base if base not in taken else free_name(base, taken, MAX_ARG_NAME)
            taken.add(found[name])
    return found


def spell_event(event: str, returns: bool, taken: set[str]) -> str:
    """The name to give to perf for an event; what perf makes of it goes into `taken`, and was not there."""
    ending = RETURN if returns else ""
    base = re.sub("_+", "_", event).lstrip("_")
    if not base[:1].isalpha():
        base = f"p_{base}" if base else "p"
    limit = MAX_EVENT_NAME - len(ending)
    name, number = base[:limit], 0
    while name + ending in taken:
        # as perf numbers the points of one name
        number += 1
        name = f"{base[: limit - len(str(number)) - 1]}_{number}"
    taken.add(name + ending)
    return name


def find_pattern(group: str, event: str, others: Iterable[str] = ()) -> str | None:
    """`group/event` as a pattern, where perf would take a name for something else; it fits none of `others`, if that can be."""
    if not (_is_odd(group) or _is_odd(event)):
        return None
    head = f"{group[:-1]}?" if _is_odd(group) else group
    tails = list(_patterns(event)) if _is_odd(event) else [event]
    name = f"{group}/{event}"
    rest = [other for other in others if other != name]
    return next(
        (
            f"{head}/{tail}"
            for tail in tails
            if not any(fnmatchcase(other, f"{head}/{tail}") for other in rest)
        ),
        f"{head}/{tails[0]}",
    )


def _is_odd(name: str) -> bool:
    return bool(_RAW.fullmatch(name) or _MODIFIERS.fullmatch(name) or name.lower() in _WORDS)


def _patterns(name: str) -> Iterator[str]:
    """Those with a `?` or `*`, without which perf takes none for a pattern."""
    for place in range(len(name) - 1, -1, -1):
        yield f"{name[:place]}?{name[place + 1 :]}"
    yield f"{name}*"
    yield f"*{name}"
