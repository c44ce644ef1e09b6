"""`probelang report`: a summary, a page or a picture of hits that `run --format json` wrote."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import OK, UsageError, wants_color

if TYPE_CHECKING:
    import argparse
    from typing import BinaryIO

    from probelang.tracing.saved import Saved


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang report`."""
    parser.add_argument(
        "-o",
        dest="outputs",
        action="append",
        default=[],
        metavar="OUT",
        help="write a page (.html) or a picture (.png, .svg, .pdf), instead of a summary to standard output; may be given several times",
    )
    parser.add_argument(
        "--by", metavar="FIELD", help="in the summary: a table of the values of this field, too"
    )
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colours in the summary"
    )
    parser.add_argument(
        "file", metavar="FILE", help="what `probelang run --format json` wrote; - is standard input"
    )


def run(options: argparse.Namespace) -> int:
    """Read, and write what was asked for. Raises UsageError."""
    from probelang.cli.run_sinks import check_by
    from probelang.render.plot import PlotError
    from probelang.render.recorder import PAGES, check_outputs
    from probelang.tracing.saved import Saved, SavedError

    if options.by is not None and options.outputs:
        raise UsageError("--by is for the summary, which is written without -o")
    for path in options.outputs:
        page = os.path.splitext(path)[1].lower() in PAGES
        try:
            check_outputs(None if page else path, path if page else None)
        except PlotError as error:
            raise UsageError(str(error)) from None
    name = "standard input" if options.file == "-" else options.file
    try:
        with _open(options.file) as file:
            saved = Saved(file, name)
            check_by(options.by, (column.name for event in saved.events for column in event.columns))
            _write(options, saved, os.path.basename(name))
    except SavedError as error:
        raise UsageError(str(error)) from None
    return OK


def _open(path: str) -> BinaryIO:
    """The file, or a copy of what cannot be read twice."""
    import shutil
    import tempfile

    try:
        source = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115 (the caller closes it)
        if source.seekable() and path != "-":
            return source
        copy: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
        shutil.copyfileobj(source, copy)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from None
    return copy


def _write(options: argparse.Namespace, saved: Saved, title: str) -> None:
    from probelang.render.recorder import PAGES, write_recording
    from probelang.render.top import Top
    from probelang.tracing.hits import Totals
    from probelang.tracing.recording import Recording

    top = (
        None
        if options.outputs
        else Top(sys.stdout, title, by=options.by, color=wants_color(options, sys.stdout), live=False)
    )
    recording = Recording(saved.events)
    if top is not None:
        top.begin(saved.events)
    for hits, lost in saved.batches():
        if top is not None:
            top.take(hits)
        else:
            recording.take(hits)
        for cpu, count in lost:
            (top.lost if top is not None else recording.lose)(cpu, count)
    if top is not None:
        top.end(Totals({}, 0, saved.duration))
    for path in options.outputs:
        page = os.path.splitext(path)[1].lower() in PAGES
        write_recording(recording, None if page else path, path if page else None, title, saved.duration)
