"""`probelang kernel`: what is known of a kernel, shown or saved."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import OK, UsageError, load_kernel
from probelang.cli.options import add_kernel

if TYPE_CHECKING:
    import argparse


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang kernel`."""
    questions = parser.add_subparsers(required=True, metavar="QUESTION")
    show = questions.add_parser("show", help="say what a kernel can do")
    add_kernel(show, "store")
    show.set_defaults(answer=_show)
    snapshot = questions.add_parser("snapshot", help="write all that is known of a kernel into one file")
    add_kernel(snapshot, "store")
    snapshot.add_argument(
        "-o", dest="output", metavar="OUT", required=True, help="the file, for --kernel elsewhere"
    )
    snapshot.set_defaults(answer=_snapshot)


def run(options: argparse.Namespace) -> int:
    """Answer the question; the exit status."""
    answer: int = options.answer(options)
    return answer


def _show(options: argparse.Namespace) -> int:
    from probelang.render.kernel import render_kernel

    sys.stdout.write(render_kernel(load_kernel(options.kernel)))
    return OK


def _snapshot(options: argparse.Namespace) -> int:
    from probelang.kernel.snapshot import build_snapshot

    data = build_snapshot(load_kernel(options.kernel).sources)
    try:
        with open(options.output, "wb") as file:
            file.write(data)
    except OSError as error:
        raise UsageError(f"cannot write {options.output}: {error.strerror}") from None
    return OK
