"""`probelang unload`: what was loaded goes away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, OK, UsageError, say
from probelang.cli.load import show_changes
from probelang.cli.run import clear_killed, open_kernel

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang unload`."""
    parser.add_argument("--all", action="store_true", help="all that is loaded")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="a spec that was loaded; it need not exist any more"
    )


def run(options: argparse.Namespace) -> int:
    """Remove what was loaded, and say what that was."""
    from probelang.tracing.ending import Ending
    from probelang.tracing.loading import NotLoaded, unload
    from probelang.tracing.state_files import StateError

    if bool(options.files) == options.all:
        raise UsageError("give the files of specs, or --all")
    tracefs, states = open_kernel("unload")
    clear_killed(tracefs, states)
    files = None if options.all else list(dict.fromkeys(map(os.path.abspath, options.files)))
    try:
        with Ending():
            changes, left = unload(tracefs, states, files)
    except NotLoaded as error:
        say(str(error))
        return FOUND
    except StateError as error:
        raise UsageError(str(error)) from None
    show_changes(changes)
    if options.all and not changes:
        print("nothing is loaded")
    for name in left:
        say(f"cannot remove {name}: in use by something else; it stays loaded")
    return FOUND if left else OK
