"""The words of a syntax error: what stands there, what could stand there instead, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probelang.diagnostics import Edit, Fix
from probelang.source import Span
from probelang.syntax.driver import CLOSING, END, UNKNOWN, accepts
from probelang.syntax.literals import join_words, shorten
from probelang.syntax.points import FORMS, kind_with_article
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
}
# in this order they are listed
_ORDER = (
    *("EQUAL", "LPAR", "COLON", "DOT", "DOT_DOT", "LEN", "WITH", "IF"),
    *("COMMA", "RPAR", "RBRACKET", "LBRACE", "RBRACE", "NEWLINE", END),
)

# slips of one token: what was written, where an operator could stand, and what is meant
_MEANT = {
    "and": "&&",
    "AND": "&&",
    "or": "||",
    "OR": "||",
    "is": "==",
    "like": "~",
    "LIKE": "~",
    "matches": "~",
    "glob": "~",
}
_SEPARATED = "fetch args are separated by a comma or a new line"
_SAID = "said"  # of a slip that cannot be read as what is meant
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
        return None if repair == _SAID else repair
    if previous == ":" and {"IF", "LBRACE"} <= expected:
        return None  # the colon behind a point was reported
    from probelang.syntax.slips import explain_slip

    if explain_slip(driver, terminal, expected):
        return None
    if terminal in (END, "NEWLINE", "RBRACE") and not word.strip("}\n"):
        span = _after_last(driver) if terminal != "RBRACE" or not word else span
    if (
        terminal == "NUMBER"
        and previous == "."
        and re.search(r"\d\.\d+\.$", driver.text[max(0, driver.begin - 40) : driver.begin])
    ):
        return None  # of an address, `127.0.0.1`, the fraction was reported
    message = (
        f"expected {_render_expected(driver, expected, previous)}, found {_render_found(driver, terminal)}"
    )
    help = _help(driver, terminal, expected, previous)
    fix = None
    if help == _SEPARATED and "`" not in word:
        fix = Fix("write `,`", (Edit(Span(driver.ends[-1], driver.ends[-1]), ","),), safe=False)
    driver.report.error(SYNTAX_ERROR, message, span, help=help, fix=fix)
    return None


def _expected(driver: Driver) -> set[str]:
    """The terminals that could stand here."""
    return {terminal for terminal in ACTIONS[driver.mark[-1]] if accepts(driver.mark, terminal)}


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
            return _explain_match(driver, begin, stop + 1)
        return _repair(driver, "`=` does not compare: write `==`", span, "==", "EQUAL_TO")
    if terminal == "EQUAL" and adjacent == "=" and previous in ("==", "!="):
        triple = text[begin - 2 : stop]
        return _repair(
            driver, f"`{triple}` is no operator here: write `{previous}`", Span(begin - 2, stop), previous, ""
        )
    if terminal == "BANG" and operator and text[stop : stop + 1] == "~":
        message = "there is no `!~`: write `!(… ~ …)`"
        driver.report.error(
            SYNTAX_ERROR, message, Span(begin, stop + 1), fix=_negated(driver, begin, stop + 1)
        )
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
        after = stop + text[stop:].index("in")
        fix = _negated(driver, begin, after, "")
        driver.report.error(SYNTAX_ERROR, "there is no `not in`: write `!(… in …)`", span, fix=fix)
        return ""
    if (
        operator
        and previous in ("not", "NOT")
        and terminal not in (END, "NEWLINE", "RBRACE", "COMMA", "LBRACE", "RPAR")
    ):
        return _explain_not(driver)
    if expected == {"EQUAL"} and driver.values[1:2] == ["const"] and terminal != END:
        fix = Fix("write `=`", (Edit(Span(begin, begin), "= "),))
        driver.report.error(SYNTAX_ERROR, f"expected `=` before `{shorten(word)}`", span, fix=fix)
        driver.rewind(begin)
        driver.word = "="
        return "EQUAL"
    if terminal == "NUMBER" and "EQUAL" in expected and "IF" in expected and "with" in driver.values:
        fix = Fix("write `=`", (Edit(Span(driver.ends[-1], begin), "="),))
        driver.report.error(SYNTAX_ERROR, f"expected `=` before `{shorten(word)}`", span, fix=fix)
        driver.rewind(begin)
        driver.word = "="
        return "EQUAL"
    if terminal == "NUMBER" and "EVERY" in expected:
        fix = Fix("write `every`", (Edit(Span(begin, begin), "every "),))
        driver.report.error(SYNTAX_ERROR, f"expected `every` before `{shorten(word)}`", span, fix=fix)
        driver.rewind(begin)
        driver.word = "every"
        return "EVERY"
    return None


def _explain_match(driver: Driver, begin: int, stop: int) -> str:
    """`=~ "ba.*"`: what stands behind it is likely a regular expression, and becomes a glob where it is a plain one."""
    span = Span(begin, stop)
    edits = [Edit(span, "~")]
    pattern = re.compile(r'\s*"([\w./ *^$-]*)"').match(driver.text, stop, driver.end)
    if pattern is not None and (".*" in pattern[1] or pattern[1][:1] == "^" or pattern[1][-1:] == "$"):
        glob = ("" if pattern[1][:1] == "^" else "*") + pattern[1].strip("^$").replace(".*", "*")
        glob += "" if pattern[1][-1:] == "$" else "*"
        edits.append(Edit(Span(pattern.start(1), pattern.end(1)), re.sub(r"\*+", "*", glob)))
    message = "`=~` is no operator here: a glob is matched by `~`"
    help = "in a glob `*` stands for any letters, `?` for one, and all of the string must fit"
    driver.report.error(
        SYNTAX_ERROR, message, span, help=help, fix=Fix("write `~`", tuple(edits), safe=len(edits) < 2)
    )
    driver.word = "~"
    driver.position = stop
    return "TILDE"


def _explain_not(driver: Driver) -> str:
    """`not x`: the `not` was read as a name, so it cannot be made an operator any more; only said."""
    end = driver.ends[-1]
    span = Span(end - 3, end)
    stop = _comparison_end(driver, driver.begin)
    whole = driver.text[driver.begin : driver.begin + 1] == "(" or stop is None
    edits = [Edit(Span(end - 3, driver.begin), "!" if whole else "!(")]
    if not whole and stop is not None:
        edits.append(Edit(Span(stop, stop), ")"))
    fix = Fix("write `!`" if whole else "write `!(…)`", tuple(edits))
    driver.report.error(SYNTAX_ERROR, "`not` is no operator here: write `!`", span, fix=fix)
    driver.muted_to = driver.begin
    return _SAID


def _negated(driver: Driver, begin: int, stop: int, operator: str = "~") -> Fix | None:
    """The fix that makes `a !~ b` a `!(a ~ b)`; the operator stands from `begin` to `stop`."""
    left = re.search(
        r"(?:\bif|&&|\|\||[(!])\s*(?P<value>[^\s&|(){}]+)\s*$", driver.text[driver.start : begin]
    )
    after = driver.text[stop : driver.end]
    right = re.match(r"\s*(?:in\s*(?:\{[^{}]*\}|\S+)|\"[^\"\n]*\"|\w+)", after)
    if left is None or right is None:
        return None
    start = driver.start + left.start("value")
    end = stop + right.end()
    return Fix(
        "write `!(…)`",
        (Edit(Span(start, start), "!("), Edit(Span(begin, stop), operator), Edit(Span(end, end), ")")),
    )


def _comparison_end(driver: Driver, at: int) -> int | None:
    """Where the comparison that begins at a place ends: before `&&`, `||`, braces, or the end of the line."""
    match = re.compile(r'(?:"[^"\n]*"|&(?!&)|\|(?!\|)|[^"&|{}()\n])*').match(driver.text, at, driver.end)
    text = re.split(r"\b(?:and|or)\b", match[0])[0].rstrip() if match else ""
    return at + len(text) if text else None


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
        return "the end of the file" if driver.following is None else "the end of the statement"
    if terminal == "STRING":
        return f"the string {shorten(driver.word)}"
    return "a backtick" if driver.word == "`" else f"`{shorten(driver.word)}`"


def _render_expected(driver: Driver, expected: set[str], previous: str) -> str:
    if "NUMBER" in expected and "VARIABLE" in expected:
        return _render_operand(expected, previous)
    if "PLUS" in expected and "DOT_DOT" in expected:
        return "`..` and the other end of the range"
    if "PLUS" in expected:
        # what an operand can go on with is not worth listing
        listed = expected - {"EQUAL", "LPAR", "COLON", "DOT", "DOT_DOT"}
        return join_words(["an operator", *_listed(listed)])
    if "POINT" in expected:
        return f"a point after `{previous}`"
    if "EVERY" in expected:
        return "`every` and a duration"
    parts: list[str] = []
    if "KPROBE" in expected:
        parts.append("a kind of probe (" + ", ".join(f"`{kind}`" for kind in KINDS) + ")")
    if "READ" in expected:
        parts.append("`r`, `w`, `rw` or `x`")
    if "FETCH_TYPE" in expected:
        parts.append("a fetch type such as `u64`, `string` or `x8[4]`")
    if "NUMBER" in expected:
        parts.append(_render_number(previous))
    if "NAME" in expected and not parts and not expected & {"COMMA", "RPAR"}:
        return _render_name(driver, previous)
    if "STAR" in expected:
        parts.append("`*`")
    parts += _listed(expected)
    return join_words(parts or ["something else"])


def _listed(expected: set[str]) -> list[str]:
    return [_WORDS[name] for name in _ORDER if name in expected]


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


def _help(driver: Driver, terminal: str, expected: set[str], previous: str) -> str | None:
    word = driver.word
    block = driver.brackets[-1] if driver.brackets and driver.brackets[-1].inside else None
    after_operand = "PLUS" in expected
    if terminal == UNKNOWN and word == "?":
        return "there is no `? :`; where a kernel may lack a member, `a ?? b` takes the first that it has"
    if terminal == "ALL_ARGS":
        return "`$arg*` stands alone, as a fetch arg: every parameter"
    if after_operand and ("DOT_DOT" in expected or (word == "," and _follows_in(driver))):
        return "`in` wants a set, `in {A, B}`, or a range, `in LOW..HIGH`"
    if expected == {END} and driver.begin == driver.ends[-1]:
        return "names are C identifiers: letters, digits and `_`"
    if driver.brackets and driver.values[driver.brackets[-1].height - 1] == "container_of":
        return "it is `container_of(POINTER, struct TYPE, MEMBER)`"
    if "POINT" in expected:
        kind = Kind(previous) if previous in KINDS else None
        return f"the point of {kind_with_article(kind)} is {FORMS[kind]}" if kind else None
    if "READ" in expected:
        return "`r` watches reads, `w` writes, `rw` both, `x` execution"
    if block:
        return _help_in_block(driver, terminal, expected, previous, driver.values[block.height :])
    if word == "/" and previous == "~":
        return 'a glob is a string: `name ~ "/etc/*"`'
    if word == "else":
        return "a probe has one condition; another condition is another probe"
    if word == "{" and driver.values[1:2] == ["group"]:
        return "a group holds for all of its file, and has no braces"
    if word == "with" and after_operand:
        return "options stand before the condition: `… with OPTIONS if CONDITION`"
    if word == "/" and {"IF", "LBRACE"} <= expected:
        return "a condition is written `if CONDITION`, before the braces"
    if word == "," and {"WITH", "IF"} <= expected:
        return "a probe has one point; `{a,b}` and `*` stand for many, `a ?? b` for the first that there is"
    if word == ":" and after_operand:
        return "only a fetch arg has a type"
    if "COLON" in expected and not after_operand:
        return "a parameter has a C type, as in `f: struct file *`"
    return None


def _help_in_block(
    driver: Driver, terminal: str, expected: set[str], previous: str, item: list[Any]
) -> str | None:
    after_operand = "PLUS" in expected
    if terminal == "NEWLINE" and not after_operand:
        return "a fetch arg ends at the end of its line; in parentheses it can go on"
    if driver.word == "[" and ":" in item and not after_operand:
        return "there is no white space before the `[` of a fetch type"
    if terminal == "EQUAL":
        if ":" in item:
            return "the type stands last: `name = expression : type`"
        return "before `=` stands only a name: `name = expression`"
    if previous == '"' and driver.begin == driver.ends[-1]:
        return "the string before it ends here: is a quote too much, or missing?"
    if after_operand and driver.word == "if":
        return "a condition stands before the braces: `… if CONDITION { … }`"
    if previous in _C_TYPE_WORDS and ":" in item:
        return "after `:` stands a fetch type; a C type is a cast before the expression, as in `(struct file *)e`"
    if expected == {"LPAR"}:
        return "it is `use NAME(EXPRESSION, …)`, with as many as the `args` have parameters"
    typed = ":" in item and "FETCH_TYPE" not in expected and "COMMA" in expected
    if (after_operand or typed) and (driver.word[:1].isalnum() or driver.word[:1] in '$@_"'):
        return _SEPARATED
    return None


def _follows_in(driver: Driver) -> bool:
    """Whether the innermost bracket stands after `in`."""
    height = driver.brackets[-1].height if driver.brackets else 0
    return height > 0 and driver.values[height - 1] == "in"
