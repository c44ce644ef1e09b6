"""The hooks for pre-commit, by pre-commit itself: a project with probes commits, and is told.

It builds the hooks' environment, with pip and what the packages need; so it is only run where that is asked for: `pytest -m packages`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probelang.commands.files import is_command_file
from probelang.config import Config
from tests.docs.blocks import ROOT

GOOD = "fprobe vfs_read { count }\n"
NARROW = "fprobe vfs_read { n = count: u8 }\n"
SAFE = "fprobe vfs_read if 4096 < count\n"
HOOKS = ROOT / ".pre-commit-hooks.yaml"


@pytest.mark.parametrize(
    "name",
    ["a.probe", "x/a.probe.pl", "probes.pl", "x/probes.pl", "a.pl", "x/myprobes.pl", "probe", "a.probe.txt"]
    + [
        "a.tracefs",
        "x/kprobe_events",
        "uprobe_events",
        "x/y/dynamic_events",
        "my_kprobe_events",
        "a.tracefs.old",
    ],
)
def test_hooks_take_the_files_that_they_are_for(name: str) -> None:
    """`lint` is for specs and raw commands, `fmt` for specs alone."""
    lint, fmt = re.findall(r"^  files: (.*)$", HOOKS.read_text(), re.MULTILINE)
    is_spec = Config(root="/r").is_spec(f"/r/{name}")
    assert bool(re.search(fmt, name)) == is_spec
    assert bool(re.search(lint, name)) == (is_spec or is_command_file(name))


def run(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    home = str(folder.parent / "home")
    environment = {
        **os.environ,
        "HOME": home,
        "PRE_COMMIT_HOME": str(folder.parent / "pre-commit"),
        "PROBELANG_CACHE_DIR": str(folder.parent / "cache"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }
    environment.pop("GIT_DIR", None)
    done = subprocess.run(
        words,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert not check or done.returncode == 0, done.stdout
    return done


def copy_of_ourselves(folder: Path) -> None:
    """A repository of what is here, committed or not, as a clone would have it."""
    folder.mkdir()
    listed = run(
        ROOT, "git", "ls-files", "-co", "--exclude-standard", "--", ":!tests", ":!vscode-extension"
    ).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    run(folder, "git", "init", "-q")
    run(folder, "git", "add", "-Af")
    run(folder, "git", "commit", "-qm", "a release")
    run(folder, "git", "tag", "v1")


@pytest.mark.packages
def test_a_project_that_commits_probes(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    hooks, project = tmp_path / "probelang", tmp_path / "project"
    copy_of_ourselves(hooks)
    project.mkdir()
    run(project, "git", "init", "-q")
    (project / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {hooks}\n  rev: v1\n  hooks:\n  - id: probelang-fmt\n  - id: probelang-lint\n    args: [--fix]\n"
    )
    (project / "probelang.toml").write_text('kernels = ["6.1", "6.12"]\nexclude = ["vendor"]\n')
    (project / "trace").mkdir()
    (project / "vendor").mkdir()
    (project / "trace" / "io.probe").write_text(GOOD)
    (project / "trace" / "perl.pl").write_text("print 1;\n")
    (project / "vendor" / "bad.probe").write_text("this is none\n")
    run(project, "pre-commit", "install")
    run(project, "git", "add", "-A")
    assert "probelang lint" in run(project, "git", "commit", "-m", "good").stdout
    # a warning stops a commit
    (project / "trace" / "io.probe").write_text(GOOD + NARROW)
    done = run(project, "git", "commit", "-am", "bad", check=False)
    assert done.returncode != 0
    assert "warning[PRB309]" in done.stdout and "trace/io.probe:2:30" in done.stdout, done.stdout
    # layout and fixes are written, and stop it once
    (project / "trace" / "io.probe").write_text(SAFE + "\n\n\nfprobe   vfs_write\n")
    run(project, "git", "add", "-A")
    done = run(project, "git", "commit", "-m", "fixed", check=False)
    assert done.returncode != 0 and "files were modified by this hook" in done.stdout
    assert (
        project / "trace" / "io.probe"
    ).read_text() == "fprobe vfs_read if count > 4096\n\nfprobe vfs_write\n"
    run(project, "git", "add", "-A")
    run(project, "git", "commit", "-m", "fixed")
    assert "Passed" in run(project, "pre-commit", "run", "--all-files").stdout
