"""Settings of a project: what is found for a file, and what is wrong, at its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.backends import Settings
from probelang.config import Config, ConfigError, FileSettings
from probelang.configs import Configs, load_config
from probelang.diagnostics import Severity

FULL = """
kernels = ["6.1", "running", "fleet/a.kernel"]
target = "bpftrace"
bpftrace-version = "0.17"
select = ["PRB3", "missing-fact"]
extend-select = ["prb606"]
ignore = ["all"]
extend-ignore = ["PRB30"]
files = ["trace/*.pl"]
exclude = ["generated"]

[severity]
PRB6 = "info"
glob-without-wildcard = "error"

[per-file."old/**"]
kernels = ["6.1"]
target = "tracefs"
ignore = ["PRB309"]
severity = { PRB9 = "error" }
"""


def find_settings(path: str) -> FileSettings:
    return Configs().find(path).settings(path)


def write(folder: Path, text: str, name: str = "probelang.toml") -> str:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return str(path)


def test_all_settings(tmp_path: Path) -> None:
    (tmp_path / "fleet").mkdir()
    (tmp_path / "fleet" / "a.kernel").write_text("")
    path = write(tmp_path, FULL)
    config = load_config(path)
    assert config.root == str(tmp_path)
    assert config.kernels == ("6.1", "running", str(tmp_path / "fleet" / "a.kernel"))
    assert (config.target, config.bpftrace_version) == ("bpftrace", (0, 17))
    assert config.select == ("PRB3", "missing-fact") and config.extend_select == ("PRB606",)
    assert config.ignore == ("ALL", "PRB30")
    assert config.severity == (("PRB6", Severity.INFO), ("glob-without-wildcard", Severity.ERROR))
    here = find_settings(str(tmp_path / "a.probe"))
    assert (here.target, here.backend_settings) == ("bpftrace", Settings((0, 17), False))
    old = find_settings(str(tmp_path / "old" / "deep" / "a.probe"))
    assert (old.kernels, old.target) == (("6.1",), "tracefs")
    assert "PRB309" in old.selection().ignored
    assert dict(old.selection().severities)["PRB901"] is Severity.ERROR


def test_the_nearest_file_wins(tmp_path: Path) -> None:
    write(tmp_path, 'target = "perf"')
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_settings(str(inner / "x.probe")).target == "perf"
    write(tmp_path / "a", '[project]\nname = "probelang"', "pyproject.toml")
    assert find_settings(str(inner / "x.probe")).target == "perf"
    write(tmp_path / "a", '[tool.probelang]\nkernels = ["6.1"]', "pyproject.toml")
    found = find_settings(str(inner / "x.probe"))
    assert (found.target, found.kernels) == ("tracefs", ("6.1",))
    write(tmp_path / "a", 'target = "bpftrace"')
    assert find_settings(str(inner / "x.probe")).target == "bpftrace"
    configs = Configs()
    assert configs.find(str(inner / "x.probe")) is configs.find(str(inner / "y.probe"))


def test_others_files_are_none_of_ours(tmp_path: Path) -> None:
    write(tmp_path, 'target = "perf"')
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "this is = = no TOML", "pyproject.toml")
    assert find_settings(str(tmp_path / "a" / "x.probe")).target == "perf"


def test_no_file(tmp_path: Path) -> None:
    found = find_settings(str(tmp_path / "x.probe"))
    assert (found.kernels, found.target, found.backend_settings) == ((), "tracefs", Settings())
    assert not found.selection().ignored


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("kernel = ['6.1']", "1:1", "no setting `kernel`: did you mean `kernels`?"),
        ('\n\n"targets" = 3', "3:1", "no setting `targets`: did you mean `target`?"),
        ("kernels = '6.1'", "1:11", "is a list of strings"),
        ("kernels = []", "1:11", "one kernel at least"),
        ('kernels = [\n  "6.1", # one\n  "6.13",\n]', "3:3", "no kernel `6.13`"),
        ("kernels = ['6.1', 3]", "1:19", "this must be a string, not a number"),
        ("target = 'perv'", "1:10", "no target `perv`: did you mean `perf`?"),
        ("bpftrace-version = 0.27", "1:20", 'this must be a string, "0.27"'),
        ("bpftrace-version = '0.26'", "1:20", "none of 0.17, 0.27"),
        ("debuginfo = 'yes'", "1:13", "this must be true or false, not a string"),
        ("select = ['PRB6', 'glob-without-wildcart']", "1:19", "did you mean `glob-without-wildcard`"),
        ("ignore = ['PRB47']", "1:11", "no rule has a code that begins with `PRB47`"),
        ("[severity]\nPRB606 = 'off'", "2:10", "`ignore` has the rules that are not asked"),
        ("[severity]\n'no-such-rule' = 'info'", "2:1", "no rule is called"),
        ("severity.PRB606 = 'bad'", "1:19", "none of info, warning, error"),
        ("severity = 'info'", "1:12", "`severity` is a table"),
        ("a = 1\n[per-file.'x*']\nselekt = []", "1:1", "no setting `a`"),
        ("[per-file.'x*']\n  select = []", "2:3", "no setting `select`"),
        ("[per-file]\ntarget = 'perf'", "2:1", "stands in a table of a pattern"),
        ("[per-file.'../x']\ntarget = 'perf'", "1:2", "below the folder"),
        ("exclude = ['/etc']", "1:12", "below the folder"),
        ("per-file.x.y = 1", "1:1", "no setting `y`"),
        ("[per-file]\nx = { target = 'perf', ignore = [ 'nothing' ] }", "2:35", "no rule is called"),
        ("target = ", "1:10", "it is no TOML"),
        ("target = 1\n\ntarget = 2", "3:11", "it is no TOML"),
        ('target = """\nperf', "2:5", "it is no TOML"),
        ("target = '''é''' # é\nkernels = 1979-05-27", "1:10", "no target `é`"),
        ("kernels = 1979-05-27", "1:11", "not a date"),
        ("# \udcff", "1:3", "this is not UTF-8"),
        ("x = " + "[" * 100000, "", "nested too deeply"),
        ("x = " + "9" * 5000, "", "it is no TOML"),
        ("#" * (1 << 20) + "#", "", "larger than 1 MiB"),
    ],
)
def test_what_is_wrong(tmp_path: Path, text: str, place: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    error = caught.value
    assert message in error.message
    assert (f"{error.line}:{error.column}" if error.line else "") == place
    assert str(error).count("\n") == 0 and len(str(error)) < 500
    assert str(error).startswith(path)


def test_the_place_in_a_shared_file(tmp_path: Path) -> None:
    text = "[project]\nkernel = 1\n\n[[tool.x]]\n[tool.probelang]\nkernel = 1\n"
    path = write(tmp_path, text, "pyproject.toml")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert (caught.value.line, caught.value.column) == (6, 1)
    with pytest.raises(ConfigError, match="table"):
        load_config(write(tmp_path, "tool.probelang = 3", "pyproject.toml"))
    with pytest.raises(ConfigError, match="no \\[tool.probelang\\]"):
        load_config(write(tmp_path, "tool.x = 3", "pyproject.toml"))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_config(str(tmp_path / "other.toml"))
    (tmp_path / "probelang.toml").mkdir()
    assert find_settings(str(tmp_path / "x.probe")).config.path == ""


def test_a_pipe_is_no_file_of_settings(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "probelang.toml")
    with pytest.raises(ConfigError, match="not a regular file"):
        find_settings(str(tmp_path / "x.probe"))


def test_what_is_a_spec() -> None:
    config = Config(root="/r", files=("trace/*.pl", "tools/**/probe*"), exclude=("generated", "a/b"))
    for path in ("x.probe", "deep/x.probe.pl", "probes.pl", "trace/x.pl", "tools/probe1", "tools/a/b/probe1"):
        assert config.is_spec(f"/r/{path}"), path
    for path in (
        "x.pl",
        "trace/a/x.pl",
        "generated/x.probe",
        "x/generated/x.probe",
        "a/b/c/x.probe",
        "/x.pl",
    ):
        assert not config.is_spec(f"/r/{path}"), path
    assert not Config(root="/r", files=("**/*.pl",)).is_spec("/elsewhere/x.pl")


def test_nothing_is_imported_where_there_is_no_file(tmp_path: Path) -> None:
    program = "import sys; from probelang.configs import Configs; Configs().find('x.probe').settings('x.probe').kernels; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stdout.split())
    assert not {"tomllib", "fnmatch", "probelang.rules", "probelang.config_file"} & modules
