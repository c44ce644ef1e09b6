"""What was known already: `--baseline FILE`, the JSON of an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.cli.common import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.source import Source

MAX_SIZE = 64 << 20


def without_known(
    path: str, found: Sequence[tuple[Source, Diagnostic]], places: Mapping[str, str]
) -> list[tuple[Source, Diagnostic]]:
    """What is not in the baseline, by fingerprints, for which `places` are. Raises UsageError."""
    from probelang.render.fingerprint import fingerprints

    known = _read(path)
    return [one for one, mark in zip(found, fingerprints(found, places), strict=True) if mark not in known]


def _read(path: str) -> set[str]:
    import json

    try:
        with open(path, "rb") as file:
            data = file.read(MAX_SIZE + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        content = json.loads(data) if len(data) <= MAX_SIZE else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, list):
        raise UsageError(f"{path} is no output of `probelang lint --format json`")
    marks = {one.get("fingerprint") for one in content if isinstance(one, dict)}
    return {mark for mark in marks if isinstance(mark, str)}
