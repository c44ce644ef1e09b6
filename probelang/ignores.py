"""`# probelang: ignore[SLUG, …]`: what the writer of a spec knows better, and the rules about such comments.

At the end of a line it holds for what is said of that line; on a line of its own for the next one that has more than a
comment. Codes and the beginnings of codes are taken as well as slugs. Syntax errors stay: there is nothing to know
better.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from probelang.linter.rules.ignores import MALFORMED, UNKNOWN, UNUSED
from probelang.record import record, replace
from probelang.selection import selects, shown
from probelang.selectors import SelectorError, check_selector
from probelang.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from probelang.diagnostics import Rule
    from probelang.selection import Selection
    from probelang.source import Source
    from probelang.syntax import tree

_MARK = re.compile(r"(?:#|//)[ \t]*probelang[ \t]*:[ \t]*", re.IGNORECASE)
_BODY = re.compile(r"ignore[ \t]*\[([^\]\n]*)\]")
#: A comment that ignores, as a whole; the group is what it names.
COMMENT = re.compile(rf"(?i:{_MARK.pattern}){_BODY.pattern}")
_WORD = re.compile(r"[^,\s](?:[^,\n]*[^,\s])?")
#: What one comment may name, and all comments of a spec.
MOST_WORDS = 10_000
MOST_SUGGESTIONS = 40


@record
class _Word:
    """One rule that a comment names."""

    span: Span
    selector: str


@record
class _Ignore:
    """A comment that ignores: from its mark to its closing bracket; `line` is the one that it is about."""

    span: Span
    words: tuple[_Word, ...]
    line: int


def apply(
    source: Source,
    file: tree.File,
    found: Sequence[Diagnostic],
    selection: Selection,
    kernels: Sequence[str] = (),
) -> list[Diagnostic]:
    """What is left of what was said on these kernels, and what there is to say of comments that ignore, in no order.

    `found` is all that was found; what `selection` leaves out is neither said nor unused.
    """
    asked = selection.apply(found)
    if "probelang" not in source.text.lower():
        return asked
    said: list[Diagnostic] = []
    ignores = _read_all(source, file, said)
    by_line = _by_line(ignores)
    used: set[Span] = set()
    left = [one for one in asked if not _is_ignored(source, one, by_line, used)]
    judged = _Judged(source, file, found, selection)
    for ignore in ignores:
        _say_unused(
            source, ignore, [word for word in ignore.words if judged.is_unused(ignore, word, used)], said
        )
    names = tuple(kernels)
    return left + [replace(one, kernels=names) for one in selection.apply(said)]


def without_ignored(
    source: Source, file: tree.File, found: Sequence[Diagnostic], selection: Selection
) -> list[Diagnostic]:
    """What is left of what was said, and nothing of comments."""
    asked = selection.apply(found)
    by_line = _by_line(_read_all(source, file, []))
    return [one for one in asked if not _is_ignored(source, one, by_line, set())]


def _by_line(ignores: Iterable[_Ignore]) -> dict[int, list[_Word]]:
    """What comments name, by the lines that they are about."""
    by_line: dict[int, list[_Word]] = {}
    for ignore in ignores:
        by_line.setdefault(ignore.line, []).extend(ignore.words)
    return by_line


def _say(
    said: list[Diagnostic],
    rule: Rule,
    span: Span,
    message: str,
    help: str | None = None,
    fix: Fix | None = None,
) -> None:
    said.append(Diagnostic(rule, message, Label(span), rule.severity, help=help, fix=fix))


def _read_all(source: Source, file: tree.File, said: list[Diagnostic]) -> list[_Ignore]:
    ignores = []
    most = MOST_WORDS
    for comment in file.comments:
        mark = _MARK.search(source.text, comment.span.start, comment.span.end)
        if mark is not None and most > 0:
            ignore = _read(source, comment.span, mark, said)
            if ignore is not None:
                most -= len(ignore.words)
                ignores.append(ignore)
    return ignores


def _read(source: Source, comment: Span, mark: re.Match[str], said: list[Diagnostic]) -> _Ignore | None:
    text = source.text
    body = _BODY.match(text, mark.end(), comment.end)
    if body is None or not body[1].strip(" ,\t\r"):
        end = mark.start() + len(text[mark.start() : comment.end].rstrip())
        message = "this comment ignores nothing: it does not name the rules in brackets"
        help = "`# probelang: ignore[SLUG, …]`; what concerns whole files is set in `probelang.toml`"
        _say(said, MALFORMED, Span(mark.start(), end), message, help)
        return None
    words = []
    for match in _WORD.finditer(text, body.start(1), body.end(1)):
        span = Span(*match.span())
        try:
            words.append(_Word(span, check_selector(match[0], len(said) < MOST_SUGGESTIONS)))
        except SelectorError as error:
            near = error.near
            fix = Fix(f"replace it by `{near}`", (Edit(span, near),), safe=False) if near else None
            _say(said, UNKNOWN, span, str(error), fix=fix)
        if len(words) > MOST_WORDS:
            break
    line, _ = source.position(mark.start())
    if not source.line(line).strip().startswith(("#", "//")):
        return _Ignore(Span(mark.start(), body.end()), tuple(words), line)
    return _Ignore(Span(mark.start(), body.end()), tuple(words), _next_line(text, source, comment.end))


_AHEAD = re.compile(r"(?:\s|#[^\n]*|//[^\n]*)*")


def _next_line(text: str, source: Source, offset: int) -> int:
    """The line of what comes after a comment, past other comments."""
    match = _AHEAD.match(text, offset)
    return source.position(match.end() if match else offset)[0]


def _is_ignored(source: Source, found: Diagnostic, by_line: dict[int, list[_Word]], used: set[Span]) -> bool:
    """Whether a comment ignores it; all those that do are used."""
    span = found.label.span
    lines = {source.position(span.start)[0], source.position(max(span.end - 1, span.start))[0]}
    fit = [word for line in lines for word in by_line.get(line, ()) if selects(word.selector, found.rule)]
    used.update(word.span for word in fit)
    return bool(fit)


class _Judged:
    """Whether a comment may be called unused: what it names was asked, and could be answered."""

    def __init__(
        self, source: Source, file: tree.File, found: Sequence[Diagnostic], selection: Selection
    ) -> None:
        self.source = source
        self.file = file
        self.selection = selection
        self.errors = [one for one in found if one.rule.severity is Severity.ERROR]

    def is_unused(self, ignore: _Ignore, word: _Word, used: set[Span]) -> bool:
        if word.span in used:
            return False
        from probelang.linter.rules.event_clash import RULE as across
        from probelang.rules import RULES

        named = [rule for rule in RULES if selects(word.selector, rule)]
        if all(rule.code in self.selection.ignored for rule in named):
            return False
        if across in named:
            # it may be about other files of a run, which are not looked at here
            return False
        if not self.errors:
            return True
        # the linter's rules are not asked about what is broken
        return not any(rule.code.startswith("PRB6") for rule in named) and not self._is_broken(ignore.line)

    def _is_broken(self, line: int) -> bool:
        """Whether the statement that a line belongs to has an error."""
        for statement in self.file.statements:
            first = self.source.position(statement.span.start)[0]
            last = self.source.position(max(statement.span.end - 1, statement.span.start))[0]
            if first <= line <= last:
                span = statement.span
                return any(span.start <= one.label.span.start <= span.end for one in self.errors)
        return False


def _say_unused(source: Source, ignore: _Ignore, unused: list[_Word], said: list[Diagnostic]) -> None:
    if not unused:
        return
    if len(unused) == len(ignore.words) and not _has_more(source, ignore):
        words = ", ".join(f"`{shown(word.selector)}`" for word in unused[:3])
        more = f" and {len(unused) - 3} more" if len(unused) > 3 else ""
        fix = Fix("remove it", (Edit(_whole(source, ignore), ""),))
        _say(
            said,
            UNUSED,
            ignore.span,
            f"nothing is ignored here: {words}{more} does not hold of line {ignore.line}",
            fix=fix,
        )
        return
    for word in unused:
        fix = Fix("remove it", (Edit(_with_comma(source, word.span), ""),))
        _say(
            said, UNUSED, word.span, f"`{shown(word.selector)}` does not hold of line {ignore.line}", fix=fix
        )


def _has_more(source: Source, ignore: _Ignore) -> bool:
    """Whether the brackets hold words that are no rules: those are spoken of, and stay."""
    written = _BODY.match(source.text, source.text.index("ignore", ignore.span.start))
    return written is not None and len(_WORD.findall(written[1])) > len(ignore.words)


def _whole(source: Source, ignore: _Ignore) -> Span:
    """The comment, or what of it is ours, with the blanks before it; its line where it has one of its own."""
    text, start, end = source.text, ignore.span.start, ignore.span.end
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    rest = text[end:line_end]
    if rest.strip() and not rest.lstrip().startswith(("#", "//")):
        # a reason without a mark of its own stays a comment
        mark = 2 if text.startswith("//", start) else 1
        return Span(start + mark, end)
    if rest.strip():
        return Span(start, end + len(rest) - len(rest.lstrip()))
    line_start = text.rfind("\n", 0, start) + 1
    while start > line_start and text[start - 1] in " \t":
        start -= 1
    if start == line_start and line_end < len(text):
        return Span(line_start, line_end + 1)
    return Span(start, end + len(rest) - len(rest.lstrip(" \t")) if not rest.strip(" \t") else end)


def _with_comma(source: Source, span: Span) -> Span:
    """A word of a list with the comma after it, or before it where it is the last."""
    text = source.text
    after = re.compile(r"[ \t]*,[ \t]*").match(text, span.end)
    if after is not None and text[after.end()] != "]":
        return Span(span.start, after.end())
    start = span.start
    while text[start - 1] in " \t":
        start -= 1
    if text[start - 1] == ",":
        return Span(start - 1, span.end)
    return span
