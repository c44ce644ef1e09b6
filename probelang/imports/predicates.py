"""What stands between the slashes of a clause of bpftrace, as a condition of the language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.imports.drafts import Beyond
from probelang.imports.expressions import is_cast, matching, tokens_of, value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from probelang.imports.expressions import Scope


def condition_of(text: str, scope: Scope) -> str:
    """What stands between slashes, as a condition. Raises `Beyond`."""
    tokens = tokens_of(text)
    out: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if (
            token in ("&&", "||", "==", "!=", "<", ">", "<=", ">=", "&", "!", "|")
            or token == ")"
            or token == "("
            and not is_cast(tokens, at)
            and not _is_value(tokens, at)
            or token[0].isdigit()
            or token[0] == '"'
            or token == "-"
        ):
            out.append(token)
            at += 1
        else:
            end = _end_of_operand(tokens, at)
            item = value_of(tokens[at:end], scope)
            out.append(item.spellings[0])
            at = end
    written = " ".join(out)
    return re.sub(r"(?<=\() | (?=\))|(?<=!) |(?<=(?<!\w )-) (?=\d)", "", written)


def _is_value(tokens: Sequence[str], at: int) -> bool:
    """Whether the parenthesis holds a value whose member is taken."""
    close = matching(tokens, at)
    return close > at and list(tokens[close + 1 : close + 2]) in (["->"], ["."])


def _end_of_operand(tokens: Sequence[str], at: int) -> int:
    """Where the operand that begins at `at` ends: prefixes, a name or brackets, and what follows them."""
    while at < len(tokens) and (tokens[at] == "*" or (tokens[at] == "(" and is_cast(tokens, at))):
        at = at + 1 if tokens[at] == "*" else matching(tokens, at) + 1
    if at < len(tokens) and tokens[at] == "(":
        at = matching(tokens, at)
        if at < 0:
            raise Beyond("its brackets are not closed")
    at += 1
    while at < len(tokens):
        if tokens[at] in ("->", "."):
            at += 2
        elif tokens[at] in ("(", "["):
            close = matching(tokens, at)
            if close < 0:
                raise Beyond("its brackets are not closed")
            at = close + 1
        else:
            break
    return min(at, len(tokens))
