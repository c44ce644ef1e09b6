"""Lines that begin no statement: misspelt keywords, other tools' words, and what else people write there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.diagnostics import Edit, Fix
from probelang.record import record
from probelang.source import Span
from probelang.syntax import tree
from probelang.syntax.chunks import KINDS, STATEMENT_KEYWORDS
from probelang.syntax.literals import join_words, shorten
from probelang.syntax.points import FORMS, kind_with_article
from probelang.syntax.rules import FOREIGN_SPELLING, SYNTAX_ERROR, UNCLOSED, UNKNOWN_KEYWORD
from probelang.syntax.tables import KEYWORDS

if TYPE_CHECKING:
    from probelang.syntax.report import Report

_STATEMENTS = "a statement begins with `group`, `const`, `args` or a kind of probe: " + ", ".join(
    f"`{k}`" for k in KINDS
)


@record
class Foreign:
    """What another tool's word is here: a kind, at the return of the function or not."""

    kind: str
    returns: bool = False


FOREIGN = {
    "kretprobe": Foreign("kprobe", True),
    "uretprobe": Foreign("uprobe", True),
    "fentry": Foreign("fprobe"),
    "fexit": Foreign("fprobe", True),
    "kfunc": Foreign("fprobe"),
    "kretfunc": Foreign("fprobe", True),
    "tracepoint": Foreign("eprobe"),
    "rawtracepoint": Foreign("tprobe"),
    "raw_tracepoint": Foreign("tprobe"),
    "k": Foreign("kprobe"),
    "kr": Foreign("kprobe", True),
    "u": Foreign("uprobe"),
    "ur": Foreign("uprobe", True),
    "U": Foreign("usdt"),
    "f": Foreign("fprobe"),
    "fr": Foreign("fprobe", True),
    "t": Foreign("eprobe"),
    "rt": Foreign("tprobe"),
    "kprobe": Foreign("kprobe"),
    "uprobe": Foreign("uprobe"),
    "usdt": Foreign("usdt"),
}

# words that other tools have for what is said otherwise here
_ELSEWHERE = {
    "interval": "a periodic look at variables is written `monitor every 1s`",
    "profile": "a periodic look at variables is written `monitor every 10ms`",
    "watchpoint": "a hardware breakpoint is written `watch SYMBOL w`, or `watch 0xADDRESS w len 8`",
    "BEGIN": "a spec says what is probed; it has no code of its own to run",
    "END": "a spec says what is probed; it has no code of its own to run",
    "software": "perf's software events have no probes; the functions behind them have: `kprobe handle_mm_fault`",
    "hardware": "counters of the processor are perf's: `perf stat -e cycles`; a variable is watched by `watch SYMBOL w`",
    "iter": "a periodic look at variables is written `monitor every 1s`",
    "self": "a spec says what is probed; it has no code of its own to run",
    "begin": "a spec says what is probed; it has no code of its own to run",
    "end": "a spec says what is probed; it has no code of its own to run",
    "probe": "the kinds of probes are " + ", ".join(f"`{kind}`" for kind in KINDS),
    "trace_event": "a trace event is probed by `eprobe SYSTEM:EVENT`",
    "let": "a constant is written `const NAME = …`",
    "define": "a constant is written `const NAME = …`",
}

_COMMAND = re.compile(
    r"(?P<letter>[prfte])(?P<max>\d*)(?::(?P<event>[\w/.-]+))?[ \t]+(?P<point>[\w/.@*?{\"][^\s=]*)(?P<args>[^\n#]*)",
    re.ASCII,
)
_COMMAND_KINDS = {"p": "kprobe", "r": "kprobe", "f": "fprobe", "t": "tprobe", "e": "eprobe"}


def find_keywords(word: str, keywords: dict[str, str]) -> tuple[str, ...]:
    """The keywords that are nearest to a word; a single one, where it is plain which was meant."""
    folded = word.casefold()
    if folded in keywords:
        return (folded,)
    allowed = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    distances = {keyword: _distance(folded, keyword, allowed) for keyword in keywords}
    nearest = min(distances.values())
    return tuple(k for k, distance in distances.items() if distance == nearest) if nearest <= allowed else ()


