"""Names as perf makes and reads them.

`perf probe` makes names of its own out of those it is given: it adds `__return` to every return probe, and releases since 6.14 or so
drop the underscores in front. `perf record -e` reads an event with the lexer of all its events, so some good names are
something else to it: `read` is the raw event 0xead, `keep` four modifiers, `load` a cache operation. A pattern with a `?`
is a name to every release; the script makes sure that it fits one event only. Tried with perf 6.1, 6.12, 7.2 and 7.3.
"""

from __future__ import annotations

import re

from probelang.check.naming import MAX_EVENT_NAME

RETURN = "__return"

_RAW = re.compile(r"r[0-9a-fA-F]{1,16}")
_MODIFIERS = re.compile(r"[ukhpPGHSDIWebRX]+")
_WORDS = frozenset(
    ("access", "bpc", "bpu", "branch", "branches", "btb", "config", "cs", "cycles", "data", "dummy", "faults")
    + ("duration_time", "instructions", "l1d", "l1i", "load", "loads", "mem", "migrations", "miss", "misses")
    + ("node", "ops", "prefetch", "prefetches", "read", "ref", "refs", "speculative_load", "speculative_read")
    + ("store", "stores", "system_time", "tsc", "user_time", "write", "dtlb", "itlb", "llc", "l2", "l1")
)


def spell_event(group: str, event: str, returns: bool, taken: set[str]) -> tuple[str, str]:
    """The name to give to perf for an event, and the one that it makes of it; the latter goes into `taken`."""
    ending = RETURN if returns else ""
    base = event.lstrip("_")
    if not base[:1].isalpha():
        base = f"p_{base}" if base else "p"
    limit = MAX_EVENT_NAME - len(ending)
    base = base[:limit]
    if f"{group}/{base}{ending}" in taken:
        number = 1
        while f"{group}/{_numbered(base, number, limit)}{ending}" in taken:
            number += 1
        base = _numbered(base, number, limit)
    taken.add(f"{group}/{base}{ending}")
    return base, base + ending


def _numbered(base: str, number: int, limit: int) -> str:
    """As perf numbers the points of one name."""
    return f"{base[: limit - len(str(number)) - 1]}_{number}"


def selector(group: str, event: str) -> tuple[str, bool]:
    """What `perf record -e` is given for an event, and whether that is a pattern."""
    patterns = _pattern(group), _pattern(event)
    return ":".join(patterns), patterns != (group, event)


def _pattern(name: str) -> str:
    odd = _RAW.fullmatch(name) or _MODIFIERS.fullmatch(name) or name.lower() in _WORDS
    return f"{name[:-1]}?" if odd else name


__all__ = ["RETURN", "selector", "spell_event"]
