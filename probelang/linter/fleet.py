"""One spec on several kernels: one diagnostic for one cause, which says on which kernels it holds.

What one rule says at one place is one cause, whatever types, numbers and names of kernels its words have there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings
from probelang.check.report import in_source_order
from probelang.diagnostics import Diagnostic, Severity, listed
from probelang.linter import lint as lint_one
from probelang.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from probelang.kernel.interface import Kernel
    from probelang.source import Source


def lint(
    source: Source,
    kernels: Sequence[Kernel],
    target: str = BACKENDS[0],
    settings: Settings = DEFAULT_SETTINGS,
    carets: bool = False,
) -> list[Diagnostic]:
    """All there is to say of a spec on some kernels, in source order, with fixes that are right on all of them."""
    runs = [lint_one(source, kernel, target, settings, carets) for kernel in kernels]
    found = merge(runs, {kernel.name: kernel.title for kernel in kernels})
    if len(kernels) < 2 or all(len(one.kernels) == len(kernels) for one in found):
        return found
    from probelang.linter.alternatives import offer

    return offer(source, found, kernels, target, settings)


def merge(runs: Iterable[Iterable[Diagnostic]], titles: Mapping[str, str] | None = None) -> list[Diagnostic]:
    """The diagnostics of one spec on each of several kernels, as one for each cause, in source order.

    `titles` are what messages call the kernels, by their names: "the kernel" takes their place where there are several.
    """
    causes: dict[tuple[str, int, int], list[Diagnostic]] = {}
    for run in runs:
        for found in run:
            key = (found.rule.code, found.label.span.start, found.label.span.end)
            causes.setdefault(key, []).append(found)
    several = titles is not None and len(titles) > 1
    return in_source_order(
        _merged([_without_title(one, titles or {}) for one in found] if several else found)
        for found in causes.values()
    )


def _without_title(found: Diagnostic, titles: Mapping[str, str]) -> Diagnostic:
    title = titles.get(found.kernels[0]) if found.kernels else None
    if title is None:
        return found

    def plain(text: str) -> str:
        return text.replace(title, "the kernel")

    help = plain(found.help) if found.help is not None else None
    label = replace(found.label, text=plain(found.label.text))
    return replace(found, message=plain(found.message), label=label, help=help)


def _merged(found: list[Diagnostic]) -> Diagnostic:
    """One diagnostic of what was said on several kernels: the first kernel's words, and beside them what others say."""
    first = found[0]
    if len(found) == 1:
        return first
    kernels = tuple(name for one in found for name in one.kernels)
    said: dict[str, list[str]] = {}
    for one in found:
        said.setdefault(one.message, []).extend(one.kernels)
    others = tuple(
        f"on {listed(names)}: {message}" for message, names in said.items() if message != first.message
    )
    # a kernel's own words and its column are those of one kernel: the first that would put a caret, else the first that has the error
    refused = [one for one in found if one.kernel_error is not None]
    opinion = next(
        (one for one in refused if one.kernel_column is not None), refused[0] if refused else first
    )
    same_fix = all(one.fix == first.fix for one in found)
    # a name that is near on one kernel is no cure where another has it not
    label = first.label if same_fix else replace(first.label, text="")
    return replace(
        first,
        kernels=kernels,
        severity=Severity(max(one.severity for one in found)),
        label=label,
        notes=(*others, *first.notes),
        fix=first.fix if same_fix else None,
        kernel_error=opinion.kernel_error,
        kernel_text=opinion.kernel_text,
        kernel_column=opinion.kernel_column,
        kernel_command=opinion.kernel_command,
    )
