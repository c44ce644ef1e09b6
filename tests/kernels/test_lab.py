"""The booted suite: each case of `cases/` on each kernel (`pytest -m kernels`)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kernels.cases import ALL
from tests.kernels.lab.boot import GUESTS_AT_ONCE
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import KERNELS
from tests.kernels.lab.suite import Run, run_cases

pytestmark = pytest.mark.kernels

Runs = dict[str, Future[dict[str, Run]]]


def _parameters() -> list[object]:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names)), "two cases bear one name"
    pairs = [(kernel, case) for kernel in KERNELS for case in ALL if kernel in case.on]
    return [pytest.param(kernel, case, id=f"{kernel}-{case.name}") for kernel, case in pairs]


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Runs:
    """What became of the selected cases: a future for each kernel, so that kernels run side by side."""
    wanted: dict[str, list[Case]] = {}
    for item in request.session.items:
        call = getattr(item, "callspec", None)
        if call is not None and "case" in call.params and item.path == Path(__file__):
            wanted.setdefault(call.params["kernel"], []).append(call.params["case"])
    pool = ThreadPoolExecutor(GUESTS_AT_ONCE)
    started = {kernel: pool.submit(run_cases, kernel, cases) for kernel, cases in wanted.items()}
    pool.shutdown(wait=False)
    return started


@pytest.mark.parametrize(("kernel", "case"), _parameters())
def test_case(kernel: str, case: Case, runs: Runs) -> None:
    run = runs[kernel].result()[case.name]
    wrong = ""
    try:
        run.verify()
    except (AssertionError, LookupError, StopIteration, ValueError) as error:
        wrong = f"{error}" if isinstance(error, Expected) else f"{type(error).__name__}: {error}"
    if wrong:
        pytest.fail(f"{wrong}\n{run.explain()}", pytrace=False)
