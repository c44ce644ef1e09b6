from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.kernels.lab.fetch import KERNELS, LabError

if TYPE_CHECKING:
    from tests.commands.asked import Asked


@pytest.fixture(scope="module", params=KERNELS)
def kernel(request: pytest.FixtureRequest) -> Asked:
    """A kernel that raw commands are written to."""
    from tests.commands.asked import asked

    try:
        return asked(request.param)
    except LabError as error:
        if os.environ.get("CI"):
            pytest.fail(f"the lab cannot work: {error}")
        pytest.skip(f"NO REAL KERNEL WAS ASKED: {error}")


@pytest.fixture(autouse=True)
def forget_answers(request: pytest.FixtureRequest, again: bool) -> None:
    """A file's `@cache`d answers of guests are asked for anew by a test that is run once more."""
    for value in vars(request.module).values() if again else ():
        if hasattr(value, "cache_clear") and value.__module__ == request.module.__name__:
            value.cache_clear()
