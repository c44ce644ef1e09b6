"""The extension's package, and what of it runs in Node without an editor: its highlighting and its patterns for files."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from generate_textmate import SCOPES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probelang.formatter.tokens import Token, read_chunks
from probelang.globs import matches
from probelang.source import Source
from tests.docs.blocks import DOCUMENTS, read_blocks
from tests.editors.tools import ROOT, built_extension, node, npm

pytestmark = pytest.mark.editors

SCOPE = {terminal: scope for terminals, scope in SCOPES.items() for terminal in terminals.split()}
#: Scopes of words that name something. A keyword may be such a word too.
NAMES = ("entity.", "support.", "variable.")


def run_node(*arguments: str, stdin: str = "") -> str:
    folder = built_extension()
    return subprocess.run(
        [node(), *arguments], cwd=folder, input=stdin, capture_output=True, text=True, check=True, timeout=600
    ).stdout


def test_the_package_holds_what_runs_and_nothing_else() -> None:
    with zipfile.ZipFile(built_extension() / "probelang.vsix") as package:
        names = {name.removeprefix("extension/") for name in package.namelist()}
        manifest = json.loads(package.read("extension/package.json"))
        licences = package.read("extension/dist/licences.txt").decode()
    assert names == {
        "[Content_Types].xml",
        "extension.vsixmanifest",
        "LICENSE.txt",
        "dist/extension.js",
        "dist/licences.txt",
        "images/icon.png",
        "images/spec.svg",
        "language-configuration.json",
        "package.json",
        "readme.md",
        "snippets/probelang.json",
        "syntaxes/probelang.tmLanguage.json",
        "tracefs-configuration.json",
        "walkthrough/compiled.md",
        "walkthrough/install.md",
        "walkthrough/kernels.md",
        "walkthrough/perl.md",
        "walkthrough/spec.md",
    }
    assert manifest["main"] == "./dist/extension.js"
    assert all(f"{name} " in licences for name in ("vscode-languageclient", "vscode-jsonrpc", "smol-toml"))


def test_scopes_of_the_annotated_specs() -> None:
    npm(built_extension(), "test")


def wrongly_scoped(token: Token, scopes: list[str]) -> bool:
    """Whether a token that the parser read has other scopes than its terminal asks for."""
    names = any(scope.startswith(NAMES) for scope in scopes)
    if token.terminal == "NAME":
        return not names
    if token.text.isalpha() and names:
        return False
    if token.terminal == "SLASH" and "punctuation.separator.group.probelang" in scopes:
        return False
    return not any(scope.startswith(SCOPE[token.terminal]) for scope in scopes)


def test_what_is_highlighted_is_what_the_parser_reads(tmp_path: Path) -> None:
    """Every token of all examples, golden specs and documents: the scope is that of the parser's terminal."""
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.glob("examples/*.pl"))}
    texts |= {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.glob("tests/**/*.pl"))}
    texts |= {
        str(block): block.text
        for document in DOCUMENTS
        for block in read_blocks(document)
        if block.kind == "probe"
    }
    files = []
    for number, text in enumerate(texts.values()):
        files.append(tmp_path / f"{number}.probe")
        files[-1].write_text(text, newline="")
    answers = json.loads(run_node("tests/scopes.mjs", *map(str, files)))
    wrong, seen = [], 0
    for (name, text), answer in zip(texts.items(), answers, strict=True):
        lines = text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        scopes = {
            starts[line] + column: found[1:]
            for line, first, last, found in answer
            if lines[line].isascii()
            for column in range(first, last)
        }
        chunks, _ = read_chunks(Source(name, text))
        for chunk in chunks:
            for token in [*chunk.tokens, *chunk.comments] if not chunk.broken else chunk.comments:
                if token.terminal == "NEWLINE" or token.start not in scopes:
                    continue
                seen += 1
                if wrongly_scoped(token, scopes[token.start]):
                    place = text.count("\n", 0, token.start) + 1
                    wrong.append(f"{name}:{place}: {token.terminal} {token.text} {scopes[token.start]}")
    assert not wrong, "\n".join(wrong)
    assert seen > 7000


def test_patterns_of_files_are_those_of_the_compiler() -> None:
    part = st.text(alphabet="ab*?[]!-.", max_size=4)
    name = st.text(alphabet="ab-.]", min_size=1, max_size=3)
    pairs: list[tuple[str, str]] = []

    @settings(max_examples=2000, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(part | st.just("**"), min_size=1, max_size=4), st.lists(name, min_size=1, max_size=4))
    def draw(pattern: list[str], path: list[str]) -> None:
        pairs.append(("/".join(pattern), "/".join(path)))

    draw()
    script = """
        import { readFileSync } from "node:fs";
        import { matches } from "./src/globs.ts";
        const pairs = JSON.parse(readFileSync(0, "utf8"));
        console.log(JSON.stringify(pairs.map(([pattern, path]) => matches(pattern, path))));
    """
    answers = json.loads(
        run_node("--input-type=module-typescript", "--eval", script, stdin=json.dumps(pairs))
    )
    differ = [pair for pair, found in zip(pairs, answers, strict=True) if found is not matches(*pair)]
    assert not differ
    assert any(answers) and not all(answers)
