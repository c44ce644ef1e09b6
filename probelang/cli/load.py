"""`probelang load`, `unload` and `status`: what stays when the command is over."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, OK, UsageError, load_kernel, read, say
from probelang.cli.run import check_modules, clear_killed, many, open_kernel, show_refusal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from probelang.tracing.loaded import LoadedEvent
    from probelang.tracing.loading import Change


def load(options: argparse.Namespace) -> int:
    """Have the events of specs in the kernel, and say what changed."""
    from probelang.backends import Settings
    from probelang.cli.compiling import compile_files
    from probelang.tracing.define import Interrupted, Refused
    from probelang.tracing.ending import Ending
    from probelang.tracing.loaded import digest_of
    from probelang.tracing.loading import NotLoaded, Wanted
    from probelang.tracing.loading import load as load_specs
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
            changes = load_specs(tracefs, states, wanted, ending.reached)
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
    _show(changes)
    if sys.stdout.isatty() and any(change.added for change in changes):
        print(f"what they record is read in {tracefs.file('trace_pipe')}; `probelang unload` takes them away")
    return OK


def unload(options: argparse.Namespace) -> int:
    """Remove what was loaded, and say what that was."""
    from probelang.tracing.ending import Ending
    from probelang.tracing.loading import NotLoaded
    from probelang.tracing.loading import unload as unload_specs
    from probelang.tracing.state_files import StateError

    if bool(options.files) == options.all:
        raise UsageError("give the files of specs, or --all")
    tracefs, states = open_kernel("unload")
    clear_killed(tracefs, states)
    files = None if options.all else list(dict.fromkeys(map(os.path.abspath, options.files)))
    try:
        with Ending():
            changes, left = unload_specs(tracefs, states, files)
    except NotLoaded as error:
        say(str(error))
        return FOUND
    except StateError as error:
        raise UsageError(str(error)) from None
    _show(changes)
    if options.all and not changes:
        print("nothing is loaded")
    for name in left:
        say(f"cannot remove {name}: in use by something else; it stays loaded")
    return FOUND if left else OK


def status(options: argparse.Namespace) -> int:
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


def _show(changes: Sequence[Change]) -> None:
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
