"""`probelang lint`: it reads specs, asks `probelang.lint.fleet`, and prints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FOUND, OK, load_kernel, read_all, settings_of, wants_color
from probelang.diagnostics import Severity
from probelang.lint.fleet import lint as ask

if TYPE_CHECKING:
    import argparse


def is_command_file(name: str) -> bool:
    """Whether a file holds raw commands of the kernel, by its name (`probelang.commands.lines`)."""
    base = name.rpartition("/")[2]
    return base.endswith((".tracefs", "kprobe_events", "uprobe_events", "dynamic_events"))


def lint(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    settings = settings_of(options)
    kernels = [load_kernel(name) for name in dict.fromkeys(options.kernel or [None])]
    sources, status = read_all(options.files)
    found = []
    for source in sources:
        if options.origin == "tracefs" or is_command_file(source.name):
            from probelang.commands.lint import lint as ask_commands

            found.append((source, ask_commands(source, kernels)))
        else:
            found.append((source, ask(source, kernels, options.target, settings)))
    color = wants_color(options, sys.stdout)
    if options.format == "json":
        from probelang.render.json import render_json

        sys.stdout.write(render_json((source, said) for source, run in found for said in run))
    else:
        from probelang.render.text import render_concise, render_summary, render_text

        names = [kernel.name for kernel in kernels]
        for source, run in found:
            if options.format == "concise":
                sys.stdout.write(render_concise(source, run, color=color, kernels=names))
            else:
                sys.stdout.write(render_text(source, run, color=color, kernels=names))
        if options.format == "text":
            everything = [said for _, run in found for said in run]
            sys.stdout.write(render_summary(everything, len(sources)))
    if status:
        return status
    worst = max((said.severity for _, run in found for said in run), default=Severity.INFO)
    return FOUND if worst >= Severity.WARNING else OK
