"""Simple clauses of bpftrace as a spec: a point, a condition, and what one printf() shows.

A probe records, and does no more: what a clause keeps, counts, calculates or decides stays as a comment, with what it was that the
language does not say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.btf.types import BtfError
from probelang.commands.importing import Imported, formatted, left_behind, shown
from probelang.commands.target import Target
from probelang.commands.verdict import Doubtful
from probelang.imports.drafts import MAX_PROBES, Beyond, Draft, Item, Settled, settle
from probelang.imports.expressions import Scope, is_in_head, tokens_of, value_of
from probelang.imports.places import Point, merge_points, read_point
from probelang.imports.predicates import condition_of
from probelang.imports.scripts import Part, read_parts, statements_of
from probelang.imports.shell import shell_words
from probelang.record import replace

if TYPE_CHECKING:
    from probelang.commands.target import Proto
    from probelang.kernel.interface import Kernel
    from probelang.source import Source

_MAX_SCRIPT = 1 << 20
_MAX_CLAUSE = 1 << 16
_LOOKED_BACK = 80
#: The group of events that are compiled for a look at them: it is named after the file.
_GROUP = "imported"
_PRINTED = re.compile(r"(printf|print|time)\s*\((.*)\)", re.DOTALL)
_ASSIGNED = re.compile(r"(?:let\s+)?(\$[A-Za-z_]\w*)(?:\s*:\s*[\w ]+\**)?\s*=(?!=)(.*)", re.DOTALL | re.ASCII)
_DECLARED = re.compile(r"let\s+\$\w+(?:\s*:\s*[\w ]+\**)?", re.ASCII)
_FORMAT = re.compile(r"%(?:%|[-+ #0]*\d*(?:\.\d+|\.\*)?(?:hh|h|ll|l|j|z|t)?([A-Za-z]))")
_NAMED = re.compile(r"([A-Za-z_]\w*)\s*[=:]\s*\\?[\"'\[(]?(?:0x)?$", re.ASCII)


def import_bpftrace(source: Source, kernel: Kernel) -> Imported:
    """The spec of a script, or of the scripts in `bpftrace -e` lines of a shell."""
    importer = _Importer(kernel)
    if len(source.text) > _MAX_SCRIPT:
        importer.leave("", "line 1", f"a script has at most {_MAX_SCRIPT >> 20} MiB")
        return importer.result()
    for script, line in scripts_of(source.text):
        for part in read_parts(script):
            if importer.is_full:
                importer.leave(
                    "",
                    f"line {part.line + line}",
                    f"there are more than {MAX_PROBES} parts: what is behind them is left out",
                )
                return importer.result()
            importer.add(part, line)
    return importer.result()


def scripts_of(text: str) -> list[tuple[str, int]]:
    """The scripts of a file, with how many lines stand before each: all of it, or what is between quotes behind `-e`."""
    if not any(
        "bpftrace" in line and " -e" in line and line.lstrip()[:2] not in ("//", "/*")
        for line in text.split("\n")
    ):
        return [(text, 0)]
    try:
        words = shell_words(text)
    except ValueError:
        return [(text, 0)]
    found = []
    for at, word in enumerate(words[:-1]):
        if word == "-e":
            script = words[at + 1]
            place = text.find(script[:60])
            found.append((script, text.count("\n", 0, max(place, 0))))
    return found or [(text, 0)]


class _Importer:
    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._target = Target(kernel)
        self._texts: list[str] = []
        self._left: list[tuple[str, str]] = []
        self._events: set[str] = set()
        self._points: set[str] = set()
        self._probes = 0

    def result(self) -> Imported:
        return Imported(formatted("\n".join(self._texts)), self._probes, tuple(self._left))

    def add(self, part: Part, before: int) -> None:
        """Take one more part, of a script that has so many lines before it."""
        if part.kind == "comment":
            if not part.text.startswith("#!"):
                self._texts.append(_comment(part.text))
            return
        try:
            if part.kind != "clause":
                raise Beyond(_what_part(part.text))
            if len(part.text) > _MAX_CLAUSE:
                raise Beyond("the clause is too long")
            texts = self._clause(part, f"line {part.line + before}")
        except Beyond as beyond:
            self.leave(part.text, f"line {part.line + before}", str(beyond))
            return
        self._texts += texts
        self._probes += len(texts)

    @property
    def is_full(self) -> bool:
        return len(self._texts) > MAX_PROBES

    def leave(self, text: str, place: str, why: str) -> None:
        """What no probe comes of."""
        self._texts.append(left_behind(text, why))
        self._left.append((place, why))

    def _clause(self, part: Part, place: str) -> list[str]:
        points: list[Point] = []
        missing: list[tuple[str, str]] = []
        for text in part.points:
            try:
                points.append(read_point(text))
            except Beyond as beyond:
                missing.append((text, str(beyond)))
        settled = self._settle_together(points, part) if points else []
        if settled is None:
            # each by itself, with a name of its own
            settled = []
            for point in points:
                try:
                    made = self._settle_all([point], part)
                except Beyond as beyond:
                    missing.append((point.text, str(beyond)))
                    continue
                if made is None:
                    raise Beyond("there are events of these names above")
                settled += made
                self._events.update(event for one in made for event in one.events)
        if not settled:
            raise Beyond(missing[0][1])
        for one in settled:
            self._events.update(one.events)
        self._points.update(point.text for point in points)
        texts = [one.text for one in settled]
        for text, why in missing:
            self._left.append((place, f"not at `{text}`: {why}"))
            texts[0] = left_behind("", f"not at `{text}`: {why}") + texts[0]
        return texts

    def _settle_together(self, points: list[Point], part: Part) -> list[Settled] | None:
        """The probes at all these points, None where they go apart. Raises `Beyond` of a single point."""
        try:
            return self._settle_all(merge_points(points), part)
        except Beyond:
            if len(points) == 1:
                raise
            return None

    def _settle_all(self, points: list[Point], part: Part) -> list[Settled] | None:
        """The probes at these points; None where several events of one have names that are taken."""
        settled: list[Settled] = []
        taken = set(self._events)
        for point in points:
            if (
                point.kind == "tprobe"
                and point.text in self._points
                and self._kernel.features.shared_tracepoints is False
            ):
                raise Beyond(f"{self._kernel.title} takes one tprobe on a tracepoint, and there is one above")
            draft = self._draft(point, part)
            made = settle(draft, self._kernel)
            if taken & set(made.events):
                if len(made.events) > 1:
                    return None
                plain = made.events[0].rpartition("/")[2][:50]
                number = 2
                while f"{_GROUP}/{plain}_{number}" in taken:
                    number += 1
                made = settle(replace(draft, event=f"{plain}_{number}"), self._kernel)
            taken.update(made.events)
            settled.append(made)
        return settled

    def _draft(self, point: Point, part: Part) -> Draft:
        scope = Scope(point.kind, point.returns, self._proto(point), {})
        condition = (
            condition_of(part.predicate, scope)
            if part.predicate is not None and part.predicate.strip()
            else ""
        )
        items, options = _body(part.body, scope)
        return Draft("", point.text, options, condition, items)

    def _proto(self, point: Point) -> Proto | None:
        """What is known of the parameters of a function, or of the arguments of a tracepoint."""
        if not point.function:
            return None
        stub = "__probestub_" if point.kind == "tprobe" else ""
        try:
            proto = self._target.find_proto(stub + point.function)
        except (Doubtful, BtfError):
            return None
        return replace(proto, params=proto.params[1:]) if proto is not None and stub else proto


def _comment(text: str) -> str:
    if text.startswith("/*"):
        lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in text[2:].removesuffix("*/").split("\n")]
        lines = [line for line in lines if line]
    else:
        lines = [text.lstrip("/#").removeprefix(" ")]
    return "".join(f"# {shown(line)}\n" for line in lines) or "#\n"


# ----------------------------------------------------------------------------------------------------- bodies


def _body(body: str, scope: Scope) -> tuple[tuple[Item, ...], tuple[str, ...]]:
    """What a body shows, and the options that it takes. Raises `Beyond`."""
    items: list[Item] = []
    options: tuple[str, ...] = ()
    variables: dict[str, Item] = {}
    scope = replace(scope, variables=variables)
    for statement in statements_of(body):
        assigned = _ASSIGNED.fullmatch(statement)
        if assigned is not None:
            variables[assigned[1]] = value_of(tokens_of(assigned[2]), scope)
            continue
        if _DECLARED.fullmatch(statement):
            continue
        printed = _PRINTED.fullmatch(statement)
        if printed is None:
            raise Beyond(_what(statement))
        if printed[1] == "time":
            continue
        for tokens, name, wanted in _printed(printed[1], printed[2]):
            if tokens[0] in ("kstack", "stack") and (len(tokens) == 1 or tokens[1] == "("):
                options = ("stacktrace",)
            elif is_in_head(tokens) or len(tokens) == 1 and (tokens[0][0] == '"' or tokens[0].isdecimal()):
                continue
            else:
                item = value_of(tokens, scope)
                items.append(replace(item, name=name or item.name, wanted=item.wanted or wanted))
    return tuple(items), options


def _what_part(text: str) -> str:
    """Why a part of a script is no probe."""
    word = re.match(r"[A-Za-z]+", text)
    known = {
        "config": "settings of bpftrace", "struct": "a type: a spec has those of the kernel", "union": "a type: a spec has those of the kernel",
        "enum": "a type: a spec has those of the kernel", "macro": "a macro", "fn": "a function", "let": "a map (`@`)", "import": "another script",
    }  # fmt: skip
    return known.get(word[0] if word is not None else "", "this is no clause of a probe")


def _what(statement: str) -> str:
    """Why a statement is nothing that a probe records."""
    word = re.match(r"[A-Za-z_]\w*", statement)
    if statement[:1] == "@" or (word is not None and word[0] in ("delete", "clear", "zero", "print", "len")):
        return "a map (`@`): a probe records each hit, and what is kept or counted is for who reads the trace"
    if word is not None and word[0] in ("if", "unroll", "while", "for", "else"):
        return f"a statement (`{word[0]}`): what decides is the condition of a probe"
    if word is not None and word[0] in ("exit", "return", "system", "cat", "join", "signal", "override"):
        return f"`{word[0]}`: a probe only records"
    return f"`{statement[:40]}` is nothing that a probe records"


def _printed(function: str, text: str) -> list[tuple[list[str], str, str]]:
    """The values that are shown: their tokens, the name that the format gives, and how it shows them. Raises `Beyond`."""
    arguments = _arguments(tokens_of(text))
    if function == "print":
        if len(arguments) == 1 and arguments[0][:1] == ["("] and arguments[0][-1:] == [")"]:
            inner = _arguments(arguments[0][1:-1])
            arguments = inner if len(inner) > 1 else arguments
        if any(one[0][0] == "@" for one in arguments):
            raise Beyond(_what("@"))
        return [(one, "", "") for one in arguments]
    if not arguments or arguments[0][0][0] != '"':
        raise Beyond("printf() without a format")
    format = arguments[0][0]
    values = arguments[1:]
    found = [match for match in _FORMAT.finditer(format) if match[1]]
    if len(found) != len(values):
        raise Beyond(f"the format of printf() has {len(found)} places, and there are {len(values)} values")
    shown = []
    for match, value in zip(found, values, strict=True):
        named = _NAMED.search(format, max(0, match.start() - _LOOKED_BACK), match.start())
        wanted = "hex" if match[1] in "xXp" else "" if match[1] in "srR" else "number"
        shown.append((value, named[1] if named is not None else "", wanted))
    return shown


def _arguments(tokens: list[str]) -> list[list[str]]:
    """The parts between commas that stand in no brackets."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in "([{") - (token in ")]}")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]
