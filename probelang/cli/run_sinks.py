"""What the hits of a run are given to, by the options of the command line."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

from probelang.cli.common import UsageError, wants_color

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from probelang.cli.compile import Compiled
    from probelang.tracing.hits import Sink


def check_outputs(plot: str | None, report: str | None) -> None:
    """Files that are written in the end must be writable now. Raises UsageError."""
    if plot is None and report is None:
        return
    from probelang.render.plot import PlotError
    from probelang.render.recorder import check_outputs

    try:
        check_outputs(plot, report)
    except PlotError as error:
        raise UsageError(str(error)) from None


def make_sinks(options: argparse.Namespace, stream: io.BufferedWriter[Any], made: Compiled) -> list[Sink]:
    """One that shows hits as they come, and one that records them if there is to be a picture."""
    sinks: list[Sink] = []
    names = ", ".join(os.path.basename(source.name) for source in made.sources)
    color = wants_color(options, sys.stdout)
    if options.top:
        from probelang.render.top import Top

        check_by(options.by, (field.name for event in made.events for field in event.probe.fields))
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        text = io.TextIOWrapper(stream, encoding, "backslashreplace")
        sinks.append(Top(text, names, by=options.by, color=color, keys=options.command is None))
    elif options.format == "json" and not options.raw:
        from probelang.render.hits_json import JsonSink

        sinks.append(JsonSink(stream))
    elif not options.raw:
        from probelang.render.hits import TextSink

        sinks.append(TextSink(stream, color))
    if options.plot is not None or options.report is not None:
        from probelang.render.recorder import Recorder

        sinks.append(Recorder(options.plot, options.report, names, [("kernel", made.kernel.title)]))
    return sinks


def check_by(by: str | None, fields: Iterable[str]) -> None:
    """What `--by` names must be a field of an event, or what every hit has. Raises UsageError."""
    from difflib import get_close_matches

    from probelang.render.top import COMMON

    known = list(dict.fromkeys([*fields, *COMMON]))
    if by is None or by in known:
        return
    near = get_close_matches(by, known, 1)
    said = f"did you mean {near[0]}?" if near else f"there are {', '.join(known[:20])}"
    raise UsageError(f"no event has a field {by}: {said}")
