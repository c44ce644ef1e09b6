"""Probes of other tools on their way into a spec: what is drafted is compiled, and the first spelling that fits is taken."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.check.rules import types
from probelang.commands.importing import left_behind
from probelang.diagnostics import Severity
from probelang.linter.fixes import apply_edits
from probelang.pipeline import analyse
from probelang.record import record
from probelang.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from probelang.kernel.interface import Kernel
    from probelang.probes import Fetch

_STRINGS = re.compile(r'"(?:\\.|[^"\\])*"')
_NAMES = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_ROOTS = re.compile(r"(?<![\w$>.%@])[A-Za-z_]\w*", re.ASCII)
_FETCH_TYPE = re.compile(r"[usx](?:8|16|32|64)|u?string|symbol|symstr|char|b\d+@\d+/\d+", re.ASCII)
#: How long a name of a fetch arg may be.
_MAX_NAME = 31
_MAX_ITEMS = 128
_MAX_MENDED = 10
#: More probes of one file stay behind: each takes some milliseconds.
MAX_PROBES = 2_000


class Beyond(Exception):
    """The language does not say it; the message is why, for the user."""


@record
class Item:
    """A value to record: what it may be spelled like, the most telling first, its name ("": that of the value), and what it should be.

    `wanted` is a fetch-arg type, "text" for any string, "hex" for a number shown so, "number" for what is no string, or "" where
    anything will do. `spare` is why it can be left out where the kernel cannot record it, "" where it cannot.
    """

    spellings: tuple[str, ...]
    name: str = ""
    wanted: str = ""
    spare: str = ""


@record
class Draft:
    """A probe: its event ("": by its point), kind and point, options, condition, and what it records."""

    event: str
    point: str
    options: tuple[str, ...] = ()
    condition: str = ""
    items: tuple[Item, ...] = ()


@record
class Settled:
    """A probe as a spec has it, with comments on what is otherwise, and the names of its events where they are known."""

    text: str
    events: tuple[str, ...]


@record
class Compiled:
    """What a probe records, by name and type, the names of its events, and what could not be looked up ("": all could).

    `text` is what was compiled: with `->` where bpftrace takes a `.`.
    """

    text: str
    fields: tuple[tuple[str, Fetch], ...]
    events: tuple[str, ...]
    unknown: str = ""


class _Refused(Exception):
    """What is wrong with a text, in the language's words."""


def settle(draft: Draft, kernel: Kernel) -> Settled:
    """The text of a draft, which compiles for the kernel. Raises `Beyond`."""
    target = "bpftrace" if draft.point.startswith("monitor ") else "tracefs"
    if len(draft.items) > _MAX_ITEMS:
        raise Beyond(f"a probe has at most {_MAX_ITEMS} fetch args")
    bare = Draft(draft.event, draft.point, draft.options)
    compared = set(_ROOTS.findall(_STRINGS.sub("", draft.condition)))
    notes: list[str] = []

    def compiled(text: str) -> Compiled:
        return _compile(text, kernel, target)

    try:
        unknown = compiled(_write(bare, [])).unknown
        names: set[str] = set()
        args: list[str] = []
        for item in draft.items:
            try:
                text, name = _settle_item(item, bare, names, compared, compiled, bool(unknown))
            except _Refused as refused:
                if not item.spare:
                    raise
                notes.append(f"{item.spare}: {refused}")
                continue
            names.add(name)
            args.append(text)
        whole = compiled(_write(draft, args))
    except _Refused as refused:
        raise Beyond(f"the language refuses it: {refused}") from None
    unknown = unknown or whole.unknown
    if unknown:
        notes.append(f"not looked up: {unknown}")
    return Settled("".join(left_behind("", note) for note in notes) + whole.text, whole.events)


