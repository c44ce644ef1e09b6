"""C programs for guests, built statically on the machine that tests."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.kernels.lab.fetch import LabError, cache_dir, locked

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"


def build_program(name: str) -> bytes:
    """The static build of `programs/NAME.c`, from the cache where the source is the same."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise LabError("no C compiler on this machine")
    source = PROGRAMS / f"{name}.c"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    built = cache_dir() / "programs" / f"{name}-{digest}"
    with locked(cache_dir() / "programs.lock"):
        if not built.is_file():
            built.parent.mkdir(exist_ok=True)
            half = built.with_suffix(".half")
            command = [
                compiler,
                "-static",
                "-O1",
                "-g",
                "-fno-omit-frame-pointer",
                "-o",
                str(half),
                str(source),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise LabError(f"{source.name} does not build: {done.stderr.strip()[:300]}")
            half.rename(built)
    return built.read_bytes()
