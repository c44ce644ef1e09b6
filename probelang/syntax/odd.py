"""Characters that begin no token: quotes without an end, look-alikes of operators, control characters.

Each is reported once, at its place, and read as what was probably meant, so that nothing else is reported for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.rules import BAD_CHARACTER, BAD_STRING, SYNTAX_ERROR
from probelang.syntax.tables import ACTIONS, PUNCTUATION

if TYPE_CHECKING:
    from probelang.diagnostics import Rule
    from probelang.syntax.driver import Driver

END = "$END"
UNKNOWN = "?"

# what word processors, web pages and keyboards put in place of ASCII
LOOKS_LIKE = {
    "\u00a0": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2009": " ",
    "\u202f": " ",
    "\u3000": " ",
    "\u200b": "",
    "\u200c": "",
    "\u200d": "",
    "\u2060": "",
    "\ufeff": "",
    "\u2010": "-",
    "\u2011": "-",
    "\u2012": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
    "\u2192": "->",
    "\u2026": "..",
    "\u2260": "!=",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u00d7": "*",
    "\u2217": "*",
    "\u00f7": "/",
    "\u2044": "/",
    "\u00ac": "!",
    "\u02dc": "~",
    "\u223c": "~",
    "\u2227": "&&",
    "\u2228": "||",
    "\uff08": "(",
    "\uff09": ")",
    "\uff0c": ",",
    "\uff1a": ":",
    "\uff1d": "=",
    "\uff5b": "{",
    "\uff5d": "}",
}
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2018\u2019\u201a\u201b"


def scan_odd(driver: Driver, state: int) -> str:
    """The terminal that the odd characters are read as, "" where they are skipped; at the end of the text, the end."""
    text, end = driver.text, driver.end
    at = driver.position
    while at < end and text[at] in " \t\r":
        at += 1
    driver.begin = driver.stop = driver.position = at
    driver.word = ""
    if at >= end:
        # braces that are still open are closed here, so that what they hold is kept
        return "RBRACE" if driver.in_block() else END
    character = text[at]
    if character in "\"'":
        return _unclosed_quote(driver, state)
    if character in _QUOTES:
        return _typographic_quote(driver, state)
    if character == ";":
        return _semicolon(driver)
    if character in "$@":
        return _bare_sigil(driver, state)
    if character == "\\" and text[at + 1 : min(at + 3, end)].strip(" \t\r")[:1] in ("\n", ""):
        return _continued_line(driver)
    if " " < character < "\x7f":
        driver.word = character
        driver.stop = driver.position = at + 1
        return UNKNOWN
    if character in LOOKS_LIKE:
        return _look_alike(driver)
    return _bad_run(driver)


def _complain(
    driver: Driver, rule: Rule, message: str, span: Span, help: str | None = None, fix: Fix | None = None
) -> None:
    """Report what is wrong with these characters, once: they may be scanned again."""
    if span.start > driver.odd_to:
        driver.odd_to = span.start
        driver.report.error(rule, message, span, help=help, fix=fix)


def line_end(text: str, at: int, end: int) -> int:
    """Where the line of a character ends, without the new line."""
    newline = text.find("\n", at, end)
    return newline if newline >= 0 else end


def _unclosed_quote(driver: Driver, state: int) -> str:
    """A quote without its other end on the line: all of the line is taken, but not the braces."""
    text, begin = driver.text, driver.begin
    quote = text[begin]
    body = text[begin : line_end(text, begin, driver.end)].rstrip()
    brace = -1 if driver.in_block() else body.find(" {")
    if brace > 0:
        body = body[:brace].rstrip()
    elif body[-1] in "{}" and len(body) > 1:
        body = body[:-1].rstrip()
    driver.stop = driver.position = begin + len(body)
    what = "string" if quote == '"' else "character constant"
    message = f"this {what} is not closed: there is no second `{quote}` on the line"
    help = f"a {quote} within a string is written `\\{quote}`, a new line `\\n`" if body.count("\\") else None
    _complain(driver, BAD_STRING, message, Span(begin, driver.stop), help=help)
    driver.muted_to = driver.stop
    return "POINT" if "POINT" in ACTIONS[state] else "STRING"


def _typographic_quote(driver: Driver, state: int) -> str:
    text, begin = driver.text, driver.begin
    limit = line_end(text, begin, driver.end)
    stop = begin + 1
    while stop < limit and text[stop] not in _QUOTES and text[stop] not in "\"'":
        stop += 1
    closed = stop < limit
    driver.stop = driver.position = stop + 1 if closed else begin + 1
    span = Span(begin, driver.stop)
    edits = (Edit(Span(begin, begin + 1), '"'), Edit(Span(stop, stop + 1), '"'))
    fix = Fix('write `"`', edits) if closed else None
    message = f'a string stands between two `"`; `{text[begin]}` is a typographic quote'
    _complain(driver, BAD_CHARACTER, message, span, fix=fix)
    driver.muted_to = limit
    return "POINT" if "POINT" in ACTIONS[state] else "STRING"


def _semicolon(driver: Driver) -> str:
    text, begin = driver.text, driver.begin
    stop = begin
    while stop < driver.end and text[stop] in "; \t\r":
        stop += 1
    last = text.rfind(";", begin, stop) + 1
    span = Span(begin, last)
    driver.stop = driver.position = last
    between = (
        driver.lines and stop < driver.end and text[stop] not in "\n}#" and not text.startswith("//", stop)
    )
    if between:
        fix = Fix("write `,`", (Edit(span, ","),))
        message = "fetch args are separated by a comma or a new line, not by `;`"
        driver.word = ","
    else:
        fix = Fix("remove `;`", (Edit(span, ""),))
        message = "nothing ends with `;` here: the end of the line is enough"
    _complain(driver, SYNTAX_ERROR, message, span, fix=fix)
    return "COMMA" if between else ""


def _bare_sigil(driver: Driver, state: int) -> str:
    begin = driver.begin
    driver.stop = driver.position = begin + 1
    if (
        driver.text[begin] == "@"
        and "NUMBER" in ACTIONS[state]
        and driver.text[begin + 1 :].lstrip(" \t")[:1] in ("[", "=", "+")
    ):
        from probelang.syntax.slips import explain_map

        if begin <= driver.muted_to or explain_map(driver, begin):
            driver.stop = driver.position = max(begin + 1, driver.muted_to)
            return "SYMBOL"
    if driver.text[begin] == "$":
        message, terminal = "a variable's name follows `$`, as in `$retval`, `$comm` or `$arg1`", "VARIABLE"
    else:
        message, terminal = (
            "a symbol or an address follows `@`, as in `@jiffies` or `@0xffffffff81000000`",
            "SYMBOL",
        )
    if "NUMBER" not in ACTIONS[state]:
        driver.word = driver.text[begin]
        return UNKNOWN
    _complain(driver, SYNTAX_ERROR, message, Span(begin, begin + 1))
    return terminal


def _continued_line(driver: Driver) -> str:
    span = Span(driver.begin, driver.begin + 1)
    driver.position = min(driver.end, line_end(driver.text, driver.begin, driver.end) + 1)
    message = "a line is not continued by a backslash"
    help = "inside brackets, and before `with`, `if` and `{`, a new line means nothing"
    _complain(
        driver, SYNTAX_ERROR, message, span, help=help, fix=Fix("remove the backslash", (Edit(span, ""),))
    )
    return ""


def _look_alike(driver: Driver) -> str:
    text, begin = driver.text, driver.begin
    meant = LOOKS_LIKE[text[begin]]
    stop = begin + 1
    if not meant.strip():
        while stop < driver.end and not LOOKS_LIKE.get(text[stop], "x").strip():
            stop += 1
        meant = " " if any(LOOKS_LIKE[character] for character in text[begin:stop]) else ""
    span = Span(begin, stop)
    driver.stop = driver.position = stop
    name = f"`{text[begin]}` (U+{ord(text[begin]):04X})"
    if meant.strip():
        message, title = f"{name} only looks like an operator: write `{meant}`", f"write `{meant}`"
    elif meant:
        message, title = f"U+{ord(text[begin]):04X} only looks like a space", "write a space"
    else:
        message, title = f"U+{ord(text[begin]):04X} is a character that nobody sees", "remove it"
    _complain(driver, BAD_CHARACTER, message, span, fix=Fix(title, (Edit(span, meant),)))
    driver.word = meant
    return PUNCTUATION[meant] if meant.strip() else ""


def _bad_run(driver: Driver) -> str:
    """Control characters, and letters that names cannot have; with the letters of the name around them."""
    text, begin = driver.text, driver.begin
    stop = begin + 1
    while stop < driver.end and _is_bad(text[stop]):
        stop += 1
    character = text[begin]
    if character < " " or character == "\x7f":
        message = f"a control character (0x{ord(character):02x}) has no place in a spec"
    elif "\ud800" <= character <= "\udfff":
        message = "this is not UTF-8"
    elif character.isalpha():
        message = f"`{character}` (U+{ord(character):04X}) stands only in strings and comments: names have ASCII letters only"
    else:
        message = f"`{character}` (U+{ord(character):04X}) stands only in strings and comments"
    _complain(driver, BAD_CHARACTER, message, Span(begin, stop))
    while stop < driver.end and (_is_bad(text[stop]) or text[stop].isalnum() or text[stop] == "_"):
        stop += 1
    driver.position = stop
    driver.muted_to = line_end(text, begin, driver.end)
    return ""


def _is_bad(character: str) -> bool:
    if character in "\t\n\r" or character in LOOKS_LIKE or character in _QUOTES:
        return False
    return character < " " or character >= "\x7f"
