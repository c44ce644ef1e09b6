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

from tests.editors.tools import PROBELANG, built_extension, code_server, node

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.sync_api import Browser, Locator, Page

START = 60.0
"""Seconds until the server answers."""
WAIT = 30_000.0
"""Milliseconds for anything to show; the machine may be busy."""

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
        assert found
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

    def __init__(self, page: Page, folder: Path) -> None:
        self.page = page
        self.folder = folder

    # --- what a hand does

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text, delay=15)

    def command(self, title: str) -> None:
        """Run a command by its title."""
        self.press("F1")
        box = self.page.locator(".quick-input-widget input")
        box.wait_for()
        box.fill(f">{title}")
        self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=title).wait_for()
        self.press("Enter")

    def choose(self, label: str) -> None:
        """Choose from the list that a command shows."""
        self.page.locator(".quick-input-widget input").fill(label)
        self.page.locator(".quick-input-list .monaco-list-row.focused", has_text=label).wait_for()
        self.press("Enter")

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
        """Open a file of the folder."""
        self.press("Control+P")
        box = self.page.locator(".quick-input-widget input")
        box.wait_for()
        box.fill(str(self.folder / name))
        focused = self.page.locator(".quick-input-list .monaco-list-row.focused .label-name")
        focused.filter(has_text=re.compile(f"^{re.escape(Path(name).name)}$")).wait_for()
        self.press("Enter")
        box.wait_for(state="hidden")
        self.page.locator(f'.editor-group-container.active .monaco-editor[data-uri$="/{name}"]').wait_for()

    def click_after(self, text: str) -> None:
        """Put the cursor behind the first occurrence of a text in the editor."""
        box = self.box(text)
        self.page.mouse.click(box.right, box.middle[1])

    def hover(self, text: str, said: str) -> Locator:
        """Point at a text until a hover says something."""
        hover = self.page.locator(".monaco-hover:visible", has_text=said)

        def shown() -> bool:
            self.page.mouse.move(640, 600)
            self.page.mouse.move(*self.box(text).middle, steps=4)
            with contextlib.suppress(Exception):
                hover.wait_for(timeout=2000)
            return bool(hover.count() > 0)

        self.wait_until(shown)
        return hover

    # --- what an eye sees

    @property
    def editor(self) -> Locator:
        """The editor that has the cursor."""
        return self.page.locator(".editor-group-container.active .monaco-editor").first

    def language(self) -> str:
        """The language in the status bar."""
        return str(self.page.locator('[id="status.editor.mode"]').inner_text())

    def expect_language(self, name: str) -> None:
        """Wait until the status bar says so."""
        self.page.locator('[id="status.editor.mode"]', has_text=re.compile(f"^{name}$")).wait_for()

    def status(self, kernels: str) -> Locator:
        """The item of the status bar, where it names these kernels and says that the server runs."""
        item = self.page.locator('.statusbar-item:not(.warning-kind)[id*="probelang.kernels"]')
        return item.filter(has_text=re.compile(rf"^\s*{re.escape(kernels)}\s*$"))

    def problems(self) -> list[str]:
        """The problems of all files, as their list has them."""
        self.command("Problems: Focus on Problems View")
        panel = self.page.locator(".markers-panel")
        panel.wait_for()
        rows = panel.locator(
            ".monaco-list-row .marker-message-details-container, .monaco-list-row .message-box-container, .monaco-tl-contents .details"
        )
        found = [row.inner_text() for row in rows.all()]
        self.command("View: Toggle Panel Visibility")
        return found

    def wait_until(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + WAIT / 1000
        while not holds():
            assert time.monotonic() < until
            self.page.wait_for_timeout(50)

    def text(self, editor: Locator | None = None) -> str:
        """The lines of an editor that are in sight."""
        lines = (editor or self.editor).locator(".view-line")
        rows = lines.evaluate_all("rows => rows.map(row => [row.offsetTop, row.textContent])")
        return "\n".join(str(text) for _, text in sorted(rows)).replace("\xa0", " ")

    def box(self, text: str) -> Box:
        """Where the first occurrence of a text is drawn in the editor."""
        found = self.editor.locator(".view-lines").evaluate(FIND_TEXT, text)
        assert found, f"{text!r} is not in sight:\n{self.text()}"
        return Box(*found)

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
    """A workbench with `folder` open and the extension installed, both in a home of its own."""
    entry = code_server() / "out" / "node" / "entry.js"
    vsix = built_extension() / "probelang.vsix"
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
    subprocess.run(
        [*base, "--install-extension", str(vsix)],
        env=environment,
        check=True,
        capture_output=True,
        timeout=120,
    )
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
            page.goto(f"http://127.0.0.1:{port}/?folder={folder}")
            page.locator(".monaco-workbench .part.statusbar").wait_for(timeout=2 * WAIT)
            yield Workbench(page, folder)
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
