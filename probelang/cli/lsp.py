"""`probelang lsp`: an editor is answered until it says goodbye."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang lsp`."""
    parser.add_argument("--stdio", action="store_true", help="what editors say, and the only way there is")
    parser.add_argument(
        "--log", metavar="FILE", help="write there what goes wrong, instead of to standard error"
    )


def run(options: argparse.Namespace) -> int:
    """Serve on standard input and output; the exit status."""
    import gc

    from probelang.lsp.server import serve

    gc.enable()
    return serve(options.log)
