"""Other editors, with the configuration that docs/editors.md gives."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import read_blocks
from tests.editors.terminal import Terminal, terminal
from tests.editors.tools import PROBELANG, ROOT, helix, need_program, neovim

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


def environment_of(home: Path) -> dict[str, str]:
    """A home of its own, with `probelang` on the PATH."""
    return os.environ | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "PATH": f"{PROBELANG.parent}{os.pathsep}{os.environ['PATH']}",
    }


def run_editor(home: Path, command: list[str]) -> Any:
    """Run an editor; the answer is what it wrote to answer.json."""
    run = subprocess.run(
        command,
        cwd=home,
        env=environment_of(home),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
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
    local answers = vim.lsp.buf_request_sync(0, method, vim.tbl_extend("force", where, more or {}), 60000)
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
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end)
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
vim.wait(60000, function() return text():find("f_inode") ~= nil end)
vim.wait(60000, function() return #vim.diagnostic.get(0) == 0 end)
answer.left = #vim.diagnostic.get(0)
-- a name, wherever it is
vim.api.nvim_win_set_cursor(0, { 1, 7 })
vim.lsp.buf.rename("LARGE")
vim.wait(60000, function() return text():find("BIG") == nil end)
vim.lsp.buf.format({ timeout_ms = 60000 })
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
(setq eglot-sync-connect 60 eglot-connect-timeout 60)
(let (languages said)
  (dolist (name '(NAMES))
    (find-file name)
    (push (cons name (symbol-name major-mode)) languages))
  (find-file "spec.probe")
  (unless (fboundp 'eglot-current-server) (require 'eglot))
  (apply #'eglot--connect (eglot--guess-contact))
  (flymake-mode 1)
  (let ((until (+ (float-time) 60)))
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
    """Without Helix: it is TOML, and its names are those that belong together."""
    settings = tomllib.loads(configuration("toml", "helix"))
    [language] = settings["language"]
    assert set(language["language-servers"]) == set(settings["language-server"])
    server = settings["language-server"]["probelang"]
    assert [server["command"], *server["args"]] == ["probelang", "lsp"]


ESCAPE, ENTER, CONTROL_N, CONTROL_U, CONTROL_X = "\x1b", "\r", "\x0e", "\x15", "\x18"

HELIX = """
[editor.statusline]
left = ["mode", "file-name"]
right = ["file-type"]
"""


@contextlib.contextmanager
def helix_in(home: Path, *files: str) -> Iterator[Terminal]:
    """Helix with the configuration of the document, which says in its last lines what language a file is of."""
    words, more = helix()
    settings = home / "config" / "helix"
    settings.mkdir(parents=True)
    (settings / "languages.toml").write_text(configuration("toml", "helix"))
    (settings / "config.toml").write_text(HELIX)
    with terminal([*words, "--log", "helix.log", *files], home, environment_of(home) | more) as window:
        # before, the terminal itself makes of keys what it likes
        window.wait_for(" NOR ")
        yield window
        # what the server writes to standard error is there too
        log = (home / "helix.log").read_text()
        assert 'err <- "' not in log and "Traceback" not in log, log
        window.press(":quit-all", ENTER)
        assert window.wait_for_end() == 0


def to_normal(window: Terminal) -> None:
    """Leave what is being typed, or a box: a key that came at once would be read as one with Alt."""
    window.press(ESCAPE)
    window.wait_for(" NOR ")


@pytest.mark.editors
def test_helix(home: Path) -> None:
    with helix_in(home, "spec.probe") as window:
        # what is wrong is underlined, marked at its line, and told when one goes there
        window.wait_until(lambda: window.underlined("f_inod"))
        window.wait_for("●   3")
        window.press("/f_inod", ENTER)
        window.wait_for("`struct file` has no member `f_inod`", "(PRB301)")
        # its fix
        window.press(" a")
        window.wait_for("replace it by `f_inode`")
        window.press(ENTER)
        window.wait_for("file->f_inode->i_ino")
        window.wait_until(lambda: not window.find("●") and not window.find("PRB301"))
        # what a name is
        window.press("/f_inode", ENTER, " k")
        window.wait_for("struct inode *", "offset 40, size 8")
        window.press(ESCAPE)
        window.wait_until(lambda: not window.find("offset 40"))
        # a name is completed; what it is is told beside the list
        window.press("/    count", ENTER, "o")
        window.wait_for(" INS ")
        window.press("flags = file->f_ioc")
        window.wait_for("flags = file->f_ioc")
        window.press(CONTROL_X)
        window.wait_for("f_iocb_flags")
        window.press(CONTROL_N)
        window.wait_for("unsigned int")
        window.press(ENTER)
        window.wait_until(lambda: not window.find("unsigned int"))
        to_normal(window)
        # and changed, wherever it is
        window.press("gg/BIG", ENTER, " r")
        window.wait_for("rename-to:BIG")
        window.press(CONTROL_U, "LARGE", ENTER)
        window.wait_for("const LARGE", "count>LARGE")
        window.press(":format", ENTER)
        window.wait_for("count > LARGE {")
        window.press(":write", ENTER)
        window.wait_for("written")
    assert (home / "spec.probe").read_text() == (
        "const LARGE = 4096\nrd = fprobe vfs_read if count > LARGE {\n    ino   = file->f_inode->i_ino\n"
        "    count\n    flags = file->f_iocb_flags\n}\n"
    )


@pytest.mark.editors
def test_helix_takes_specs_by_their_names(home: Path) -> None:
    """What the first line says counts where the name says nothing."""
    (home / "tool").write_text(LANGUAGES["shebang.pl"][0])
    by_name = {name: language for name, (_, language) in LANGUAGES.items()}
    by_name |= {"comment.pl": "perl", "shebang.pl": "perl", "tool": "probelang"}
    with helix_in(home) as window:
        for name, language in by_name.items():
            window.press(f":open {name}", ENTER)
            window.wait_for_line(rf"^ NOR +{re.escape(name)} .* {language}$")
