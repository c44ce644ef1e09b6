"""The options that commands share, and those of `lint`."""

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


def add_lint(parser: argparse.ArgumentParser) -> None:
    """The options of `probelang lint`."""
    add_target(parser, default=False)
    add_kernel(parser, "append")
    rules = parser.add_argument_group(
        "rules", "RULES are codes, beginnings of codes, slugs or ALL, with commas"
    )
    for name, text in (
        ("select", "only these; ALL by default"),
        ("extend-select", "these too"),
        ("ignore", "not these"),
        ("extend-ignore", "nor these"),
    ):
        rules.add_argument(f"--{name}", action="append", metavar="RULES", help=text)
    rules.add_argument(
        "--severity",
        action="append",
        metavar="RULES=LEVEL",
        help="what they say is an error, a warning or info",
    )
    fixes = parser.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="apply fixes to the files")
    fixes.add_argument(
        "--unsafe-fixes",
        action="store_true",
        help="with --fix or --diff: those too that want to be looked at",
    )
    fixes.add_argument(
        "--diff",
        action="store_true",
        help="write nothing: show what --fix would change; exit with 1 if any does",
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--format",
        choices=("text", "concise", "json", "sarif", "github"),
        default="text",
        help="how diagnostics are shown",
    )
    output.add_argument("--statistics", action="store_true", help="show how often each rule is broken, only")
    output.add_argument(
        "--baseline", metavar="JSON", help="say only what is not in this output of --format json"
    )
    output.add_argument("-q", "--quiet", action="store_true", help="diagnostics, and nothing besides")
    output.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    add_common(parser, folders=True)
    parser.add_argument(
        "--from",
        dest="origin",
        choices=("tracefs",),
        help="the files hold raw commands of the kernel, as those called *.tracefs, kprobe_events, uprobe_events or "
        "dynamic_events do anyway",
    )
    settings = parser.add_argument_group("settings")
    add_project(settings)  # type: ignore[arg-type]
    settings.add_argument(
        "--stdin-filename",
        metavar="FILE",
        help="what standard input is called, and whose settings hold for it",
    )
    settings.add_argument("--no-cache", action="store_true", help="neither read nor keep results")
    settings.add_argument(
        "--jobs", type=_positive, metavar="N", help="processes at most; one for each processor by default"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text[:9]) <= 1000:
        import argparse

        raise argparse.ArgumentTypeError(f"a number from 1 to 1000, not {text[:40]!r}")
    return int(text)
