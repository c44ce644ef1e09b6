"""What can be asked of a spec: its diagnostics for a kernel, and the events it makes there.

The command line, and every editor, asks here; nothing below this knows about either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings, get_backend
from probelang.check.report import in_source_order
from probelang.check.spec import check
from probelang.diagnostics import Diagnostic, Severity
from probelang.record import record, replace
from probelang.syntax.parse import parse

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel
    from probelang.source import Source
    from probelang.syntax import tree


@record
class Analysis:
    """What is known of one spec on one kernel: its tree, its events, and all there is to say, in source order.

    Events are of the class of the backend that was asked for.
    """

    source: Source
    tree: tree.File
    events: tuple[Any, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        """Whether anything is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


def analyse(
    source: Source, kernel: Kernel, target: str = BACKENDS[0], settings: Settings = DEFAULT_SETTINGS
) -> Analysis:
    """Parse, check and compile a spec for a kernel and a backend. Never raises on what a spec, or a kernel's files, hold."""
    kernel.suggest_anew()
    file, syntax = parse(source)
    backend = get_backend(target)
    checked = check(source, file, kernel, lambda base, kind: backend.find_lack(base, kind, kernel))
    plan = backend.emit_events(checked.probes, kernel, settings)
    emitted = [*plan.diagnostics, *backend.emit_events(checked.unfinished, kernel, settings).diagnostics]
    _keep_findings(kernel)
    found = in_source_order([*syntax, *checked.diagnostics, *emitted])
    diagnostics = tuple(
        replace(said, kernels=(kernel.name,), kernel_error=_known(said, kernel)) for said in found
    )
    return Analysis(source, file, plan.events, diagnostics)


def _keep_findings(kernel: Kernel) -> None:
    """What took time to read of programs and of the kernel's code, if it was asked for, is kept for the next run."""
    import sys

    kernel.keep_findings()

    if "probelang.program.load" in sys.modules:
        from probelang.program.load import keep_findings

        keep_findings()


def _known(diagnostic: Diagnostic, kernel: Kernel) -> str | None:
    """The kernel's own error, where this kernel's parser has it."""
    name = diagnostic.kernel_error
    if name is None or diagnostic.severity is not Severity.ERROR:
        return None
    from probelang.btf.types import BtfError

    try:
        return name if kernel.btf is not None and kernel.btf.find_enumerator(f"TP_ERR_{name}") else None
    except BtfError:
        return None


def merge(runs: list[tuple[Diagnostic, ...]]) -> list[Diagnostic]:
    """The diagnostics of one spec on several kernels: what is said at one place by one rule is said once, for all."""
    merged: dict[tuple[str, int, int], Diagnostic] = {}
    for run in runs:
        for found in run:
            key = (found.rule.code, found.label.span.start, found.label.span.end)
            known = merged.get(key)
            merged[key] = found if known is None else replace(known, kernels=known.kernels + found.kernels)
    return in_source_order(merged.values())
