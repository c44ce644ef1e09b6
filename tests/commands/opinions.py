"""Two opinions of the same commands, a booted kernel's and the checker's, side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from probelang.commands.files import DYNAMIC, KPROBES, UPROBES
from probelang.commands.judge import Judge
from probelang.commands.verdict import Verdict
from probelang.kernel.errors import kernel_text
from probelang.kernel.interface import Kernel

FILES = {"d": DYNAMIC, "k": KPROBES, "u": UPROBES}
_ENTRY = re.compile(rb"\[ *[\d.]+\] ([^\n]*?): error: ([^\n]*)\n  Command: ([^\n]*)\n( *)\^\n")
_MARGIN = len("  Command: ")


@dataclass(frozen=True)
class Answer:
    """What the kernel did: errno (0: taken), and what it wrote: who says it, the text, the command, the column."""

    errno: int
    log: tuple[tuple[str, str, str, int], ...] = ()

    def __str__(self) -> str:
        if not self.errno:
            return "takes it"
        said = "".join(f"\n    {text} at {column}: {command!r}" for _, text, command, column in self.log)
        return f"refuses it (errno {self.errno}){said or ', without a word'}"


def parse_answers(data: bytes, count: int) -> list[Answer]:
    """What `write_commands` told, for each command."""
    answers: list[Answer] = []
    at = 0
    while at < len(data) and len(answers) < count:
        end = data.index(b"\n", at)
        number, errno, size = (int(word) for word in data[at:end].split())
        assert number == len(answers), data[at:end]
        log = data[end + 1 : end + 1 + size]
        at = end + 2 + size
        answers.append(Answer(errno, read_log(log)))
    return answers


def read_log(data: bytes) -> tuple[tuple[str, str, str, int], ...]:
    """The records of an `error_log`: who says it, the text, the command, the column."""
    return tuple(
        (match[1].decode("latin-1"), match[2].decode(), match[3].decode("latin-1"), len(match[4]) - _MARGIN)
        for match in _ENTRY.finditer(data)
    )


def guest_file(path: str) -> str | None:
    """The files that commands of the generator may name, as they are in a guest."""
    path = re.sub("//+", "/", path)
    if path in ("/bin/busybox", "/bin/sh"):
        return "busybox"
    if path == "./run":
        return "run"
    return "" if path.rstrip("/") in ("/bin", "/dev", "/run", "") else None


def new_judge(kernel: Kernel) -> Judge:
    return Judge(kernel, guest_file)


def disagreement(verdict: Verdict, answer: Answer, judge: Judge) -> str:
    """How a verdict and the kernel's answer differ; "" where they agree or the checker says that it cannot know."""
    if verdict.taken is None:
        return ""
    if verdict.taken != (answer.errno == 0):
        return "taken or refused"
    mine = [(kernel_text(entry.name, judge.target), entry.command) for entry in verdict.log]
    theirs = [(text, command) for _, text, command, _ in answer.log]
    if mine != theirs:
        return "what is wrong"
    for entry, (_, _, _, column) in zip(verdict.log, answer.log, strict=True):
        if entry.column is not None and entry.column != column:
            return "the column"
    return ""


def opinion(verdict: Verdict) -> str:
    if verdict.taken is None:
        return f"cannot know ({verdict.doubt}: {verdict.reason})"
    if verdict.taken:
        return "takes it"
    said = "".join(f"\n    {entry.name} at {entry.column}: {entry.command!r}" for entry in verdict.log)
    return f"refuses it{said or f', without a word ({verdict.silence})'}"


def written(file: str, text: str) -> tuple[str, str]:
    """The text of a pair, and the file of tracefs it goes to: `t` and `f` go to that of the event which the text begins with."""
    if file in ("t", "f"):
        event, _, rest = text.partition(" ")
        return rest, f"events/{event}/{'trigger' if file == 't' else 'filter'}"
    return text, FILES[file]


def encode(commands: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{file}{text}\n" for file, text in commands).encode("latin-1")
