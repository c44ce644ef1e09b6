"""`docs/diagnostics.md` is what the table of rules says; their examples are tried in `tests/unit/check/test_rules.py`."""

from __future__ import annotations

import pytest

from probelang.render.rule import render_page
from probelang.rules import RULES
from tests.docs.blocks import ROOT

PAGE = ROOT / "docs" / "diagnostics.md"
_HEAD = """\
# Diagnostics

Every code, what it means, and a spec that gives it. `probelang rule CODE` says the same. Written from the table of rules by `pytest tests/docs --update-goldens`.

"""


def test_page(request: pytest.FixtureRequest) -> None:
    text = render_page(RULES, _HEAD)
    if request.config.getoption("--update-goldens"):
        PAGE.write_text(text)
    assert PAGE.read_text() == text, "pytest tests/docs --update-goldens writes it anew"
