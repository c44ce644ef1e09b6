"""Texts and positions that nobody should send: there is an answer, and nothing in the log."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.lsp.edits import BITS
from tests.lsp.wire import Wire

URI = "file:///tmp/hostile.probe"
TEXTS = {
    "nothing": "",
    "bytes": "".join(chr(byte) for byte in range(256)) * 4,
    "surrogates": 'fprobe vfs_read if name == "\ud800\udfff" { \udc80 }\n\ud83d',
    "lines": "\r\r\n\n\r\nfprobe vfs_read { count }\u2028\u2029\x0b\x0c\x85 x",
    "deep": "fprobe vfs_read { x = " + "(" * 5000 + "\n" + "file->" * 3000,
    "long": "fprobe vfs_read { " + "a" * 200_000 + " }",
    "many": "fprobe vfs_read { cuont }\n" * 500,
    "braces": "fprobe vfs_{" + "read," * 2000 + "}\n",
    "marks": "fprobe vfs_read { qq_here_qq->qq_here_qq }\n",
    "circle": "const A = B\nconst B = A\nargs f(a: u64) { use g(a) }\nargs g(a: u64) { use f(a) }\nfprobe vfs_read { use f(count) }\n",
}


def ask_all(wire: Wire, line: int, character: int) -> None:
    """Every request about a place and about the file."""
    document = {"textDocument": {"uri": URI}}
    place = {"line": line, "character": character}
    for method in (
        "completion",
        "hover",
        "signatureHelp",
        "definition",
        "typeDefinition",
        "documentHighlight",
        "prepareRename",
    ):
        wire.at(method, URI, line, character)
    wire.at("references", URI, line, character, context={"includeDeclaration": True})
    for method in ("documentSymbol", "foldingRange", "semanticTokens/full", "codeLens"):
        wire.ask(f"textDocument/{method}", document)
    some = {"start": {"line": 0, "character": 0}, "end": place}
    wire.ask("textDocument/selectionRange", {**document, "positions": [place]})
    for method in ("inlayHint", "semanticTokens/range"):
        wire.ask(f"textDocument/{method}", {**document, "range": some})
    wire.ask("textDocument/codeAction", {**document, "range": some, "context": {"diagnostics": []}})
    how = {"options": {"tabSize": 4, "insertSpaces": True}}
    wire.ask("textDocument/formatting", {**document, **how})
    wire.ask("textDocument/rangeFormatting", {**document, **how, "range": some})
    wire.ask("textDocument/onTypeFormatting", {**document, **how, "position": place, "ch": "}"})


@pytest.mark.parametrize("name", TEXTS)
def test_texts(tmp_path: Path, name: str) -> None:
    log = tmp_path / "log"
    with Wire({"kernels": ["6.12"]}, str(log)) as wire:
        wire.begin()
        wire.open(URI, TEXTS[name])
        for line, character in ((0, 0), (0, 20), (1, 3), (99_999, 99_999)):
            ask_all(wire, line, character)
        assert wire.close() == 0
    assert log.read_text() == ""


def test_edits_of_every_kind(tmp_path: Path) -> None:
    log = tmp_path / "log"
    made = random.Random(7)
    with Wire({"kernels": ["6.12"]}, str(log)) as wire:
        wire.begin()
        wire.open(URI, "fprobe vfs_read {\n    count\n}\n")
        for version in range(2, 60):
            start = (made.randrange(6), made.randrange(30))
            end = (made.randrange(6), made.randrange(30))
            wire.edit(URI, version, start, end, made.choice(BITS))
            wire.at("completion", URI, *start)
            wire.at("hover", URI, *end)
        ask_all(wire, 1, 1)
        assert wire.close() == 0
    assert log.read_text() == ""


def test_a_file_that_is_too_large_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Wire({"kernels": ["6.12"]}, str(log)) as wire:
        wire.begin()
        assert wire.open(URI, "fprobe vfs_read { cuont }\n" * 30_000)["diagnostics"] == []
        assert "too large" in wire.wait_for("window/showMessage")["message"]
        ask_all(wire, 3, 3)
        change = {
            "textDocument": {"uri": URI, "version": 2},
            "contentChanges": [{"text": "fprobe vfs_read { cuont }\n"}],
        }
        wire.tell("textDocument/didChange", change)
        assert len(wire.wait_for("textDocument/publishDiagnostics")["diagnostics"]) == 1
        assert wire.close() == 0
    assert log.read_text() == ""


def test_a_client_that_just_goes(tmp_path: Path) -> None:
    wire = Wire({"kernels": ["6.12"]}, str(tmp_path / "log"))
    wire.begin()
    wire.tell("exit", None)
    assert wire.process.wait(20) == 1
    wire.close()


def test_settings_that_make_no_sense(tmp_path: Path) -> None:
    log = tmp_path / "log"
    wrong = {
        "kernels": 7,
        "target": ["x"],
        "bpftraceVersion": "new",
        "inlayHints": 3,
        "ignore": ["no-such-rule"],
        "codeLens": "?",
    }
    with Wire(wrong, str(log)) as wire:
        wire.begin()
        wire.tell("workspace/didChangeConfiguration", {"settings": json.loads('{"probelang": [1]}')})
        wire.tell("workspace/didChangeConfiguration", {"settings": {"probelang": {"kernels": ["6.12"]}}})
        assert wire.open(URI, "fprobe vfs_read { count }\n")["diagnostics"] == []
        assert wire.close() == 0
    assert log.read_text() == ""
