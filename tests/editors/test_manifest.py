"""What the extension says of itself, and what it says twice."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from probelang.analysis import analyse
from probelang.commands.files import FILES, SUFFIX
from probelang.config import SPEC_NAMES
from probelang.kernel.load import load_kernel
from probelang.lsp.files import COMMANDS
from probelang.source import Source
from tests.editors.tools import EXTENSION, ROOT

MANIFEST = json.loads((EXTENSION / "package.json").read_text())
SNIPPETS = json.loads((EXTENSION / "snippets" / "probelang.json").read_text())


def test_the_textmate_grammar_is_that_of_the_grammar() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "generate_textmate.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_files_are_specs_by_the_names_that_the_command_line_knows() -> None:
    language, commands = MANIFEST["contributes"]["languages"]
    names = [*(f"*{suffix}" for suffix in language["extensions"]), *language["filenamePatterns"]]
    assert {*names, *language["filenames"]} == set(SPEC_NAMES)
    assert (commands["id"], commands["extensions"]) == (COMMANDS, [SUFFIX])
    assert sorted(commands["filenames"]) == sorted(FILES)


def test_the_first_line_means_the_same_for_files_with_and_without_a_suffix() -> None:
    language, _ = MANIFEST["contributes"]["languages"]
    source = (EXTENSION / "src" / "perl.ts").read_text()
    found = re.search(r"^const FIRST_LINE = /(.*)/;$", source, re.MULTILINE)
    assert found and found[1].replace("\\/", "/") == language["firstLine"]
    first = re.compile(language["firstLine"])
    for line in (
        "#!/usr/bin/env -S probelang run",
        "#!/opt/bin/probelang",
        "# probelang",
        "// probelang: io",
    ):
        assert first.search(line), line
    for line in (
        "#!/usr/bin/perl",
        "use probelang;",
        "# not probelang",
        "# probelanguage",
        "#!/bin/probelangs",
    ):
        assert not first.search(line), line


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_snippet_is_a_spec(name: str) -> None:
    text = re.sub(r"\$\{\d+:([^}]*)\}|(?<!\\)\$0", lambda match: match[1] or "", SNIPPETS[name]["body"])
    text = text.replace("\\$", "$").replace("\t", "    ")
    found = analyse(Source("snippet.probe", text), load_kernel("6.12"))
    assert not [said.message for said in found.diagnostics if said.rule.code not in ("PRB203", "PRB902")], (
        text
    )


def test_the_readme_tells_all_commands_and_settings() -> None:
    readme = (EXTENSION / "README.md").read_text()
    missing = [one["title"] for one in MANIFEST["contributes"]["commands"] if one["title"] not in readme]
    missing += [
        key for key in MANIFEST["contributes"]["configuration"]["properties"] if f"`{key}`" not in readme
    ]
    assert not missing


def test_all_packages_are_pinned() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text())
    assert "dependencies" not in MANIFEST  # all is in the bundle
    for name, version in MANIFEST["devDependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert all("resolved" not in package for package in lock["packages"].values()), "it names a registry"


def test_the_licence_is_that_of_the_project() -> None:
    assert (EXTENSION / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
