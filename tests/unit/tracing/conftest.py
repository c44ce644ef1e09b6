"""A folder that behaves as tracefs does, with somebody else's probe in it, and one for states."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.tracing.state import StateFolder
from tests.support.tracefs import FakeTracefs


@pytest.fixture
def tracefs(tmp_path: Path) -> FakeTracefs:
    made = FakeTracefs(tmp_path / "tracing")
    made.define("p:bystanders/idle do_nanosleep")
    return made


@pytest.fixture
def states(tmp_path: Path) -> StateFolder:
    return StateFolder(str(tmp_path / "probelang"))
