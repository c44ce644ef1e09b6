"""The packaged extension in VS Code's workbench: what a person does, and what is then to be seen."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.editors.workbench import Box, Workbench, changed, pixels_like, workbench
from tests.support.shared import Shared

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.editors

# colours of the theme Dark Modern
RED = "#f14c4c"
BLUE = "#569cd6"
GREEN = "#6a9955"
STRING = "#ce9178"

FILES = {
    "errors.probe": "# where is it\nfprobe vfs_read {\n    ino = file->f_inod->i_ino\n    count\n}\n",
    "typing.probe": "group io\n\nfprobe vfs_read {\n    file->\n}\n",
    "hover.probe": "fprobe vfs_read {\n    ino = file->f_inode->i_ino\n}\n",
    "fix.probe": "fprobe vfs_read {\n    ino = file->f_inod->i_ino\n}\n",
    "rename.probe": "const BIG = 4096\n\nfprobe vfs_read if count > BIG { count }\nfprobe vfs_write if count > BIG { count }\n",
    "target.probe": "fprobe vfs_write { count }\n",
    "empty.probe": "",
    "kernels.probe": "tprobe sched_switch { prev->comm }\n",
    "live.probe": "group io\nlarge = fprobe vfs_read if count > 4096 {\n    count\n}\n",
}


@pytest.fixture(scope="module")
def windows(
    browsers: Shared[Browser], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared[Workbench]]:
    def make() -> AbstractContextManager[Workbench]:
        home = tmp_path_factory.mktemp("home")
        folder = home / "specs"
        folder.mkdir()
        for name, text in FILES.items():
            (folder / name).write_text(text)
        return workbench(browsers.get(), home, folder, {"probelang.kernels": ["6.12"]})

    shared = Shared(make)
    yield shared
    # a browser that died leaves pages that cannot be closed
    with suppress(Exception):
        shared.close()


@pytest.fixture
def window(browser: Browser, windows: Shared[Workbench], again: bool) -> Workbench:
    """The window of this file's tests; one of its own, with nothing typed, for a test that is run once more."""
    return windows.get(again)


def test_an_error_is_underlined_where_it_is(window: Workbench) -> None:
    window.open("errors.probe")
    window.page.locator(".squiggly-error").first.wait_for()

    def underlined() -> None:
        word = window.box("f_inod")
        line = Box(word.left - 200, word.top, word.right + 200, word.bottom + 3)
        red = pixels_like(window.screenshot("squiggle"), RED, line)
        columns = [x for x, _ in red]
        assert red, "nothing is red"
        # a wave under all of the word, and under nothing else
        assert abs(min(columns) - word.left) <= 3 and abs(max(columns) - word.right) <= 3
        assert len(set(columns)) > 0.5 * (word.right - word.left)
        assert min(y for _, y in red) > word.middle[1]

    window.wait_until(underlined)


def test_the_words_have_their_colours(window: Workbench) -> None:
    window.open("errors.probe")

    def coloured() -> None:
        shot = window.screenshot("colours")
        assert pixels_like(shot, GREEN, window.box("# where is it"))
        assert pixels_like(shot, BLUE, window.box("fprobe"))
        assert not pixels_like(shot, BLUE, window.box("vfs_read"))

    window.wait_until(coloured)


def test_members_are_completed(window: Workbench) -> None:
    window.open("typing.probe")
    window.status("6.12").wait_for()
    window.click_after("file->")
    before = window.screenshot("completion-before")
    window.type("f_ino")
    widget = window.page.locator(".suggest-widget.visible")
    row = widget.locator(".monaco-list-row.focused", has_text="f_inode").filter(
        has_text=re.compile(r"struct\sinode\s\*")
    )
    row.wait_for()
    window.wait_until(lambda: changed(before, window.screenshot("completion"), Box.of(widget)) > 0.3)
    window.press("Enter")
    window.wait_until(lambda: "file->f_inode" in window.text())


def test_a_hover_tells_the_type(window: Workbench) -> None:
    window.open("hover.probe")
    before = window.screenshot("hover-before")
    hover = window.hover("f_inode", "struct inode *", "offset 40, size 8")
    window.wait_until(lambda: changed(before, window.screenshot("hover"), Box.of(hover)) > 0.05)


