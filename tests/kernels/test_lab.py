"""The booted suite: each case of `cases/` on each kernel (`pytest -m kernels`)."""

from __future__ import annotations

import pytest

from tests.kernels.cases import ALL
from tests.kernels.lab.by_kernel import ByKernel, selected_cases
from tests.kernels.lab.case import Case, Expected
from tests.kernels.lab.fetch import KERNELS
from tests.kernels.lab.suite import Run, run_cases

pytestmark = pytest.mark.kernels

Runs = ByKernel[dict[str, Run]]


def _parameters() -> list[object]:
    names = [case.name for case in ALL]
    assert len(names) == len(set(names)), "two cases bear one name"
    pairs = [(kernel, case) for kernel in KERNELS for case in ALL if kernel in case.on]
    return [pytest.param(kernel, case, id=f"{kernel}-{case.name}") for kernel, case in pairs]


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> Runs:
    """What became of the selected cases."""
    wanted = selected_cases(request, __file__)
    return ByKernel(wanted, lambda kernel: run_cases(kernel, wanted[kernel]))


@pytest.mark.parametrize(("kernel", "case"), _parameters())
def test_case(kernel: str, case: Case, runs: Runs, again: bool) -> None:
    run = (run_cases(kernel, [case]) if again else runs[kernel])[case.name]
    wrong = ""
    try:
        run.verify()
    except (AssertionError, LookupError, StopIteration, ValueError) as error:
        wrong = f"{error}" if isinstance(error, Expected) else f"{type(error).__name__}: {error}"
    if wrong:
        pytest.fail(f"{wrong}\n{run.explain()}", pytrace=False)
