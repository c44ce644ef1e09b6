"""What stands around the token that cannot stand there, and how a slip is reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.syntax.rules import SYNTAX_ERROR

if TYPE_CHECKING:
    from probelang.diagnostics import Fix
    from probelang.source import Span
    from probelang.syntax.driver import Driver

_MAX = 2000


def text_before(driver: Driver) -> str:
    return driver.text[max(driver.start, driver.begin - _MAX) : driver.begin]


def previous_character(driver: Driver) -> str:
    return text_before(driver).rstrip()[-1:]


def previous_word(driver: Driver) -> str:
    match = re.search(r"(\w+)\s*$", text_before(driver))
    return match[1] if match else ""


def in_block(driver: Driver) -> bool:
    return bool(driver.brackets) and driver.brackets[-1].inside


def say(driver: Driver, message: str, span: Span, fix: Fix | None, help: str | None = None) -> bool:
    driver.report.error(SYNTAX_ERROR, message, span, help=help, fix=fix)
    return True


def line_end(driver: Driver, at: int) -> int:
    newline = driver.text.find("\n", at, driver.end)
    return newline if newline >= 0 else driver.end
