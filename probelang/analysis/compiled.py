"""What a spec compiles to, for somebody who looks on while it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings, get_backend
from probelang.diagnostics import Severity
from probelang.pipeline import analyse
from probelang.record import record

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel
    from probelang.source import Source

MAX_ERRORS = 10


@record
class Compiled:
    """The output of `probelang compile`, or the errors that stand in the way, a line each.

    `line` is where the first event of the spec is in the text, from 0: what is before is the same for all specs.
    """

    text: str | None
    line: int = 0
    errors: tuple[str, ...] = ()


def compile_source(
    source: Source,
    kernel: Kernel,
    target: str = BACKENDS[0],
    format: str = "script",
    settings: Settings = DEFAULT_SETTINGS,
) -> Compiled:
    """Compile a spec; a backend that has no such format is asked for its default one."""
    analysis = analyse(source, kernel, target, settings)
    if analysis.failed:
        errors = []
        for found in analysis.diagnostics:
            if found.severity is Severity.ERROR:
                line, column = source.position(found.label.span.start)
                errors.append(f"{line}:{column}: {found.message}")
        if len(errors) > MAX_ERRORS:
            errors[MAX_ERRORS:] = [f"and {len(errors) - MAX_ERRORS} more"]
        return Compiled(None, errors=tuple(errors))
    backend = get_backend(target)
    known = format if format in backend.FORMATS else backend.FORMATS[0]
    output = backend.render(analysis.events, known, [source.name], kernel, settings)
    text = "".join(f"# note: {note}\n" for note in output.notes) + output.text
    return Compiled(text, _first_line(text, [name for event in analysis.events for name in event.names]))


def _first_line(text: str, names: list[str]) -> int:
    """The first line that has one of the names of events in it, and is no comment of the shell's."""
    for number, line in enumerate(text.split("\n")):
        if not line.startswith("#") and any(name in line for name in names):
            return number
    return 0
