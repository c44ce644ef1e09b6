"""Where statements begin: a spec is split there before anything is parsed.

A brace or a quote that is never closed then cannot swallow the next probe, and an editor can parse again only what
has changed.
"""

from __future__ import annotations

import re

from probelang.record import record
from probelang.syntax.tables import ACTIONS, KEYWORDS, START

_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_BLANK = (
    "[ \t\r\u00a0\u2002\u2003\u2009\u202f\u3000]"  # with what only looks like a space, to be reported later
)
# a line, also behind a byte order mark, of `NAME =` or not, a word, and a colon, more of the line, or its end
_LINE = re.compile(
    f"(?:^|(?<=\\A\ufeff)){_BLANK}*((?:{_NAME}[ \t]*(?:/[ \t]*{_NAME}[ \t]*)?={_BLANK}*)?)({_NAME})"
    f"(:(?=\\S)|{_BLANK}+(?=[^\\s=])|[ \t]*\\r?$)",
    re.MULTILINE,
)

STATEMENT_KEYWORDS = {text: name for text, name in KEYWORDS.items() if name in ACTIONS[START]}
KINDS = {text: name for text, name in STATEMENT_KEYWORDS.items() if name not in ("GROUP", "CONST", "ARGS")}


@record
class Head:
    """A line that begins a statement.

    `line` is where the line begins, `start` to `end` the word that says what the statement is, with the colon of
    another tool's spelling; `terminal` is what the word counts as, "" for a word that begins no statement.
    """

    line: int
    start: int
    end: int
    terminal: str


def find_heads(text: str, start: int) -> list[Head]:
    """The lines, from `start` on, that begin a statement, or look as if they should."""
    heads = []
    for match in _LINE.finditer(text, start):
        head = _find_head(text, match)
        if head is not None:
            heads.append(head)
    return heads


def _find_head(text: str, match: re.Match[str]) -> Head | None:
    named = bool(match[1])
    word = match[2]
    after = match.end()
    following = text[after : after + 1]
    # only a line without indentation begins a statement that is not even complete on that line
    outermost = not text[match.start()].isspace()
    terminal = (KINDS if named else STATEMENT_KEYWORDS).get(word, "")
    if match[3] == ":":
        return _find_foreign(text, match, outermost)
    nothing = following in ("", "\r", "\n", "#") or text.startswith("//", after)
    if not match[3].strip() and nothing:
        return Head(match.start(), match.start(2), match.end(2), terminal) if terminal and outermost else None
    if text.startswith("in", after) and not _goes_on(text[after + 2 : after + 3]):
        return None
    is_word = following.isalpha() or following == "_"
    if terminal:
        if not outermost and not is_word:
            # an operator would have white space on both sides, or none
            if text.startswith("??", after) and not text[after + 2 : after + 3].strip():
                return None
            closed = text[after + 1 : after + 2].strip() or following == "{"
            if following not in '0123456789/"*?{.\\@;(#' or not closed or word not in KINDS:
                return None
        return Head(match.start(), match.start(2), match.end(2), terminal)
    if word in KEYWORDS or not (is_word or following in '/"'):
        return None
    return _find_misspelt(match, named, outermost, is_word)


def _goes_on(char: str) -> bool:
    """Whether a word with this behind it is the beginning of a longer one, or of a pattern."""
    return char.isalnum() or char in tuple("_*?.:")


def _find_foreign(text: str, match: re.Match[str], outermost: bool) -> Head | None:
    """`fentry:vfs_read`; but `kprobe:u64` within braces shows a parameter `kprobe` as a `u64`."""
    from probelang.syntax.words import FOREIGN, is_foreign_line

    word = match[2]
    if len(word) < 3 and not _is_clause(text, match.end()):
        # `f:name vfs_read` is a command of the kernel's, `f: x64` a fetch arg
        if word in FOREIGN and not outermost:
            return None
    elif word in FOREIGN and (outermost or is_foreign_line(text, match.end())):
        terminal = STATEMENT_KEYWORDS[FOREIGN[word].kind]
        return Head(match.start(), match.start(2), match.end(3), terminal)
    if outermost and not match[1] and is_foreign_line(text, match.end()):
        return Head(match.start(), match.start(2), match.end(2), "")
    return None


def _is_clause(text: str, at: int) -> bool:
    """Whether what follows `k:` is a point and then `{` or `/`, as in bpftrace."""
    return re.compile(r"[^\s,{]+(?:\s*,\s*\w+:[^\s,{]+)*(?:\s*\{|\s+/)").match(text, at) is not None


def _find_misspelt(match: re.Match[str], named: bool, outermost: bool, is_word: bool) -> Head | None:
    """A line of two words of which the first is no keyword: within the braces of a probe there is no such line."""
    from probelang.syntax.words import FOREIGN, find_keywords

    word = match[2]
    terminal = ""
    if word in FOREIGN and len(word) > 2:
        terminal = STATEMENT_KEYWORDS[FOREIGN[word].kind]
    elif is_word:
        near = find_keywords(word, KINDS if named else STATEMENT_KEYWORDS)
        terminal = STATEMENT_KEYWORDS[near[0]] if len(near) == 1 else ""
    if not terminal and not outermost:
        return None
    return Head(match.start(), match.start(2), match.end(2), terminal)