def test_a_quick_fix_mends_the_error(window: Workbench) -> None:
    window.open("fix.probe")
    window.page.locator(".squiggly-error").first.wait_for()
    action = window.page.locator(".action-widget .action", has_text="replace it by `f_inode`")

    def mend(patience: float) -> None:
        window.click_after("f_ino")
        window.press("Control+.")
        action.wait_for(timeout=patience)
        window.screenshot("quick-fix")
        action.click(timeout=patience)

    window.attempt(mend)
    window.wait_until(lambda: "file->f_inode->i_ino" in window.text())
    # and there is no red any more
    window.page.locator(".squiggly-error").first.wait_for(state="detached")
    window.wait_until(lambda: not pixels_like(window.screenshot("fixed"), RED, window.below("f_inode")))


def test_a_name_is_changed_wherever_it_is(window: Workbench) -> None:
    window.open("rename.probe")
    window.status("6.12").wait_for()
    box = window.page.locator(".rename-box input")

    def begin(patience: float) -> None:
        window.click_after("const BI")
        window.press("F2")
        box.wait_for(timeout=patience)

    window.attempt(begin)
    window.screenshot("rename")
    box.fill("LARGE")
    window.press("Enter")
    window.wait_until(lambda: "BIG" not in window.text() and window.text().count("LARGE") == 3)
    lines = window.editor.locator(".view-lines")
    window.wait_until(lambda: not pixels_like(window.screenshot("renamed"), RED, Box.of(lines)))


def test_a_definition_is_in_a_header_of_the_kernel(window: Workbench) -> None:
    window.open("hover.probe")
    window.status("6.12").wait_for()
    # the page is one that can be walked through
    for text, line in (("f_ino", r"struct\s+inode\s*\*\s*f_inode"), ("struct ino", r"umode_t\s+i_mode")):

        def go(patience: float, text: str = text, line: str = line) -> None:
            window.click_after(text)
            window.press("F12")
            window.editor.locator(".view-line", has_text=re.compile(line)).first.wait_for(timeout=patience)

        window.attempt(go)
        window.screenshot("definition")
    window.press("Control+W", "Control+W")


def test_the_output_beside_follows_the_spec(window: Workbench) -> None:
    window.open("live.probe")
    window.status("6.12").wait_for()
    window.command("Show Compiled Output")
    beside = window.page.locator('.monaco-editor[data-uri^="probelang-compiled:"]')
    defined = beside.locator(".view-line", has_text="f:io/large")
    defined.filter(has_text="count=count:u64").wait_for()
    window.click_after("    count")
    window.type(", $comm")
    beside.locator(".view-line", has_text="count=count:u64 comm=$comm").wait_for()

    def strings(name: str) -> int:
        return len(pixels_like(window.screenshot(name), STRING, Box.of(defined)))

    window.wait_until(lambda: strings("compiled") > 100)
    bright = strings("compiled")
    # an error is said, and what there was stays in sight, dimmed
    window.type(", nothing")
    window.press("Escape")
    window.wait_for_drawn(beside, "3:19: `vfs_read` has no parameter `nothing`")
    window.wait_until(lambda: strings("compiled-error") < bright / 2)
    window.press(*["Backspace"] * len(", nothing"))
    window.wait_for_gone(beside, "has no parameter")


def test_another_target_is_chosen(window: Workbench) -> None:
    window.open("target.probe")
    beside = window.page.locator('.monaco-editor[data-uri*="target.probe"][data-uri^="probelang-compiled:"]')
    lens = window.lens("1 event on 6.12")

    def click(patience: float) -> None:
        # on the line above the probe
        lens.click(timeout=patience)
        beside.locator(".view-line", has_text="f:target/vfs_write").first.wait_for(timeout=patience)

    lens.wait_for()
    window.attempt(click)
    window.command("Choose the Target of Compilation")
    window.choose("bpftrace")
    beside.locator(".view-line", has_text="fentry:vfs_write").first.wait_for()
    window.screenshot("target")
    window.command("Choose the Target of Compilation")
    window.choose("as the project's file says")
    beside.locator(".view-line", has_text="f:target/vfs_write").first.wait_for()


def test_typing_is_helped(window: Workbench) -> None:
    window.open("empty.probe")
    window.page.keyboard.insert_text("# a comment")
    window.press("Enter")
    window.command("Insert Snippet")
    window.choose("eprobe")
    window.wait_until(lambda: "opened = eprobe syscalls:sys_enter_openat {" in window.text())
    window.press("Escape", "Control+End", "Enter")
    window.type("fprobe vfs_read {")
    # the brace is closed
    window.wait_until(lambda: "fprobe vfs_read {}" in window.text())
    window.press("Escape", "Enter")
    window.type("count")
    window.press("Escape", "Control+/")
    # the line between is indented, and the last keys made it a comment
    window.wait_until(lambda: window.text().endswith("}\nfprobe vfs_read {\n    # count\n}"))
    beginning = "# a comment\nopened = eprobe syscalls:sys_enter_openat {\n    flags: x32"
    assert window.text().startswith(beginning)


