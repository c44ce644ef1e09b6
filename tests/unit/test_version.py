"""One version: `probelang/__init__.py` has it, and whatever else names it says the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from probelang import __version__

ROOT = Path(__file__).parents[2]
MANUALS = sorted((ROOT / "share/man/man1").glob("*.1"))


def test_the_changelog_begins_with_it() -> None:
    """Above it there may be what comes next."""
    headings = re.findall(r"^## \[(.+?)\](.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [(name, rest) for name, rest in headings if name != "Unreleased"]
    assert [name for name, _ in headings].count("Unreleased") <= 1
    assert headings[0][0] in ("Unreleased", __version__)
    assert released[0][0] == __version__
    assert all(re.fullmatch(r" - \d{4}-\d{2}-\d{2}", rest) for _, rest in released)


def test_the_extension_has_it() -> None:
    folder = ROOT / "vscode-extension"
    assert json.loads((folder / "package.json").read_text())["version"] == __version__
    lock = json.loads((folder / "package-lock.json").read_text())
    assert lock["version"] == lock["packages"][""]["version"] == __version__


@pytest.mark.parametrize("path", MANUALS, ids=lambda path: path.name)
def test_manuals_have_it(path: Path) -> None:
    title = next(line for line in path.read_text().splitlines() if line.startswith((".TH", ".Os")))
    assert f"probelang {__version__}" in title


@pytest.mark.parametrize(
    "start", [("-m", "probelang"), ("-c", "from probelang.cli.main import main; raise SystemExit(main())")]
)
def test_the_command_line_says_it(start: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, *start, "--version"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"probelang {__version__}\n", "")


def test_as_a_module_it_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "probelang", "compile", "--kernel", "6.12", "--format", "commands", "-"],
        input="fprobe vfs_raed\n",
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean `vfs_read`" in done.stderr
    usage = subprocess.run(
        [sys.executable, "-m", "probelang", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert usage.stdout.startswith("usage: probelang ")
