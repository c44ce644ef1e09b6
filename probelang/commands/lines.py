"""Files of raw commands: a line each, or `kprobe_event=` of a boot command line, where commas stand for blanks.

In a shell script commands are what `echo`, `printf`, `tee` and here-documents write to files of tracefs, with the conditions and triggers of
events. Nothing else of it is read, and what the shell itself puts together is not guessed: `read_pieces` has such lines as they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from probelang.commands.files import KPROBES, file_for
from probelang.record import record, replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.source import Source

_WORD = re.compile(r"(?:(?:dynamic|kprobe|uprobe)_events|/(?:filter|trigger))\b")
_NAME = r"""[ \t]*["']?(?:[^\s"'|;&<>]*/)?(?P<file>(?:dynamic|kprobe|uprobe)_events|events/\w+/\w+/(?:filter|trigger))["']?[ \t]*"""
_TEE = r"(?:sudo[ \t]+)?tee(?P<add>[ \t]+(?:-a|--append))?(?=[ \t])"
_FILE = rf"(?:(?P<how>>>?)|\|[ \t]*{_TEE}){_NAME}(?:>[ \t]*/dev/null[ \t]*)?"
_ECHO = re.compile(
    r"""^[ \t]*(?:sudo[ \t]+)?(?:echo[ \t]+(?:-n[ \t]+)?|(?P<printf>printf[ \t]+)(?:(?P<plain>["']%s(?:\\n)?["'])[ \t]+)?)"""
    r"""(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\$`]|\\.)*)"|(?P<bare>[^'"\\$`<>|;&#]*?))[ \t]*"""
    rf"""{_FILE}(?:[#;&|].*)?$"""
)
_HERE = re.compile(r"""<<-?[ \t]*(?P<quote>["'\\]?)(?P<end>\w+)["']?""")
_HERE_FILE = re.compile(
    rf"[ \t]*(?:(?:sudo[ \t]+)?cat[ \t]*(?P<how>>>?)|{_TEE}){_NAME}(?:>[ \t]*/dev/null[ \t]*)?$"
)
#: A command on a line of its own, in a script of which other lines are for the shell.
_BARE = re.compile(r"(?:[prfte]\d*:[\w/.]+[ \t]+\S|-:\w)")
#: What only empties or shows a file, or is a comment.
_NOTHING = re.compile(
    r"^[ \t]*(?:#|(?:sudo[ \t]+)?(?:(?:echo|:|true)[ \t]*>|>|cat[ \t]+[^|<>]*$|grep[ \t]|test[ \t]|\[|if[ \t]|chmod[ \t]|ls[ \t]))"
)
_LONGEST = 1000
_BOOT = re.compile(r'(?:^|[ \t])"?kprobe_event="?([^\s"]*)')


@record
class Command:
    """One command: its bytes as characters, the file it is for, and where its text begins in the source.

    `source` is what the source has there: fewer characters than bytes where some are not ASCII. `clears` is whether what the file
    had is removed before (`>`). `escapes` are the characters of the text, by their numbers, that have a backslash of the shell before them.
    """

    text: str
    file: str
    start: int
    source: str
    clears: bool = False
    escapes: tuple[int, ...] = ()

    def place(self, first: int, last: int) -> Span:
        """The span of the bytes from `first` up to `last`."""
        begin, end = self._characters(first), self._characters(last)
        begin += bisect_right(self.escapes, begin)
        return Span(self.start + begin, self.start + max(begin, end + bisect_left(self.escapes, end)))

    def _characters(self, bytes: int) -> int:
        bytes = max(0, min(bytes, len(self.text)))
        if len(self.source) == len(self.text):
            return bytes
        return len(self.text[:bytes].encode("latin-1").decode("utf-8", "ignore"))


@record
class Unread:
    """A line of a shell script that has to do with probes, of which it is not known what it writes."""

    text: str


def read_commands(source: Source) -> Iterator[Command]:
    """The commands of a file, in order; comments and empty lines are none."""
    return (piece for piece in read_pieces(source) if isinstance(piece, Command))


def read_pieces(source: Source) -> Iterator[Command | Unread]:
    """The commands of a file, and what may be one in a shell script, in order."""
    file = file_for(source.name)
    start = 0
    lines = source.text.split("\n")
    is_script = any(_is_shell(line) for line in lines)
    here: _Document | None = None
    for line in lines:
        boot = list(_BOOT.finditer(line)) if here is None else []
        if boot:
            for match in boot:
                yield from _boot_commands(match[1], start + match.start(1))
        elif here is not None:
            if line.strip() == here.end:
                here = None
            elif line.strip():
                yield here.read(line, start)
                here = replace(here, clears=False)
        elif is_script:
            here = _here_document(line)
            if here is None:
                yield from _of_line(line, file, start)
        elif line.partition("#")[0].strip():
            yield _command(line, file, start)
        start += len(line) + 1


def _is_shell(line: str) -> bool:
    """Whether a line writes to a file of tracefs, so that not all lines are commands."""
    return _WORD.search(line) is not None and (
        _ECHO.match(line) is not None or _here_document(line) is not None
    )


@record
class _Document:
    """A here-document: the word that ends it, the file that it is for, whether the shell leaves it as it is, and whether the file is emptied."""

    end: str
    file: str
    plain: bool
    clears: bool

    def read(self, line: str, start: int) -> Command | Unread:
        if self.plain:
            return replace(_command(line, self.file, start), clears=self.clears)
        if re.search(r"(?<!\\)[$`]", line):
            return Unread(line)
        return replace(_escaped(line, self.file, start, "$`\\"), clears=self.clears)


def _here_document(line: str) -> _Document | None:
    """`cat <<END >>dynamic_events`, or `tee -a dynamic_events <<END`."""
    match = _HERE.search(line) if "<<" in line and len(line) < _LONGEST else None
    if match is None:
        return None
    target = _HERE_FILE.fullmatch(line[: match.start()] + line[match.end() :])
    if target is None:
        return None
    clears = target["how"] == ">" or (target["how"] is None and not target["add"])
    return _Document(match["end"], target["file"], match["quote"] != "", clears)


def _of_line(line: str, file: str, start: int) -> Iterator[Command | Unread]:
    """What a line of a script writes."""
    word = _WORD.search(line)
    if word is None:
        if _BARE.match(line):
            yield _command(line, file, start)
        return
    echoed = _ECHO.match(line)
    made = _echoed(echoed, start) if echoed is not None else None
    if made is not None:
        yield made
    elif _NOTHING.match(line) is None and (">" in line or "tee" in line):
        yield Unread(line)


def _echoed(match: re.Match[str], start: int) -> Command | None:
    quoted = next(name for name in ("single", "double", "bare") if match[name] is not None)
    text, at = match[quoted], start + match.start(quoted)
    if match["printf"] and not match["plain"]:
        text = text.removesuffix("\\n")
        if "%" in text or "\\" in text:
            return None
    made = (
        _escaped(text, match["file"], at, '$`"\\')
        if quoted == "double"
        else _command(text, match["file"], at)
    )
    return replace(made, clears=match["how"] == ">" or (match["how"] is None and not match["add"]))


def _escaped(text: str, file: str, start: int, marks: str) -> Command:
    """A command in which the shell takes away the backslashes before some characters."""
    written: list[str] = []
    escapes: list[int] = []
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in tuple(marks):
            escapes.append(len(written))
            at += 1
        written.append(text[at])
        at += 1
    return replace(_command("".join(written), file, start), escapes=tuple(escapes))


def read_layout(source: Source) -> tree.File:
    """The places of commands and comments; a comment begins at the first `#` of a line, wherever that is."""
    comments, statements = [], []
    start = 0
    for line in source.text.split("\n"):
        mark = line.find("#")
        if mark >= 0:
            comments.append(tree.Comment(Span(start + mark, start + len(line))))
        if line[: mark if mark >= 0 else None].strip():
            statements.append(tree.BrokenStatement(Span(start, start + len(line))))
        start += len(line) + 1
    return tree.File(Span(0, len(source.text)), tuple(statements), tuple(comments))


def _boot_commands(text: str, start: int) -> Iterator[Command]:
    for part in text.split(";"):
        if part:
            yield _command(part, KPROBES, start, part.replace(",", " "))
        start += len(part) + 1


def _command(written: str, file: str, start: int, text: str | None = None) -> Command:
    octets = (text if text is not None else written).encode("utf-8", "surrogateescape").decode("latin-1")
    return Command(octets, file, start, written)
