"""The suite's own: what tests share is made once, and anew for a test that is run once more."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shared import Shared

ROOT = Path(__file__).parents[2]


def test_a_value_is_made_once_and_anew_when_asked() -> None:
    log: list[str] = []

    @contextlib.contextmanager
    def make() -> Iterator[int]:
        log.append("made")
        yield len(log)
        log.append("left")
        raise OSError("it was broken")

    shared = Shared(make)
    assert log == []
    assert (shared.get(), shared.get(), log) == (1, 1, ["made"])
    assert (shared.get(anew=True), log) == (3, ["made", "left", "made"])
    with pytest.raises(OSError, match="broken"):
        shared.close()


_SUITE = """
import os
from functools import cache
from pathlib import Path
import pytest

LOG = Path(os.environ["LOG"])

@pytest.fixture(scope="module")
def guests():
    from tests.kernels.lab.by_kernel import ByKernel
    def boot(kernel):
        with LOG.open("a") as log:
            log.write(f"boot {kernel}\\n")
        return LOG.read_text().count(f"boot {kernel}\\n")
    return ByKernel(("6.1", "6.12"), boot)

@pytest.mark.parametrize("kernel", ["6.1", "6.12"])
def test_guest(kernel, guests, again):
    boots = guests.anew(kernel) if again else guests[kernel]
    # the first guest of 6.12 dies
    assert (kernel, boots) in (("6.1", 1), ("6.12", 2))

@cache
def told(kernel):
    with LOG.open("a") as log:
        log.write(f"told {kernel}\\n")
    return LOG.read_text().count(f"told {kernel}\\n")

def test_told():
    assert told("7.3") == 2

def test_broken(guests, again):
    assert False
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2", "--dist", "loadgroup", "--no-loadscope-reorder")])
def test_a_test_that_is_run_once_more_has_a_guest_of_its_own(
    workers: tuple[str, ...], tmp_path: Path
) -> None:
    """As `.ci/run` has it, with and without several processes; what fails twice fails."""
    (tmp_path / "test_made.py").write_text(_SUITE)
    (tmp_path / "conftest.py").write_text(
        "from tests.conftest import again\nfrom tests.kernels.conftest import forget_answers\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    log = tmp_path / "log"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--reruns",
        "1",
        "--max-suite-reruns",
        "8",
        "-rR",
        *workers,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment | {"LOG": str(log), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "1 failed, 3 passed, 3 rerun" in done.stdout, done.stdout
    assert "RERUN test_made.py::test_guest[6.12]" in done.stdout, done.stdout
    assert sorted(log.read_text().split("\n")) == [
        "",
        "boot 6.1",
        "boot 6.12",
        "boot 6.12",
        "told 7.3",
        "told 7.3",
    ]