def _distance(one: str, other: str, limit: int) -> int:
    """How many letters to insert, delete, replace or swap make one of the other; any number above the limit."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
    return row[-1]


_TYPED = re.compile(
    r"(?:[usx](?:8|16|32|64)|string|ustring|char|symbol|symstr|%p[dD]|b\d+@\d+/\d+)(?:\[\d+\])?\s*(?:$|[,#}]|//)",
    re.MULTILINE,
)


def is_foreign_line(text: str, after: int) -> bool:
    """Whether what follows `WORD:` is more of a point, not the type of a fetch arg."""
    return _TYPED.match(text, after) is None


def report_misspelling(word: str, keyword: str, start: int, report: Report) -> None:
    """Report a keyword that was misspelt, and is read as the one that was meant."""
    span = Span(start, start + len(word))
    fix = Fix(f"write `{keyword}`", (Edit(span, keyword),), safe=word.casefold() == keyword)
    message = f"`{shorten(word)}` begins no statement: did you mean `{keyword}`?"
    report.error(UNKNOWN_KEYWORD, message, span, fix=fix)


def report_foreign(text: str, start: int, word: str, point: Span, report: Report) -> None:
    """Report another tool's word for a kind at `start`, with or without a colon, and the point that follows it."""
    foreign = FOREIGN[word]
    colon = text[start + len(word)] == ":"
    edits = [Edit(Span(start, point.start), foreign.kind + " ")]
    written = f"{foreign.kind} {shorten(text[point.start : point.end])}"
    if foreign.returns and not text[point.start : point.end].endswith("%return"):
        edits.append(Edit(Span(point.end, point.end), "%return"))
        written += "%return"
    found = text[start : start + len(word) + colon]
    fix = Fix(f"write `{written}`", tuple(edits))
    message = f"`{found}` is another tool's spelling: here it is `{written}`"
    report.error(FOREIGN_SPELLING, message, Span(start, start + len(found)), fix=fix)


def explain_clause(text: str, start: int, end: int, report: Report) -> bool:
    """Report a clause of bpftrace that is more than a foreign word for the kind; whether it is one."""
    from probelang.syntax.bpftrace import read_clauses

    clause = read_clauses(text, start, end)
    if clause is None or not clause.beyond:
        return False
    colon = text.index(":", start) + 1
    found = text[start:colon]
    if clause.text:
        message = f"`{found}` is bpftrace's way to write a probe: here it is `{shorten(' '.join(clause.text.split()), 60)}`"
        fix = Fix("write it as a probe", (Edit(Span(start, clause.end), clause.text),), safe=False)
        report.error(FOREIGN_SPELLING, message, Span(start, colon), help=_what_is_kept(clause.text), fix=fix)
        return True
    timed = re.search(r"nsecs\s*-\s*@", text[start : clause.end])
    message = f"`{found}` is bpftrace's way to write a probe, and this one is a program: a probe only records"
    if FOREIGN[found[:-1]].kind == "usdt":
        message = f"`{found}` is bpftrace's way to write a probe, and does not say whose: here it is `usdt PATH:PROVIDER:NAME`"
        report.error(
            FOREIGN_SPELLING,
            message,
            Span(start, colon),
            help="`readelf -n PATH` shows the providers and their probes",
        )
        return True
    help = (
        "the time from entry to return is `$duration`: `fprobe FUNC%return { $duration }`"
        if timed
        else "say where, when and what: `kprobe FUNC if CONDITION { VALUES }`; what is done with them is for who reads the trace"
    )
    report.error(FOREIGN_SPELLING, message, Span(start, colon), help=help)
    return True


