"""The words of a syntax error: what stands there, what could stand there instead, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.driver import CLOSING, END, UNKNOWN, accepts
from probelang.syntax.literals import shorten
from probelang.syntax.points import FORMS
from probelang.syntax.rules import SYNTAX_ERROR, UNCLOSED
from probelang.syntax.tables import ACTIONS, KEYWORDS, PUNCTUATION
from probelang.syntax.tree import Kind

if TYPE_CHECKING:
    from probelang.syntax.driver import Driver

KINDS = [kind.value for kind in Kind]

_WORDS = {
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "COLON": "`:`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "RBRACKET": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "DOT": "`.`",
    "DOT_DOT": "`..`",
    "WITH": "`with`",
    "IF": "`if`",
    "LEN": "`len`",
    "NEWLINE": "the end of the line",
    END: "the end of the statement",
    "FETCH_TYPE": "a fetch type such as `u64`, `string` or `x8[4]`",
    "EVERY": "`every` and a duration, as in `monitor every 100ms`",
}
# in this order they are listed
_ORDER = (
    "EQUAL",
    "LPAR",
    "COLON",
    "DOT",
    "DOT_DOT",
    "LEN",
    "WITH",
    "IF",
    "COMMA",
    "NEWLINE",
    "RPAR",
    "RBRACKET",
)
_LAST = ("LBRACE", "RBRACE", END)

# slips of one token: what was written, where an operator could stand, and what is meant
_MEANT = {"and": "&&", "AND": "&&", "or": "||", "OR": "||", "is": "=="}
_C_TYPE_WORDS = {
    "struct",
    "union",
    "enum",
    "unsigned",
    "signed",
    "const",
    "volatile",
    "long",
    "int",
    "short",
    "char",
}


def explain(driver: Driver, terminal: str, closes_nothing: bool) -> str | None:
    """Report that `terminal` cannot stand here.

    Answers what to read it as ("" to go past it) where the slip is plain, None where it is not.
    """
    expected = _expected(driver)
    word = driver.word
    span = Span(driver.begin, driver.stop)
    previous = _previous(driver)
    if closes_nothing:
        opening = CLOSING[terminal]
        driver.report.error(
            UNCLOSED, f"this `{word}` closes nothing: there is no `{opening}` before it", span
        )
        return ""
    repair = _explain_slip(driver, terminal, expected, previous)
    if repair is not None:
        return repair
    if terminal in (END, "NEWLINE", "RBRACE") and not word.strip("}\n"):
        span = _after_last(driver) if terminal != "RBRACE" or not word else span
    message = (
        f"expected {_render_expected(driver, expected, previous)}, found {_render_found(driver, terminal)}"
    )
    driver.report.error(SYNTAX_ERROR, message, span, help=_help(driver, terminal, expected, previous))
    return None


def _expected(driver: Driver) -> set[str]:
    """The terminals that could stand here."""
    return {terminal for terminal in ACTIONS[driver.states[-1]] if accepts(driver.states, terminal)}


def _previous(driver: Driver) -> str:
    """The text of the token before, "" at the beginning."""
    text = driver.text[driver.start : driver.ends[-1]].rstrip() if len(driver.states) > 1 else ""
    if not text:
        return ""
    at = len(text) - 1
    if text[at].isalnum() or text[at] == "_":
        while at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_"):
            at -= 1
        return text[at:]
    for length in (2, 1):
        if text[-length:] in PUNCTUATION:
            return text[-length:]
    return text[-1]


def _after_last(driver: Driver) -> Span:
    """The place right after the last token, where something is missing."""
    end = driver.ends[-1]
    return Span(end, end)


# --------------------------------------------------------------------------------------------- plain slips


def _explain_slip(driver: Driver, terminal: str, expected: set[str], previous: str) -> str | None:
    word, begin, stop, text = driver.word, driver.begin, driver.stop, driver.text
    span = Span(begin, stop)
    operator = "EQUAL_TO" in expected
    adjacent = text[begin - 1 : begin] if begin > driver.start else ""
    if terminal == "EQUAL" and operator and not _first_in_item(driver):
        if text[stop : stop + 1] == "~":
            return _repair(
                driver, "`=~` is no operator here: a glob is matched by `~`", Span(begin, stop + 1), "~", ""
            )
        return _repair(driver, "`=` does not compare: write `==`", span, "==", "EQUAL_TO")
    if terminal == "EQUAL" and adjacent == "=" and previous in ("==", "!="):
        triple = text[begin - 2 : stop]
        return _repair(
            driver, f"`{triple}` is no operator here: write `{previous}`", Span(begin - 2, stop), previous, ""
        )
    if terminal == "BANG" and operator and text[stop : stop + 1] == "~":
        message = "there is no `!~`: write `!(… ~ …)`"
        driver.report.error(SYNTAX_ERROR, message, Span(begin, stop + 1))
        return ""
    if terminal == "GREATER" and adjacent == "<" and previous == "<":
        return _repair(driver, "`<>` is no operator here: write `!=`", Span(begin - 1, stop), "!=", "")
    if terminal == "NAME" and operator and word in _MEANT:
        meant = _MEANT[word]
        driver.word = meant
        return _repair(
            driver, f"`{word}` is no operator here: write `{meant}`", span, meant, PUNCTUATION[meant]
        )
    if terminal == "NAME" and operator and word == "not" and text[stop:].lstrip(" \t").startswith("in"):
        driver.report.error(SYNTAX_ERROR, "there is no `not in`: write `!(… in …)`", span)
        return ""
    if (
        operator
        and previous in ("not", "NOT")
        and terminal not in (END, "NEWLINE", "RBRACE", "COMMA", "LBRACE", "RPAR")
    ):
        return _explain_not(driver)
    return None


def _explain_not(driver: Driver) -> str | None:
    """`not x`: the `not` was read as a name, so it cannot be made an operator any more; only said."""
    end = driver.ends[-1]
    span = Span(end - 3, end)
    fix = Fix("write `!`", (Edit(Span(end - 3, driver.begin), "!"),))
    driver.report.error(SYNTAX_ERROR, "`not` is no operator here: write `!`", span, fix=fix)
    driver.muted_to = driver.begin
    return None


def _repair(driver: Driver, message: str, span: Span, text: str, terminal: str) -> str:
    fix = Fix(f"write `{text}`", (Edit(span, text),))
    driver.report.error(SYNTAX_ERROR, message, span, fix=fix)
    driver.word = text
    return terminal


def _first_in_item(driver: Driver) -> bool:
    """Whether the `=` follows the first expression of a fetch arg, where it was to give a name."""
    bracket = driver.brackets[-1] if driver.brackets else None
    return bracket is not None and bracket.inside and "=" not in driver.values[bracket.height :]


# ------------------------------------------------------------------------------------------------- the words


def _render_found(driver: Driver, terminal: str) -> str:
    if terminal == "NEWLINE":
        return "the end of the line"
    if terminal == END or not driver.word:
        return "the end of the file" if not driver.text[driver.end :].strip() else "the end of the statement"
    if terminal == "STRING":
        return f"the string {shorten(driver.word)}"
    return f"`{shorten(driver.word)}`"


def _render_expected(driver: Driver, expected: set[str], previous: str) -> str:
    if "NUMBER" in expected and "VARIABLE" in expected:
        return _render_operand(expected, previous)
    parts: list[str] = []
    if "PLUS" in expected:
        parts.append("an operator")
    if "POINT" in expected:
        kind = next((value for value in reversed(driver.values) if value in KINDS), "")
        parts.append(f"the point of the {kind}: {FORMS[Kind(kind)]}" if kind else "a point")
    if "KPROBE" in expected:
        parts.append("a kind of probe (" + ", ".join(f"`{kind}`" for kind in KINDS) + ")")
    if "READ" in expected:
        parts.append("`r`, `w`, `rw` or `x`")
    if "FETCH_TYPE" in expected:
        parts.append(_WORDS["FETCH_TYPE"])
    if "EVERY" in expected:
        parts.append(_WORDS["EVERY"])
    if "NUMBER" in expected:
        parts.append(_render_number(previous))
    if "NAME" in expected and not parts:
        parts.append(_render_name(driver, previous))
    if "STAR" in expected and "PLUS" not in expected:
        parts.append("`*`")
    if "CHOICE" in expected and not parts and len(expected) == 1:
        parts.append("`??`")
    parts += [_WORDS[name] for name in _ORDER if name in expected]
    parts += [_WORDS[name] for name in _LAST if name in expected]
    return _join(parts or ["something else"])


def _render_operand(expected: set[str], previous: str) -> str:
    if "ALL_ARGS" in expected:
        return "a fetch arg or `}`"
    what = "an expression"
    if previous == "{":
        what = "a value of the set"
    if previous and not previous[0].isalnum() or previous in KEYWORDS:
        what += f" after `{previous}`"
    if "LBRACE" in expected:
        what = "a set `{A, B}` or a range `LOW..HIGH` after `in`"
    return what


def _render_number(previous: str) -> str:
    if previous == "every":
        return "a duration such as `500us`, `10ms` or `1s`"
    if previous == "len":
        return "a number of bytes"
    return "a number"


def _render_name(driver: Driver, previous: str) -> str:
    if previous == "->" or previous == ".":
        return f"a member's name after `{previous}`"
    if previous in ("group", "const", "args"):
        return "a name after `" + previous + "`"
    if previous in ("struct", "union", "enum"):
        return f"the name of the {previous}"
    if previous == "use":
        return "the name of an `args`"
    if previous == "with" or "with" in driver.values:
        return "an option (`maxactive=N`, `stacktrace`, `disabled` or `max=N`)"
    if previous == "/":
        return "the event's name"
    if previous == ":":
        return "a C type, as in `f: struct file *`"
    if driver.values[1:2] == ["args"]:
        return "a parameter, as in `f: struct file *`" if previous in ("(", ",") else "a name"
    return "a name"


def _join(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + " or " + parts[-1]


def _help(driver: Driver, terminal: str, expected: set[str], previous: str) -> str | None:
    word = driver.word
    in_block = bool(driver.brackets) and driver.brackets[-1].inside
    after_operand = "PLUS" in expected
    if terminal == UNKNOWN and word == "?":
        return "there is no `? :`; where a kernel may lack a member, `a ?? b` takes the first that it has"
    if terminal == "ALL_ARGS":
        return "`$arg*` stands alone, as a fetch arg: every parameter"
    if "DOT_DOT" in expected and after_operand:
        return "`in` wants a set, `in {A, B}`, or a range, `in LOW..HIGH`"
    if terminal == "NEWLINE" and not after_operand:
        return "a fetch arg ends at the end of its line; in parentheses it can go on"
    if terminal == "EQUAL" and in_block:
        if (
            driver.states
            and "FETCH_TYPE" not in expected
            and ":" in driver.values[driver.brackets[-1].height :]
        ):
            return "the type stands last: `name = expression : type`"
        return "before `=` stands only a name: `name = expression`"
    if in_block and after_operand:
        if terminal == "IF" or word == "if":
            return "a condition stands before the braces: `… if CONDITION { … }`"
        return "fetch args are separated by a comma or a new line"
    if in_block and previous in _C_TYPE_WORDS:
        return "after `:` stands a fetch type; a C type is a cast before the expression, as in `(struct file *)e`"
    if terminal == "WITH":
        return "options stand before the condition: `… with OPTIONS if CONDITION`"
    if word == "/" and {"IF", "LBRACE"} <= expected:
        return "a condition is written `if CONDITION`, before the braces"
    if terminal == "COMMA" and {"WITH", "IF"} <= expected:
        return "one probe has one point; `{a,b}` and `*` stand for many, `a ?? b` for the first that there is"
    if terminal == "COLON" and after_operand and not in_block:
        return "only a fetch arg has a type"
    if previous in ("group", "const", "args", "=") and not word.isidentifier():
        return None
    return None
