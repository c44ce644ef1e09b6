"""What the documents, and the docstrings of the public functions, show of Python: each line answers as it stands there."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import probelang
from probelang import api
from tests.docs.blocks import DOCUMENTS, ROOT, read_blocks
from tests.docs.host import prepare_folder

_SHOWN = [path for path in DOCUMENTS if any(block.kind == "pycon" for block in read_blocks(path))]


@pytest.mark.parametrize("document", _SHOWN, ids=lambda path: path.name)
def test_documents(
    document: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The blocks of a document, one after the other, in its folder."""
    prepare_folder(document, tmp_path)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    for block in read_blocks(document):
        if block.kind == "pycon":
            test = parser.get_doctest(block.text, names, document.name, str(document), block.line)
            runner.run(test, clear_globs=False)
            names = test.globs
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out


def test_docstrings(capsys: pytest.CaptureFixture[str]) -> None:
    done = doctest.testmod(api)
    assert done.attempted > 5
    assert done.failed == 0, capsys.readouterr().out


def test_the_page_names_all_that_is_public() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    public = set(probelang.__all__) - {"__version__", "Kernel", "Compiled"}
    assert [name for name in sorted(public) if name not in page] == []


def test_importing_it_imports_nothing_else() -> None:
    """The command line starts with it."""
    program = (
        "import sys; before = set(sys.modules); import probelang; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert set(done.stdout.split()) == {"__future__", "probelang"}
