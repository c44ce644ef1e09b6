"""`probelang load`: events that stay when the command is over."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, OK, UsageError, say
from probelang.cli.options import add_common, add_kernel
from probelang.cli.run import check_modules, clear_killed, many, open_kernel, show_refusal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from probelang.tracing.loading import Change


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang load`."""
    add_kernel(parser, "store")
    add_common(parser)


def run(options: argparse.Namespace) -> int:
    """Have the events of specs in the kernel, and say what changed."""
    from probelang.backends import Settings
    from probelang.cli.compile import compile_files
    from probelang.tracing.define import Interrupted, Refused
    from probelang.tracing.ending import Ending
    from probelang.tracing.loaded import digest_of
    from probelang.tracing.loading import NotLoaded, Wanted, load
    from probelang.tracing.state_files import StateError

    if "-" in options.files:
        raise UsageError("what is loaded stays, and is known by its file: standard input has none")
    tracefs, states = open_kernel("load")
    clear_killed(tracefs, states)
    made = compile_files(options, "tracefs", Settings())
    if made.status:
        return made.status
    check_modules(made.events)
    wanted = [
        Wanted(
            os.path.abspath(source.name),
            digest_of(source.text),
            tuple(event for event in made.events if event.probe.source is source),
        )
        for source in made.sources
    ]
    try:
        with Ending() as ending:
            changes = load(tracefs, states, wanted, ending.reached)
    except Refused as refused:
        show_refusal(refused, options)
        say("nothing was changed")
        return FOUND
    except Interrupted:
        say("interrupted; nothing was changed")
        return FOUND
    except NotLoaded as error:
        say(str(error))
        return FOUND
    except StateError as error:
        raise UsageError(str(error)) from None
    show_changes(changes)
    if sys.stdout.isatty() and any(change.added for change in changes):
        print(f"what they record is read in {tracefs.file('trace_pipe')}; `probelang unload` takes them away")
    return OK


def show_changes(changes: Sequence[Change]) -> None:
    """What became of the events of each spec."""
    from probelang.render.loaded import shown_path
    from probelang.render.text import printable

    for change in changes:
        name = shown_path(change.file)
        told = ((change.added, "added"), (change.changed, "changed"), (change.removed, "removed"))
        counts = [f"{len(names)} {what}" for names, what in told if names]
        if not counts:
            counts = ["nothing to change"]
        if change.kept:
            counts.append(f"{many(len(change.kept), 'event')} as before")
        print(f"{printable(name)}: {', '.join(counts)}")
        for (names, _), mark in zip(told, "+~-", strict=True):
            for event in names:
                print(f"  {mark} {event}")
