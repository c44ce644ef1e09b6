"""Diagnostics of raw commands: what the kernel would say, at its place in the text, in words that help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.answers import NotFound
from probelang.check.report import suggest
from probelang.commands.advice import ADVICE, SILENT, Advice
from probelang.commands.files import of_event
from probelang.commands.judge import Judge
from probelang.commands.lines import Command, read_commands
from probelang.commands.octets import is_letter_or_digit
from probelang.commands.uprobe import unknown_file
from probelang.commands.verdict import Words
from probelang.diagnostics import Diagnostic, Label, Severity
from probelang.kernel.errors import kernel_text
from probelang.record import replace

if TYPE_CHECKING:
    from probelang.commands.uprobe import Files
    from probelang.commands.verdict import LogEntry, Verdict
    from probelang.kernel.interface import Kernel
    from probelang.source import Source, Span

#: Errors that are about a whole word, wherever the caret is.
_WHOLE = (
    "BAD_PROBE_ADDR",
    "NON_UNIQ_SYMBOL",
    "FAIL_REG_PROBE",
    "BAD_INSN_BNDRY",
    "BAD_RETPROBE",
    "BAD_ATTACH_EVENT",
    "NO_EVENT_INFO",
)


def lint_for(source: Source, kernel: Kernel, files: Files = unknown_file) -> list[Diagnostic]:
    """What one kernel would say; each command meets what those before it, which the kernel takes, left behind."""
    kernel.suggest_anew()
    judge = Judge(kernel, files)
    found = []
    for command in read_commands(source):
        if command.clears:
            judge.clear(command.file)
        if not command.text.strip():
            continue
        verdict = judge.judge(command.text, command.file)
        if verdict.taken is False:
            found.append(_describe(command, verdict, judge, kernel))
        elif verdict.doubt == "condition":
            found.append(_unfinished(command, verdict, kernel))
    return found


def _describe(command: Command, verdict: Verdict, judge: Judge, kernel: Kernel) -> Diagnostic:
    text = command.text if of_event(command.file) is not None else command.text.partition("#")[0]
    words = Words(text)
    if not verdict.log:
        advice = SILENT[verdict.silence]
        span = command.place(words.starts[0], _end(words)) if words.starts else command.place(0, 1)
        made = _diagnostic(advice, span, "", kernel, notes=("the kernel says nothing of it in error_log",))
        return _with_letter(made, words) if verdict.silence == "no-such-command" else made
    entry = verdict.log[0]
    first, last = _place(command, words, entry)
    text = command.text[first:last].encode("latin-1").decode("utf-8", "replace")
    target = judge.target
    notes = [f"the kernel says: {kernel_text(entry.name, target)}"]
    notes += [f"and then: {kernel_text(later.name, target)}" for later in verdict.log[1:]]
    made = _diagnostic(_advice_of(entry.name), command.place(first, last), text, kernel, notes=tuple(notes))
    if entry.name == "NO_MATCH":
        made = _with_letter(made, words)
    label = made.label.text or _near(entry.name, text, kernel)
    return replace(
        made,
        label=Label(made.label.span, label),
        kernel_error=entry.name,
        kernel_text=kernel_text(entry.name, target),
        kernel_column=entry.column,
        kernel_command=entry.command.encode("latin-1").decode("utf-8", "surrogateescape"),
    )


def _unfinished(command: Command, verdict: Verdict, kernel: Kernel) -> Diagnostic:
    """A condition that a kernel refuses, or takes without its end."""
    entry = verdict.log[-1]
    text = command.text.rstrip()
    if of_event(command.file) is None:
        text = text.partition("#")[0].rstrip()
    span = command.place(max(text.rfind("&&"), text.rfind("||")), len(text))
    note = f"some kernels refuse it ({entry.name}), others take it without its end"
    return replace(
        _diagnostic(ADVICE[entry.name], span, "", kernel, notes=(note,)), severity=Severity.WARNING
    )


#: What the letters of commands are called elsewhere.
_CALLED = {
    "kprobe": "p", "uprobe": "p", "probe": "p", "kretprobe": "r", "uretprobe": "r", "return": "r", "fprobe": "f", "fentry": "f",
    "tprobe": "t", "tracepoint": "t", "rawtracepoint": "t", "eprobe": "e", "event": "e", "synthetic": "s", "synth": "s",
}  # fmt: skip


def _with_letter(found: Diagnostic, words: Words) -> Diagnostic:
    """What an unknown command may have been meant to be."""
    word = words.texts[0].partition(":")[0] if words.texts else ""
    letter = _CALLED.get(word.lower()) or (word.lower() if word in ("P", "R", "F", "T", "E", "S") else None)
    if letter is None:
        return found
    return replace(found, label=Label(found.label.span, f"did you mean `{letter}`?"))


def _advice_of(name: str) -> Advice:
    if name.startswith("HIST_"):
        from probelang.commands.trigger_advice import advice_of

        return advice_of(name)
    return ADVICE[name]


def _diagnostic(advice: Advice, span: Span, text: str, kernel: Kernel, notes: tuple[str, ...]) -> Diagnostic:
    message = advice.message.format(text if len(text) <= 80 else text[:77] + "…")
    return Diagnostic(
        advice.rule,
        message if message.isprintable() else " ".join(message.split()),
        Label(span, ""),
        Severity.ERROR,
        notes=notes,
        help=advice.help or None,
        kernels=(kernel.name,),
    )


def _near(name: str, text: str, kernel: Kernel) -> str:
    if name != "BAD_PROBE_ADDR" or not text:
        return ""
    match kernel.find_function(text.partition("+")[0].partition("%")[0]):
        case NotFound(near):
            return suggest(near)
    return ""


def _end(words: Words) -> int:
    return words.starts[-1] + len(words.texts[-1])


def _place(command: Command, words: Words, entry: LogEntry) -> tuple[int, int]:
    """The bytes that an error is about: from the caret to the end of a name or of the word, the last character at the end."""
    text = command.text
    if entry.word < 0:
        at = len(text) - len(text.lstrip()) + (entry.offset or 0)
    elif entry.where == "event filter parse error":
        at = _in_filter(words, entry)
    elif entry.word >= len(words):
        at = _end(words)
    else:
        start, word = words.starts[entry.word], words.texts[entry.word]
        if entry.offset is None or entry.name in _WHOLE or entry.offset > len(word):
            return start, start + len(word)
        at = start + entry.offset
    end = at
    while end < len(text) and (is_letter_or_digit(text[end]) or text[end] in "_$%@\\"):
        end += 1
    while at < end < len(text) and 0x80 <= ord(text[end]) < 0xC0:
        end += 1
    if end > at:
        return at, end
    limit = _end(words)
    return (at, at + 1) if at < limit else (max(limit - 1, 0), limit)


def _in_filter(words: Words, entry: LogEntry) -> int:
    """Where a column of a condition is, of which the kernel joined the words by single blanks."""
    left = entry.offset or 0
    for start, word in zip(words.starts[entry.word :], words.texts[entry.word :], strict=True):
        if left <= len(word):
            return start + left
        left -= len(word) + 1
    return _end(words)
