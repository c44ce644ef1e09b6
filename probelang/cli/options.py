"""The options that commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_target(parser: argparse.ArgumentParser, default: bool = True) -> None:
    """What the output is for; without `default` the settings of a project may say it."""
    from probelang.backends import BACKENDS, BPFTRACE_VERSIONS

    latest = [*BPFTRACE_VERSIONS][-1]

    parser.add_argument(
        "--target",
        choices=BACKENDS,
        default=BACKENDS[0] if default else None,
        help=f"the backend; {BACKENDS[0]} by default",
    )
    parser.add_argument(
        "--debuginfo",
        action="store_true",
        help="perf finds debugging information (DWARF) on the target: it is told of values in C's terms",
    )
    parser.add_argument(
        "--bpftrace-version",
        choices=BPFTRACE_VERSIONS,
        default=latest if default else None,
        help="for --target bpftrace, the release that will run the script, or the last before it; "
        f"{latest} by default",
    )


def add_kernel(parser: argparse.ArgumentParser, action: str) -> None:
    """Which kernel, or with `append` which kernels."""
    parser.add_argument(
        "--kernel",
        action=action,
        metavar="K",
        help="a kernel that comes with probelang (6.1, 6.12, 7.3), BTF, vmlinux, vmlinuz, snapshot, folder or tar; "
        "the running one by default" + ("; may be given several times" if action == "append" else ""),
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where a text goes."""
    parser.add_argument("-o", dest="output", metavar="OUT", help="write there instead of to standard output")


def add_common(parser: argparse.ArgumentParser, folders: bool = False) -> None:
    """The specs, and colours."""
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours in diagnostics",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a spec, or - for standard input" + ("; of a folder, its specs" if folders else ""),
    )


def add_project(parser: argparse.ArgumentParser) -> None:
    """Which settings of projects hold."""
    parser.add_argument(
        "--config",
        metavar="TOML",
        help="settings for all files, in place of the probelang.toml or pyproject.toml nearest to each",
    )
    parser.add_argument("--isolated", action="store_true", help="no settings of projects")
    parser.add_argument(
        "--force-exclude",
        action="store_true",
        help="leave out what the settings exclude even if it is named here",
    )


def count(text: str) -> int:
    """The type of an option that takes a number from 1 on. Raises ArgumentTypeError."""
    if not text.isdecimal() or not 0 < int(text[:19]) < 1 << 60:
        raise wrong(f"a number from 1 on, not {text[:40]!r}")
    return int(text)


def wrong(message: str) -> Exception:
    """What a type of options raises: what it wants, and what it was given."""
    import argparse

    return argparse.ArgumentTypeError(message)
