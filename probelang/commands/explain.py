"""What a kernel's `error_log` says of commands that were made of specs, at the places of the specs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.backends.tracefs.places import places
from probelang.commands.advice import ADVICE
from probelang.commands.verdict import Words
from probelang.diagnostics import Diagnostic, Label, Severity
from probelang.kernel.errors import DYNAMIC_TEXTS, FILTER_TEXTS, REWORDED, SYNTH_TEXTS, TEXTS
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from probelang.backends.tracefs.events import Event
    from probelang.source import Source, Span

_ENTRY = re.compile(r"^\[ *[\d.]+\] ([^\n]*?): error: ([^\n]*)\n  Command: ([^\n]*)\n( *)\^$", re.MULTILINE)
_MARGIN = len("  Command: ")
MAX_ENTRIES = 1000

_NAMES = {
    text: name for texts in (TEXTS, SYNTH_TEXTS, FILTER_TEXTS, DYNAMIC_TEXTS) for name, text in texts.items()
} | {text: name for name, (_, text) in REWORDED.items()}


@record
class Entry:
    """One record of `error_log`: who says it, the text, the command, and the column of the caret in it, from 0."""

    where: str
    text: str
    command: str
    column: int


def read_log(text: str) -> Iterator[Entry]:
    """The records of an `error_log`, the oldest first."""
    for number, match in enumerate(_ENTRY.finditer(text)):
        if number >= MAX_ENTRIES:
            return
        yield Entry(match[1], match[2], match[3], max(len(match[4]) - _MARGIN, 0))


def explain(
    entries: Iterable[Entry], events: Iterable[Event]
) -> tuple[list[tuple[Source, Diagnostic]], list[Entry]]:
    """Diagnostics of the specs that events are of, and the entries that are of none of them."""
    known: dict[str, tuple[Event, tuple[Span, ...]]] = {}
    for event in events:
        for text, spans in places(event):
            known.setdefault(" ".join(Words(text).texts), (event, spans))
    found, strange = [], []
    for entry in entries:
        made = known.get(" ".join(Words(entry.command).texts))
        if made is None:
            strange.append(entry)
        else:
            event, spans = made
            found.append((event.probe.source, _diagnostic(entry, spans)))
    return found, strange


def _diagnostic(entry: Entry, spans: tuple[Span, ...]) -> Diagnostic:
    words = entry.command.split()
    number, start = _word_at(words, entry.column)
    span = spans[min(number, len(spans) - 1)]
    name = _NAMES.get(entry.text)
    advice = ADVICE.get(name) if name is not None else None
    word = words[number] if number < len(words) else ""
    at = min(entry.column - start, len(word))
    message = f"the kernel refused this: {entry.text}"
    return Diagnostic(
        (advice or ADVICE["NO_MATCH"]).rule,
        message if message.isprintable() else " ".join(message.split()),
        Label(span, ""),
        Severity.ERROR,
        notes=(f"it was written as `{word}`, and the kernel's caret is at `{word[at:] or 'its end'}`",),
        help=advice.help if advice is not None and advice.help else None,
        kernel_error=name,
        kernel_text=entry.text,
        kernel_column=entry.column,
    )


def _word_at(words: list[str], column: int) -> tuple[int, int]:
    """The word that a column is in, and where it begins."""
    start = 0
    for number, word in enumerate(words):
        if column <= start + len(word):
            return number, start
        start += len(word) + 1
    return max(len(words) - 1, 0), max(start - len(words[-1]) - 1, 0) if words else 0
