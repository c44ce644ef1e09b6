"""VS Code's workbench in a browser without a window, with the packaged extension, used as a person would."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.editors.tools import PROBELANG, code_server, node, packed_extension

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.sync_api import Browser, Locator, Page

START = 180.0
"""Seconds until the server answers."""
WAIT = 90_000.0
"""Milliseconds for anything to show; the machine may be busy."""
PATIENCE = 3000.0
"""Milliseconds for what a key or a click leads to, at the first try; each further try waits twice as long."""

SETTINGS: dict[str, Any] = {
    "editor.fontFamily": "DejaVu Sans Mono",
    "editor.minimap.enabled": False,
    "editor.cursorBlinking": "solid",
    "files.autoSave": "off",
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "window.commandCenter": False,
    "workbench.colorTheme": "Default Dark Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "editor.hover.delay": 100,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
    "chat.disableAIFeatures": True,
    "git.enabled": False,
}


FIND_TEXT = """(lines, wanted) => {
    for (const line of lines.querySelectorAll(".view-line")) {
        const at = line.textContent.replaceAll("\\u00a0", " ").indexOf(wanted);
        if (at < 0) continue;
        const range = document.createRange();
        const nodes = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        let passed = 0, begun = false;
        for (let node; (node = nodes.nextNode()); passed += node.length) {
            if (!begun && at < passed + node.length) {
                range.setStart(node, at - passed);
                begun = true;
            }
            if (at + wanted.length <= passed + node.length) {
                range.setEnd(node, at + wanted.length - passed);
                break;
            }
        }
        const box = range.getBoundingClientRect();
        return [box.left, box.top, box.right, box.bottom];
    }
    return null;
}"""


DRAWN = """([editor, wanted, there]) => {
    const texts = [...editor.querySelectorAll(".view-line span")].flatMap((span) =>
        ["::before", "::after"].map((part) => getComputedStyle(span, part).content));
    return texts.some((text) => text.replaceAll("\\u00a0", " ").includes(wanted)) === there;
}"""


class Box(NamedTuple):
    """A rectangle on the screen."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, element: Locator) -> Box:
        """Where an element is drawn."""
        found = element.bounding_box()
        assert found, "it is not in sight"
        return cls(found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"])

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def pixels_like(image: Image, color: str, box: Box, tolerance: int = 40) -> list[tuple[int, int]]:
    """The pixels in a box that have nearly a colour ("#rrggbb")."""
    wanted = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    left, top, right, bottom = map(round, box)
    raw = image.crop((left, top, right, bottom)).tobytes()
    pixels = zip(raw[::3], raw[1::3], raw[2::3], strict=True)
    return [
        (left + at % (right - left), top + at // (right - left))
        for at, pixel in enumerate(pixels)
        if all(abs(a - b) <= tolerance for a, b in zip(pixel, wanted, strict=True))
    ]


def changed(before: Image, after: Image, box: Box) -> float:
    """The part of a box's pixels, 0 to 1, that differ between two screenshots."""
    from PIL import ImageChops

    area = (round(box.left), round(box.top), round(box.right), round(box.bottom))
    pixels = ImageChops.difference(before.crop(area), after.crop(area)).convert("L").tobytes()
    return sum(map(bool, pixels)) / len(pixels)


class Workbench:
    """An open window."""

    def __init__(self, page: Page, folder: Path, session: int) -> None:
        self.page = page
        self.folder = folder
        self._session = session

    def servers(self) -> set[int]:
        """The processes that are language servers of this window."""
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                number = int(process.name)
                if os.fsencode(PROBELANG) in words and b"lsp" in words and os.getsid(number) == self._session:
                    found.add(number)
        return found

    # --- what a hand does

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=15)

    def attempt(self, act: Callable[[float], object]) -> None:
        """Do something, and again if it does not lead to what it should; `act` is told how many milliseconds to wait for that.

        A key or a click that comes while a list is drawn anew, or a line is moved, is lost: a person would try again.
        """
        from playwright.sync_api import Error

        patience = PATIENCE
        while True:
            try:
                act(patience)
                return
            except (AssertionError, Error):
                if patience > WAIT:
                    raise
            patience *= 2
            self.press("Escape")

    def command(self, title: str) -> None:
        """Run a command by its title."""
        box = self.page.locator(".quick-input-widget input")
        row = self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=title)

        def run(patience: float) -> None:
            self.press("F1")
            box.wait_for(timeout=patience)
            box.fill(f">{title}", timeout=patience)
            row.wait_for(timeout=patience)
            self.press("Enter")

        self.attempt(run)
        # the command may ask something in the same box
        self.wait_until(lambda: not box.is_visible() or not box.input_value().startswith(">"))

    def choose(self, label: str) -> None:
        """Choose from the list that a command shows."""
        box = self.page.locator(".quick-input-widget input")
        row = self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=label)
        box.wait_for()
        box.fill(label)
        row.wait_for()
        self.press("Enter")
        row.wait_for(state="hidden")

    def tick(self, *labels: str) -> None:
        """Tick, or untick, lines of the list that a command shows, and be done."""
        for label in labels:
            row = self.page.locator(".quick-input-list .monaco-list-row")
            row.filter(
                has=self.page.locator(".label-name", has_text=re.compile(f"^{re.escape(label)}$"))
            ).click()
        self.press("Enter")
        self.page.locator(".quick-input-widget").wait_for(state="hidden")

    def open(self, name: str) -> None:
        """Open a file of the folder, with the cursor in it."""
        box = self.page.locator(".quick-input-widget input")
        focused = self.page.locator(".quick-input-list .monaco-list-row.focused .label-name")
        row = focused.filter(has_text=re.compile(f"^{re.escape(Path(name).name)}$"))
        editor = self.page.locator(
            f'.editor-group-container.active .monaco-editor.focused[data-uri$="/{name}"]'
        )

        def go(patience: float) -> None:
            self.press("Control+P")
            box.wait_for(timeout=patience)
            box.fill(str(self.folder / name), timeout=patience)
            row.wait_for(timeout=patience)
            self.press("Enter")
            editor.wait_for(timeout=patience)
            box.wait_for(state="hidden", timeout=patience)

        self.attempt(go)

    def click_after(self, text: str) -> None:
        """Put the cursor behind the first occurrence of a text in the editor."""
        cursor = self.editor.locator(".cursors-layer .cursor").first

        def click(patience: float) -> None:
            box = self.box(text)
            self.page.mouse.click(box.right, box.middle[1])

            def there() -> bool:
                # a lens that comes just then has moved the lines, and the cursor with them
                box, at = self.box(text), Box.of(cursor)
                return abs(at.left - box.right) < 4 and at.top < box.middle[1] < at.bottom

            self.wait_until(there, patience)

        self.attempt(click)

    def hover(self, text: str, *said: str) -> Locator:
        """Point at a text until a hover says some things."""
        hover = self.page.locator(".monaco-hover:visible")
        for words in said:
            hover = hover.filter(has_text=words)

        def point(patience: float) -> None:
            self.page.mouse.move(640, 600)
            self.page.mouse.move(*self.box(text).middle, steps=4)
            hover.wait_for(timeout=patience)

        self.attempt(point)
        return hover

    # --- what an eye sees

    @property
    def editor(self) -> Locator:
        """The editor that has the cursor."""
        return self.page.locator(".editor-group-container.active .monaco-editor").first

    def expect_language(self, name: str) -> None:
        """Wait until the language in the status bar is this one."""
        self.page.locator('[id="status.editor.mode"]', has_text=re.compile(f"^{name}$")).wait_for()

    def status(self, kernels: str) -> Locator:
        """The item of the status bar, where it names these kernels and says that the server runs."""
        item = self.page.locator('.statusbar-item:not(.warning-kind)[id*="probelang.kernels"]')
        return item.filter(has_text=re.compile(rf"^\s*{re.escape(kernels)}\s*$"))

    def lens(self, text: str) -> Locator:
        """A line of the server's above a probe; where there is one, it has looked at all of the file."""
        return self.editor.locator(".codelens-decoration a", has_text=text)

    def problem(self, *words: str) -> str:
        """The only problem with these words, in the list of those of all files, when it is there."""
        self.command("Problems: Focus on Problems View")
        panel = self.page.locator(".markers-panel")
        rows = panel.locator(
            ".monaco-list-row .marker-message-details-container, .monaco-list-row .message-box-container, .monaco-tl-contents .details"
        )
        for word in words:
            rows = rows.filter(has_text=word)
        self.wait_until(lambda: rows.count() == 1)
        found = str(rows.inner_text())
        self.command("View: Toggle Panel Visibility")
        panel.wait_for(state="hidden")
        return found

    def wait_until(self, holds: Callable[[], object], most: float = WAIT) -> None:
        """Wait until something holds: the answer is true, or nothing that it asserts fails.

        What is drawn comes in parts: a text, its colours, what a server says of it, and lines that are moved by that.
        """
        from playwright.sync_api import Error

        until = time.monotonic() + most / 1000
        while True:
            late = time.monotonic() >= until
            try:
                if holds() is not False:
                    return
                assert not late
            except (AssertionError, Error):
                if late:
                    raise
            self.page.wait_for_timeout(50)

    def text(self, editor: Locator | None = None) -> str:
        """The lines of an editor that are in sight."""
        lines = (editor or self.editor).locator(".view-line")
        rows = lines.evaluate_all("rows => rows.map(row => [row.offsetTop, row.textContent])")
        return "\n".join(str(text) for _, text in sorted(rows)).replace("\xa0", " ")

    def box(self, text: str) -> Box:
        """Where the first occurrence of a text is drawn in the editor, once it is."""
        found: list[float] = []

        def drawn() -> None:
            found[:] = self.editor.locator(".view-lines").evaluate(FIND_TEXT, text) or ()
            assert found, f"{text!r} is not in sight:\n{self.text()}"

        self.wait_until(drawn)
        return Box(*found)

    def below(self, text: str) -> Box:
        """The place of a text, with the wave that an error has below it."""
        box = self.box(text)
        return Box(*box[:3], box.bottom + 3)

    def wait_for_drawn(self, editor: Locator, text: str) -> None:
        """Wait until an editor shows a text that is not in its document: behind a line, or above it."""
        self.page.wait_for_function(DRAWN, arg=[editor.element_handle(), text, True])

    def wait_for_gone(self, editor: Locator, text: str) -> None:
        """Wait until it does not any more."""
        self.page.wait_for_function(DRAWN, arg=[editor.element_handle(), text, False])

    def screenshot(self, name: str) -> Image:
        """What is on the screen; kept as NAME.png where PROBELANG_TEST_SHOTS names a folder."""
        from PIL import Image

        data = self.page.screenshot()
        if shots := os.environ.get("PROBELANG_TEST_SHOTS"):
            (Path(shots) / f"{name}.png").write_bytes(data)
        return Image.open(BytesIO(data)).convert("RGB")


