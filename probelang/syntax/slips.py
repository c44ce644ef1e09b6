"""Slips of more than one token: what other languages have at that place, recognised as a whole, with the fix that writes it here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.bpftrace import split_items, write_condition, write_values
from probelang.syntax.chunks import KINDS
from probelang.syntax.literals import shorten
from probelang.syntax.rules import FOREIGN_SPELLING, SYNTAX_ERROR
from probelang.syntax.slip_places import (
    in_block,
    line_end,
    previous_character,
    previous_word,
    say,
    text_before,
)
from probelang.syntax.slips_of_c import c_type, comment, group, parameter, signed_call

if TYPE_CHECKING:
    from probelang.syntax.driver import Driver

_NAME = re.compile(r"[A-Za-z_]\w*")
_POINTS = re.compile(
    r"[ \t]*([A-Za-z_]\w*)(?:%return)?((?:[ \t]*[,|][ \t]*|[ \t]+)(?!if\b|with\b)[A-Za-z_]\w*(?:%return)?)+(?=[ \t]*(?:\{|if\b|with\b|$))"
)
_MAX = 2000
MAPS = "bpftrace sums and counts in maps; a probe records each hit, and that is done where the trace is read"


def explain_slip(driver: Driver, terminal: str, expected: set[str]) -> bool:
    """Report a slip that begins with the token that cannot stand here; whether it was one."""
    word = driver.word
    if "/*" in driver.text[driver.start : driver.stop + 1] and comment(driver):
        return True
    if driver.values[1:2] == ["group"] and group(driver):
        return True
    if (
        "COLON" in expected
        and driver.values[1:2] == ["args"]
        and "PLUS" not in expected
        and parameter(driver)
    ):
        return True
    if "READ" in expected and word in _ACCESSES:
        span = Span(driver.begin, driver.stop)
        fix = Fix(f"write `{_ACCESSES[word]}`", (Edit(span, _ACCESSES[word]),), safe=False)
        return say(driver, f"`{word}` is written `{_ACCESSES[word]}`", span, fix)
    if {"IF", "LBRACE"} <= expected and "PLUS" not in expected:
        return _after_point(driver, terminal, word)
    counted = (
        re.search(r"@\w*(?:\[[^\]\n]*\])?\s*(?:\+\+|--)\s*$", text_before(driver))
        if in_block(driver)
        else None
    )
    if counted is not None:
        return explain_map(driver, driver.begin - len(counted[0]))
    if word == "(" and in_block(driver) and signed_call(driver):
        return True
    if "PLUS" in expected and in_block(driver):
        return _in_item(driver, terminal, word)
    if in_block(driver) and previous_character(driver) in (".", "-"):
        named = re.search(r"(?:^|[{,\n])[ \t]*([A-Za-z_][\w.-]*)$", text_before(driver).rstrip())
        rest = re.compile(r"([\w.-]+)[ \t]*=(?!=)").match(driver.text, driver.begin, driver.end)
        if named is not None and rest is not None:
            span = Span(driver.begin - len(named[1]), rest.end(1))
            return _no_name(driver, span, named[1] + rest[1])
    if "FETCH_TYPE" not in expected and in_block(driver) and (written := c_type(driver)) is not None:
        return written
    if word == "{" and (
        found := re.search(r"\bin[ \t]+(\w+)[ \t]*(-|\.\.\.)[ \t]*(\w+)\s*$", text_before(driver))
    ):
        start = driver.begin - len(found[0])
        span = Span(start + found.start(1) - found.start(), start + found.end(3) - found.start())
        fix = Fix(f"write `{found[1]}..{found[3]}`", (Edit(span, f"{found[1]}..{found[3]}"),))
        return say(driver, "a range is written `LOW..HIGH`", span, fix)
    if terminal == "STRING" and "NUMBER" in expected and (filtered := _filter_option(driver)):
        return filtered
    if "READ" in expected and terminal not in ("NAME", "NUMBER"):
        return _watch_without_access(driver)
    if word == "if" and "IF" not in expected and previous_character(driver) == "}":
        return _condition_behind(driver)
    if word in ("[", "(") and "DOT_DOT" not in expected and previous_word(driver) == "in":
        return _set_in_brackets(driver, word)
    if word == "," and (found := re.search(r"\bin\s*(\()[^(){}\n]*$", text_before(driver))):
        driver.muted_to = max(driver.muted_to, driver.begin)
        return _set_from(driver, driver.begin - len(found[0]) + found.start(1) - found.start(), "(")
    if (
        word == ".."
        and text_before(driver).count("{")
        and re.search(r"\bin\s*\{\s*[\w-]+\s*$", text_before(driver))
    ):
        return _range_in_braces(driver)
    return False


_ACCESSES = {
    **dict.fromkeys(("write", "writes", "W"), "w"),
    **dict.fromkeys(("readwrite", "wr", "RW", "read_write", "access"), "rw"),
    **dict.fromkeys(("exec", "execute", "X"), "x"),
    **dict.fromkeys(("read", "reads"), "rw"),
}


# ----------------------------------------------------------------------------------- between point and braces


def _after_point(driver: Driver, terminal: str, word: str) -> bool:
    text, begin = driver.text, driver.begin
    if word == "/":
        return _predicate(driver)
    if text.startswith(("=>", "->"), begin):
        span = Span(begin, begin + 2)
        fix = Fix(f"remove `{text[begin : begin + 2]}`", (Edit(span, ""),))
        return say(driver, "what is recorded stands in braces right behind the point", span, fix)
    if word == "(":
        match = re.compile(r"\([^(){}\n]*\)").match(text, begin, driver.end)
        if match is None:
            return False
        if driver.head_terminal == "UPROBE":
            return _signature(driver, match.end())
        fix = Fix(f"remove `{shorten(match[0])}`", (Edit(Span(begin, match.end()), ""),))
        message = "a point has no parentheses: parameters are named in the braces"
        return say(driver, message, Span(begin, match.end()), fix)
    if word == "[":
        match = re.compile(r"\[([^\[\]{}\n]*)\]").match(text, begin, driver.end)
        if match is None:
            return False
        edits = (Edit(Span(begin, begin + 1), "{"), Edit(Span(match.end() - 1, match.end()), "}"))
        return say(
            driver, "what is recorded stands in braces", Span(begin, match.end()), Fix("write braces", edits)
        )
    if (
        option := re.compile(r"(?:maxactive|max)[ \t]*=[ \t]*\d\w*|(?:stacktrace|disabled)\b").match(
            text, begin
        )
    ) and ("with" not in driver.values):
        fix = Fix("write `with`", (Edit(Span(begin, begin), "with "),))
        return say(driver, "options begin with `with`", Span(begin, option.end()), fix)
    if _several_points(driver):
        return True
    condition = re.compile(r"[^{}#\n]*?(?:==|!=|<=?|>=?|~|&(?!&)|\bin\b)[^{}#\n]*").match(
        text, begin, driver.end
    )
    if condition is not None and "with" not in driver.values and not re.search(r"\bif\b", condition[0]):
        written = condition[0].rstrip()
        fix = Fix("write `if`", (Edit(Span(begin, begin), "if "),))
        return say(driver, "a condition begins with `if`", Span(begin, begin + len(written)), fix)
    return _values_without_braces(driver, terminal)


def _signature(driver: Driver, end: int) -> bool:
    """`uprobe ./a:f(int)`: a name of C++ with its parameters."""
    before = re.compile(r"\s*[^:\s]+:(?!:)").match(driver.text, driver.head_end, driver.begin)
    if before is None:
        return False
    edits = (Edit(Span(before.end(), before.end()), '"'), Edit(Span(end, end), '"'))
    message = "a name of C++ with parentheses stands in quotes"
    return say(driver, message, Span(before.end(), end), Fix("write it in quotes", edits))


def _predicate(driver: Driver) -> bool:
    text, begin = driver.text, driver.begin
    brace = text.find("{", begin, min(driver.end, begin + _MAX))
    stop = brace if brace >= 0 else line_end(driver, begin)
    close = text.rfind("/", begin + 1, stop)
    if close < 0 or text[close + 1 : stop].strip():
        return False
    condition = write_condition(text[begin + 1 : close])
    span = Span(begin, close + 1)
    fix = (
        None
        if condition is None
        else Fix(f"write `if {condition}`", (Edit(span, f"if {condition}"),), safe=False)
    )
    help = "a condition is written `if CONDITION`, before the braces"
    driver.report.error(
        FOREIGN_SPELLING, "bpftrace has a condition between slashes", span, help=help, fix=fix
    )
    return True


def _several_points(driver: Driver) -> bool:
    """`f, g`, `f g` and `f|g` for `{f,g}`."""
    text, start = driver.text, driver.head_end
    if start < 0:
        return False
    match = _POINTS.match(text, start, driver.end)
    if match is None or not match.start(1) < driver.begin < match.end():
        return False
    names = re.findall(r"([A-Za-z_]\w*)(%return)?", text[match.start(1) : match.end()])
    behind = text[match.end() : match.end() + 40].lstrip(" \t")
    if not behind.startswith("{") and "," not in match[0] or len({returns for _, returns in names}) > 1:
        return False
    written = "{" + ",".join(name for name, _ in names) + "}" + names[0][1]
    span = Span(match.start(1), match.end())
    if len(names) == 2 and names[1][0] in ("return", "ret", "exit"):
        fix = Fix("write `%return`", (Edit(Span(match.end(1), match.end()), "%return"),), safe=False)
        message = f"a function's return is written `{shorten(names[0][0])}%return`"
        return say(driver, message, Span(driver.begin, match.end()), fix)
    if any(name in KINDS for name, _ in names):
        between = re.compile(r"[ \t]*,?[ \t]*(?=(?:" + "|".join(KINDS) + r")\b)").search(
            text, match.end(1), match.end()
        )
        parted = Fix("begin a new line", (Edit(Span(*between.span()), "\n"),)) if between else None
        message = "each probe begins on a line of its own, and has what it records in braces of its own"
        return say(driver, message, Span(driver.begin, match.end()), parted)
    fix = Fix(f"write `{shorten(written)}`", (Edit(span, written),), safe=False)
    rest = Span(driver.begin, match.end())
    return say(driver, f"a probe has one point: many are `{shorten(written)}`", rest, fix)


def _values_without_braces(driver: Driver, terminal: str) -> bool:
    """`fprobe f count $comm`, as perf takes it."""
    if terminal not in ("NAME", "VARIABLE", "REGISTER", "SYMBOL") and driver.word[:1] not in ("$", "%", "@"):
        return False
    text, begin = driver.text, driver.begin
    stop = line_end(driver, begin)
    rest = re.match(r"[^#{}]*", text[begin:stop])
    values = rest[0].rstrip() if rest else ""
    if not values or text[begin + len(values) : stop].strip()[:1] == "{" or "{" in text[begin : driver.end]:
        return False
    if not re.fullmatch(
        r"(?:[A-Za-z_]\w*=)?[$%@]?[\w.>+()-]+(?::[\w%\[\]]+)?(?:[ \t,]+(?:[A-Za-z_]\w*=)?[$%@]?[\w.>+()-]+(?::[\w%\[\]]+)?)*",
        values,
    ):
        return False
    span = Span(begin, begin + len(values))
    parts = [re.sub(r"^(\w+)=", r"\1 = ", part) for part in re.split(r"[ \t,]+", values)]
    written = "{ " + ", ".join(parts) + " }"
    fix = Fix(f"write `{shorten(written)}`", (Edit(span, written),), safe=False)
    return say(driver, "what is recorded stands in braces", span, fix)


# ------------------------------------------------------------------------------------------------ conditions


def _condition_behind(driver: Driver) -> bool:
    """`fprobe f { count } if count > 1`."""
    text, begin = driver.text, driver.begin
    stop = line_end(driver, begin)
    condition = text[begin:stop].split("#")[0].rstrip()
    depth, at = 0, begin - 1
    while at > driver.start:
        depth += (text[at] == "}") - (text[at] == "{")
        if text[at] == "{" and depth == 0:
            break
        at -= 1
    if depth or at <= driver.start:
        return False
    close = len(text[:begin].rstrip())
    edits = (Edit(Span(at, at), condition + " "), Edit(Span(close, begin + len(condition)), ""))
    fix = Fix("write it before the braces", edits)
    return say(driver, "a condition stands before the braces", Span(begin, begin + len(condition)), fix)


def _set_in_brackets(driver: Driver, word: str) -> bool:
    return _set_from(driver, driver.begin, word)


def _set_from(driver: Driver, begin: int, word: str) -> bool:
    text = driver.text
    close = "]" if word == "[" else ")"
    match = re.compile(rf"\{word}([^\[\](){{}}\n]*)\{close}").match(text, begin, driver.end)
    if match is None:
        return False
    edits = (Edit(Span(begin, begin + 1), "{"), Edit(Span(match.end() - 1, match.end()), "}"))
    fix = Fix(f"write `{{{shorten(match[1])}}}`", edits)
    return say(driver, "a set is written in braces: `in {A, B}`", Span(begin, match.end()), fix)


def _range_in_braces(driver: Driver) -> bool:
    text, begin = driver.text, driver.begin
    opening = text.rfind("{", driver.start, begin)
    closing = text.find("}", begin, line_end(driver, begin))
    if closing < 0:
        return False
    edits = (Edit(Span(opening, opening + 1), ""), Edit(Span(closing, closing + 1), ""))
    fix = Fix("leave out the braces", edits)
    return say(driver, "a range has no braces: `in LOW..HIGH`", Span(opening, closing + 1), fix)


def _filter_option(driver: Driver) -> bool:
    """`with filter="count > 1"`."""
    begin = driver.begin
    before = re.search(r"\bwith\s+(filter|if|cond|condition|when)\s*=\s*$", text_before(driver))
    if before is None:
        return False
    start = begin - len(before[0])
    condition = driver.word.strip("\"'")
    span = Span(start, driver.stop)
    fix = Fix(f"write `if {shorten(condition)}`", (Edit(span, f"if {condition}"),), safe=False)
    return say(driver, "a condition is no option: it is written `if CONDITION`", span, fix)


def _watch_without_access(driver: Driver) -> bool:
    end = driver.ends[-1]
    fix = Fix("write `w`", (Edit(Span(end, end), " w"),), safe=False)
    message = "a watch says what it watches for: `w` for writes, `rw` for reads and writes, `x` for execution"
    return say(driver, message, Span(end, end), fix)


# ------------------------------------------------------------------------------------------------ fetch args


def _in_item(driver: Driver, terminal: str, word: str) -> bool:
    text, begin = driver.text, driver.begin
    block = driver.brackets[-1].begin
    start = (
        max(
            block,
            text.rfind(",", block, begin),
            text.rfind("\n", block, begin),
            text.rfind(";", block, begin),
        )
        + 1
    )
    head = text[start:begin].strip()
    span = Span(start + len(text[start:begin]) - len(text[start:begin].lstrip()), begin)
    span = Span(span.start, span.start + len(head))
    if word == "{" and re.fullmatch(r"if\s*\(.*\)", head):
        return _if_in_braces(driver, span, head)
    if terminal == "NAME" and _IS_TYPE.fullmatch(head):
        fix = Fix(f"leave out `{head}`", (Edit(Span(span.start, begin), ""),), safe=False)
        help = "a value has the type that it has in C; to have it otherwise write `name = value: u64`"
        return say(driver, "no type stands before a fetch arg", span, fix, help)
    if terminal == "NAME" and word == "if" or head == "if" and previous_word(driver) == "if":
        return _condition_in_braces(driver)
    if terminal != "EQUAL" or text[begin + 1 : begin + 2] == "=":
        return False
    if head.startswith("@"):
        return explain_map(driver, span.start)
    bare = head.strip("\"'$")
    if head[:1] in ("$", '"', "'") and _NAME.fullmatch(bare):
        what = "`$`" if head[0] == "$" else "quotes"
        fix = Fix(f"write `{bare}`", (Edit(span, bare),))
        return say(driver, f"the name of a fetch arg has no {what}", span, fix)
    return re.fullmatch(r"[A-Za-z_][\w. -]*", head) is not None and _no_name(driver, span, head)


def _no_name(driver: Driver, span: Span, head: str) -> bool:
    name = re.sub(r"\W+", "_", head).strip("_")
    if not _NAME.fullmatch(name):
        return False
    fix = Fix(f"write `{name}`", (Edit(span, name),))
    return say(driver, f"`{shorten(head)}` is no name: letters, digits and `_` make one", span, fix)


_IS_TYPE = re.compile(
    r"(?:const\s+)?(?:(?:unsigned|signed)(?:\s+(?:int|char|short|long))*|int|char|short|long(?:\s+(?:int|long))*|bool|size_t|ssize_t|[us](?:8|16|32|64)|u?int(?:8|16|32|64)_t|string)"
)


def _condition_in_braces(driver: Driver) -> bool:
    """`{ if count > 4 … }`, and `{ count if count > 4 }`."""
    start = (
        driver.begin
        if driver.word == "if"
        else driver.begin - len(re.split(r"\bif\b", text_before(driver))[-1]) - 2
    )
    driver.report.error(
        SYNTAX_ERROR,
        "a condition stands before the braces, and holds for all of the probe",
        Span(start, start + 2),
        help="`… if CONDITION { … }`; another condition is another probe",
    )
    return True


def _if_in_braces(driver: Driver, span: Span, head: str) -> bool:
    """`{ if (count > 1) { count } }`."""
    text, block = driver.text, driver.brackets[-1].begin
    condition = head[2:].strip()[1:-1].strip()
    match = re.compile(r"\{([^{}]*)\}\s*\}").match(text, driver.begin, driver.end)
    fix = None
    if match is not None and not text[block + 1 : span.start].strip():
        edits = (
            Edit(Span(block, driver.begin + 1), f"if {condition} {{"),
            Edit(Span(match.end(1), match.end()), "}"),
        )
        fix = Fix("write it before the braces", edits)
    driver.report.error(
        SYNTAX_ERROR,
        "a condition stands before the braces, and holds for all of the probe",
        span,
        help="`… if CONDITION { … }`; another condition is another probe",
        fix=fix,
    )
    return True


def explain_map(driver: Driver, start: int) -> bool:
    """Report `@bytes[comm] = sum(count)`; the statement goes up to the end of its line or the next `;` or `}`."""
    text = driver.text
    match = re.compile(r"@\w*[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?:=|\+\+|--|[+|-]=)?[^;}\n]*").match(
        text, start, driver.end
    )
    if match is None:
        return False
    statement = (split_items(match[0]) or [""])[0]
    stop = start + len(statement)
    values = write_values(statement)
    fix = None
    if values:
        fix = Fix(f"record `{shorten(values)}`", (Edit(Span(start, stop), values),), safe=False)
    name = re.match(r"@\w*", statement)
    span = Span(start, start + (name.end() if name else 1))
    driver.report.error(FOREIGN_SPELLING, "a spec has no maps", span, help=MAPS, fix=fix)
    driver.muted_to = stop
    return True
