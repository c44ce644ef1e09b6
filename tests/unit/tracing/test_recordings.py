"""What real kernels had in their ring buffers: the reader makes of it what the kernels' own text says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from probelang.tracing.hits import Hit
from tests.support.hits import KERNELS, compare, spec_of
from tests.support.recordings import events_of, hits_of, lay_out, read_all


def plain(value: Any) -> Any:
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def shown_hit(hit: Hit) -> dict[str, Any]:
    columns = hit.event.columns
    return {
        **{name: getattr(hit, name) for name in ("time", "cpu", "tid", "comm", "place", "stack")},
        "event": hit.event.recorded.partition("/")[2],
        "types": {column.name: column.type for column in columns},
        "values": {column.name: plain(value) for column, value in zip(columns, hit.values, strict=True)},
    }


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_recording_is_what_the_kernel_showed(kernel: str, tmp_path: Path) -> None:
    instance = lay_out(kernel, tmp_path)
    batches = read_all(instance, events_of(kernel))
    assert [lost for batch in batches for lost in batch.lost] == []
    text = (instance / "trace").read_bytes().decode("utf-8", "surrogateescape")
    compare(text, [shown_hit(hit) for hit in hits_of(batches)], spec_of(kernel))
