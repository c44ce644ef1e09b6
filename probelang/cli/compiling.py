"""Specs compiled together, for the commands that write, run or load them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, UsageError, load_kernel, read_all, wants_color
from probelang.record import record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from probelang.backends import Settings
    from probelang.kernel.interface import Kernel
    from probelang.pipeline import Analysis
    from probelang.source import Source


@record
class Compiled:
    """Specs and their events on a kernel; `status` is not 0 where something is wrong, which has been said."""

    kernel: Kernel
    sources: tuple[Source, ...]
    events: tuple[Any, ...]
    status: int


def compile_files(options: argparse.Namespace, target: str, settings: Settings) -> Compiled:
    """Compile the files of a command line; diagnostics go to standard error. Raises UsageError, KernelError."""
    from probelang.pipeline import analyse
    from probelang.render.text import render_text

    kernel = load_kernel(options.kernel)
    sources, status = read_all(options.files)
    color = wants_color(options, sys.stderr)
    analyses = [analyse(source, kernel, target, settings) for source in sources]
    for analysis in analyses:
        sys.stderr.write(render_text(analysis.source, analysis.diagnostics, color=color))
    clash = _clashes(analyses, settings.run)
    if clash:
        raise UsageError(clash)
    if any(analysis.failed for analysis in analyses):
        from probelang.render.summary import render_summary

        found = [(analysis.source, one) for analysis in analyses for one in analysis.diagnostics]
        sys.stderr.write(render_summary(found, len(sources), fixer="probelang lint --fix"))
        status = max(status, FOUND)
    events = tuple(event for analysis in analyses for event in analysis.events)
    return Compiled(kernel, tuple(sources), events, status)


def _clashes(analyses: Sequence[Analysis], run: str) -> str | None:
    """Files compiled together make one script, or one run, in which an event has one meaning."""
    seen: dict[str, str] = {}
    for analysis in analyses:
        for event in analysis.events:
            file = event.probe.source.name
            for name in event.names:
                other = seen.setdefault(name, file)
                if other != file:
                    name = name.replace(f"_{run}", "") if run else name
                    return f"{file} and {other} both define the event {name}: give one of them a `group`"
    return None
