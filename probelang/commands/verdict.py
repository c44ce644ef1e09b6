"""The kernel's opinion of one command, and the ways to come to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.commands.octets import is_space
from probelang.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence


@record
class LogEntry:
    """One record of `error_log`: where the kernel says it, what, about which text, and the column of the caret in it.

    `column` counts bytes from 0 and is None where it depends on the kernel's memory. `word` and `offset` say the same in
    the command as it was written: the number of the word, and how far into it; a word that is not there is the end.
    """

    where: str
    name: str
    command: str
    column: int | None
    word: int
    offset: int | None


@record
class Verdict:
    """Whether the kernel takes a command: True, False, or None where `doubt` names what decides it and is not known.

    `log` is what it writes into `error_log`, oldest first, if it refuses; that may be without a word, and then `silence` says why.
    """

    taken: bool | None
    log: tuple[LogEntry, ...] = ()
    silence: str = ""
    doubt: str = ""
    reason: str = ""


class Refused(Exception):
    """The kernel refuses the command. `silence` is why, where it writes nothing of it into `error_log`."""

    def __init__(self, silence: str = "") -> None:
        super().__init__(silence)
        self.silence = silence


class Declined(Exception):
    """This kind of probe leaves the command to the others (the kernel's -ECANCELED)."""


class Doubtful(Exception):
    """What the kernel does depends on something not known: `name` is in `DOUBTS`, `reason` for the user."""

    def __init__(self, name: str, reason: str = "") -> None:
        super().__init__(name)
        self.name = name
        self.reason = reason


#: What no checker can know of a machine, or not from the facts at hand, and why.
DOUBTS: dict[str, str] = {
    "address": "what lies at an address depends on where the kernel was loaded",
    "instruction": "where instructions begin is in the kernel's code, which was not given",
    "symbol": "the kernel's symbols are not at hand",
    "function": "whether ftrace and kprobes reach a function is not known",
    "module": "what a module has is known only while it is loaded",
    "prototype": "the kernel's BTF is not at hand",
    "event": "the kernel's events and their fields are not at hand",
    "file": "files are those of the machine that the command is for",
    "earlier": "it depends on an earlier command of which it is not known whether the kernel takes it",
    "condition": "some kernels refuse a condition that ends in `&&` or `||`, others leave that out, and nothing else of them differs",
    "trigger": "of triggers those are known that joins and tables take: keys, values, order, variables, sums, and `onmatch(…).trace(…)`",
    "memory": "the kernel reads memory beyond what it should, so the outcome is chance",
}


class Words:
    """A command in words, as the kernel splits it, and where each stands in the text."""

    __slots__ = ("starts", "texts")

    def __init__(self, text: str) -> None:
        self.texts: list[str] = []
        self.starts: list[int] = []
        at, end = 0, len(text)
        while at < end:
            if is_space(text[at]):
                at += 1
                continue
            start = at
            while at < end and not is_space(text[at]):
                at += 1
            self.texts.append(text[start:at])
            self.starts.append(start)

    def __len__(self) -> int:
        return len(self.texts)


class Log:
    """What one kind of probe writes into `error_log` while it parses a command.

    The kernel keeps the number of a word and adds an offset; the command that it shows has one space between words.
    """

    __slots__ = ("entries", "index", "where", "words")

    def __init__(self, where: str, words: Sequence[str]) -> None:
        self.where = where
        self.words = list(words)
        self.index = 0
        self.entries: list[LogEntry] = []

    def add(self, offset: int | None, name: str) -> None:
        """An error at an offset into the current word; None is an offset that nobody can know."""
        before = sum(len(word) + 1 for word in self.words[: self.index])
        if self.index >= len(self.words):
            offset = 0
        self.entries.append(
            LogEntry(
                self.where,
                name,
                " ".join(self.words),
                None if offset is None else (before + offset) & 0xFFFF,
                self.index,
                offset,
            )
        )

    def refuse(self, offset: int | None, name: str) -> Refused:
        """Add an error; the exception is for the caller to raise."""
        self.add(offset, name)
        return Refused()
