"""Runs what the documents say to run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, read_blocks, read_commands

_PROBELANG = f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; from probelang.cli.main import main; sys.exit(main())" "$@"\n'


def prepare_folder(document: Path, folder: Path) -> None:
    """A folder like the one the reader of `document` sits in: the examples, and the files that it shows.

    Skips where there is no C compiler for a document that shows programs.
    """
    lacks = lacking(document)
    if lacks and os.environ.get("CI"):
        pytest.fail(f"{document.name} was not tried: {lacks} is missing")
    if lacks:
        pytest.skip(f"{document.name.upper()} WAS NOT TRIED: {lacks} is missing")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for block in read_blocks(document):
        if block.kind in ("probe", "c") and block.info:
            path = folder / block.info[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    tools = folder / ".bin"
    tools.mkdir()
    (tools / "probelang").write_text(_PROBELANG)
    (tools / "probelang").chmod(0o755)


def lacking(document: Path) -> str:
    """What it takes to build the programs that `document` shows, and is not here."""
    programs = [block.text for block in read_blocks(document) if block.kind == "c" and block.info]
    if programs and shutil.which("gcc") is None:
        return "gcc"
    headers = [*Path("/usr/include").glob("sys/sdt.h"), *Path("/usr/include").glob("*/sys/sdt.h")]
    if any("<sys/sdt.h>" in text for text in programs) and not headers:
        return "<sys/sdt.h> (package systemtap-sdt-dev)"
    return ""


def run_block(block: Block, folder: Path, kernels: Mapping[str, str] = {}) -> list[str]:
    """What each command of a `console` block answers; `$?` is that of the command before.

    `kernels`: what to take for a `--kernel`, where it is not the one that comes along.
    """
    environment = {
        **os.environ,
        "PATH": f"{folder / '.bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "100",
    }
    answers, status = [], 0
    for command in read_commands(block):
        done = subprocess.run(
            ["sh", "-c", f"(exit {status})\n{_with_kernels(command.text, kernels)}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        status = done.returncode
        answers.append(done.stdout.decode())
    return answers


def _with_kernels(text: str, kernels: Mapping[str, str]) -> str:
    for name, target in kernels.items():
        text = re.sub(rf"--kernel {re.escape(name)}(?=\s)", f"--kernel '{target}'", text)
    return text
