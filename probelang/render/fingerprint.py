"""A name for each diagnostic that stays while the lines around it move."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.digest import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from probelang.diagnostics import Diagnostic
    from probelang.source import Source


def fingerprints(
    found: Iterable[tuple[Source, Diagnostic]], places: Mapping[str, str] | None = None
) -> list[str]:
    """The fingerprint of each: made from the file, the rule, the line and the words in question, and which of such it is.

    So it does not depend on the line's number, on the message, or on the kernels. `places` are where files are in their projects, by their
    names: the same whichever way a file was named, and from whichever folder. 32 hex digits.
    """
    made = []
    seen: dict[str, int] = {}
    for source, one in found:
        span = one.label.span
        line = source.line(source.position(span.start)[0]).strip()
        name = (places or {}).get(source.name) or source.name.replace(os.sep, "/").removeprefix("./")
        key = digest((name, one.rule.code, line, source.slice(span)))
        seen[key] = seen.get(key, 0) + 1
        made.append(key if seen[key] == 1 else digest((key, str(seen[key]))))
    return made
