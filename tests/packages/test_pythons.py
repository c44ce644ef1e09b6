"""The wheel and the source distribution, installed in a clean environment of each Python that there is (`pytest -m packages`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT
from tests.kernels.lab.fetch import LabError
from tests.packages.pythons import VERSIONS, find_python

pytestmark = pytest.mark.packages

SMOKE = Path(__file__).with_name("smoke.py")


def run(*words: str, cwd: Path) -> str:
    done = subprocess.run(
        words, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The packages by their kinds."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "-q", "--outdir", str(folder), str(ROOT), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_installed_works(version: str, kind: str, built: dict[str, Path], tmp_path: Path) -> None:
    try:
        python = find_python(version)
    except LabError as error:
        pytest.skip(f"NOT TESTED on Python {version}: {error}")
    home = tmp_path / "venv"
    run(python, "-m", "venv", "--without-pip", str(home), cwd=tmp_path)
    own = str(home / "bin" / "python")
    run(sys.executable, "-m", "pip", "--python", own, "install", "-q", str(built[kind]), cwd=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert f"works {version}." in run(own, "-I", str(SMOKE), cwd=empty)


def test_the_packages_hold_what_they_need(built: dict[str, Path]) -> None:
    """And nothing of the machine that built them."""
    import tarfile
    import zipfile

    with zipfile.ZipFile(built["wheel"]) as wheel:
        names = wheel.namelist()
    assert {
        "probelang/py.typed",
        "probelang/grammar/probelang.lark",
        "probelang/kernel/data/7.3.kernel",
    } <= set(names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"probelang"}
    with tarfile.open(built["sdist"]) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "probelang/py.typed"} <= inside
    assert not [name for name in inside if name.startswith((".venv", ".git/")) or "__pycache__" in name]
