"""What the JSON of every backend says of a probe in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probelang.probes import Probe


def describe_place(probe: Probe) -> dict[str, object]:
    """What a probe is, and where it stands in its spec; lines and columns count from 1."""
    line, column = probe.source.position(probe.span.start)
    return {"kind": probe.kind.value, "file": probe.source.name, "line": line, "column": column}


def describe_fields(probe: Probe) -> list[dict[str, object]]:
    """What a probe records, in order."""
    return [
        {
            "name": field.name,
            "type": field.fetch.text,
            "c_type": field.c_type,
            "for_condition": field.auto,
        }
        for field in probe.fields
    ]
