"""What `probelang lint` found, printed in the format that was asked for."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING

from probelang.cli.common import wants_color
from probelang.cli.lint_jobs import places_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.cli.lint_jobs import Job, Run
    from probelang.diagnostics import Diagnostic
    from probelang.source import Source


def print_found(run: Run, jobs: list[Job], found: list[tuple[Source, Diagnostic]], fixed: int) -> None:
    """All of it; to standard error where standard output has the fixed spec."""
    options = run.options
    stream = sys.stderr if options.fix and any(job.name == "-" for job in jobs) else sys.stdout
    color = wants_color(options, stream)
    diagnostics = [one for _, one in found]
    if options.statistics:
        from probelang.render.summary import render_statistics, render_statistics_json

        render = render_statistics_json if options.format == "json" else render_statistics
        stream.write(render(diagnostics))
        return
    names = {
        id(job.outcome.source): [run.name(kernel) for kernel in job.kernels] for job in jobs if job.outcome
    }

    def kernels_of(source: Source) -> list[str]:
        return names[id(source)]

    match options.format:
        case "json":
            from probelang.render.json import render_json

            stream.write(render_json(found, places_of(jobs)))
        case "sarif":
            from probelang.render.sarif import render_sarif

            stream.write(render_sarif(found, [job.source for job in jobs], kernels_of, places_of(jobs)))
        case "github":
            from probelang.render.github import render_github

            stream.write(render_github(found, kernels_of))
        case _:
            _print_text(run, found, stream, color, kernels_of)
    if options.format == "text" and not options.quiet:
        from probelang.render.summary import render_summary

        stream.write(render_summary(found, len(jobs), fixed, options.unsafe_fixes, options.fix))
    elif options.format == "concise" and fixed and not options.quiet:
        from probelang.render.summary import render_summary

        sys.stderr.write(render_summary(found, len(jobs), fixed, options.unsafe_fixes, options.fix))


def _print_text(
    run: Run,
    found: list[tuple[Source, Diagnostic]],
    stream: IO[str],
    color: bool,
    kernels_of: Callable[[Source], list[str]],
) -> None:
    from probelang.render.text import render_concise, render_text

    render = render_concise if run.options.format == "concise" else render_text
    by_source: dict[int, tuple[Source, list[Diagnostic]]] = {}
    for source, one in found:
        by_source.setdefault(id(source), (source, []))[1].append(one)
    for source, mine in by_source.values():
        stream.write(render(source, mine, color=color, kernels=kernels_of(source)))
