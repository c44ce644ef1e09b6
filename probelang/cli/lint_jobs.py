"""Specs to be linted, each with its kernels and settings, and how the work is done."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from probelang.cli.common import UsageError, load_kernel
from probelang.commands.files import is_command_file
from probelang.record import record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from probelang.backends import Settings
    from probelang.config import FileSettings
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.selection import Choice, Selection
    from probelang.source import Source

#: Characters of specs, times kernels, that one process does before others would help.
_FOR_ONE = 40_000


@record
class Outcome:
    """What there is to say of one spec. `source` is what it is now, and `count` how many fixes made it so."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    count: int = 0
    refused: int = 0
    lasts: bool = False
    """Whether the same spec has the same diagnostics until its kernels change."""


class Job:
    """One spec with what is asked of it. `name` is as it was given, `-` for standard input."""

    def __init__(self, name: str, source: Source, settings: FileSettings, run: Run) -> None:
        self.name = name
        self.source = source
        self.settings = settings
        self.run = run
        self.kernels: tuple[str | None, ...] = run.kernels or tuple(map(_near, settings.kernels)) or (None,)
        self.target: str = run.options.target or settings.target
        self.tool: Settings = run.tool_settings(self.target, settings.backend_settings)
        self.outcome: Outcome | None = None
        self.slot = self.key = ""
        self.is_commands = run.options.origin == "tracefs" or is_command_file(source.name)

    def selection(self) -> Selection:
        """The rules that are asked."""
        return self.settings.selection(self.run.choice, self.run.severities)

    def identify(self) -> None:
        """Find out under what the results are kept; nothing where they depend on more than can be told."""
        from probelang.digest import digest

        kernels = [self.run.identity(kernel) for kernel in self.kernels]
        if all(kernels):
            config, parts = self.settings.config, self.settings.parts
            said = (config.select, config.extend_select, config.ignore, config.severity)
            asked = repr(
                (said, parts, self.run.choice, self.run.severities, self.target, self.tool, self.is_commands)
            ) + ("carets" if self.run.carets else "")
            names = [kernel or "" for kernel in self.kernels]
            self.slot = digest((os.path.abspath(self.name), asked, *names), 8)
            text = self.source.text.encode("utf-8", "surrogateescape")
            self.key = digest((self.source.name, asked, *(kernel or "" for kernel in kernels), text))


def _near(kernel: str) -> str:
    """A kernel of the settings, as one would name it here."""
    if not os.path.isabs(kernel):
        return kernel
    relative = os.path.relpath(kernel)
    return kernel if relative.startswith("..") else relative if "/" in relative else f"./{relative}"


