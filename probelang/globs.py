"""Patterns for paths, as `.gitignore` has them: `*`, `?` and `[…]` within a name, `**` for any folders.

A pattern without a slash fits a file or folder of that name at any depth, one with a slash a path from the folder that
the pattern belongs to; what fits a folder fits all that is in it. Time is bounded by the lengths, whatever the pattern.
"""

from __future__ import annotations

from fnmatch import fnmatchcase


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern fits a relative path with `/` between its names, or a folder that it is in."""
    anchored = "/" in pattern.rstrip("/")
    wanted = [name for name in pattern.split("/") if name not in ("", ".")]
    names = path.split("/")
    if not anchored:
        return bool(wanted) and any(fnmatchcase(name, wanted[0]) for name in names)
    return _fits_from_start(wanted, names)


def _fits_from_start(wanted: list[str], names: list[str]) -> bool:
    # how much of the path, in names, the pattern so far may have taken
    reached = {0}
    for part in wanted:
        if part == "**":
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatchcase(names[at], part)}
        if not reached:
            return False
    return True
