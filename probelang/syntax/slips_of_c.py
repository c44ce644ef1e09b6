"""What people write out of habit who come from C: comments, types before names or of pointers; and names that have no sign or quotes here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.literals import shorten
from probelang.syntax.slip_places import line_end, say, text_before

if TYPE_CHECKING:
    from probelang.syntax.driver import Driver

_C_TYPE = re.compile(r"_*[us](?:8|16|32|64)|u?int\d*(?:_t)?|char|short|long|bool|s?size_t|loff_t|pid_t")
_NAME = re.compile(r"[A-Za-z_]\w*")


def comment(driver: Driver) -> bool:
    """`/* … */`, which is on this line."""
    text = driver.text
    line = text.rfind("\n", driver.start, driver.begin) + 1
    begin = text.rfind("/*", max(driver.start, line), driver.stop + 1)
    if begin < 0 or text.count('"', line, begin) % 2:
        return False
    newline = line_end(driver, begin)
    close = text.find("*/", begin + 2, newline)
    stop = close + 2 if close >= 0 else newline
    fix = None
    if close >= 0:
        inside = text[begin + 2 : close].strip(" \t*")
        written = "" if text[stop:newline].strip() else f"# {inside}"
        fix = Fix(
            f"write `{shorten(written)}`" if written else "remove it",
            (Edit(Span(begin, stop), written),),
            safe=bool(written),
        )
    return say(driver, "a comment begins with `#` or `//`, and ends with its line", Span(begin, stop), fix)


def group(driver: Driver) -> bool:
    """`group my-group`, `group "io"`."""
    match = re.compile(r"group[ \t]+([\w.\"'-]+)[ \t]*$", re.MULTILINE).search(
        driver.text, driver.start, line_end(driver, driver.begin)
    )
    name = re.sub(r"\W+", "_", match[1]).strip("_") if match is not None else ""
    if match is None or not _NAME.fullmatch(name) or name == match[1]:
        return False
    fix = Fix(f"write `{name}`", (Edit(Span(*match.span(1)), name),), safe=name == match[1].strip("\"'"))
    message = f"`{shorten(match[1])}` is no name: letters, digits and `_` make one"
    return say(driver, message, Span(*match.span(1)), fix)


def parameter(driver: Driver) -> bool:
    """`args f(struct file *file)`."""
    text = driver.text
    start = max(text.rfind("(", driver.start, driver.begin), text.rfind(",", driver.start, driver.begin)) + 1
    match = re.compile(
        r"[ \t]*((?:const[ \t]+)?(?:(?:struct|union|enum)[ \t]+)?\w+)([ \t]*\**[ \t]*)(\w+)[ \t]*(?=[,)])"
    ).match(text, start, driver.end)
    if match is None or match[3] in ("struct", "union", "enum"):
        return False
    if " " not in match[1] and "*" not in match[2] and not _C_TYPE.fullmatch(match[1]):
        return False
    written = f"{match[3]}: {match[1]}{' ' if '*' in match[2] else ''}{match[2].strip()}"
    span = Span(match.start(1), match.end(3))
    return say(
        driver,
        "the type of a parameter stands behind its name",
        span,
        Fix(f"write `{shorten(written)}`", (Edit(span, written),)),
    )


def signed_call(driver: Driver) -> bool:
    """`$entry(e)` and `@entry(e)`."""
    match = re.search(
        r"([$@])((?:entry|user|container_of|this_cpu_read|this_cpu_ptr))[ \t]*$", text_before(driver)
    )
    if match is None or driver.word != "(":
        return False
    start = driver.begin - len(match[0])
    fix = Fix(f"leave out `{match[1]}`", (Edit(Span(start, start + 1), ""),))
    return say(driver, f"`{match[2]}(…)` has no `{match[1]}`", Span(start, start + 1 + len(match[2])), fix)


def _pointer_type(driver: Driver) -> bool:
    """`filename: const char *`, `how: struct open_how *`."""
    before = re.search(r":[ \t]*((?:\w+[ \t]+)*)$", text_before(driver))
    rest = re.compile(r"(?:\w+[ \t]+)*(?:\w+[ \t]*)?\*[* \t]*").match(driver.text, driver.begin, driver.end)
    if before is None or rest is None:
        return False
    words = (before[1] + rest[0]).split("*")[0].split()
    span = Span(driver.begin - len(before[1]), driver.begin + len(rest[0].rstrip()))
    written, text = "x64", f"`{shorten(' '.join(words))} *` is a type of C"
    if words[-1:] == ["char"] and rest[0].count("*") == 1:
        written, text = "string", f"{text}: a pointer to characters is recorded as a string by itself"
    fix = Fix(f"write `{written}`", (Edit(span, written),), safe=False)
    help = "a fetch arg's type is one of the kernel's: `u64`, `s32`, `x8`, `string` …"
    return say(driver, text, span, fix, help)


def c_type(driver: Driver) -> bool | None:
    """`count: unsigned long`."""
    if _pointer_type(driver):
        return True
    before = re.search(r":\s*((?:(?:unsigned|signed|long|short|int|char|const)\s+)+)$", text_before(driver))
    if before is None:
        return None
    rest = re.compile(r"(?:(?:unsigned|signed|long|short|int|char|const)\b\s?)+").match(
        driver.text, driver.begin, driver.end
    )
    words = before[1] + (rest[0] if rest else "")
    written = _fetch_type(words)
    if written is None or rest is None:
        return None
    span = Span(driver.begin - len(before[1]), driver.begin + len(rest[0].rstrip()))
    fix = Fix(f"write `{written}`", (Edit(span, written),))
    help = "a fetch arg's type is one of the kernel's: `u64`, `s32`, `x8`, `string` …"
    return say(
        driver, f"`{' '.join(words.split())}` is a type of C, and here stands `{written}`", span, fix, help
    )


def _fetch_type(words: str) -> str | None:
    """The fetch-arg type of `unsigned long`, None of what is no number."""
    parts = words.split()
    if not parts or not set(parts) <= {"unsigned", "signed", "long", "int", "short", "char", "const"}:
        return None
    bits = 8 if "char" in parts else 16 if "short" in parts else 64 if "long" in parts else 32
    return f"{'u' if 'unsigned' in parts else 's'}{bits}"