def _what_is_kept(written: str) -> str | None:
    if "$tid" in written:
        return (
            "`$tid` is the thread; on Linux 7.3 and later `$pid` is the process, which bpftrace calls `pid`"
        )
    return None


def explain_line(text: str, begin: int, end: int, report: Report) -> None:
    """Report what begins at `begin` and is no statement; it goes on up to `end`."""
    newline = text.find("\n", begin, end)
    stop = newline if newline >= 0 else end
    line = text[begin:stop].rstrip()
    if _explain_command(line, begin, report) or _explain_pasted(text, begin, end, report):
        return
    if _explain_no_kind(line, begin, report):
        return
    assigned = re.match(r"([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?!=)[ \t]*", line)
    rest = line[assigned.end() :] if assigned else line
    at = begin + (assigned.end() if assigned else 0)
    unjoined = re.match(r"((?:[A-Za-z_]\w*/)?[A-Za-z_]\w*)[ \t]+([a-z]+)[ \t]+[^\s=]", line)
    if unjoined and unjoined[2] in KINDS:
        between = Span(begin + unjoined.end(1), begin + unjoined.start(2))
        message = f"expected `=` between `{shorten(unjoined[1])}` and `{unjoined[2]}`"
        fix = Fix("write `=`", (Edit(between, " = "),))
        report.error(SYNTAX_ERROR, message, Span(begin, begin + unjoined.end(2)), fix=fix)
        return
    misnamed = re.match(r"([^\s=]+)[ \t]*=[ \t]*([a-z]+)[ \t]", line)
    if (
        misnamed
        and misnamed[2] in KINDS
        and not re.fullmatch(r"(?:[A-Za-z_]\w*/)?[A-Za-z_]\w*", misnamed[1], re.ASCII)
    ):
        message = f"`{shorten(misnamed[1])}` cannot be an event's name"
        help = "an event is named `NAME` or `GROUP/NAME`, each of letters, digits and `_`"
        span = Span(begin, begin + misnamed.end(1))
        name = re.sub(r"\W+", "_", misnamed[1]).strip("_")
        name = f"_{name}" if name[:1].isdigit() else name
        rename = Fix(f"write `{shorten(name)}`", (Edit(span, name),), safe=False)
        plain = name.isascii() and name != ""
        report.error(SYNTAX_ERROR, message, span, help=help, fix=rename if plain else None)
        return
    found = re.match(r"[A-Za-z_][A-Za-z0-9_]*", rest)
    if found and (assigned is None or re.match(r"[ \t]+[A-Za-z_/\"*]|:\S", rest[found.end() :])):
        word = found[0]
        span = Span(at, at + len(word))
        if word in _COMMAND_KINDS and rest[1:2] == ":":
            message = "in a command of the kernel the event's name stands behind the colon, and its point is missing"
            kind, point = _COMMAND_KINDS[word], rest[2:].split()[0]
            help = f"a probe is written `{kind} {shorten(point)}{'%return' if word == 'r' else ''}`"
            report.error(FOREIGN_SPELLING, message, Span(at, at + len(rest.split()[0])), help=help)
            return
        if word in KEYWORDS and word not in STATEMENT_KEYWORDS and assigned is None:
            message = f"`{word}` belongs to a probe, and here is none that it could belong to"
            report.error(SYNTAX_ERROR, message, span)
            return
        if word in KINDS and rest[found.end() : found.end() + 1] == "(":
            _explain_parentheses(rest, at, word, report)
            return
        near = find_keywords(word, KINDS if assigned else STATEMENT_KEYWORDS)
        help = _ELSEWHERE.get(word, _STATEMENTS)
        if near and word not in _ELSEWHERE:
            help = "did you mean " + join_words([f"`{keyword}`" for keyword in near[:3]]) + "?"
        message = (
            f"`{shorten(word)}` is no kind of probe" if assigned else f"`{shorten(word)}` begins no statement"
        )
        report.error(UNKNOWN_KEYWORD, message, span, help=help)
        return
    if assigned and assigned[1] == "group":
        between = Span(begin + len("group"), begin + assigned.end())
        fix = Fix("leave out `=`", (Edit(between, " "),))
        report.error(SYNTAX_ERROR, "a group is written `group NAME`, without `=`", between, fix=fix)
        return
    if assigned:
        span = Span(begin, begin + len(line))
        name = assigned[1]
        message = f"`{name} = …` is no statement: a probe has a kind after the `=`"
        fix = Fix(f"make `{name}` a constant", (Edit(Span(begin, begin), "const "),), safe=False)
        report.error(SYNTAX_ERROR, message, span, help=f"a constant is written `const {name} = …`", fix=fix)
        return
    character = line[:1]
    span = Span(begin, begin + 1)
    if character in ("}", ")", "]"):
        report.error(UNCLOSED, f"this `{character}` closes nothing", span)
    elif character == "{":
        report.error(SYNTAX_ERROR, "these braces belong to no probe", span, help=_STATEMENTS)
    else:
        shown = line.split()[0] if line else ""
        if shown.startswith("/*"):
            _explain_comment(text, begin, end, report)
            return
        report.error(
            SYNTAX_ERROR,
            f"`{shorten(shown)}` begins no statement",
            Span(begin, begin + len(shown)),
            help=_STATEMENTS,
        )


