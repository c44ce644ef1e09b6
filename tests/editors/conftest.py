from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.editors.tools import need_module, need_program
from tests.support.shared import Shared

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browsers() -> Iterator[Shared[Browser]]:
    need_module("playwright")
    need_module("PIL")
    from playwright.sync_api import sync_playwright

    chromium = need_program("chromium", "chromium fonts-dejavu-core")
    with sync_playwright() as playwright:
        launch = playwright.chromium.launch
        shared = Shared(lambda: closing(launch(executable_path=chromium, args=["--no-sandbox"])))
        yield shared
        shared.close()


@pytest.fixture
def browser(browsers: Shared[Browser], again: bool) -> Browser:
    """Chromium, without a window; another where it died, for a test that is run once more."""
    return browsers.get(anew=again and not browsers.get().is_connected())