def test_another_kernel_is_chosen(window: Workbench) -> None:
    window.open("kernels.probe")
    window.lens("1 event on 6.12").wait_for()
    errors = window.editor.locator(".squiggly-error")
    errors.first.wait_for(state="detached")
    window.command("Choose the Kernels")
    window.tick("6.12", "6.1")
    window.status("6.1").wait_for()
    errors.first.wait_for()
    assert "PRB401" in window.problem("tprobe", "has no tprobe events")
    window.screenshot("problems")
    # it is a setting of the workspace, for all who work there
    path = window.folder / ".vscode" / "settings.json"
    window.wait_until(lambda: json.loads(path.read_text()) == {"probelang.kernels": ["6.1"]})
    window.open("kernels.probe")
    window.command("Choose the Kernels")
    window.tick("6.1", "6.12")
    window.status("6.12").wait_for()
    errors.first.wait_for(state="detached")


def test_the_server_is_started_again(window: Workbench) -> None:
    window.open("errors.probe")
    window.page.locator(".squiggly-error").first.wait_for()
    before = window.servers()
    assert len(before) == 1
    window.command("Restart the Language Server")
    window.wait_until(lambda: bool(window.servers()) and not window.servers() & before)
    window.page.locator(".squiggly-error").first.wait_for()


def test_a_server_that_dies_is_replaced(window: Workbench) -> None:
    window.open("errors.probe")
    window.page.locator(".squiggly-error").first.wait_for()
    before = window.servers()
    assert len(before) == 1
    for process in before:
        os.kill(process, signal.SIGKILL)
    window.wait_until(lambda: bool(window.servers()) and not window.servers() & before)
    window.open("hover.probe")
    window.hover("f_inode", "struct inode *")


def test_the_walkthrough_leads_to_a_spec_that_need_not_be_a_file(window: Workbench) -> None:
    window.command("Open Walkthrough...")
    window.choose("Probe a Linux kernel")
    step = window.page.locator(".getting-started-step", has_text="Write a spec")
    button = window.page.locator(".getting-started-step.expanded .monaco-button", has_text="New file")

    def unfold(patience: float) -> None:
        if not button.is_visible():
            step.click(timeout=patience)
        button.wait_for(timeout=patience)

    window.attempt(unfold)
    window.screenshot("walkthrough")
    button.click()
    window.expect_language("probelang")
    window.page.locator(
        '.editor-group-container.active .monaco-editor.focused[data-uri^="untitled:"]'
    ).wait_for()
    window.type("fprobe vfs_raed { count }")
    window.editor.locator(".squiggly-error").first.wait_for()
    window.wait_until(lambda: bool(pixels_like(window.screenshot("untitled"), RED, window.below("vfs_raed"))))


# Perl's files, ours, and what is neither, in one folder: what each must be
LANGUAGES = {
    "plain.pl": ("use strict;\nmy %h = (probelang => 1);\n", "Perl"),
    "mention.pl": ("#!/usr/bin/perl\n# probelang is mentioned too late\n", "Perl"),
    "shebang.pl": ("#!/usr/bin/env -S probelang run\nfprobe vfs_read { count }\n", "probelang"),
    "comment.pl": ("# probelang\nfprobe vfs_read { count }\n", "probelang"),
    "probes.pl": ("fprobe vfs_read { count }\n", "probelang"),
    "io.probe.pl": ("fprobe vfs_read { count }\n", "probelang"),
    "io.probe": ("fprobe vfs_read { count }\n", "probelang"),
    "tool": ("#!/usr/bin/env -S probelang run\nfprobe vfs_read { count }\n", "probelang"),
    "trace/listed.pl": ("fprobe vfs_read { count }\n", "probelang"),
    "trace/old/excluded.pl": ("print 1;\n", "Perl"),
    "sub/trace/unlisted.pl": ("print 1;\n", "Perl"),
    "sub/specs/project.pl": ("fprobe vfs_read { count }\n", "probelang"),
    "lib/Module.pm": ("package Module;\n1;\n", "Perl"),
}
PROJECTS = {
    "probelang.toml": 'kernels = ["6.1"]\nfiles = ["trace/**"]\nexclude = ["old"]\n',
    "sub/pyproject.toml": '[tool.probelang]\nfiles = ["specs/*.pl"]\n',
}


