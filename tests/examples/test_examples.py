"""Every file of `examples/`, for every kernel that comes along."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from probelang.cli.main import main
from tests.kernels.cases.examples import CASES

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.pl"))
KERNELS = ("6.1", "6.12", "7.3")

# What Linux 6.1 cannot do: the lines of the diagnostics, their code, and what they say.
REFUSED = {
    ("runqueue.pl", "6.1"): [(10, "PRB401", "no tprobe events"), (17, "PRB401", "no tprobe events")],
}
_CONCISE = re.compile(r"(?P<file>.*):(?P<line>\d+):\d+: (?P<severity>\w+)\[(?P<code>PRB\d+)\]: (?P<text>.*)")


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_lint(path: Path, kernel: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to say, or just what is expected."""
    expected = REFUSED.get((path.name, kernel), [])
    status = main(["lint", "--kernel", kernel, "--format", "concise", str(path)])
    said = capsys.readouterr()
    found = [_CONCISE.fullmatch(line) for line in said.out.splitlines()]
    assert said.err == ""
    assert [(int(match["line"]), match["code"]) for match in found if match] == [
        (line, code) for line, code, _ in expected
    ], said.out
    assert all(text in match["text"] for match, (_, _, text) in zip(found, expected, strict=True) if match)
    assert status == (1 if expected else 0)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_compile(path: Path, kernel: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A script that a shell can read, with each probe and each condition of the spec; or none at all."""
    script = tmp_path / "script"
    status = main(["compile", "--kernel", kernel, "-o", str(script), str(path)])
    if (path.name, kernel) in REFUSED:
        assert status == 1
        assert not script.exists()
        return
    assert (status, capsys.readouterr().err) == (0, "")
    text = script.read_text()
    probes = re.findall(r"^\w+ = [kfte]probe ", path.read_text(), re.MULTILINE)
    assert len(re.findall(r"^\tenable ", text, re.MULTILINE)) == len(probes)
    conditions = re.findall(r"^\w+ = [kfte]probe [^{]*\sif ", path.read_text(), re.MULTILINE)
    on_events = re.findall(r"^\tdefine '[^']*' 'e:.* if .*'$", text, re.MULTILINE)
    assert len(re.findall(r"^\tfilter ", text, re.MULTILINE)) + len(on_events) == len(conditions)
    for shell in ("sh", "dash", "bash"):
        if shutil.which(shell):
            subprocess.run([shell, "-n", str(script)], check=True, timeout=20)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_head(path: Path) -> None:
    """At its head each says which question it answers, what each event is, and on which kernels."""
    text = path.read_text()
    head = text[: text.index("\n\n")]
    assert re.match(r"# [A-Z][^\n]*\?\n#\n", head), "the first line is a question"
    assert "ernels: " in head or "Linux" in head
    for event in re.findall(r"^(\w+) = [kfte]probe ", text, re.MULTILINE):
        assert re.search(rf"\b{event}\b", head), f"nothing is said of `{event}`"


def test_each_is_proven_on_real_kernels() -> None:
    assert {Path(case.example).name for case in CASES} == {path.name for path in EXAMPLES}
    assert all(
        {(Path(case.example).name, kernel) for kernel in case.refused} <= set(REFUSED) for case in CASES
    )
