"""The manual pages are what the parser says, roff without a complaint, and their examples work."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import generate_completions
import generate_manpages
import pytest

from tests.docs.blocks import ROOT
from tests.docs.host import prepare_folder

PAGES = generate_manpages.render()
#: Of these the tests on real kernels know more, or they take a file of hits; here their options are read.
AS_ROOT = ("run", "load", "unload", "status", "report")
EXAMPLES = [
    (name, command) for name, text in generate_manpages.TEXTS.items() for command in text.examples.values()
]
#: What reads a page and says what is wrong with it.
READERS = {
    "mandoc": ["mandoc", "-T", "lint"],
    "groff": ["groff", "-man", "-ww", "-Tutf8", "-z"],
}


def test_they_are_current() -> None:
    folder = ROOT / generate_manpages.FOLDER
    assert {path.name: path.read_text() for path in folder.iterdir()} == PAGES, (
        "python scripts/generate_manpages.py"
    )


@pytest.mark.parametrize("reader", READERS)
def test_roff(reader: str) -> None:
    if shutil.which(reader) is None:
        if os.environ.get("CI"):
            pytest.fail(f"there is no {reader}")
        pytest.skip(f"THE MANUAL PAGES WERE NOT READ BY {reader.upper()}: it is not installed")
    for name in PAGES:
        done = subprocess.run(
            [*READERS[reader], str(ROOT / generate_manpages.FOLDER / name)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_texts_are_of_commands() -> None:
    assert set(generate_manpages.TEXTS) <= set(generate_manpages.commands())


@pytest.mark.parametrize(("name", "command"), EXAMPLES)
def test_examples(name: str, command: str, tmp_path: Path) -> None:
    if name in AS_ROOT:
        words = shlex.split(command)
        assert words[:2] == ["probelang", name]
        generate_completions.full_parser().parse_args(words[1:])
        return
    prepare_folder(ROOT / "README.md", tmp_path)
    environment = {**os.environ, "PATH": f"{tmp_path / '.bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    assert "probelang: " not in done.stderr.replace("probelang: note: ", ""), done.stderr


def test_the_spec_is_one(tmp_path: Path) -> None:
    (tmp_path / "spec.probe").write_text(generate_manpages.SPEC)
    prepare_folder(ROOT / "README.md", tmp_path)
    done = subprocess.run(
        [tmp_path / ".bin" / "probelang", "lint", "--kernel", "6.12", "spec.probe"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.packages
def test_wheel_has_pages_and_completions(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as package:
        names = {name.partition(".data/data/")[2] for name in package.namelist()}
    wanted = {
        *generate_completions.PLACES.values(),
        *(f"{generate_manpages.FOLDER}/{page}" for page in PAGES),
    }
    assert names - {""} == wanted
