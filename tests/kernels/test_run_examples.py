"""`probelang run` of every example, inside of the kernel that it compiles for: the same values as the script's trace has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from tests.kernels.cases.examples import CASES
from tests.kernels.lab.case import Case, Expectation, Expected, Shown
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.inside import ROOT, Scene, Told, run_scenes
from tests.kernels.lab.programs import build_program
from tests.kernels.lab.suite import Compiled, Run, find_modules, read_module
from tests.kernels.lab.trace import Hit, Value, parse_value

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")

# What the run says stands before its hits; each of those is a JSON object on a line.
_SCRIPT = """
modules {modules}
{setup}
cd /tmp/work
{before}
begin /run/example --format json $SHARED/{file}
{work}
kill -INT $RUN_PID
cd /tmp/work
ended /run/example
section hits
cat /run/example.out
"""


@dataclass
class JsonHit(Hit):
    """A hit that was read as JSON: its values are what they are."""

    given: Mapping[str, Value] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Value]:
        return dict(self.given)


def scene_of(case: Case, kernel: str) -> Scene:
    """A run of the case's example, while its work is done."""
    files = {name: build_program(name) for name in case.programs} | dict(case.files)
    modules = find_modules(fetch_kernel(kernel), case.modules)
    files |= {path.name.removesuffix(".xz"): read_module(path) for path in modules}
    script = _SCRIPT.format(
        modules=" ".join(path.name.removesuffix(".xz") for path in modules),
        setup=case.setup,
        before="before" if case.setup or modules else "",
        file=case.example.removeprefix("examples/"),
        work=case.do,
    )
    return Scene(case.name, script, files, case.seconds + 120)


@cache
def told(kernel: str) -> dict[str, Told]:
    cases = [case for case in CASES if kernel in case.on and kernel not in case.refused]
    shared = {path.name: path.read_bytes() for path in (ROOT / "examples").glob("*.pl")}
    return run_scenes(kernel, [scene_of(case, kernel) for case in cases], shared)


def read_hits(text: str) -> list[Hit]:
    """The hits among the lines of `--format json`."""
    hits: list[Hit] = []
    for line in text.splitlines():
        hit: dict[str, Any] = json.loads(line)
        if "event" in hit:
            hits.append(
                JsonHit(
                    hit["event"].partition("/")[2],
                    hit["comm"],
                    hit["tid"],
                    hit["cpu"],
                    hit["time"] / 1e9,
                    hit.get("place", ""),
                    {},
                    hit.get("stack", []),
                    hit["fields"],
                )
            )
    return hits


def _as_value(expectation: Expectation) -> Expectation:
    """What the kernel shows as `0x10` is 16 here."""
    values = {
        name: parse_value(wanted.text) if isinstance(wanted, Shown) else wanted
        for name, wanted in expectation.values.items()
    }
    return replace(expectation, values=values)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_examples(case: Case, kernel: str) -> None:
    if kernel not in case.on or kernel in case.refused:
        pytest.skip(f"not for {kernel}")
    check_example(case, kernel, told(kernel)[case.name])


def check_example(case: Case, kernel: str, one: Told) -> None:
    """Whether its hits are as the case wants them, and nothing was left."""
    assert one.complete, one.outcome.output[-3000:] + one.outcome.console[-1000:]
    run = Run(
        case, kernel, Compiled(0, "", ""), one.outcome, {}, dict(one.facts), read_hits(one.sections["hits"])
    )
    assert one.facts["/run/example.status"] == "0", one.output
    assert one.left == "", one.left + one.output
    for expectation in case.expect:
        try:
            if isinstance(expectation, Expectation):
                _as_value(expectation).verify(run)
            else:
                expectation(run)
        except Expected as error:
            hits = "\n".join(map(str, run.hits))[-6000:]
            pytest.fail(f"{error}\n{one.output}\n{dict(one.facts)}\n{hits}", pytrace=False)