class Run:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.kernels: tuple[str, ...] = tuple(dict.fromkeys(options.kernel or ()))
        self.choice: Choice | None = None
        self.severities: tuple[tuple[str, Any], ...] = ()
        if (
            options.select
            or options.extend_select
            or options.ignore
            or options.extend_ignore
            or options.severity
        ):
            from probelang.cli.choice import read_choice, read_severities

            self.choice, self.severities = read_choice(options), read_severities(options)
        self.fixes = options.fix or options.diff
        #: Whether the kernel's columns are shown.
        self.carets: bool = options.format == "json"
        self._loaded: dict[str | None, Kernel] = {}
        self._identities: dict[str | None, str | None] = {}

    def tool_settings(self, target: str, said: Settings) -> Settings:
        """What is said of the tool, on the command line or in the settings."""
        from probelang.backends import BPFTRACE_VERSIONS
        from probelang.backends import Settings as Made

        version = self.options.bpftrace_version
        release = BPFTRACE_VERSIONS[version] if version else said.bpftrace
        if self.options.debuginfo and target != "perf":
            raise UsageError(f"--debuginfo is for --target perf, and the target is {target}")
        return Made(release, (self.options.debuginfo or said.debuginfo) and target == "perf")

    def identity(self, kernel: str | None) -> str | None:
        """What tells a kernel from all others; None where results for it are not kept."""
        if kernel not in self._identities:
            from probelang.kernel.identity import kernel_identity

            self._identities[kernel] = None if kernel is None else kernel_identity(kernel)
        return self._identities[kernel]

    def load(self, kernel: str | None) -> Kernel:
        """The kernel, loaded once. Raises KernelError."""
        if kernel not in self._loaded:
            self._loaded[kernel] = load_kernel(kernel)
        return self._loaded[kernel]

    def name(self, kernel: str | None) -> str:
        """What a kernel is called where it is said on which of several something holds."""
        return self._loaded[kernel].name if kernel in self._loaded else kernel or "running"

    def work(self, job: Job) -> Outcome:
        """Check a spec, and fix it if that is asked for."""

        kernels = [self.load(kernel) for kernel in job.kernels]
        selection = job.selection()

        def again(source: Source) -> list[Diagnostic]:
            if job.is_commands:
                from probelang.project import lint_commands as ask_commands

                return ask_commands(source, kernels, selection)
            from probelang.project import lint as ask

            return ask(source, kernels, job.target, job.tool, selection, self.carets)

        lasts = job.is_commands or _lasts(job.source)
        found = again(job.source)
        if not self.fixes:
            return Outcome(job.source, tuple(found), lasts=lasts)
        from probelang.linter.fixes import apply_fixes

        fixed = apply_fixes(job.source, found, again, self.options.unsafe_fixes)
        lasts = lasts and fixed.source is job.source
        return Outcome(fixed.source, fixed.diagnostics, fixed.count, fixed.refused, lasts)


def places_of(jobs: Iterable[Job]) -> dict[str, str]:
    """Where the files are in their projects, by their names."""
    return {job.source.name: job.settings.config.relative(job.source.name) for job in jobs if job.name != "-"}


def _lasts(source: Source) -> bool:
    """Whether all that a spec asks about is in its kernels: of programs there are other files to be read."""
    from probelang.pipeline import read
    from probelang.syntax.tree import Kind, Probe

    of_the_kernel = (Kind.KPROBE, Kind.FPROBE, Kind.TPROBE, Kind.EPROBE)
    statements = read(source)[0].statements
    return all(one.kind in of_the_kernel for one in statements if isinstance(one, Probe))


def do_jobs(run: Run, jobs: list[Job]) -> None:
    """Find the outcomes of jobs, in several processes where that is faster."""
    if not jobs:
        return
    for kernel in dict.fromkeys(kernel for job in jobs for kernel in job.kernels):
        run.load(kernel)
    amount = sum(len(job.source.text) * len(job.kernels) for job in jobs)
    workers = 1
    if len(jobs) > 1 and (amount > _FOR_ONE or run.options.jobs):
        from probelang.linter.workers import processors

        workers = run.options.jobs or processors()
    if workers == 1 and amount < _FOR_ONE:
        for job in jobs:
            job.outcome = run.work(job)
        return
    from probelang.cli.progress import Progress

    with Progress(len(jobs), sys.stderr) as progress:
        _share(run, jobs, workers, progress.step)


def _share(run: Run, jobs: list[Job], workers: int, step: Callable[[], None]) -> None:
    import json

    from probelang.linter.workers import share
    from probelang.source import Source
    from probelang.stored import pack, unpack

    def work(number: int) -> str:
        job = jobs[number]
        made = run.work(job)
        text = None if made.source is job.source else made.source.text
        return json.dumps([text, pack(made.diagnostics), made.count, made.refused, made.lasts])

    def done(number: int, answer: str) -> None:
        job = jobs[number]
        text, packed, count, refused, lasts = json.loads(answer)
        source = job.source if text is None else Source(job.source.name, text)
        found = unpack(packed, len(source.text))
        assert found is not None
        job.outcome = Outcome(source, found, count, refused, lasts)
        step()

    share(len(jobs), workers, work, done)