@contextlib.contextmanager
def workbench(browser: Browser, home: Path, folder: Path, settings: dict[str, Any]) -> Iterator[Workbench]:
    """A workbench with `folder` open and the extension installed, both in a home of its own.

    A `*.code-workspace` file in the folder is opened instead of it: the folders that it names, with their settings.
    """
    entry = code_server() / "out" / "node" / "entry.js"
    vsix = packed_extension()
    data = home / "data"
    (data / "Machine").mkdir(parents=True)
    (data / "Machine" / "settings.json").write_text(
        json.dumps(SETTINGS | {"probelang.path": str(PROBELANG)} | settings)
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = [node(), str(entry), "--user-data-dir", str(data), "--extensions-dir", str(home / "extensions")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VSCODE_")}
    environment |= {"HOME": str(home)}
    installed = subprocess.run(
        [*base, "--install-extension", str(vsix)],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=START,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    serve = [
        "--auth",
        "none",
        "--bind-addr",
        f"127.0.0.1:{port}",
        "--disable-telemetry",
        "--disable-update-check",
    ]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*base, *serve, "--disable-workspace-trust", str(folder)],
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", server)
        with browser.new_page(viewport={"width": 1280, "height": 800}) as page:
            page.set_default_timeout(WAIT)
            several = next(folder.glob("*.code-workspace"), None)
            what = f"workspace={several}" if several else f"folder={folder}"
            page.goto(f"http://127.0.0.1:{port}/?{what}", timeout=2 * WAIT)
            page.locator(".monaco-workbench .part.statusbar").wait_for(timeout=2 * WAIT)
            yield Workbench(page, folder, server.pid)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError("code-server did not start")
