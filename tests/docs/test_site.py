"""The site of the documents: its colours are the parser's tokens, and it is built without a warning (`pytest -m packages`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import build_site
import pytest
from probe_lexer import TERMINALS, ProbeLexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Text, Whitespace

from probelang.formatter.tokens import read_chunks
from probelang.rules import RULES
from probelang.source import Source
from tests.docs.blocks import DOCUMENTS, ROOT, read_blocks

SPECS = [path.read_text() for path in sorted(ROOT.glob("examples/*.pl"))] + [
    block.text for document in DOCUMENTS for block in read_blocks(document) if block.kind == "probe"
]


def test_colours() -> None:
    text = "# big\nbig = fprobe vfs_{read,write}%return if count > 4_096 { $comm, n = +8(file): x64 }\n"
    got = [(kind, piece) for kind, piece in ProbeLexer().get_tokens(text) if not piece.isspace()]
    assert got[:3] == [(Comment.Single, "# big"), (Name, "big"), (Operator, "=")]
    assert (Name.Function, "vfs_{read,write}%return") in got
    assert {(Keyword, "fprobe"), (Number, "4_096"), (Name.Builtin, "$comm"), (Operator, "+8")} <= set(got)
    assert (Keyword.Type, "x64") in got


@pytest.mark.parametrize("text", ["", "fprobe {{{ ≥ $", 'fprobe x { "', "\x00\ud800", "perf probe x\n# c\n"])
def test_colours_lose_nothing(text: str) -> None:
    assert "".join(piece for _, _, piece in ProbeLexer().get_tokens_unprocessed(text)) == text


def test_colours_of_all_specs() -> None:
    """Every character comes out, and what the parser took has a colour of its own."""
    for text in SPECS:
        pieces = list(ProbeLexer().get_tokens_unprocessed(text))
        assert "".join(piece for _, _, piece in pieces) == text
        assert not any(kind is Error for _, kind, _ in pieces)
        if any(chunk.broken for chunk in read_chunks(Source("spec", text))[0]):
            continue
        assert not [piece for _, kind, piece in pieces if kind is Text], text
        assert all(piece.isspace() for _, kind, piece in pieces if kind is Whitespace)


def test_every_terminal_has_a_colour() -> None:
    assert not [terminal for terminal, kind in TERMINALS.items() if kind is Text]


def test_captions() -> None:
    told = build_site._document(
        "<!-- PRB401 on 6.1 -->\n```probe a.pl\nx\n```\n```console 6.1 6.12\n# x\n```\n```sh\nx\n```\n"
    )
    assert told == (
        "````{code-block} probe\n:caption: a.pl; wrong: PRB401 on 6.1\n\nx\n````\n"
        "````{code-block} console\n:caption: as root on Linux 6.1, 6.12\n\n# x\n````\n```sh\nx\n```\n"
    )


def test_contents_name_what_there_is() -> None:
    for name in {name for names in build_site.CONTENTS.values() for name in names} - {"/examples/index"}:
        assert (ROOT / (f"{name[1:]}.md" if name[0] == "/" else f"docs/{name}.md")).exists()


def _build(root: Path, out: Path) -> subprocess.CompletedProcess[str]:
    if find_spec("sphinx") is None or find_spec("furo") is None or find_spec("myst_parser") is None:
        if os.environ.get("CI"):
            pytest.fail("Sphinx is not installed: pip install -e '.[docs]'")
        pytest.skip("THE SITE WAS NOT BUILT: pip install -e '.[docs]'")
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "build_site.py"), str(out)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.mark.packages
def test_site(tmp_path: Path) -> None:
    done = _build(ROOT, tmp_path / "site")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    pages = {path: path.read_text() for path in (tmp_path / "site").rglob("*.html")}
    for rule in RULES:
        assert f"{rule.code} {rule.slug}" in pages[tmp_path / "site" / "docs" / "rules" / f"{rule.code}.html"]
    for path, text in pages.items():
        # it is read without a network
        assert not re.search(
            r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//|url\(["\']?https?:', text
        ), path
    assert '<a class="reference internal" href="rules/PRB325.html"><code' in pages[tmp_path / "site" / "docs" / "language.html"].replace("\n", " ")  # fmt: skip
    assert 'class="k">fprobe</span>' in pages[tmp_path / "site" / "docs" / "language.html"]


@pytest.mark.packages
def test_links_are_checked(tmp_path: Path) -> None:
    links = ["no_such.md", "language.md#no-such-place", "no/such.json"]
    files = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md", "*.json", "examples", "scripts", "grammar", "vscode-extension"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    for name in filter(None, files):
        copy = tmp_path / "root" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    with (tmp_path / "root" / "docs" / "lsp.md").open("a") as page:
        page.writelines(f"\n[a link]({link})\n" for link in links)
    done = _build(tmp_path / "root", tmp_path / "site")
    assert done.returncode == 1
    assert done.stderr.count("lsp.md:") == 3
    assert all(part in done.stderr for part in ("no_such.md", "no-such-place", "no/such.json"))
