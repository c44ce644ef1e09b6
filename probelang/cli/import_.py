"""`probelang import`: raw commands of the kernel, definitions of perf and scripts of bpftrace become a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.cli.common import load_kernel, read_all, say, write_output
from probelang.cli.options import add_kernel, add_output

if TYPE_CHECKING:
    import argparse

#: Notes that one file gets, one for each part; of more only the number is said.
MAX_NOTES = 20


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang import`."""
    add_kernel(parser, "store")
    add_output(parser)
    parser.add_argument(
        "--from",
        dest="origin",
        choices=("tracefs", "perf", "bpftrace"),
        help="what the files hold: raw commands of the kernel, definitions for `perf probe`, or scripts of bpftrace; "
        "told by the name or the contents of each otherwise",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="lines for dynamic_events, kprobe_events or uprobe_events, `perf probe` lines, or a script of bpftrace",
    )


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    from probelang.imports import import_source
    from probelang.imports.origin import BPFTRACE, NOUNS, origin_of

    kernel = load_kernel(options.kernel)
    sources, status = read_all(options.files)
    texts = []
    for source in sources:
        origin = options.origin or origin_of(source.name, source.text)
        made = import_source(source, kernel, origin)
        texts.append(made.text)
        count = len(made.left)
        if origin == BPFTRACE:
            for place, why in made.left[:MAX_NOTES]:
                say(f"note: {source.name}: {place} stays a comment: {why}")
        if count > (MAX_NOTES if origin == BPFTRACE else 0):
            what = NOUNS[origin][count > 1]
            say(f"note: {count} {what} of {source.name} stayed behind: see the comments")
        if made.removed:
            what = "event that it removes" if made.removed == 1 else "events that it removes"
            say(f"note: {made.removed} {what} again itself: not in the spec ({source.name})")
    write_output(options.output, "\n".join(texts))
    return status
