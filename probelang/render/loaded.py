"""What is loaded, for people and for programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.tracing.state import RunState
    from probelang.tracing.status import EventStatus, SpecStatus

_SPECS = {
    "same": "",
    "changed": "has changed since: `probelang load` it again",
    "gone": "is gone, or cannot be read",
    "broken": "has changed since, and has errors now",
}
_NOT_COUNTED = "not counted by the kernel"


def render_loaded(specs: Sequence[SpecStatus], runs: Sequence[RunState]) -> str:
    """A line for each event, under its spec; then the runs that are on."""
    out = []
    rows = [[_row(event) for event in spec.events] for spec in specs]
    widths = [max((len(row[column]) for group in rows for row in group), default=0) for column in range(3)]
    for spec, group in zip(specs, rows, strict=True):
        said = _SPECS[spec.spec]
        if spec.spec == "changed" and not spec.added and all(one.spec == "same" for one in spec.events):
            said = "has changed since, and its events have not"
        out.append(printable(shown_path(spec.file)) + (f": {said}" if said else ""))
        for row in group:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            out.append("  " + "  ".join([*cells, row[3]]).rstrip())
        out += [f"  {name}: in the spec, and not loaded" for name in spec.added]
    for run in runs:
        files = ", ".join(printable(shown_path(file)) for file in run.files)
        out.append(f"running: {files} (process {run.pid})")
    return "\n".join(out or ["nothing is loaded"]) + "\n"


def _row(status: EventStatus) -> tuple[str, str, str, str]:
    counts = status.counts
    if counts.hits is None:
        counted = _NOT_COUNTED
    else:
        counted = f"{counts.hits} calls" + (f", {counts.misses} missed" if counts.misses is not None else "")
    said = {"changed": "changed in the spec", "gone": "no longer in the spec"}.get(status.spec, "")
    return status.event.name, status.condition, counted, said


def render_json(specs: Sequence[SpecStatus], runs: Sequence[RunState]) -> str:
    """One object; counts are null where the kernel does not count."""
    import json

    whole = {
        "specs": [
            {
                "file": spec.file,
                "spec": spec.spec,
                "events": [
                    {
                        "event": one.event.name,
                        "tracefs": one.event.recorded,
                        "condition": one.condition,
                        "hits": one.counts.hits,
                        "misses": one.counts.misses,
                        "spec": one.spec,
                    }
                    for one in spec.events
                ],
                "not_loaded": list(spec.added),
            }
            for spec in specs
        ],
        "runs": [{"run": run.id, "pid": run.pid, "files": list(run.files)} for run in runs],
    }
    return json.dumps(whole, indent=2) + "\n"


def shown_path(path: str) -> str:
    """A path as one would type it here."""
    if not os.path.isabs(path):
        return path
    try:
        shown = os.path.relpath(path)
    except OSError:
        return path
    return path if shown.startswith("..") else shown
