"""What perf makes of the good specs: `ok/*.perf`, with the diagnostics of what it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import Settings
from probelang.backends.perf import render
from probelang.backends.perf.model import Event
from probelang.diagnostics import Severity
from probelang.render.text import render_concise
from probelang.source import Source
from tests.golden.test_goldens import OK, compare, read
from tests.support.specs import KERNELS, bundled


@pytest.mark.parametrize("path", OK, ids=lambda path: path.stem)
def test_what_a_good_spec_becomes(path: Path, request: pytest.FixtureRequest) -> None:
    source = Source(path.name, read(path))
    out = []
    for name in KERNELS:
        analysis = analyse(source, bundled(name), "perf")
        out.append(f"--- {name}\n{render_concise(source, analysis.diagnostics)}")
        out += [show(event, name) for event in analysis.events]
    analysis = analyse(source, bundled("6.12"), "perf", Settings(debuginfo=True))
    out.append("--- 6.12 --debuginfo\n")
    out += [show(event, "6.12") for event in analysis.events]
    compare(path.with_suffix(".perf"), "".join(out), request)


def show(event: Event, kernel: str) -> str:
    output = render([event], "commands", [], bundled(kernel))
    return output.text + "".join(
        f"    {note.removeprefix('not in these lines: ')}\n" for note in output.notes
    )


def test_what_perf_cannot_do_is_said_to_be_so() -> None:
    for path in OK:
        source = Source(path.name, read(path))
        for name in KERNELS:
            rules = {
                found.rule.code
                for found in analyse(source, bundled(name), "perf").diagnostics
                if found.severity is Severity.ERROR
            }
            by_tracefs = {
                found.rule.code
                for found in analyse(source, bundled(name)).diagnostics
                if found.severity is Severity.ERROR
            }
            # what tracefs does by joining events is a question of the kernel for perf
            assert rules - by_tracefs <= {"PRB401", "PRB501"}, (path.name, name)


def test_each_expectation_has_its_spec() -> None:
    assert not [path.name for path in OK[0].parent.glob("*.perf") if not path.with_suffix(".pl").exists()]
