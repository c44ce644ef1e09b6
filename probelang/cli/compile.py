"""`probelang compile`, and specs compiled together for the commands that run or load them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import (
    FOUND,
    OK,
    UsageError,
    load_kernel,
    read_all,
    say,
    settings_of,
    wants_color,
    write_output,
)
from probelang.cli.options import add_common, add_kernel, add_output, add_target
from probelang.record import record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import Any

    from probelang.backends import Settings
    from probelang.kernel.interface import Kernel
    from probelang.pipeline import Analysis
    from probelang.source import Source


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang compile`."""
    add_target(parser)
    add_kernel(parser, "store")
    parser.add_argument(
        "--format",
        choices=("script", "commands", "json"),
        default="script",
        help="a script (default), the bare lines for dynamic_events (perf: the commands), or JSON",
    )
    add_output(parser)
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    from probelang.backends import get_backend

    backend = get_backend(options.target)
    if options.format not in backend.FORMATS:
        known = ", ".join(backend.FORMATS)
        raise UsageError(f"--target {options.target} has no format {options.format}, only {known}")
    settings = settings_of(options)
    made = compile_files(options, options.target, settings)
    if made.status:
        return made.status
    output = backend.render(
        made.events, options.format, [source.name for source in made.sources], made.kernel, settings
    )
    for note in output.notes:
        say(f"note: {note}")
    write_output(options.output, output.text, program=options.format == "script")
    return OK


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
