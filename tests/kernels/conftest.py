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
