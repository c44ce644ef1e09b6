"""All cases for the files of `examples/`."""

from __future__ import annotations

from tests.kernels.cases import example_files, example_system

CASES = [*example_files.CASES, *example_system.CASES]
