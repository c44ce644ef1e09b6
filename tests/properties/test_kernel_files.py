"""What holds for every file that is called a kernel: facts, or one line that says what is wrong."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize(
    "target",
    ["btf", "elf", "vmlinuz", "kernel", "folder", "module", "tar", "cache", "program", "arguments"],
)
def test_spoilt_files(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBELANG_CACHE_DIR", "/nonexistent/cache")
    for number in range(25):
        seed = f"{target} {number}"
        files = TARGETS[target].make(random.Random(seed))
        try:
            TARGETS[target].run(files)
        except Exception as error:
            raise AssertionError(
                f"{target}, seed {seed!r}: {error!r}; `python -m tests.fuzz` makes it smaller"
            ) from error
