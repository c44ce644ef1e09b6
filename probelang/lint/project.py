"""A spec as a team has it checked: on all its kernels, by the rules that it selects, without what its comments ignore.

The command line asks here; `probelang.analysis` answers for one kernel, and `probelang.analysis.document` is the same of a text
that is edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import analysis
from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings
from probelang.check.report import in_source_order
from probelang.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.source import Source


def lint(
    source: Source,
    kernels: Sequence[Kernel],
    target: str = BACKENDS[0],
    settings: Settings = DEFAULT_SETTINGS,
    selection: Selection = EVERYTHING,
    carets: bool = False,
) -> list[Diagnostic]:
    """All there is to say of a spec, in source order; with `carets` where the kernel's would be."""
    from probelang.lint import copies, fleet, ignores

    file, _ = analysis.read(source)
    found = fleet.lint(source, kernels, target, settings, carets)
    names = [kernel.name for kernel in kernels]
    said = in_source_order(ignores.apply(source, file, found, selection, names))
    return copies.without_copies(source, said, lambda: file)
