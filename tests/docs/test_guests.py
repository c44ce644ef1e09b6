"""What the documents say of kernels holds on booted ones (`pytest -m kernels`)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.docs.blocks import (
    DOCUMENTS,
    KERNELS,
    TOOLS,
    Block,
    fits,
    read_blocks,
    read_commands,
    render_commands,
    replace_blocks,
)
from tests.docs.host import prepare_folder, run_block
from tests.kernels.lab.boot import GUESTS_AT_ONCE, Job, Machine, Outcome, run_jobs
from tests.kernels.lab.fetch import fetch_kernel
from tests.kernels.lab.inside import ENVIRONMENT, unpack_job
from tests.kernels.lab.target import target_name

pytestmark = pytest.mark.kernels

_BLOCKS = [block for document in DOCUMENTS for block in read_blocks(document) if block.kernels]
_GUEST = Path(__file__).parents[1] / "kernels" / "lab" / "guest.sh"
_MARK = "%%answer"


@pytest.mark.skipif(not _BLOCKS, reason="no document asks a kernel")
def test_guests(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each command answers as shown, on each kernel of its block."""
    with ThreadPoolExecutor(GUESTS_AT_ONCE) as pool:
        runs = {kernel: pool.submit(_ask, kernel, tmp_path / kernel) for kernel in KERNELS}
    said = ""
    wrong: dict[Path, dict[int, str]] = {}
    for kernel, run in runs.items():
        outcomes = run.result()
        for block, outcome in outcomes:
            answers = outcome.output.split(f"{_MARK}\n")[1:]
            commands = read_commands(block)
            if len(answers) != len(commands):
                said += f"{block}: the guest of {kernel} did not answer: {outcome.output[-300:]}\n"
                continue
            for command, answer in zip(commands, answers, strict=True):
                if not fits(command.expected, answer):
                    if block.kind == "sh":
                        said += f"{block}: Linux {kernel}: {command.text}\n{answer}"
                        continue
                    said += f"{block}: Linux {kernel}: # {command.text}\n{answer}"
                    wrong.setdefault(block.document, {})[block.start] = render_commands(block, answers)
    if wrong and request.config.getoption("--update-goldens"):
        for document, texts in wrong.items():
            replace_blocks(document, texts)
    elif said:
        pytest.fail(
            f"other than the documents say (--update-goldens writes them anew):\n{said}", pytrace=False
        )


def _ask(kernel: str, folder: Path) -> list[tuple[Block, Outcome]]:
    """What a guest answers to the blocks for it, in one boot; files that the document made are beside them."""
    files = fetch_kernel(kernel)
    kernels = {kernel: target_name(files)}
    told: list[tuple[Block, Outcome]] = []
    for tools in ("", *TOOLS.values()):
        blocks = [block for block in _BLOCKS if kernel in block.kernels and _tools(block) == tools]
        jobs = [_job(block, folder / block.document.name, kernels) for block in blocks]
        if not jobs:
            continue
        first = [unpack_job()] if tools == "python" else []
        outcomes = run_jobs(files, [*first, *jobs], Machine(tools=tools))
        told += zip(blocks, outcomes[len(first) :], strict=True)
    return told


def _tools(block: Block) -> str:
    """The tools that the guest of a block has: bpftrace in the document about it."""
    return block.tools or ("current" if block.document.name == "bpftrace.md" else "")


def _made(document: Path, folder: Path, kernels: Mapping[str, str]) -> Mapping[str, bytes]:
    """The files that the commands of `document` leave in its folder."""
    if not folder.exists():
        folder.mkdir(parents=True)
        prepare_folder(document, folder)
        for block in read_blocks(document):
            if block.kind == "console" and not block.kernels:
                run_block(block, folder, kernels)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _job(block: Block, folder: Path, kernels: Mapping[str, str]) -> Job:
    """The commands of a block, in a folder called as the one here, because probes of programs have their paths."""
    files = _made(block.document, folder, kernels)
    lines = [f"mkdir -p {folder}; cp * {folder}; cd {folder}; chmod +x *"]
    lines += ["(. ./guest.sh; reset)", f"{ENVIRONMENT}export COLUMNS=100", "exec 2>&1"]
    if block.kind == "sh":
        lines += ['cd /sys/kernel/tracing; bpftrace() { command bpftrace --mode codegen "$@"; }']
        for command in read_commands(block):
            lines += [
                f"echo '{_MARK}'",
                f"{{ {command.text}\n}} >/tmp/said 2>&1 || {{ echo failed; cat /tmp/said; }}",
            ]
    else:
        lines += [f"echo '{_MARK}'\n{command.text}" for command in read_commands(block)]
    return Job("\n".join(lines) + "\n", {**files, "guest.sh": _GUEST.read_bytes()}, seconds=300)