def _explain_comment(text: str, begin: int, end: int, report: Report) -> None:
    """`/* … */`."""
    close = text.find("*/", begin, end)
    stop = close + 2 if close >= 0 else begin + 2
    lines = [line.strip(" \t*") for line in text[begin + 2 : stop - 2].split("\n")] if close >= 0 else []
    fix = None
    if close >= 0 and not text[stop:end].split("\n")[0].strip():
        written = "\n".join(f"# {line}".rstrip() for line in lines if line or len(lines) == 1)
        fix = Fix("write `#`", (Edit(Span(begin, stop), written),))
    first = Span(begin, min(stop, text.find("\n", begin, stop) if "\n" in text[begin:stop] else stop))
    report.error(SYNTAX_ERROR, "a comment begins with `#` or `//`, and ends with its line", first, fix=fix)


_NO_KIND = re.compile(
    r"((?:\w+[ \t]*=[ \t]*)?)([a-z_]\w{3,}(?:\+0x[0-9a-f]+)?(?:%return)?)[ \t]*(?:$|\{|if[ \t]|\$|with[ \t])"
)


def _explain_no_kind(line: str, begin: int, report: Report) -> bool:
    """A point, and no word before it that says what kind of probe it is for."""
    match = _NO_KIND.match(line)
    if match is None or not (match[2].endswith("%return") or line.endswith("}") or "{" in line):
        return False
    word = match[2]
    if find_keywords(word, STATEMENT_KEYWORDS) or word in _ELSEWHERE:
        return False
    span = Span(begin + match.start(2), begin + match.end(2))
    if line[match.end(2) :].lstrip()[:1] in ("$", ""):
        from probelang.syntax.shell import write_bare

        written = write_bare(line)
        fix = Fix(f"write `{written}`", (Edit(Span(begin, begin + len(line)), written),), safe=False)
        message = f"what kind of probe is on `{shorten(word)}`?"
        report.error(UNKNOWN_KEYWORD, message, span, help=f"write `{written}`", fix=fix)
        return True
    fix = Fix(f"write `fprobe {word}`", (Edit(Span(span.start, span.start), "fprobe "),), safe=False)
    report.error(
        UNKNOWN_KEYWORD,
        f"what kind of probe is on `{shorten(word)}`?",
        span,
        help="a function is probed by `fprobe` or `kprobe`, a tracepoint by `tprobe`, an event by `eprobe SYSTEM:EVENT`",
        fix=fix,
    )
    return True


