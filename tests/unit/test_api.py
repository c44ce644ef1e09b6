"""The functions for other programs: they say what the command line says, and raise what they promise."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import probelang
from probelang.api import Target

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.pl"))
SPEC = "fprobe vfs_read { count }\n"


@pytest.fixture(scope="module")
def kernel() -> probelang.Kernel:
    return probelang.load_kernel("6.12")


def command_line(*arguments: str) -> str:
    program = "import sys; from probelang.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    ).stdout


@pytest.mark.parametrize("target", ["tracefs", "perf", "bpftrace"])
def test_the_output_is_that_of_the_command_line(target: Target, kernel: probelang.Kernel) -> None:
    path = Path("examples/tcp.pl")
    made = probelang.compile(ROOT / path, kernel, target, name=str(path))
    assert made.text == command_line("compile", "--kernel", "6.12", "--target", target, str(path))
    assert str(made) == made.text


def test_the_diagnostics_are_those_of_the_command_line(kernel: probelang.Kernel) -> None:
    text = (ROOT / "tests/lint/rules/glob-without-wildcard.pl").read_text()
    said = json.loads(
        command_line(
            "lint",
            "--isolated",
            "--kernel",
            "6.12",
            "--format",
            "json",
            "tests/lint/rules/glob-without-wildcard.pl",
        )
    )
    found = probelang.lint(text, kernel, name="tests/lint/rules/glob-without-wildcard.pl")
    assert found
    for one, other in zip(found, said, strict=True):
        assert {name: other[name] for name in ("file", "line", "column", "end_line", "end_column")} == {
            name: getattr(one, name) for name in ("file", "line", "column", "end_line", "end_column")
        }
        assert (one.code, one.slug, one.severity, one.message) == tuple(
            other[name] for name in ("code", "slug", "severity", "message")
        )
        assert list(one.kernels) == other["kernels"]
        json.dumps(dataclasses.asdict(one))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples(path: Path, kernel: probelang.Kernel) -> None:
    try:
        made = probelang.compile(path, kernel)
    except probelang.SpecError as error:
        assert [found for found in error.diagnostics if found.severity == "error"]
        return
    assert made.events
    assert probelang.format(path) == path.read_text()


def test_a_string_is_a_text_and_a_path_is_a_file(tmp_path: Path, kernel: probelang.Kernel) -> None:
    path = tmp_path / "reads.probe"
    path.write_text(SPEC)
    assert probelang.compile(path, kernel).events[0].name == "reads/vfs_read"
    assert probelang.compile(SPEC, kernel).events[0].name == "spec/vfs_read"
    assert probelang.compile(SPEC, kernel, name="x/io.probe").events[0].name == "io/vfs_read"
    with pytest.raises(probelang.SpecError):
        probelang.compile(str(path), kernel)
    with pytest.raises(FileNotFoundError):
        probelang.compile(tmp_path / "missing.probe", kernel)


def test_a_file_has_the_settings_of_its_project(tmp_path: Path) -> None:
    path = tmp_path / "reads.probe"
    path.write_text("tprobe sched_switch { prev->comm }\n")
    (tmp_path / "probelang.toml").write_text('kernels = ["6.1", "7.3"]\nignore = ["PRB4"]\n')
    assert {name for found in probelang.lint(path) for name in found.kernels} <= {"6.1", "7.3"}
    codes = {found.code for found in probelang.lint(path, isolated=True, kernels="6.1")}
    assert "PRB401" in codes
    assert "PRB401" not in {found.code for found in probelang.lint(path)}
    (tmp_path / "probelang.toml").write_text("kernel = 1\n")
    with pytest.raises(probelang.ConfigError):
        probelang.lint(path)


def test_raw_commands_are_known_by_their_name(kernel: probelang.Kernel) -> None:
    found = probelang.lint("f:io/rd vfs_raed\n", kernel, name="old.tracefs")
    assert [one.kernel_error for one in found] == ["FAIL_REG_PROBE"]


def test_rules_are_selected(kernel: probelang.Kernel) -> None:
    spec = "kprobe vfs_raed\n"
    assert [found.code for found in probelang.lint(spec, kernel)] == ["PRB201"]
    assert probelang.lint(spec, kernel, ignore=["unknown-function"]) == []
    assert probelang.lint(spec, kernel, select=["PRB6"]) == []
    with pytest.raises(ValueError, match="no rule is called"):
        probelang.lint(spec, kernel, ignore=["unknown-funktion"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": "systemtap"}, "target 'systemtap' is none of"),
        ({"format": "xml"}, "format 'xml' is none of"),
        ({"target": "bpftrace", "bpftrace_version": "0.1"}, "bpftrace_version '0.1' is none of"),
        ({"debuginfo": True}, "debuginfo is for the target 'perf'"),
    ],
)
def test_what_there_is_not_is_said(arguments: dict[str, str], says: str, kernel: probelang.Kernel) -> None:
    with pytest.raises(ValueError, match=says):
        probelang.compile(SPEC, kernel, **arguments)  # type: ignore[arg-type]


def test_sizes_have_a_limit(tmp_path: Path, kernel: probelang.Kernel) -> None:
    with pytest.raises(ValueError, match="larger than 16 MiB"):
        probelang.format("#" * ((16 << 20) + 1))
    path = tmp_path / "large.probe"
    path.write_bytes(b"#" * ((16 << 20) + 1))
    with pytest.raises(ValueError, match="larger than 16 MiB"):
        probelang.format(path)


def test_values_are_frozen(kernel: probelang.Kernel) -> None:
    (found,) = probelang.lint("fprobe vfs_raed", kernel)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.line = 2  # type: ignore[misc]
    assert found == probelang.lint("fprobe vfs_raed", kernel)[0]


def test_unknown_names_are_no_attributes() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'complie'"):
        probelang.complie  # type: ignore[attr-defined] # noqa: B018
    assert set(probelang.__all__) <= set(dir(probelang))


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    known = probelang.load_kernel("6.12")
    probelang.lint(text, known)
    for ask in (probelang.format, lambda spec: probelang.compile(spec, known)):
        try:
            ask(text)
        except probelang.SpecError as error:
            assert str(error)
