"""The completions of bash, zsh and fish, in real shells: keys are typed, and the words that the command gets are compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import generate_completions
import pytest

from probelang.cli.main import COMMANDS
from tests.docs.blocks import ROOT
from tests.shells.terminal import Terminal

#: What is typed, `^` for TAB, and the words that come of it.
TYPED = {
    "lin^ --targ^ bpf^": "lint --target bpftrace",
    "compile --kernel 7^ --form^ com^ rea^": "compile --kernel 7.3 --format commands reads.probe",
    "compile --kernel kern^ reads.probe -o sub^deep^": "compile --kernel kernels.btf reads.probe -o sub/deeper",
    "rule narr^": "rule narrowing",
    "rule PRB30^9": "rule PRB309",
    "lint --select PRB101,narr^": "lint --select PRB101,narrowing",
    "kernel sna^ --kernel 6.12^ -o ker^": "kernel snapshot --kernel 6.12 -o kernels.btf",
    "fmt --che^ rea^": "fmt --check reads.probe",
    "expl^ --log sub^deep^": "explain-log --log sub/deeper",
}
FISH = {
    "lint --format ": {"text", "concise", "json", "sarif", "github"},
    "compile --kernel 6": {"6.1", "6.12"},
    "compile --kernel ker": {"kernels.btf"},
    "compile rea": {"reads.probe"},
    "rule narr": {"narrowing"},
    "lint --select PRB101,narr": {"PRB101,narrowing"},
    "kernel ": {"show", "snapshot"},
    "compile -o sub/dee": {"sub/deeper"},
}


def test_they_are_current() -> None:
    for shell, text in generate_completions.render().items():
        path = ROOT / generate_completions.PLACES[shell]
        assert path.read_text() == text, "python scripts/generate_completions.py"


@pytest.mark.parametrize("shell", generate_completions.PLACES)
def test_they_know_all_options(shell: str) -> None:
    text = (ROOT / generate_completions.PLACES[shell]).read_text()
    for parser in generate_completions.parsers(generate_completions.full_parser()):
        for option in (option for action in parser._actions for option in action.option_strings):
            word = option.lstrip("-")
            told = option if shell != "fish" else f"-l {word} " if option.startswith("--") else f"-s {word} "
            assert told in text, option
    assert all(name in text for name in COMMANDS)
    assert "python" not in text, "a TAB waits for nothing"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "reads.probe").write_text("fprobe vfs_read\n")
    (tmp_path / "kernels.btf").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deeper").touch()
    return tmp_path


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no {shell}")
        pytest.skip(f"THE COMPLETION OF {shell.upper()} WAS NOT TRIED: it is not installed")


def environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TERM": "dumb",
        "LC_ALL": "C.UTF-8",
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "XDG_DATA_HOME": str(folder / ".local"),
    }


@pytest.fixture
def terminal(request: pytest.FixtureRequest, folder: Path) -> Iterator[Terminal]:
    shell = request.param
    need(shell)
    options = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[shell]
    terminal = Terminal([shell, *options], folder, environment(folder))
    file = ROOT / generate_completions.PLACES[shell]
    setup = {
        "bash": f"bind 'set bell-style none'; source {file}",
        "zsh": f"fpath=({file.parent} $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep zle_bracketed_paste",
    }[shell]
    try:
        terminal.type(f"{setup}; PS1='>'; probelang() {{ echo \"got <$*>\"; }}; cd {folder}; echo rea''dy\n")
        terminal.wait(r"ready\r?\n")
        yield terminal
    finally:
        terminal.close()


@pytest.mark.parametrize("terminal", ["bash", "zsh"], indirect=True)
def test_tab(terminal: Terminal) -> None:
    for keys, expected in TYPED.items():
        # a word that is complete has a blank behind it already
        terminal.type(f"probelang {keys.replace('^ ', '^').replace('^', chr(9))}\n")
        words = re.search(r"got <([^>]*)>", terminal.wait(r"got <[^>]*>\r?\n"))
        # zsh writes a comma behind a rule, for another
        assert words is not None and words[1].rstrip(" ,") == expected, keys


def test_fish(folder: Path) -> None:
    need("fish")
    file = ROOT / generate_completions.PLACES["fish"]
    for line, expected in FISH.items():
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {file}; complete -C 'probelang {line}'"],
            cwd=folder, env=environment(folder), capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert {word.partition("\t")[0] for word in done.stdout.splitlines()} == expected, (line, done.stderr)


@pytest.mark.parametrize(("shell", "option"), [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")])
def test_they_are_read_without_complaint(shell: str, option: str) -> None:
    need(shell)
    done = subprocess.run(
        [shell, option, str(ROOT / generate_completions.PLACES[shell])],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