def _explain_parentheses(rest: str, at: int, kind: str, report: Report) -> None:
    """`kprobe(f) { … }`: the point stands in no parentheses."""
    point = re.match(r"\([ \t]*([^\s()]+)[ \t]*\)", rest[len(kind) :])
    message = f"the point of {kind_with_article(tree.Kind(kind))} stands in no parentheses"
    span = Span(at + len(kind), at + len(kind) + (point.end() if point else 1))
    fix = Fix(f"write `{kind} {point[1]}`", (Edit(span, " " + point[1]),)) if point else None
    report.error(SYNTAX_ERROR, message, span, help=f"it is {FORMS[tree.Kind(kind)]}", fix=fix)


def find_name(text: str, begin: int) -> tree.Ident | None:
    """The name before the `=` of a line that begins no statement, as of a constant without `const`."""
    match = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)[ \t]*=(?!=)").match(text, begin)
    return tree.Ident(Span(*match.span(1)), match[1]) if match else None


def find_line_comments(text: str, begin: int, end: int) -> list[tree.Comment]:
    """The comments that have a line of their own."""
    lines = re.compile(r"^[ \t]*(#[^\n]*|//[^\n]*)", re.MULTILINE)
    return [tree.Comment(Span(*match.span(1))) for match in lines.finditer(text, begin, end)]


def _explain_command(line: str, begin: int, report: Report) -> bool:
    """A line of the kernel's `dynamic_events`, as `p:io/rd vfs_read count=$arg3`."""
    written = write_command(line)
    if written is None:
        return False
    span = Span(begin, begin + len(line))
    message = "this is a command of the kernel's `dynamic_events`, not a statement"
    fix = Fix("write it as a probe", (Edit(span, written),), safe=False)
    report.error(FOREIGN_SPELLING, message, span, help=f"write `{shorten(written, 200)}`", fix=fix)
    return True


def write_command(line: str) -> str | None:
    """A line of the kernel's `dynamic_events` as a probe; None where it is none."""
    match = _COMMAND.match(line)
    if match is None:
        return None
    letter, point = match["letter"], match["point"]
    kind = _COMMAND_KINDS[letter]
    if letter == "p" and point.startswith("/"):
        kind = "uprobe"
    if letter == "e":
        point = point.replace("/", ":").replace(".", ":", 1) if ":" not in point else point
    returns = "%return" if letter == "r" and not point.endswith("%return") else ""
    name = f"{match['event']} = " if match["event"] else ""
    options = f" with maxactive={match['max']}" if match["max"] else ""
    args = [re.sub(r"^([A-Za-z_]\w*)=", r"\1 = ", arg) for arg in match["args"].split()]
    if letter == "e":
        # the fields of an event are variables there, and names here
        args = [re.sub(r"\$(?!comm\b)(?=[a-z_])", "", arg) for arg in args]
    block = " { " + ", ".join(args) + " }" if args else ""
    return f"{name}{kind} {point}{returns}{options}{block}"


def _explain_pasted(text: str, begin: int, end: int, report: Report) -> bool:
    """A command of a shell, or a probe of SystemTap."""
    from probelang.syntax.shell import write_pasted

    chunk = text[begin:end].rstrip()
    line = chunk.partition("\n")[0].rstrip()
    # a script in quotes, and SystemTap's braces, go on
    goes_on = (
        line.count("'") % 2
        or line.count("{") > line.count("}")
        or line.startswith("probe")
        and "{" not in line
    )
    found = write_pasted(chunk if goes_on else line)
    if found is None:
        return False
    tool, written = found
    whole = span = Span(begin, begin + len(chunk if goes_on else line))
    message = f"this is a line for {tool}, not a statement"
    if tool == "SystemTap":
        span = Span(begin, begin + len(line.partition("{")[0].rstrip()))
        message = "this is SystemTap's way to write a probe"
    fix = Fix("write it as a probe", (Edit(whole, written),), safe=False) if written else None
    help = f"write `{shorten(' '.join(written.split()), 200)}`" if written else _STATEMENTS
    report.error(FOREIGN_SPELLING, message, span, help=help, fix=fix)
    return True
