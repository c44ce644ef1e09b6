"""What happens after a syntax error: it is reported once, and the automaton is put where it can go on.

A slip of one token (`=` for `==`, `and` for `&&`) is read as it was meant. Otherwise what was begun and cannot be
finished (a fetch arg, a condition, an option, a point) is replaced by a broken node, and the text is skipped up
to something that can follow it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from probelang.diagnostics import Edit, Fix, Label
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.driver import (
    CLOSING,
    COMMENT,
    END,
    GIVE_UP,
    MAX_DEPTH,
    NAME,
    NEWLINE,
    OPENING,
    accepts,
    scanner,
)
from probelang.syntax.literals import shorten
from probelang.syntax.messages import explain
from probelang.syntax.rules import NESTING_TOO_DEEP, SYNTAX_ERROR, UNCLOSED
from probelang.syntax.tables import ACTIONS, GOTOS, KEYWORDS, PUNCTUATION
from probelang.syntax.words import explain_line, find_line_comments

if TYPE_CHECKING:
    from probelang.syntax.driver import Driver

# after as many errors at one place nothing would move any more
_MAX_FAILURES = 4
# brackets that one bracket of another shape closes
_MAX_LEFT_OPEN = 20

# what can be replaced by a broken node, the likeliest first
_REPLACEABLE = ("item", "condition", "option", "options", "point", "param", "expr", "target")
# what can follow what was broken
_FOLLOWING = {"COMMA", "NEWLINE", "RBRACE", "RPAR", "WITH", "IF", "LBRACE", "CHOICE", END}
PUNCTUATION_OF = {name: text for text, name in PUNCTUATION.items()}
_OPENERS, _CLOSERS = tuple("([{"), tuple(")]}")
# a line on which something new begins, though a parenthesis is still open
_NEW_ITEM = re.compile(r"\s*(?:[A-Za-z_][A-Za-z0-9_]*[ \t]*=(?!=)|\}|use[ \t]+[A-Za-z_])")


@record
class _Place:
    """A place on the stack where parsing can go on: what was made above `height` becomes a broken `made`."""

    height: int
    made: str  # "" where nothing is replaced, only tokens are skipped
    brackets: int  # how many brackets stay open


def recover(driver: Driver, terminal: str) -> str:
    """Report that `terminal` cannot stand here. Answers the terminal to go on with, "" to scan on, or GIVE_UP."""
    if driver.report.full:
        driver.report.error(SYNTAX_ERROR, "", Span(driver.begin, driver.stop))  # only counted
        return GIVE_UP
    if driver.failed_at == driver.begin:
        driver.failures += 1
        if driver.failures > _MAX_FAILURES:
            return GIVE_UP
    else:
        driver.failed_at, driver.failures = driver.begin, 0
    closing = terminal in CLOSING and not _closes(driver, terminal)
    if (
        _begins_line(driver)
        and not driver.in_block()
        and terminal != END
        and accepts(driver.states, END)
        and not closing
    ):
        # the statement is complete, and what follows begins none
        _drop_rest(driver)
        return ""
    # what is missing at the end is missing right after the last token
    at = driver.ends[-1] if terminal == END else driver.begin
    reported = at <= driver.muted_to or (not driver.word and driver.begin < driver.stop)
    missing = _find_unclosed(driver, terminal)
    if missing:
        return missing
    if not reported:
        repair = explain(driver, terminal, closing)
        if repair is not None:
            return repair
    return "" if _panic(driver, driver.begin) else GIVE_UP


def recover_from_depth(driver: Driver, shifted: bool) -> str:
    """Report too many levels, and leave the expression that has them."""
    message = f"this is nested too deep: there are more than {MAX_DEPTH} levels"
    driver.report.error(NESTING_TOO_DEEP, message, Span(driver.begin, driver.stop))
    return "" if _panic(driver, driver.position if shifted else driver.begin) else GIVE_UP


def _begins_line(driver: Driver) -> bool:
    text, begin = driver.text, driver.begin
    line = text.rfind("\n", driver.start, begin) + 1 or driver.start
    return text[line:begin].isspace() or line == begin


def _closes(driver: Driver, terminal: str) -> bool:
    return any(OPENING[bracket.terminal] == PUNCTUATION_OF[terminal] for bracket in driver.brackets)


def _drop_rest(driver: Driver) -> None:
    """Report the text from the last token on, which begins no statement; the statement ends before it."""
    if driver.begin <= driver.muted_to:
        pass
    elif accepts(driver.states, "LBRACE") and driver.text.startswith(
        "}", driver.end - 1 - _after_brace(driver)
    ):
        at = driver.ends[-1]
        message = f"expected `{{` before the fetch args, found `{shorten(driver.word)}`"
        driver.report.error(SYNTAX_ERROR, message, Span(at, at))
    else:
        explain_line(driver.text, driver.begin, driver.end, driver.report)
    driver.comments += find_line_comments(driver.text, driver.begin, driver.end)
    driver.end = driver.position = driver.begin


def _after_brace(driver: Driver) -> int:
    """How much white space there is at the end of the text."""
    body = driver.text[driver.begin : driver.end]
    return len(body) - len(body.rstrip())


def _find_unclosed(driver: Driver, terminal: str) -> str:
    """Close a bracket that should have been closed before this token: the terminal that does it, "" where none should.

    It is reported once for a token, for the innermost.
    """
    if not driver.brackets:
        return ""
    bracket = driver.brackets[-1]
    closing = OPENING[bracket.terminal]
    if bracket.inside or not accepts(driver.states, PUNCTUATION[closing]):
        return ""
    if terminal not in CLOSING and terminal not in (END, "LBRACE") and not _begins_line(driver):
        return ""
    if driver.begin > driver.muted_to:
        label = Label(Span(driver.begin, driver.stop), f"expected `{closing}` before this")
        message = f"this `{driver.text[bracket.begin]}` is not closed"
        driver.report.error(UNCLOSED, message, Span(bracket.begin, bracket.begin + 1), others=(label,))
        driver.muted_to = driver.begin
    driver.unclosed = True
    driver.failed_at = -1
    driver.rewind(driver.ends[-1])
    driver.word = closing
    return PUNCTUATION[closing]


def report_open_block(driver: Driver) -> None:
    """Report the braces of a block that the end of the statement found open."""
    bracket = next(bracket for bracket in driver.brackets if bracket.inside)
    if driver.unclosed or bracket.begin <= driver.muted_to:
        return
    driver.unclosed = True
    others: tuple[Label, ...] = ()
    if driver.following is not None:
        others = (Label(driver.following, "the next statement begins here"),)
    message = "this `{` is not closed"
    body = driver.text[bracket.begin : driver.end].rstrip()
    end = bracket.begin + len(body)
    fix = Fix(
        "write `}` behind the last fetch arg",
        (Edit(Span(end, end), "\n}" if "\n" in body else " }"),),
        safe=False,
    )
    if "#" in body.rpartition("\n")[2] or "//" in body.rpartition("\n")[2]:
        fix = Fix(fix.title, (Edit(Span(end, end), "\n}"),), safe=False)
    driver.report.error(UNCLOSED, message, Span(bracket.begin, bracket.begin + 1), others=others, fix=fix)


# ------------------------------------------------------------------------------------------------ going on


def _places(driver: Driver) -> list[_Place]:
    """Where parsing can go on, the innermost place first."""
    places: list[_Place] = []
    brackets = len(driver.brackets)
    closed = 0
    for height in range(len(driver.states), 0, -1):
        # what stands in brackets that are closed is complete
        above = driver.values[height] if height < len(driver.values) else None
        if isinstance(above, str) and above in _CLOSERS:
            closed += 1
        elif isinstance(above, str) and above in _OPENERS and closed:
            closed -= 1
        if closed:
            continue
        while brackets and driver.brackets[brackets - 1].height >= height:
            brackets -= 1
        gotos = GOTOS[driver.states[height - 1]]
        for made in _REPLACEABLE:
            if made not in gotos:
                continue
            if made == "expr" and driver.values[height - 1] != "=":
                continue
            if made == "target" and not (height < len(driver.values) and _is_kind(driver.values[height])):
                continue
            places.append(_Place(height, made, brackets))
            break
    if not driver.in_block() and not (places and places[0].made in ("condition", "expr", "param")):
        places.insert(0, _Place(len(driver.states), "", len(driver.brackets)))
    return places


def _is_kind(value: Any) -> bool:
    return isinstance(value, str) and value in KEYWORDS and KEYWORDS[value] in ACTIONS[_TARGET]


# a state in which nothing but a kind of probe can follow: after `NAME =`
_TARGET = next(state for state, row in enumerate(ACTIONS) if "KPROBE" in row and "NAME" not in row)


def _panic(driver: Driver, at: int) -> bool:
    """Skip tokens up to one that can follow a broken part; False where there is none in the statement."""
    places = _places(driver)
    if not places:
        return False
    nested = [bracket.terminal for bracket in driver.brackets]
    common = scanner(0)
    text, end = driver.text, driver.end
    skipped_to = driver.ends[-1]
    while True:
        match = common(text, at, end)
        if match is None:
            at = _skip_odd(text, at, end)
            if at < end:
                continue
            begin = stop = end
            terminal = "RBRACE" if "LBRACE" in nested and driver.in_block() else END
        else:
            index = match.lastindex or 0
            begin, stop = match.span(index)
            terminal = _terminal(index, match[index])
        if terminal in _FOLLOWING:
            place = _find_place(driver, places, nested, terminal, begin, match is None)
            if place is not None:
                _go_on(driver, place, begin, skipped_to)
                return True
        if match is None:
            return False
        if terminal in OPENING:
            nested.append(terminal)
        elif terminal in CLOSING:
            _close(nested, terminal)
            places = [place for place in places if place.brackets <= len(nested)]
            if not places:
                return False
        if terminal == "COMMENT":
            driver.comments.append(tree.Comment(Span(begin, stop)))
        elif terminal != "NEWLINE":
            skipped_to = stop
        at = stop


def _terminal(index: int, word: str) -> str:
    if index == NAME:
        return KEYWORDS.get(word, "NAME")
    if index == NEWLINE:
        return "NEWLINE"
    if index == COMMENT:
        return "COMMENT"
    return PUNCTUATION.get(word, "other")


def _skip_odd(text: str, at: int, end: int) -> int:
    """Past characters that begin no token, without a word: something was reported for this part already."""
    while at < end and text[at] in " \t\r":
        at += 1
    return min(at + 1, end) if at < end else end


def _close(nested: list[str], terminal: str) -> None:
    """Close the innermost bracket of this shape, and with it what was left open inside it."""
    closing = PUNCTUATION_OF[terminal]
    for index in range(len(nested) - 1, max(-1, len(nested) - _MAX_LEFT_OPEN), -1):
        if OPENING[nested[index]] == closing:
            del nested[index:]
            return
        if nested[index] == "LBRACE":
            return


def _find_place(
    driver: Driver, places: list[_Place], nested: list[str], terminal: str, begin: int, last: bool
) -> _Place | None:
    for place in places:
        if len(nested) > place.brackets and not last:
            braces = "LBRACE" in nested[max(place.brackets, len(nested) - _MAX_LEFT_OPEN) :]
            if terminal == "RBRACE":
                if braces:
                    continue
            elif terminal == "NEWLINE":
                if not _NEW_ITEM.match(driver.text, begin, driver.end):
                    continue
            elif terminal == "LBRACE":
                if driver.text[begin + 1 : min(begin + 2, driver.end)] not in ("\n", "\r", "") or braces:
                    continue
            else:
                continue
        if not place.made:
            if terminal in ("WITH", "IF", "LBRACE", END) and accepts(driver.states, terminal):
                return place
            continue
        states = [*driver.states[: place.height], GOTOS[driver.states[place.height - 1]][place.made]]
        if accepts(states, terminal):
            return place
    return None


def _go_on(driver: Driver, place: _Place, begin: int, skipped_to: int) -> None:
    """Put a broken node in the place, and go on with the token at `begin`."""
    if place.made:
        height = place.height
        start = driver.begins[height] if height < len(driver.begins) else min(driver.begin, begin)
        if height < len(driver.begins):
            skipped_to = max(skipped_to, driver.ends[-1])
        span = Span(start, max(start, min(skipped_to, begin)))
        broken = _broken(driver, place, span)
        state = GOTOS[driver.states[height - 1]][place.made]
        driver.states[height:] = [state]
        driver.values[height:] = [broken]
        driver.begins[height:] = [span.start]
        driver.ends[height:] = [span.end]
        driver.depths[height:] = [0]
        del driver.brackets[place.brackets :]
        driver.lines = driver.brackets[-1].inside if driver.brackets else False
    driver.position = begin


def _broken(driver: Driver, place: _Place, span: Span) -> Any:
    match place.made:
        case "item":
            return tree.BrokenItem(span)
        case "condition" | "expr":
            return tree.BrokenExpr(span)
        case "point":
            return tree.BrokenPoint(span)
        case "options":
            return []
        case "param":
            return _broken_param(driver, place.height, span)
        case "target":
            height = place.height
            word = Span(driver.begins[height], driver.ends[height])
            return tree.Kind(driver.values[height]), word, (tree.BrokenPoint(Span(word.end, span.end)),)
    return None


def _broken_param(driver: Driver, height: int, span: Span) -> tree.ArgsParam | None:
    """A parameter without a type: its name may be used all the same."""
    if height >= len(driver.values) or not isinstance(driver.values[height], str):
        return None
    name = tree.Ident(Span(driver.begins[height], driver.ends[height]), driver.values[height])
    return tree.ArgsParam(span, name, tree.CType(Span(name.span.end, span.end), "", "", 0))
