"""Which specs an editor finds in a folder: those that the command line checks there."""

from __future__ import annotations

from pathlib import Path

import pytest

from probelang.analysis.workspace import read_specs
from probelang.cli.files import Project, find_specs

SPEC = "fprobe vfs_read { count }\n"


def test_an_editor_finds_what_the_command_line_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (
        *("io.probe", "build/made.probe", "trace/net.pl", "trace/plain.pl.bak", "perl/own.pl"),
        *("venv/lib/no.probe", "node_modules/no.probe", ".hidden/no.probe", "vendor/no.probe", "trace/vendor/no.probe"),
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC)
    (tmp_path / "probelang.toml").write_text('files = ["trace/*.pl"]\nexclude = ["vendor"]\n')
    found = list(read_specs([str(tmp_path)]))
    assert [str(Path(path).relative_to(tmp_path)) for path, _ in found] == [
        "io.probe",
        "build/made.probe",
        "trace/net.pl",
    ]
    assert {text for _, text in found} == {SPEC}
    assert ([path for path, _ in found], 0) == find_specs([str(tmp_path)], Project(), False)
    assert capsys.readouterr().err == ""


def test_settings_that_cannot_be_read_hide_no_others(tmp_path: Path) -> None:
    for name in ("broken", "whole"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.probe").write_text(SPEC)
    (tmp_path / "broken" / "probelang.toml").write_text("kernels = 1\n")
    assert [path for path, _ in read_specs([str(tmp_path)])] == [str(tmp_path / "whole" / "a.probe")]
