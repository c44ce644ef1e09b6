"""The committed tables are those of the grammar."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_tables_are_up_to_date(seed: str) -> None:
    """Whatever the order of Python's sets was."""
    command = [sys.executable, str(ROOT / "scripts" / "generate_parser.py"), "--check"]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_lark_is_not_needed_at_run_time() -> None:
    program = "import sys; import probelang.syntax.parse; print(sorted({'lark', 'dataclasses', 'inspect'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
