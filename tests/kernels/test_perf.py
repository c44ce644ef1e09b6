"""Cases of the booted suite through perf: what it records is what tracefs records, or the compiler says that it cannot."""

from __future__ import annotations

import os
import random
import re
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from probelang.analysis import analyse
from probelang.backends import perf as backend
from probelang.backends.perf.events import Event
from probelang.diagnostics import Severity
from probelang.kernel.load import load_kernel
from probelang.source import Source
from tests.kernels.cases import ALL
from tests.kernels.lab import perf
from tests.kernels.lab.boot import GUESTS_AT_ONCE, Job, Machine, run_jobs
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import LabError, fetch_kernel
from tests.kernels.lab.suite import Run
from tests.properties.generator import Generator

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")

_JOINED = "does not join an entry with its return"
_TRACEPOINT = "not the arguments of a tracepoint"
_AS_IT_IS = "as the event has it"

#: What perf cannot do, and what the compiler says then.
BEYOND = {
    "maxactive": "`maxactive`",
    "durations-of-threads": "`maxactive`",
    "entry-values": _JOINED,
    "before-and-after": _JOINED,
    "names-of-joined-events": _JOINED,
    "per-cpu-at-return": _JOINED,
    "example-slow-reads": _JOINED,
    "tprobe-switch": _TRACEPOINT,
    "tprobe-wakeup": _TRACEPOINT,
    "tprobe-exec": _TRACEPOINT,
    "tprobe-system-calls": _TRACEPOINT,
    "tprobe-many-points": _TRACEPOINT,
    "tprobe-and-fprobe": _TRACEPOINT,
    "example-runqueue": _TRACEPOINT,
    "eprobe-openat": _AS_IT_IS,
    "eprobe-many-points": _AS_IT_IS,
    "eprobe-on-a-probe": "events of other probes",
    "example-signals": "could not be told apart",
    "example-drops": "could not be told apart",
}

#: What depends on which task the clock interrupts: with perf that is perf.
BY_CHANCE = ("eprobe-whose-name",)

Runs = dict[str, Future[dict[str, Run]]]


def _cases(kernel: str) -> list[Case]:
    """Those that are about a spec, and not about the script of tracefs."""
    return [
        case
        for case in ALL
        if kernel in case.on
        and not (case.by_hand or case.script or case.compiled_for or case.leaves)
        and case.name not in BY_CHANCE
    ]


def _parameters() -> list[object]:
    pairs = [(kernel, case) for kernel in KERNELS for case in _cases(kernel)]
    return [pytest.param(kernel, case, id=f"{kernel}-{case.name}") for kernel, case in pairs]


@pytest.fixture(scope="session")
def perf_runs(request: pytest.FixtureRequest) -> Runs:
    wanted: dict[str, list[Case]] = {}
    for item in request.session.items:
        if (
            item.get_closest_marker("kernels")
            and getattr(item, "originalname", "") == "test_case_through_perf"
        ):
            params = getattr(item, "callspec").params  # noqa: B009
            wanted.setdefault(params["kernel"], []).append(params["case"])
    pool = ThreadPoolExecutor(GUESTS_AT_ONCE)
    started = {kernel: pool.submit(perf.run_cases, kernel, cases) for kernel, cases in wanted.items()}
    pool.shutdown(wait=False)
    return started


@pytest.mark.parametrize(("kernel", "case"), _parameters())
def test_case_through_perf(kernel: str, case: Case, perf_runs: Runs) -> None:
    try:
        run = perf_runs[kernel].result()[case.name]
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the lab cannot work: {error}")
        pytest.skip(f"NO REAL KERNEL WAS ASKED: {error}")
    if case.name in BEYOND:
        assert run.compiled.status == 1
        codes = {line.partition(":")[0] for line in run.compiled.diagnostics.splitlines()}
        assert "PRB501" in codes or kernel in case.refused
        assert re.search(BEYOND[case.name], run.compiled.diagnostics), run.compiled.diagnostics
        return
    wrong = ""
    try:
        run.verify()
    except (AssertionError, LookupError, StopIteration, ValueError) as error:
        wrong = f"{error}" if isinstance(error, Expected) else f"{type(error).__name__}: {error}"
    if wrong:
        pytest.fail(f"{wrong}\n{run.explain()}", pytrace=False)


PROBES = 200
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))

_DEFINE = """
sh ./probe record -q -N -o /run/perf.data true || exit 1
grep -v '^#' /sys/kernel/tracing/dynamic_events || true
"""


@pytest.mark.parametrize("kernel", KERNELS)
def test_perf_takes_every_generated_probe(kernel: str) -> None:
    """Each is defined by perf, and recorded with its filter; what is not for perf is left out."""
    known = load_kernel(kernel)
    generator = Generator(known)
    rng = random.Random(SEED)
    events: list[Event] = []
    number = 0
    while len(events) < PROBES:
        spec = generator.probe(rng, f"p{number}")
        number += 1
        analysis = analyse(Source("made.probe", f"group made\n{spec}"), known, "perf")
        errors = [found for found in analysis.diagnostics if found.severity is Severity.ERROR]
        assert {found.rule.code for found in errors} <= {"PRB501"}
        events += [event for event in analysis.events if event.definitions and not errors]
    script = backend.render(events, "script", ["made.probe"], known).text
    try:
        files = fetch_kernel(kernel)
        job = Job(_DEFINE, {"probe": script.encode()}, seconds=120)
        outcome = run_jobs(files, [job], Machine(tools="current"))[0]
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the lab cannot work: {error}")
        pytest.skip(f"NO REAL KERNEL WAS ASKED: {error}")
    assert (outcome.status, outcome.output) == (0, ""), outcome.output
