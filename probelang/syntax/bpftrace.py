"""A clause of bpftrace, `kprobe:f /pid == 1/ { printf(…); }`, in the words of a spec.

What a clause prints, counts or keys its maps by is what a probe records; what the trace has at each hit by itself is
left out. Only plain clauses are written anew: of one with an `if` or a calculation it is only said what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Kinds of points in bpftrace, by all their names: the kind here, and what is behind the point.
KINDS = {
    "kprobe": ("kprobe", ""), "k": ("kprobe", ""), "kretprobe": ("kprobe", "%return"), "kr": ("kprobe", "%return"),
    "fentry": ("fprobe", ""), "f": ("fprobe", ""), "kfunc": ("fprobe", ""), "fexit": ("fprobe", "%return"),
    "fr": ("fprobe", "%return"), "kretfunc": ("fprobe", "%return"), "tracepoint": ("eprobe", ""), "t": ("eprobe", ""),
    "rawtracepoint": ("tprobe", ""), "rt": ("tprobe", ""), "uprobe": ("uprobe", ""), "u": ("uprobe", ""),
    "uretprobe": ("uprobe", "%return"), "ur": ("uprobe", "%return"), "usdt": ("usdt", ""), "U": ("usdt", ""),
}  # fmt: skip
_WORD = "|".join(sorted(KINDS, key=len, reverse=True))
_POINT = re.compile(rf"\s*({_WORD}):((?:[./~\w]*/)?\"[^\"\n]*\"[^\s,{{]*|[^\s,{{]+)")
_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*|#[^\n]*|\$?\w+|->|&&|\|\||[<>=!]=|.', re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_MAX = 4000
#: What tells the body of a clause from the fetch args of a spec.
_IDIOMS = re.compile(
    r"\b(?:printf?|str|count|hist|sum|ksym|kstack|ustack|buf|join)\s*\(|\bargs\s*(?:->|\.)|(?<![\w$])arg\d\b|;|\+\+"
    r"|@\w*(?:\[|\s*=)|\$\w+\s*=[^=]|(?<![\w$.>])(?:comm|pid|tid|cpu|retval|nsecs|elapsed|kstack|ustack|curtask|func|probe)\b(?!\s*=)"
)

_VARIABLES = {
    "comm": "$comm",
    "pid": "$tid",
    "tid": "$tid",
    "cpu": "$cpu",
    "retval": "$retval",
    "curtask": "$current",
}
#: What each line of the trace tells without being asked.
_IN_HEAD = frozenset(
    (
        "pid",
        "tid",
        "cpu",
        "nsecs",
        "elapsed",
        "probe",
        "func",
        "ustack",
        "$tid",
        "$cpu",
        "ustack()",
        "nsecs()",
    )
)
_UNWRAPPED = ("str", "kptr", "kstr", "sum", "count", "avg", "min", "max", "stats", "hist", "lhist")
_CALLED = re.compile(rf"\s*(?:{'|'.join(_UNWRAPPED)})\s*\((.*)\)\s*", re.DOTALL)
_NOTHING = re.compile(r"(?:delete|clear|zero|exit|print|time|join|system|cat)\s*\(")
_TYPES = {"ksym": "symbol", "usym": "x64", "ntop": "u8[4]"}


@record
class Clause:
    """`text` is the probe as a spec has it, "" where there is none that says the same; `end` is behind the clause."""

    text: str
    end: int
    #: Whether more than the spelling of the point is another.
    beyond: bool


def read_clause(text: str, start: int, end: int) -> Clause | None:
    """The clause that begins at `start`; None where there is none."""
    end = min(end, start + _MAX)
    points: list[tuple[str, str]] = []
    at = start
    while match := _POINT.match(text, at, end):
        word, point = match.groups()
        at = match.end()
        if KINDS[word][0] not in ("uprobe", "usdt"):
            cut = point.find("/")
            if cut >= 0:
                at -= len(point) - cut
                point = point[:cut]
        points.append((word, point))
        at = _skip(text, at, end)
        if text[at : at + 1] != ",":
            break
        at += 1
    if not points:
        return None
    predicate = None
    if text[at : at + 1] == "/":
        brace = _find_brace(text, at, end)
        close = text.rfind("/", at + 1, brace)
        if brace < 0 or close < 0:
            return None
        predicate = text[at + 1 : close]
        at = brace
    if text[at : at + 1] != "{":
        return None
    close = _find_close(text, at, end)
    if close < 0:
        return None
    body = text[at + 1 : close]
    written = _write(points, predicate, body)
    beyond = predicate is not None or len(points) > 1 or _IDIOMS.search(_STRING.sub("", body)) is not None
    return Clause(written or "", close + 1, beyond)


def read_clauses(text: str, start: int, end: int) -> Clause | None:
    """All clauses that follow each other there, up to the end: as one."""
    texts, beyond, at = [], False, start
    while (clause := read_clause(text, at, end)) is not None:
        texts.append(clause.text)
        at = _skip(text, clause.end, end)
        beyond = beyond or clause.beyond or len(texts) > 1
        if at >= end:
            return Clause("\n".join(texts) if all(texts) else "", clause.end, beyond)
    return None


def write_condition(predicate: str) -> str | None:
    """What stands between the slashes, as a condition."""
    written = _respell(predicate, {})
    return None if written is None or re.search(r"\w\(|@", _STRING.sub("", written)) else written


def write_values(statement: str) -> str:
    """What one statement records, "" where that is nothing or cannot be said."""
    items, _ = _items(statement, "")
    return ", ".join(_name(items)) if items else ""


def split_items(text: str) -> list[str]:
    """The parts between commas that stand in no brackets."""
    return _split(text, ",")


def _write(points: list[tuple[str, str]], predicate: str | None, body: str) -> str | None:
    items, stack = _items(body, KINDS[points[0][0]][0])
    if items is None:
        return None
    rest = " with stacktrace" if stack else ""
    if predicate is not None:
        condition = write_condition(predicate)
        if condition is None:
            return None
        rest += f" if {condition}"
    if items:
        rest += " { " + ", ".join(_name(items)) + " }"
    if any(
        KINDS[word][0] == "usdt" and (point.count(":") < 2 or "*" in point or "::" in point)
        for word, point in points
    ):
        return None
    merged: dict[tuple[str, str], list[str]] = {}
    for word, point in points:
        merged.setdefault(KINDS[word], []).append(point)
    out = []
    for (kind, returns), names in merged.items():
        if (
            len(names) > 1
            and kind in ("kprobe", "fprobe", "tprobe")
            and all(re.fullmatch(r"\w+", n) for n in names)
        ):
            names = ["{" + ",".join(names) + "}"]
        out += [f"{kind} {name.removesuffix('+0')}{returns}{rest}" for name in names]
    return "\n".join(out)


def _items(body: str, kind: str) -> tuple[list[str] | None, bool]:
    """What a body records, None where that cannot be said, and whether it takes the stack."""
    untyped = kind in ("uprobe", "usdt")
    items: dict[str, None] = {}
    variables: dict[str, str] = {}
    stack = False
    for statement in _split(_without_comments(body), ";\n" if ";" not in body else ";"):
        if not statement:
            continue
        assigned = re.match(r"(\$\w+)\s*=(?!=)(.*)", statement, re.DOTALL)
        if assigned:
            value = _respell(assigned[2], variables)
            if value is None:
                return None, False
            variables[assigned[1]] = value if re.fullmatch(r"[\w$.>-]+", value) else f"({value})"
            continue
        for item in _recorded(statement):
            if item in ("kstack", "kstack()", "stack"):
                stack = True
                continue
            written = _respell(item, variables)
            if written is None or not _is_plain(written):
                return None, False
            if untyped and item.startswith("str(") and re.fullmatch(r"\$(?:arg\d+|retval)", written):
                written += ": string"
            if item not in _IN_HEAD and written not in _IN_HEAD and not _STRING.fullmatch(written):
                items[written] = None
    return list(items), stack


def _recorded(statement: str) -> list[str]:
    """The values that a statement prints, counts, or keys a map by."""
    printed = re.fullmatch(r"(?:printf|print)\s*\((.*)\)", statement, re.DOTALL)
    if printed:
        parts = _split(printed[1], ",")
        return [part for part in parts if not _STRING.fullmatch(part) and not part.startswith("@")]
    keyed = re.match(r"@\w*(?:\[(.*?)\])?\s*(?:=(?!=)|\+\+|--|[-+|]=|$)(.*)", statement, re.DOTALL)
    if keyed:
        keys = _split(keyed[1] or "", ",")
        value = _CALLED.fullmatch(keyed[2])
        values = _split(value[1], ",")[:1] if value else [keyed[2].strip()]
        return [part for part in (*keys, *values) if part and not part.isdigit() and not part.startswith("@")]
    if _NOTHING.match(statement):
        return []
    return _split(statement, ",")


def _respell(text: str, variables: Mapping[str, str]) -> str | None:
    """An expression in the words of a spec; None where brackets are not closed."""
    out: list[str] = []
    tokens = [token for token in _TOKEN.findall(text.strip()) if not token.startswith(("/*", "//"))]
    at = 0
    while at < len(tokens):
        token = tokens[at]
        before = out[-1] if out else ""
        if before in ("->", ".") or token[0] == '"':
            out.append(token)
        elif token == "args" and tokens[at + 1 : at + 2] in (["->"], ["."]):
            at += 1
        elif re.fullmatch(r"arg\d", token):
            out.append(f"$arg{int(token[3:]) + 1}")
        elif token in variables:
            out.append(variables[token])
        elif token in _VARIABLES:
            out.append(_VARIABLES[token])
        elif token in (*_UNWRAPPED, *_TYPES, "uptr") and tokens[at + 1 : at + 2] == ["("]:
            close = _matching(tokens, at + 1)
            if close < 0:
                return None
            argument = _respell(
                _split("".join(tokens[at + 2 : close]), ",")[0] if close > at + 2 else "", variables
            )
            if argument is None:
                return None
            kind = _TYPES.get(token)
            out.append(
                f"user({argument})" if token == "uptr" else f"{argument}: {kind}" if kind else argument
            )
            at = close
        else:
            out.append(token)
        at += 1
    return " ".join("".join(out).split())


def _is_plain(item: str) -> bool:
    """Whether an item is a value that is there: nothing is calculated or called for it."""
    bare = re.sub(r'"[^"]*"|->|\(\s*(?:struct|union)\s+\w+\s*\**\s*\)|user\(|: [\w\[\]%]+$', " ", item)
    return not re.search(r"[-+/%<>=!?|^&@]|\w\s*\*\s*\w|\w\(", bare) and bool(item)


def _name(items: list[str]) -> list[str]:
    """The items, with names for those that would be called like one before."""
    seen: set[str] = set()
    named = []
    for item in items:
        words = re.findall(r"[A-Za-z_]\w*", re.sub(r": [\w\[\]%]+$", "", item))
        natural = words[-1] if words else "value"
        name, number = natural, 2
        while name in seen:
            name, number = f"{natural}{number}", number + 1
        seen.add(name)
        named.append(item if name == natural and words else f"{name} = {item}")
    return named


# ------------------------------------------------------------------------------------------------ text


def _skip(text: str, at: int, end: int) -> int:
    """Past white space and comments."""
    pattern = re.compile(r"(?:\s+|/\*.*?\*/|//[^\n]*)*", re.DOTALL)
    match = pattern.match(text, at, end)
    return match.end() if match else at


def _find_brace(text: str, at: int, end: int) -> int:
    while match := _TOKEN.match(text, at, end):
        if match[0] == "{":
            return at
        at = match.end()
    return -1


def _find_close(text: str, at: int, end: int) -> int:
    depth = 0
    while match := _TOKEN.match(text, at, end):
        depth += (match[0] == "{") - (match[0] == "}")
        if depth == 0:
            return at
        at = match.end()
    return -1


def _matching(tokens: list[str], at: int) -> int:
    depth = 0
    for index in range(at, len(tokens)):
        depth += (tokens[index] == "(") - (tokens[index] == ")")
        if depth == 0:
            return index
    return -1


def _split(text: str, separators: str) -> list[str]:
    """The parts between separators that stand in no brackets and no strings."""
    parts, depth, part = [], 0, ""
    for token in _TOKEN.findall(text):
        depth += (token in "([{") - (token in ")]}")
        if depth == 0 and token in separators:
            parts.append(part.strip())
            part = ""
        else:
            part += token
    return [one for one in (*parts, part.strip()) if one]


def _without_comments(text: str) -> str:
    return "".join("" if token.startswith(("/*", "//")) else token for token in _TOKEN.findall(text))
