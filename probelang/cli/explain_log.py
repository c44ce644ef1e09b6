"""`probelang explain-log`: what the kernel's error_log says, at the places of specs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, OK, UsageError, load_kernel, read, read_all, say, wants_color
from probelang.cli.options import add_common, add_kernel

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang explain-log`."""
    add_kernel(parser, "store")
    parser.add_argument(
        "--log",
        metavar="LOG",
        default="/sys/kernel/tracing/error_log",
        help="a copy of the kernel's error_log, or - for standard input; the one of this machine by default",
    )
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    from probelang.commands.explain import explain, read_log
    from probelang.pipeline import analyse
    from probelang.render.text import render_text

    if options.log == "-" and "-" in options.files:
        raise UsageError("standard input is either the log or a spec")
    kernel = load_kernel(options.kernel)
    sources, status = read_all(options.files)
    analyses = [analyse(source, kernel) for source in sources]
    log = read(options.log)
    entries = list(read_log(log.text))
    if not entries and log.text.strip():
        say(f"note: {log.name} has no entries as the kernel's error_log has them")
    found, strange = explain(entries, [event for one in analyses for event in one.events])
    color = wants_color(options, sys.stdout)
    for source, said in found:
        sys.stdout.write(render_text(source, [said], color=color))
    for entry in strange:
        say(f"note: of no event of these specs: {entry.text}: {entry.command}")
    if status:
        return status
    return FOUND if found else OK
