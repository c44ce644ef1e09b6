"""From a text to all that is known of it on one kernel: parse, check, and the events of a backend, with all diagnostics.

The linter, importing and the command line, editors and the public functions start from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings, get_backend
from probelang.check.report import in_source_order
from probelang.check.spec import check, without_errors
from probelang.diagnostics import Diagnostic, Severity
from probelang.record import record, replace
from probelang.syntax.parse import parse

if TYPE_CHECKING:
    from probelang.check.spec import Statement
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
    statements: tuple[Statement, ...]

    @property
    def failed(self) -> bool:
        """Whether anything is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)


#: One spec at the most.
_latest: list[tuple[Source, tuple[tree.File, list[Diagnostic]]]] = []


def read(source: Source) -> tuple[tree.File, list[Diagnostic]]:
    """The tree of a spec and its syntax errors; those of the latest one are kept, for its other kernels."""
    if not _latest or _latest[0][0] is not source:
        _latest[:] = [(source, parse(source))]
    return _latest[0][1]


def analyse(
    source: Source, kernel: Kernel, target: str = BACKENDS[0], settings: Settings = DEFAULT_SETTINGS
) -> Analysis:
    """Parse, check and compile a spec for a kernel and a backend. Never raises on what a spec, or a kernel's files, hold."""
    kernel.suggest_anew()
    file, syntax = read(source)
    backend = get_backend(target)
    checked = check(source, file, kernel, lambda base, kind: backend.find_lack(base, kind, kernel))
    plan = backend.emit_events(checked.probes, kernel, settings)
    emitted = [*plan.diagnostics, *backend.emit_events(checked.unfinished, kernel, settings).diagnostics]
    _keep_findings(kernel)
    found = in_source_order([*syntax, *checked.diagnostics, *emitted])
    diagnostics = tuple(
        replace(said, kernels=(kernel.name,), **kernel_opinion(said, kernel)) for said in found
    )
    return Analysis(
        source, file, plan.events, diagnostics, without_errors(checked.statements, plan.diagnostics)
    )


def _keep_findings(kernel: Kernel) -> None:
    """What took time to read of programs and of the kernel's code, if it was asked for, is kept for the next run."""
    import sys

    kernel.keep_findings()

    if "probelang.program.load" in sys.modules:
        from probelang.program.load import keep_findings

        keep_findings()


def kernel_opinion(diagnostic: Diagnostic, kernel: Kernel) -> dict[str, str | None]:
    """The kernel's own error for a diagnostic, and its text in the words of this kernel."""
    name = known_error(diagnostic, kernel)
    if name is None:
        return {"kernel_error": None}
    from probelang.kernel.errors import known_text

    return {"kernel_error": name, "kernel_text": known_text(name, kernel)}


def known_error(diagnostic: Diagnostic, kernel: Kernel) -> str | None:
    """The kernel's own error for a diagnostic, where this kernel's parser has it."""
    name = diagnostic.kernel_error
    if name is None or diagnostic.severity is not Severity.ERROR:
        return None
    from probelang.btf.types import BtfError

    try:
        return name if kernel.btf is not None and kernel.btf.find_enumerator(f"TP_ERR_{name}") else None
    except BtfError:
        return None
