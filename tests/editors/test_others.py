"""Other editors, with the configuration that docs/editors.md gives."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import read_blocks
from tests.editors.tools import PROBELANG, ROOT, need_program, neovim

DOCUMENT = ROOT / "docs" / "editors.md"
LANGUAGES = {
    "plain.pl": ("use strict;\n", "perl"),
    "comment.pl": ("# probelang\nfprobe vfs_read { count }\n", "probelang"),
    "shebang.pl": ("#!/usr/bin/env -S probelang run\nfprobe vfs_read { count }\n", "probelang"),
    "probes.pl": ("fprobe vfs_read { count }\n", "probelang"),
    "io.probe.pl": ("fprobe vfs_read { count }\n", "probelang"),
}
SPEC = "const BIG = 4096\nrd = fprobe vfs_read if count>BIG {\n    ino = file->f_inod->i_ino\n    count\n}\n"


def configuration(kind: str, info: str = "") -> str:
    [block] = [
        block.text for block in read_blocks(DOCUMENT) if block.kind == kind and " ".join(block.info) == info
    ]
    return block


def run_editor(home: Path, command: list[str]) -> Any:
    """Run an editor in a home of its own, with `probelang` on the PATH; the answer is what it wrote to answer.json."""
    environment = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "PATH": f"{PROBELANG.parent}{os.pathsep}{os.environ['PATH']}",
    }
    run = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    answer = home / "answer.json"
    assert answer.is_file(), run.stdout + run.stderr
    return json.loads(answer.read_text())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    for name, (text, _) in LANGUAGES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "spec.probe").write_text(SPEC)
    return tmp_path


NEOVIM = r"""
local function finish(answer)
    vim.fn.writefile({ vim.json.encode(answer) }, "answer.json")
    vim.cmd("qall!")
end

local function ask(method, line, column, more)
    local where = { textDocument = vim.lsp.util.make_text_document_params(0) }
    where.position = { line = line, character = column }
    local answers = vim.lsp.buf_request_sync(0, method, vim.tbl_extend("force", where, more or {}), 20000)
    for _, answer in pairs(answers or {}) do
        return answer.result
    end
end

local function text()
    return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

local answer = { languages = {} }
for _, name in ipairs(NAMES) do
    vim.cmd.edit(name)
    answer.languages[name] = vim.bo.filetype
end
vim.cmd.edit("spec.probe")
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end)
answer.diagnostics = vim.diagnostic.get(0)
for _, said in ipairs(answer.diagnostics) do
    said.user_data = nil
end
answer.hover = ask("textDocument/hover", 2, 12)
answer.completion = ask("textDocument/completion", 2, 22)

-- the fix that the editor offers for the diagnostic
vim.lsp.buf.code_action({
    apply = true,
    filter = function(action) return action.title == "replace it by `f_inode`" end,
    range = { start = { 3, 16 }, ["end"] = { 3, 22 } },
})
vim.wait(20000, function() return text():find("f_inode") ~= nil end)
vim.wait(20000, function() return #vim.diagnostic.get(0) == 0 end)
answer.left = #vim.diagnostic.get(0)
-- a name, wherever it is
vim.api.nvim_win_set_cursor(0, { 1, 7 })
vim.lsp.buf.rename("LARGE")
vim.wait(20000, function() return text():find("BIG") == nil end)
vim.lsp.buf.format({ timeout_ms = 20000 })
answer.text = text()
finish(answer)
"""


@pytest.mark.editors
def test_neovim(home: Path) -> None:
    (home / "init.lua").write_text(configuration("lua"))
    names = "{" + ", ".join(json.dumps(name) for name in LANGUAGES) + "}"
    (home / "steps.lua").write_text(NEOVIM.replace("NAMES", names))
    answer = run_editor(
        home, [neovim(), "--headless", "-u", "init.lua", "-c", "luafile steps.lua", "-c", "qall!"]
    )
    assert answer["languages"] == {name: language for name, (_, language) in LANGUAGES.items()}
    [said] = answer["diagnostics"]
    assert (said["lnum"], said["col"], said["end_col"]) == (2, 16, 22)
    assert said["code"] == "PRB301" and said["message"].startswith("`struct file` has no member `f_inod`")
    assert "struct file *" in answer["hover"]["contents"]["value"]
    assert "f_inode" in [item["label"] for item in answer["completion"]["items"]]
    assert answer["left"] == 0
    assert answer["text"] == (
        "const LARGE = 4096\nrd = fprobe vfs_read if count > LARGE {\n    ino = file->f_inode->i_ino\n    count\n}"
    )


EMACS = """
(require 'json)
(setq eglot-sync-connect 20)
(let (languages said)
  (dolist (name '(NAMES))
    (find-file name)
    (push (cons name (symbol-name major-mode)) languages))
  (find-file "spec.probe")
  (unless (fboundp 'eglot-current-server) (require 'eglot))
  (apply #'eglot--connect (eglot--guess-contact))
  (flymake-mode 1)
  (let ((until (+ (float-time) 20)))
    (while (and (not (flymake-diagnostics)) (< (float-time) until))
      (flymake-start)
      (accept-process-output nil 0.1)))
  (dolist (found (flymake-diagnostics))
    (push (list (flymake-diagnostic-beg found) (flymake-diagnostic-end found) (flymake-diagnostic-text found)) said))
  (with-temp-file "answer.json"
    (insert (json-encode `((languages . ,languages) (diagnostics . ,(vconcat said)))))))
(kill-emacs)
"""


@pytest.mark.editors
def test_emacs(home: Path) -> None:
    emacs = need_program("emacs", "emacs-nox elpa-eglot")
    names = " ".join(json.dumps(name) for name in LANGUAGES)
    (home / "steps.el").write_text(configuration("elisp") + EMACS.replace("NAMES", names))
    answer = run_editor(home, [emacs, "--batch", "--load", "steps.el"])
    modes = {name: f"{language}-mode" for name, (_, language) in LANGUAGES.items()}
    assert answer["languages"] == modes
    [(begin, end, text)] = answer["diagnostics"]
    assert SPEC[begin - 1 : end - 1] == "f_inod"
    assert "`struct file` has no member `f_inod`" in text


def test_helix_reads_its_configuration() -> None:
    """As far as can be told without Helix: it is TOML, and its names are those that belong together."""
    settings = tomllib.loads(configuration("toml", "helix"))
    [language] = settings["language"]
    assert set(language["language-servers"]) == set(settings["language-server"])
    server = settings["language-server"]["probelang"]
    assert [server["command"], *server["args"]] == ["probelang", "lsp"]
