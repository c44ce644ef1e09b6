"""The linter: beyond errors, what a kernel would take and record wrongly, or at a price.

A rule is a module of `probelang.linter.rules`; `lint` asks them all about one spec on one kernel, in one walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import KernelError
from probelang.backends import BACKENDS, DEFAULT_SETTINGS, Settings
from probelang.btf.types import BtfError
from probelang.check.report import Report, in_source_order
from probelang.pipeline import analyse
from probelang.program import ProgramFileError
from probelang.record import replace

if TYPE_CHECKING:
    from probelang.check.spec import Statement
    from probelang.diagnostics import Diagnostic
    from probelang.kernel.interface import Kernel
    from probelang.linter.subject import Subject
    from probelang.source import Source


def lint(
    source: Source,
    kernel: Kernel,
    target: str = BACKENDS[0],
    settings: Settings = DEFAULT_SETTINGS,
    carets: bool = False,
) -> tuple[Diagnostic, ...]:
    """All there is to say of a spec on one kernel: what is wrong, and what the linter's rules find beyond; in source order.

    `carets` asks for the kernel's caret in a command, too, which takes a while.
    """
    from probelang.linter.subject import make_subject

    analysis = analyse(source, kernel, target, settings)
    subject = make_subject(source, analysis.tree, kernel, target, analysis.statements, analysis.failed)
    found = (replace(said, kernels=(kernel.name,)) for said in run(subject))
    said = analysis.diagnostics
    if carets and target == BACKENDS[0]:
        from probelang.check.naming import group_of_file
        from probelang.commands.carets import add_carets
        from probelang.syntax.tree import Group

        groups = (one.name.name for one in analysis.tree.statements if isinstance(one, Group))
        group = next(groups, None) or group_of_file(source.name)
        said = tuple(add_carets(said, analysis.statements, group, kernel))
    return tuple(in_source_order([*said, *found]))


def run(subject: Subject) -> list[Diagnostic]:
    """What the rules have to say about a spec on one kernel, in no order.

    A probe that has errors is not asked about: one cause, one diagnostic.
    """
    report = Report()
    run_spec(subject, report)
    for statement in subject.statements:
        run_statement(subject, statement, report)
    return report.diagnostics


def run_spec(subject: Subject, report: Report) -> None:
    """What the rules have to say about a spec as a whole."""
    from probelang.linter import rules

    for check_spec in rules.SPEC_CHECKS:
        check_spec(subject, report)


def run_statement(subject: Subject, statement: Statement, report: Report) -> None:
    """What the rules have to say about one probe; nothing of one with errors."""
    from probelang.linter import rules

    if not statement.finished:
        return
    try:
        for check_probe in rules.PROBE_CHECKS:
            check_probe(subject, statement, report)
        for field in statement.events[0].fields:
            for check_field in rules.FIELD_CHECKS:
                check_field(subject, statement, field, report)
        if statement.events[0].condition is not None:
            for check_condition in rules.CONDITION_CHECKS:
                check_condition(subject, statement, statement.events[0].condition, report)
    except (BtfError, KernelError, ProgramFileError):
        # files are damaged where the checker had no need to look: no fault of the spec
        return
