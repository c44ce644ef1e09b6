"""Specs as tests write them, checked against the kernels that come along."""

from __future__ import annotations

import functools
import textwrap

from probelang.analysis import Analysis, analyse
from probelang.diagnostics import Diagnostic, Fix
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.project import lint
from probelang.source import Source

KERNELS = ("6.1", "6.12", "7.3")


@functools.cache
def bundled(name: str) -> Kernel:
    """A kernel that comes along, loaded once in a run of the tests; `6.12+toy` has a module's file beside, `6.12+toys` it loaded."""
    plain, plus, toys = name.partition("+")
    if not plus:
        return load_kernel(name)
    from tests.support.modules import with_toys

    return with_toys(bundled(plain), loaded=toys == "toys")


def run(spec: str, kernel: str | Kernel = "6.12", name: str = "t.pl") -> Analysis:
    """All there is to say about a spec, and its events."""
    target = bundled(kernel) if isinstance(kernel, str) else kernel
    return analyse(Source(name, textwrap.dedent(spec)), target)


def findings(spec: str, kernel: str | Kernel = "6.12", name: str = "t.pl") -> tuple[Diagnostic, ...]:
    """All that the linter says of a spec."""
    target = bundled(kernel) if isinstance(kernel, str) else kernel
    return tuple(lint(Source(name, textwrap.dedent(spec)), [target]))


def commands(spec: str, kernel: str | Kernel = "6.12", name: str = "t.pl") -> list[str]:
    """The lines for `dynamic_events` of a spec about which there is nothing to say."""
    analysis = run(spec, kernel, name)
    assert not analysis.diagnostics, [found.message for found in analysis.diagnostics]
    return [command for event in analysis.events for command in event.commands]


def args(spec: str, kernel: str | Kernel = "6.12") -> list[str]:
    """The fetch args of a spec of one event with one point."""
    (command,) = commands(spec, kernel)
    return command.split()[2:]


def filter_of(spec: str, kernel: str | Kernel = "6.12") -> str | None:
    """The filter of a spec's only event."""
    (event,) = accepted(spec, kernel).events
    text: str | None = event.filter
    return text


def accepted(spec: str, kernel: str | Kernel = "6.12") -> Analysis:
    """A spec without errors or warnings."""
    analysis = run(spec, kernel)
    assert not analysis.diagnostics, [found.message for found in analysis.diagnostics]
    return analysis


def said(spec: str, kernel: str | Kernel = "6.12") -> list[tuple[str, str]]:
    """For each diagnostic its rule's slug and the characters it is about."""
    analysis = run(spec, kernel)
    return [(found.rule.slug, analysis.source.slice(found.label.span)) for found in analysis.diagnostics]


def only(spec: str, kernel: str | Kernel = "6.12") -> Diagnostic:
    """The one diagnostic of a spec."""
    (found,) = run(spec, kernel).diagnostics
    return found


def apply_fix(text: str, fix: Fix) -> str:
    """The text after the edits of a fix, which must not overlap."""
    end = len(text)
    for edit in sorted(fix.edits, key=lambda edit: edit.span.start, reverse=True):
        assert edit.span.start <= edit.span.end <= end, "edits overlap or run out of the text"
        end = edit.span.start
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
