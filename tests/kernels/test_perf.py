"""Cases of the booted suite through perf: what it records is what tracefs records, or the compiler says that it cannot."""

from __future__ import annotations

import os
import re
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.kernels.cases import ALL
from tests.kernels.lab import perf
from tests.kernels.lab.boot import GUESTS_AT_ONCE
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import LabError
from tests.kernels.lab.suite import Run

pytestmark = pytest.mark.kernels

KERNELS = ("6.12", "7.3")

#: What perf cannot do, and what the compiler says then.
BEYOND: dict[str, str] = {}

Runs = dict[str, Future[dict[str, Run]]]


def _cases(kernel: str) -> list[Case]:
    """Those that are about a spec, and not about the script of tracefs."""
    return [
        case
        for case in ALL
        if kernel in case.on and not (case.by_hand or case.script or case.compiled_for or case.leaves)
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
