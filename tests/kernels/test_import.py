"""Raw commands imported and compiled again: the kernel must list the same events, at the same places, that fetch the same."""

from __future__ import annotations

import os

import pytest

from tests.commands.asked import Asked
from tests.commands.imports import compare_imports

pytestmark = pytest.mark.kernels

WANTED = int(os.environ.get("PROBELANG_TEST_IMPORTS", "300"))
SEED = int(os.environ.get("PROBELANG_TEST_SEED", "7"))
MAX_LEFT = 0.75
"""How many accepted commands may stay behind for each that does not: the generator likes nonsense, and events that others join."""


def test_what_is_imported_means_the_same(kernel: Asked) -> None:
    outcome = compare_imports(kernel, SEED, WANTED)
    assert outcome.imported == WANTED
    shown = "\n".join(f"{name}\n  {one}\n  {other}" for name, one, other in outcome.wrong[:3])
    assert not outcome.wrong, f"PROBELANG_TEST_SEED={SEED}: {outcome}, first\n{shown}"
    assert outcome.left.total() < WANTED * MAX_LEFT, outcome.left
