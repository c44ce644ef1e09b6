"""What the backend for perf writes, read again and compiled again: the same definitions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.backends import perf
from probelang.imports import import_source
from probelang.kernel.load import load_kernel
from probelang.source import Source

ROOT = Path(__file__).parents[3]
SPECS = sorted([*(ROOT / "examples").glob("*.pl"), *(ROOT / "tests/golden/ok").rglob("*.pl")])


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_perf(kernel: str) -> None:
    known = load_kernel(kernel)
    compared = 0
    for path in SPECS:
        before = definitions(path.read_text(), path.name, kernel)
        if not before:
            continue
        text = "\n".join(f"perf probe --no-inlines {one}" for one in before)
        made = import_source(Source("probes.sh", text), known)
        assert not made.left, (path, made.left)
        # what is recorded as a `ustring` is read as a program's memory anyway
        assert definitions(made.text, path.name, kernel) == [
            re.sub(r"\+u0(\([^()]*\):ustring)", r"+0\1", one) for one in before
        ], path
        compared += 1
    assert compared > 12


def definitions(text: str, name: str, kernel: str) -> list[str]:
    """Of a spec that perf can have as a whole."""
    known = load_kernel(kernel)
    analysis = analyse(Source(name, text), known, "perf")
    if analysis.failed:
        return []
    return sorted(re.findall(r"-a '[^']*'", perf.render(analysis.events, "commands", [name], known).text))
