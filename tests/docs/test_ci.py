"""The workflows of `docs/ci.md` are YAML of the right form, and their commands are ours."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import ROOT, read_blocks
from tests.docs.host import prepare_folder

DOCUMENT = ROOT / "docs" / "ci.md"
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())


def yaml_blocks() -> list[Any]:
    return [yaml.safe_load(block.text) for block in read_blocks(DOCUMENT) if block.kind == "yaml"]


def commands() -> list[str]:
    workflow, more = yaml_blocks()[1:]
    steps = [*workflow["jobs"]["lint"]["steps"], *more]
    return [step["run"] for step in steps if step.get("run", "").startswith("probelang ")]


def test_hooks_are_those_that_there_are() -> None:
    (repo,) = yaml_blocks()[0]["repos"]
    assert {hook["id"] for hook in repo["hooks"]} == {hook["id"] for hook in HOOKS}


def test_matcher_is_where_it_says() -> None:
    (step,) = [step for step in yaml_blocks()[2] if "add-matcher" in step["run"]]
    assert (ROOT / step["run"].partition("add-matcher::")[2].rstrip('"')).exists()


@pytest.mark.parametrize("command", commands())
def test_commands(command: str, tmp_path: Path) -> None:
    """Each does what a step wants: it succeeds where all is well, and writes nothing but what it is asked for."""
    prepare_folder(DOCUMENT, tmp_path)
    (tmp_path / "good.probe").write_text("fprobe vfs_read { count }\n")
    (tmp_path / "probelang.toml").write_text('kernels = ["6.12"]\n')
    environment = {**os.environ, "PATH": f"{tmp_path / '.bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
