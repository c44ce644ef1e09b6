"""`probelang lint`: which specs, with which settings; what is known of them from before; the rest is asked, and all is printed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from probelang.cli.common import FAILED, FOUND, OK, UsageError, read, say, wants_color
from probelang.cli.files import find_specs, project_of
from probelang.cli.lint_jobs import Job, Outcome, Run, do_jobs, places_of
from probelang.cli.options import add_common, add_kernel, add_project, add_target

if TYPE_CHECKING:
    import argparse

    from probelang.cli.results import Results
    from probelang.specs import Wanted


def add_options(parser: argparse.ArgumentParser) -> None:
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


def run(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    if options.fix and options.diff:
        raise UsageError("--fix writes what --diff only shows: one of them")
    work = Run(options)
    jobs, status = _find_jobs(work)
    results = _recall(work, jobs)
    left = [job for job in jobs if job.outcome is None]
    do_jobs(work, left)
    if results is not None and left:
        _keep(results, left)
    _compare_files(work, jobs)
    written = _write_fixed(work, jobs)
    worst = _report(work, jobs)
    status = max(status, written)
    if status:
        return status
    return OK if options.exit_zero else worst


def _find_jobs(run: Run) -> tuple[list[Job], int]:
    options = run.options
    project = project_of(options)
    wanted: Wanted = "commands" if options.origin == "tracefs" else "both"
    names, status = find_specs(options.files, project, options.force_exclude, wanted)
    jobs = []
    for name in names:
        try:
            source = read(name, options.stdin_filename)
        except UsageError as error:
            say(str(error))
            status = FAILED
            continue
        place = options.stdin_filename or "stdin" if name == "-" else name
        jobs.append(Job(name, source, project.of(place).settings(place), run))
    return jobs, status


# ------------------------------------------------------------------------------------------- results of before


def _recall(run: Run, jobs: list[Job]) -> Results | None:
    """What is known of specs that did not change is their outcome; None where nothing is kept."""
    if run.options.no_cache:
        return None
    from probelang.cli.results import Results

    for job in jobs:
        job.identify()
    kept = [job for job in jobs if job.key]
    if not kept:
        return None
    results = Results(kept[0].settings.config.root or os.getcwd())
    for job in kept:
        content = results.find(job.slot, job.key)
        if content == "":
            job.outcome = Outcome(job.source, ())
        elif content is not None:
            from probelang.stored import unpack

            found = unpack(content, len(job.source.text))
            # what is written to files is never taken from the cache
            if found is not None and not (run.fixes and any(one.fix for one in found)):
                job.outcome = Outcome(job.source, found)
    return results


def _keep(results: Results, jobs: list[Job]) -> None:
    for job in jobs:
        if not job.key or job.outcome is None or not job.outcome.lasts:
            continue
        content = ""
        if job.outcome.diagnostics:
            from probelang.stored import pack

            content = pack(job.outcome.diagnostics)
        results.keep(job.slot, job.key, content)
    results.save()


def _compare_files(run: Run, jobs: list[Job]) -> None:
    """Add what there is to say of specs because of each other, which is never kept."""
    jobs = [job for job in jobs if not job.is_commands]
    if len(jobs) < 2:
        return
    from probelang.linter.across import check_files

    sources = [job.outcome.source for job in jobs if job.outcome is not None]
    for job, found in zip(jobs, check_files(sources), strict=True):
        outcome = job.outcome
        if outcome is None or not found:
            continue
        from probelang.check.report import in_source_order
        from probelang.ignores import without_ignored
        from probelang.pipeline import read as read_tree
        from probelang.record import replace

        kernels = tuple(run.name(kernel) for kernel in job.kernels)
        said = without_ignored(outcome.source, read_tree(outcome.source)[0], found, job.selection())
        added = [replace(one, kernels=kernels) for one in said]
        job.outcome = replace(outcome, diagnostics=tuple(in_source_order([*outcome.diagnostics, *added])))


# --------------------------------------------------------------------------------------------- what comes of it


def _write_fixed(run: Run, jobs: list[Job]) -> int:
    """Write what was fixed, or show it; 2 where that fails, 1 where `--diff` has something to show."""
    if not run.fixes:
        return OK
    status = OK
    for job in jobs:
        outcome = job.outcome
        assert outcome is not None
        if outcome.refused:
            say(
                f"note: {job.source.name}: {outcome.refused} fixes were not applied: there would be more errors then"
                if outcome.refused > 1
                else f"note: {job.source.name}: a fix was not applied: there would be more errors then"
            )
        if run.options.diff:
            status = max(status, _show_diff(run, job, outcome))
        elif job.name == "-":
            from probelang.cli.common import write_bytes

            write_bytes(outcome.source.text)
        elif outcome.source is not job.source:
            from probelang.cli.fmt import replace_file

            try:
                replace_file(job.name, outcome.source.text)
            except OSError as error:
                say(f"cannot write {job.name}: {error.strerror}")
                status = FAILED
                from probelang.record import replace

                job.outcome = replace(outcome, count=0)
    return status


def _show_diff(run: Run, job: Job, outcome: Outcome) -> int:
    if outcome.source is job.source:
        return OK
    from probelang.cli.common import write_bytes
    from probelang.render.diff import render_diff

    color = wants_color(run.options, sys.stdout)
    safe = color or sys.stdout.isatty()
    write_bytes(render_diff(job.source.name, job.source.text, outcome.source.text, color=color, safe=safe))
    return FOUND


def _report(run: Run, jobs: list[Job]) -> int:
    """Print what was found; 1 where any of it is a warning or worse."""
    options = run.options
    outcomes = [job.outcome for job in jobs if job.outcome is not None]
    fixed = sum(outcome.count for outcome in outcomes)
    if options.diff:
        if fixed and not options.quiet:
            files = sum(outcome.source is not job.source for job in jobs if (outcome := job.outcome))
            say(f"would fix {fixed} problem{'s' * (fixed > 1)} in {files} file{'s' * (files > 1)}")
        return OK
    found = [(outcome.source, one) for outcome in outcomes for one in outcome.diagnostics]
    if options.baseline:
        from probelang.cli.baseline import without_known

        found = without_known(options.baseline, found, places_of(jobs))
    if not found and not fixed and options.format in ("text", "concise", "github"):
        return OK
    from probelang.cli.lint_report import print_found

    print_found(run, jobs, found, fixed)
    from probelang.diagnostics import Severity

    worst = max((one.severity for _, one in found), default=Severity.INFO)
    return FOUND if worst >= Severity.WARNING else OK


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text[:9]) <= 1000:
        import argparse

        raise argparse.ArgumentTypeError(f"a number from 1 to 1000, not {text[:40]!r}")
    return int(text)
