"""Probes that were written for something else as a spec: raw commands of the kernel, `perf probe`, bpftrace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.imports.origin import BPFTRACE, PERF, origin_of

if TYPE_CHECKING:
    from probelang.commands.importing import Imported
    from probelang.kernel.interface import Kernel
    from probelang.source import Source


def import_source(source: Source, kernel: Kernel, origin: str | None = None) -> Imported:
    """The spec of a file; its `origin` is told by its name and contents where it is not given."""
    match origin or origin_of(source.name, source.text):
        case found if found == PERF:
            from probelang.imports.perf import import_perf

            return import_perf(source, kernel)
        case found if found == BPFTRACE:
            from probelang.imports.bpftrace import import_bpftrace

            return import_bpftrace(source, kernel)
    from probelang.commands.importing import import_commands

    return import_commands(source, kernel)
