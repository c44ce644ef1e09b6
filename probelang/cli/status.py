"""`probelang status`: what is loaded, and how it does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import OK, UsageError, load_kernel, read
from probelang.cli.run import clear_killed, open_kernel

if TYPE_CHECKING:
    import argparse

    from probelang.tracing.loaded import LoadedEvent


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang status`."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how it is shown")


def run(options: argparse.Namespace) -> int:
    """Show what is loaded, and how it does."""
    from probelang.render.loaded import render_json, render_loaded
    from probelang.tracing.loaded import read_record
    from probelang.tracing.state_files import StateError
    from probelang.tracing.status import find_status

    tracefs, states = open_kernel("status")
    clear_killed(tracefs, states)
    try:
        specs = [find_status(tracefs, spec, _read_text, _compile) for spec in read_record(states).specs]
        runs = states.runs()
    except StateError as error:
        raise UsageError(str(error)) from None
    sys.stdout.write(render_json(specs, runs) if options.format == "json" else render_loaded(specs, runs))
    return OK


def _read_text(file: str) -> str | None:
    try:
        return read(file).text
    except UsageError:
        return None


def _compile(file: str) -> list[LoadedEvent] | None:
    """The events of a spec for the running kernel as it is now; None if it has errors."""
    from probelang.pipeline import analyse
    from probelang.tracing.loaded import describe_event

    analysis = analyse(read(file), load_kernel(None))
    return None if analysis.failed else [describe_event(event) for event in analysis.events]
