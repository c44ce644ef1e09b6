"""The report of a run in a real browser: it asks for nothing, says nothing to the console, fits, and is drawn in light and dark."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from probelang.render.page import render_page
from probelang.tracing.hits import Hit
from probelang.tracing.recording import Recording
from tests.support.traced import made_hits, traced

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.editors

_HOSTILE = "<img src=http://127.0.0.1:1/x onerror=alert(1)><script>alert(1)</script>" + "漢" * 60


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    recording = Recording(traced())
    recording.take(made_hits(20_000))
    recording.take([Hit(traced()[0], 5 * 10**12, 0, 1, _HOSTILE, (7, 7, _HOSTILE, 7))] * 9000)
    recording.lose(0, 5)
    path = tmp_path_factory.mktemp("report") / "out.html"
    path.write_text(render_page(recording, _HOSTILE, 12 * 10**9, ((_HOSTILE, _HOSTILE),)))
    return path


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page(scheme: Literal["light", "dark"], width: int, page_file: Path, browser: Browser) -> None:
    from PIL import Image

    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert asked == [page_file.as_uri()]
    assert said == []
    assert page.evaluate("document.scripts.length + document.images.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "nothing to scroll to the right"
    )
    # pictures have names for those who do not see them, and a size
    pictures = page.locator("svg[role=img]")
    assert pictures.count() >= 4
    for place in range(pictures.count()):
        assert pictures.nth(place).get_attribute("aria-label")
        box = pictures.nth(place).bounding_box()
        assert box is not None
        assert box["width"] > 100 or "spark" in (pictures.nth(place).get_attribute("class") or "")
    assert page.get_by_role("table").count() >= 1
    assert page.get_by_text(_HOSTILE[:40]).first.is_visible()
    shot = page.screenshot(full_page=True)
    folder = os.environ.get("PROBELANG_TEST_SHOTS")
    if folder:
        (Path(folder) / f"report-{scheme}-{width}.png").write_bytes(shot)
    corner = Image.open(io.BytesIO(shot)).convert("L").getpixel((2, 2))
    assert isinstance(corner, int)
    assert (corner > 240) == (scheme == "light")
    # the columns of the first event's timeline have its colour
    colour = page.evaluate("getComputedStyle(document.querySelector('svg.chart .s0')).fill")
    assert colour == {"light": "rgb(0, 104, 165)", "dark": "rgb(63, 163, 224)"}[scheme]
    context.close()
