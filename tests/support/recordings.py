"""Ring buffers of real kernels, recorded by scripts/record_hits.py, as a reader finds them in tracefs."""

from __future__ import annotations

import io
import tarfile
from functools import cache
from pathlib import Path

from probelang.analysis import analyse
from probelang.kernel.load import load_kernel
from probelang.source import Source
from probelang.tracing.hits import Batch, Column, Hit, Traced
from probelang.tracing.reader import Reader
from tests.support.hits import spec_of

DATA = Path(__file__).parents[1] / "unit" / "tracing" / "data"


def lay_out(kernel: str, folder: Path) -> Path:
    """A recording as files below `folder`; gives the instance's."""
    with tarfile.open(fileobj=io.BytesIO((DATA / f"{kernel}.tar.gz").read_bytes())) as tar:
        tar.extractall(folder, filter="data")
    return folder / "instances" / "reader"


@cache
def events_of(kernel: str) -> tuple[Traced, ...]:
    """The events of the spec that was recorded."""
    analysis = analyse(Source("reader.pl", spec_of(kernel)), load_kernel(kernel))
    assert not analysis.failed, [found.message for found in analysis.diagnostics]
    return tuple(
        Traced(
            event.probe,
            event.name,
            tuple(Column(field.name, field.fetch.text) for field in event.probe.fields if not field.auto),
        )
        for event in analysis.events
    )


def read_all(instance: Path, events: tuple[Traced, ...], **options: int) -> list[Batch]:
    """All that is in the buffers of an instance."""
    with Reader(instance, events, proc=instance.parents[1] / "proc", **options) as reader:
        return list(reader.batches(lambda: True))


def hits_of(batches: list[Batch]) -> list[Hit]:
    return [hit for batch in batches for hit in batch.hits]
