"""What a kernel's `error_log` says of commands that were made of specs, at the places of the specs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.backends.tracefs.places import Written, places
from probelang.commands.advice import ADVICE
from probelang.commands.verdict import Words
from probelang.diagnostics import Diagnostic, Label, Severity
from probelang.kernel.errors import DYNAMIC_TEXTS, FILTER_TEXTS, HIST_TEXTS, REWORDED, SYNTH_TEXTS, TEXTS
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from probelang.backends.tracefs.events import Event
    from probelang.source import Source

_ENTRY = re.compile(r"^\[ *[\d.]+\] ([^\n]*?): error: ([^\n]*)\n  Command: ([^\n]*)\n( *)\^$", re.MULTILINE)
_MARGIN = len("  Command: ")
MAX_ENTRIES = 1000

_NAMES = {
    text: name
    for texts in (HIST_TEXTS, TEXTS, SYNTH_TEXTS, FILTER_TEXTS, DYNAMIC_TEXTS)
    for name, text in texts.items()
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
        yield Entry(match[1], match[2], match[3], _characters(match[3], max(len(match[4]) - _MARGIN, 0)))


def _characters(text: str, octets: int) -> int:
    """A column in characters: the kernel counts bytes."""
    if text.isascii():
        return octets
    return len(text.encode("utf-8", "surrogateescape")[:octets].decode("utf-8", "ignore"))


def explain(
    entries: Iterable[Entry], events: Iterable[Event], rename: Callable[[str], str] = str
) -> tuple[list[tuple[Source, Diagnostic]], list[Entry]]:
    """Diagnostics of the specs that events are of, and the entries that are of none of them.

    `rename` makes what was written of a text of an event (`places`): other names of groups and events, word for word.
    """
    known: dict[str, tuple[Event, Written]] = {}
    for event in events:
        for made in places(event):
            known.setdefault(_plain(rename(made.text)), (event, made))
    found, strange = [], []
    for entry in entries:
        pair = known.get(_plain(entry.command))
        if pair is None:
            strange.append(entry)
        else:
            event, written = pair
            found.append((event.probe.source, _diagnostic(entry, written, rename)))
    return found, strange


def explain_refusal(
    event: Event, written: str, log: str, reason: str = "", rename: Callable[[str], str] = str
) -> Diagnostic:
    """What a kernel has against one text of an event, which it refused: a command, a condition or a trigger, as it was written.

    `log` is its `error_log`, of which the latest entry about that text counts. Where there is none, the kernel refused it without a word,
    and `reason` is all that is known (`os.strerror`). For `rename` see `explain`; an event that was renamed as a whole wants none.
    """
    made = Written(written, ((0, event.probe.point_span),))
    for known in places(event):
        if _plain(rename(known.text)) == _plain(written):
            made = known
            break
    entry = None
    for one in read_log(log):
        if _plain(one.command) == _plain(written):
            entry = one
    if entry is not None:
        return _diagnostic(entry, made, rename)
    message = f"the kernel refused this{f': {reason}' if reason else ''}"
    return Diagnostic(
        ADVICE["NO_MATCH"].rule,
        message if message.isprintable() else " ".join(message.split()),
        Label(made.span_at(0), ""),
        Severity.ERROR,
        notes=(f"it was written as `{written}`", "the kernel says nothing of it in error_log"),
    )


def _plain(text: str) -> str:
    """A text as the kernel tells it: with one blank between words."""
    return " ".join(Words(text).texts)


def _diagnostic(entry: Entry, made: Written, rename: Callable[[str], str]) -> Diagnostic:
    words = entry.command.split()
    number, start = _word_at(words, entry.column)
    span = made.span_at(_column_in(made.text, words, number, entry.column - start, rename))
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
        kernel_command=entry.command,
    )


def _column_in(text: str, words: list[str], number: int, into: int, rename: Callable[[str], str]) -> int:
    """The column in a text of what is `into` the word of that number of another, which has other names of groups in it.

    Names differ in length; what stands behind the last one is counted from the end of the word.
    """
    compiled = text.split(" ")
    if number >= len(compiled):
        return len(text)
    start = sum(len(word) + 1 for word in compiled[:number])
    if rename(compiled[number]) == compiled[number] or number >= len(words):
        return start + into
    for at in range(len(compiled[number]) + 1):
        if len(rename(compiled[number][:at])) >= into:
            return start + at
    return start + into


def _word_at(words: list[str], column: int) -> tuple[int, int]:
    """The word that a column is in, and where it begins."""
    start = 0
    for number, word in enumerate(words):
        if column <= start + len(word):
            return number, start
        start += len(word) + 1
    return max(len(words) - 1, 0), max(start - len(words[-1]) - 1, 0) if words else 0
