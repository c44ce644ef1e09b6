"""The options of `probelang run`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.cli.options import add_common, add_kernel, count, wrong

if TYPE_CHECKING:
    import argparse

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_KIB = {"": 1, "k": 1, "m": 1 << 10, "g": 1 << 20}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang run`."""
    what = parser.add_argument_group("what is traced")
    what.add_argument(
        "--pid",
        action="append",
        type=count,
        default=[],
        metavar="PID",
        help="this process only, with all its threads, and what it starts; may be given several times; ends with them",
    )
    what.add_argument(
        "--command",
        metavar="CMD",
        help="start this, trace it and what it starts, and end with it and its exit status",
    )
    end = parser.add_argument_group("when it ends, besides Ctrl-C")
    end.add_argument("--duration", type=_duration, metavar="TIME", help="after so long: 500ms, 5s, 2m, 1h")
    end.add_argument("--max-hits", type=count, metavar="N", help="after so many hits")
    output = parser.add_argument_group("what is shown")
    shown = output.add_mutually_exclusive_group()
    shown.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="each hit as text (default), or as one JSON object on a line",
    )
    shown.add_argument("--raw", action="store_true", help="each hit as the kernel prints it")
    shown.add_argument("--top", action="store_true", help="a live summary instead of each hit")
    output.add_argument("--by", metavar="FIELD", help="with --top: a table of the values of this field, too")
    output.add_argument(
        "--plot", metavar="OUT", help="in the end a picture of the run: a file .png, .svg or .pdf"
    )
    output.add_argument("--report", metavar="OUT", help="in the end a page about the run: a file .html")
    output.add_argument("-q", "--quiet", action="store_true", help="say nothing of how it begins and ends")
    parser.add_argument(
        "--buffer-size",
        type=_size,
        metavar="SIZE",
        help="the kernel's buffer for each CPU: 512K, 8M; by default 8M, less where memory is scarce",
    )
    parser.add_argument(
        "--backend",
        choices=("tracefs", "bpftrace"),
        default="tracefs",
        help="bpftrace compiles for bpftrace, and hands over to it",
    )
    add_kernel(parser, "store")
    add_common(parser)


def _duration(text: str) -> float:
    """Seconds."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(|ms|s|m|h)", text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise wrong(f"a time such as 500ms, 5s, 2m or 1h, not {text[:40]!r}")
    return seconds


def _size(text: str) -> int:
    """KiB."""
    match = re.fullmatch(r"(\d{1,9})([kmg]?)(?:i?b)?", text.lower())
    size = int(match[1]) * _KIB[match[2]] if match else 0
    if not 4 <= size <= 1 << 24:
        raise wrong(f"a size from 4K to 16G such as 512K or 8M, not {text[:40]!r}")
    return size