def _write(draft: Draft, args: list[str]) -> str:
    name = f"{draft.event} = " if draft.event else ""
    options = f" with {', '.join(draft.options)}" if draft.options else ""
    condition = f" if {draft.condition}" if draft.condition else ""
    lines = "\n    ".join(args)
    body = f" {{\n    {lines}\n}}" if args else ""
    return f"{name}{draft.point}{options}{condition}{body}\n"


def _settle_item(
    item: Item,
    bare: Draft,
    names: set[str],
    compared: set[str],
    compiled: Callable[[str], Compiled],
    blind: bool,
) -> tuple[str, str]:
    """The text of a fetch arg, and the name that it records under. Raises `_Refused`.

    What the condition compares is never the name of another value.
    """
    said = ""
    for spelling in item.spellings:
        try:
            written = _write(bare, [spelling])
            made = compiled(written)
        except _Refused as refused:
            said = said or str(refused)
            continue
        behind = len("\n}\n")
        spelling = made.text[len(written) - len(spelling) - behind : -behind]
        taken = names | (compared - {spelling})
        if made.unknown or blind or len(made.fields) != 1:
            type = (
                "string"
                if item.wanted == "text"
                else item.wanted
                if _FETCH_TYPE.fullmatch(item.wanted)
                else ""
            )
            natural = _NAMES.findall(spelling)[-1:]
            name = _free(item.name or (natural[0] if natural else "value"), taken)
            text = f"{spelling}: {type}" if type else spelling
            return _named(text, name, natural[0] if natural else ""), name
        natural_name, fetch = made.fields[0]
        type = _type(item.wanted, fetch)
        text = f"{spelling}: {type}" if type else spelling
        name = _free(item.name if 0 < len(item.name) <= _MAX_NAME else natural_name, taken)
        if type:
            try:
                compiled(_write(bare, [f"{name} = {text}"]))
            except _Refused as refused:
                said = said or str(refused)
                continue
        return _named(text, name, natural_name), name
    raise _Refused(said or "there are no words for it")


def _named(text: str, name: str, natural: str) -> str:
    return f"{name} = {text}" if name != natural else text


def _free(name: str, names: set[str]) -> str:
    free, number = name, 2
    while free in names:
        free, number = f"{name[: _MAX_NAME - 4]}{number}", number + 1
    return free


def _type(wanted: str, fetch: Fetch) -> str:
    """The type to write behind a value that would be recorded as `fetch`, "" for none."""
    plain = not fetch.is_string and fetch.count is None and fetch.bitfield is None
    match wanted:
        case "" | "array":
            return ""
        case "text":
            return "" if fetch.is_string else "string"
        case "hex" if fetch.is_string:
            return "x64"
        case "hex":
            return f"x{fetch.bits}" if plain and fetch.name[0] in "us" else ""
        case "number":
            # a string's address
            return "x64" if fetch.is_string else ""
        case "x" | "u" | "s":
            return f"{wanted}{fetch.bits}" if plain and fetch.name[0] != wanted else ""
    return "" if wanted == fetch.text else wanted


def _compile(text: str, kernel: Kernel, target: str) -> Compiled:
    """What a probe comes to. Raises `_Refused`."""
    for _ in range(_MAX_MENDED):
        analysis = analyse(Source("imported.probe", text), kernel, target)
        errors = [said for said in analysis.diagnostics if said.severity is Severity.ERROR]
        edits = [
            edit for said in errors if said.rule is types.ARROW_OR_DOT and said.fix for edit in said.fix.edits
        ]
        if not edits:
            break
        text = apply_edits(text, edits)
    if errors:
        if all(said.rule.code.startswith("PRB9") for said in errors):
            return Compiled(text, (), (), errors[0].message)
        raise _Refused(next(said.message for said in errors if not said.rule.code.startswith("PRB9")))
    if not analysis.events:
        return Compiled(text, (), (), "nothing is known of the place")
    fields = analysis.events[-1].probe.fields
    return Compiled(
        text,
        tuple((field.name, field.fetch) for field in fields if not field.auto),
        tuple(f"{event.probe.group}/{event.probe.event}" for event in analysis.events),
    )