@pytest.fixture(scope="module")
def mixed_windows(
    browsers: Shared[Browser], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared[Workbench]]:
    def make() -> AbstractContextManager[Workbench]:
        home = tmp_path_factory.mktemp("mixed")
        folder = home / "mixed"
        for name, text in ({name: text for name, (text, _) in LANGUAGES.items()} | PROJECTS).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return workbench(browsers.get(), home, folder, {})

    shared = Shared(make)
    yield shared
    # a browser that died leaves pages that cannot be closed
    with suppress(Exception):
        shared.close()


@pytest.fixture
def mixed(browser: Browser, mixed_windows: Shared[Workbench], again: bool) -> Workbench:
    return mixed_windows.get(again)


def test_perl_keeps_its_files_and_we_take_ours(mixed: Workbench) -> None:
    # Perl's own first: when those after them have been taken, these have been looked at too
    for wanted in ("Perl", "probelang"):
        for name in [name for name, (_, language) in LANGUAGES.items() if language == wanted]:
            mixed.open(name)
            mixed.expect_language(wanted)
        if wanted == "Perl":
            assert not mixed.servers(), "a server runs if there is a spec, and only then"
    mixed.wait_until(lambda: len(mixed.servers()) == 1)
    for name, (_, language) in LANGUAGES.items():
        mixed.open(name)
        mixed.expect_language(language)


def test_a_language_chosen_by_hand_stays(mixed: Workbench) -> None:
    mixed.open("comment.pl")
    mixed.expect_language("probelang")
    mixed.command("Change Language Mode")
    mixed.choose("Perl")
    mixed.expect_language("Perl")
    mixed.click_after("# probelang")
    mixed.type("\n")
    dirty = mixed.page.locator(".tab.dirty", has_text="comment.pl")
    dirty.wait_for()
    mixed.press("Control+S")
    dirty.wait_for(state="detached")
    # when another file has been taken, this one has been looked at too
    for name, language in (("shebang.pl", "probelang"), ("comment.pl", "Perl")) * 2:
        mixed.open(name)
        mixed.expect_language(language)


def test_a_file_becomes_a_spec_when_it_says_so(mixed: Workbench) -> None:
    mixed.open("plain.pl")
    mixed.expect_language("Perl")
    mixed.press("Control+A")
    mixed.type("# probelang\n")
    mixed.press("Control+S")
    mixed.expect_language("probelang")


def test_each_folder_of_a_workspace_has_its_kernels(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "both"
    files = {
        "both.code-workspace": json.dumps({"folders": [{"path": "one"}, {"path": "two"}]}),
        "one/.vscode/settings.json": '{"probelang.kernels": ["6.1"]}',
        "one/a.probe": "tprobe sched_switch { prev->comm }\n",
        "two/b.probe": "tprobe sched_switch { prev->comm }\n",
        # of both, and above what the editor watches
        "probelang.toml": 'kernels = ["6.12"]\n',
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with workbench(browser, tmp_path, folder, {}) as window:
        errors = window.editor.locator(".squiggly-error")
        window.open("two/b.probe")
        window.status("6.12").wait_for()
        window.lens("1 event on 6.12").wait_for()
        errors.first.wait_for(state="detached")
        window.open("one/a.probe")
        window.status("6.1").wait_for()
        errors.first.wait_for()
        (folder / "probelang.toml").write_text('kernels = ["7.3"]\n')
        window.open("two/b.probe")
        window.status("7.3").wait_for()
        window.lens("1 event on 7.3").wait_for()
        errors.first.wait_for(state="detached")
        window.screenshot("folders")


def test_a_program_that_is_not_there_is_said(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "lost"
    folder.mkdir()
    (folder / "io.probe").write_text("fprobe vfs_read { count }\n")
    with workbench(browser, tmp_path, folder, {"probelang.path": "/nowhere/probelang"}) as window:
        window.open("io.probe")
        notice = window.page.locator(".notification-toast", has_text="Cannot start `/nowhere/probelang lsp`")
        notice.filter(has_text="there is no such program").wait_for()
        notice.get_by_text("Say Where It Is").click()
        window.page.locator(".settings-editor .setting-item", has_text="Probelang: Path").wait_for()
