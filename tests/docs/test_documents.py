"""The documents tell the truth: every command gives what they show, every spec compiles (or fails as they say)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probelang.analysis import analyse
from probelang.diagnostics import Severity
from probelang.kernel.load import load_kernel
from probelang.rules import RULES
from probelang.source import Source
from tests.docs.blocks import (
    DOCUMENTS,
    KERNELS,
    ROOT,
    Block,
    fits,
    read_blocks,
    read_commands,
    render_commands,
    replace_blocks,
)
from tests.docs.host import prepare_folder, run_block

_SPECS = [block for document in DOCUMENTS for block in read_blocks(document) if block.kind == "probe"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands(document: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each command answers as shown."""
    prepare_folder(document, tmp_path)
    wrong: dict[int, str] = {}
    said = ""
    for block in read_blocks(document):
        if block.kind != "console" or block.kernels:
            continue
        answers = run_block(block, tmp_path)
        for command, answer in zip(read_commands(block), answers, strict=True):
            assert "Traceback" not in answer, f"{block}: $ {command.text}\n{answer}"
            if not fits(command.expected, answer):
                wrong[block.start] = render_commands(block, answers)
                said += f"{block}: $ {command.text}\n{answer}"
    if wrong and request.config.getoption("--update-goldens"):
        replace_blocks(document, wrong)
    elif wrong:
        pytest.fail(f"other than the document says (--update-goldens writes it anew):\n{said}", pytrace=False)


@pytest.mark.parametrize("block", _SPECS, ids=str)
def test_specs(block: Block) -> None:
    """Each spec compiles for every kernel that comes along, or has just the codes that its mark says."""
    source = Source(block.info[0] if block.info else "spec.pl", block.text)
    for kernel in KERNELS:
        said = analyse(source, load_kernel(kernel)).diagnostics
        codes = {diagnostic.rule.code for diagnostic in said if diagnostic.severity >= Severity.WARNING}
        assert codes == block.codes(kernel), f"{block} for {kernel}: {[str(one.message) for one in said]}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_codes_and_links(document: Path) -> None:
    """Codes that a document names exist, with the slug it gives them; so do the files it links to."""
    text = document.read_text()
    known = {rule.code: rule.slug for rule in RULES}
    assert set(re.findall(r"PRB\d{3}", text)) <= set(known)
    for code, slug in re.findall(r"`(PRB\d+)` \(`([a-z-]+)`\)", text):
        assert known[code] == slug
    for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_set_up_is_what_ci_does() -> None:
    """The commands of the README that nobody runs here are run by CI from a clean clone."""
    ci = (ROOT / ".ci" / "run").read_text().replace("install -q ", "install ")
    blocks = [block.text.strip() for block in read_blocks(ROOT / "README.md") if block.kind == "sh"]
    assert len(blocks) == 2
    for command in re.split(r"\s*&&\s*|\n", "\n".join(blocks)):
        assert command in ci or command.startswith(("git clone", "cd ")), command


def test_fits() -> None:
    assert fits("a … c\n", "a b c\n")
    assert not fits("a … c\n", "a b\nc\n")
    assert fits("a\n…\nc\n", "a\nb\nb\nc\n")
    assert fits("a\n…\nc\n", "a\nc\n")
    assert not fits("a\n…\nc\n", "a\nb\n")
    assert not fits("a.c\n", "abc\n")
