"""Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Severity, headline
from probelang.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from probelang.diagnostics import Diagnostic
    from probelang.source import Source

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render_github(
    found: Iterable[tuple[Source, Diagnostic]], kernels: Callable[[Source], Sequence[str]] = lambda source: ()
) -> str:
    """`::error title=…,file=…,line=…,col=…::message`, a line each. Columns are only given within one line.

    `kernels` are all that were asked about, for each spec.
    """
    return "".join(_command(source, one, kernels(source)) for source, one in found)


def _command(source: Source, found: Diagnostic, kernels: Sequence[str]) -> str:
    line, column = source.position(found.label.span.start)
    end_line, end_column = source.position(found.label.span.end)
    place = {"file": printable(source.name), "line": str(line), "endLine": str(end_line)}
    if line == end_line:
        # the last column is one of the characters in question
        place.update(col=str(column), endColumn=str(max(end_column - 1, column)))
    place = {"title": f"{found.rule.code} {found.rule.slug}", **place}
    lines = [headline(found, kernels)]
    if found.label.text:
        lines.append(found.label.text)
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"help: {found.help}"] if found.help is not None else []
    lines += [f"fix: {found.fix.title}"] if found.fix is not None else []
    message = "\n".join(printable(text) for text in lines)
    properties = ",".join(f"{key}={_property(value)}" for key, value in place.items())
    return f"::{_LEVELS[found.severity]} {properties}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
