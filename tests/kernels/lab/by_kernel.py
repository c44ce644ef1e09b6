"""What tests of one file share: one run of a guest for each kernel, whichever test is the first to ask."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

import pytest

from tests.kernels.lab.boot import GUESTS_AT_ONCE
from tests.kernels.lab.case import Case

T = TypeVar("T")


class ByKernel(Generic[T]):
    """The outcome of `run(kernel)` for each kernel: raised again, to each test that asks, if it is an exception.

    On its own pytest runs the kernels side by side; a worker of xdist, beside which others run, one when it is asked for.
    """

    def __init__(self, kernels: Iterable[str], run: Callable[[str], T]) -> None:
        self._run = run
        self._runs: dict[str, Future[T]] = {}
        if "PYTEST_XDIST_WORKER" not in os.environ:
            pool = ThreadPoolExecutor(GUESTS_AT_ONCE)
            self._runs = {kernel: pool.submit(run, kernel) for kernel in kernels}
            pool.shutdown(wait=False)

    def __getitem__(self, kernel: str) -> T:
        if kernel not in self._runs:
            done: Future[T] = Future()
            try:
                done.set_result(self._run(kernel))
            except Exception as error:  # noqa: BLE001 - it is raised to who asks
                done.set_exception(error)
            self._runs[kernel] = done
        return self._runs[kernel].result()

    def anew(self, kernel: str) -> T:
        """The outcome of another run, for a test that is run once more."""
        self._runs.pop(kernel, None)
        return self[kernel]


def selected_cases(request: pytest.FixtureRequest, file: str) -> Mapping[str, list[Case]]:
    """The cases of a file's tests that are selected, by their kernels."""
    wanted: dict[str, list[Case]] = {}
    for item in request.session.items:
        call = getattr(item, "callspec", None)
        if call is not None and "case" in call.params and item.path == Path(file):
            wanted.setdefault(call.params["kernel"], []).append(call.params["case"])
    return wanted
