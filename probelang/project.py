"""A spec as a team has it checked: on all its kernels, by the rules that it selects, without what its comments ignore.

The command line asks here; `probelang.linter` answers for one kernel, and `probelang.analysis.document` is the same of a text
that is edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang import ignores
from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings
from probelang.check.report import in_source_order
from probelang.linter import copies, fleet
from probelang.pipeline import read
from probelang.record import replace
from probelang.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.commands.uprobe import Files
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
    file, _ = read(source)
    found = fleet.lint(source, kernels, target, settings, carets)
    names = [kernel.name for kernel in kernels]
    said = in_source_order(ignores.apply(source, file, found, selection, names))
    return copies.without_copies(source, said, lambda: file)


def lint_commands(
    source: Source,
    kernels: Sequence[Kernel],
    selection: Selection = EVERYTHING,
    files: Files | None = None,
) -> list[Diagnostic]:
    """All there is to say of a file of raw commands: one diagnostic for what is the same on several kernels."""
    from probelang.commands.lines import read_layout
    from probelang.commands.lint import lint_for
    from probelang.commands.uprobe import unknown_file

    merged: dict[tuple[str, int, int, str], Diagnostic] = {}
    for kernel in kernels:
        for found in lint_for(source, kernel, files or unknown_file):
            key = (found.rule.code, found.label.span.start, found.label.span.end, found.message)
            known = merged.get(key)
            merged[key] = found if known is None else replace(known, kernels=known.kernels + found.kernels)
    all_found = in_source_order(merged.values())
    if "probelang" not in source.text.lower():
        return selection.apply(all_found)
    names = [kernel.name for kernel in kernels]
    return in_source_order(ignores.apply(source, read_layout(source), all_found, selection, names))
