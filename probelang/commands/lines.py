"""Files of raw commands: a line each, or `kprobe_event=` of a boot command line, where commas stand for blanks.

In a shell script commands are what `echo` writes to files of tracefs, with the conditions and triggers of events; nothing else of it is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from probelang.commands.files import KPROBES, file_for
from probelang.record import record, replace
from probelang.source import Span
from probelang.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probelang.source import Source

_ECHO = re.compile(
    r"""^[ \t]*echo[ \t]+(?:-n[ \t]+)?(?:'(?P<single>[^']*)'|"(?P<double>[^"\\$`]*)"|(?P<bare>[^'"\\$`<>|;&#]*?))"""
    r"""[ \t]*(?P<how>>>?)[ \t]*["']?(?:[^\s"']*/)?"""
    r"""(?P<file>(?:dynamic|kprobe|uprobe)_events|events/\w+/\w+/(?:filter|trigger))["']?[ \t]*(?:[#;&|].*)?$"""
)
_BOOT = re.compile(r'(?:^|[ \t])"?kprobe_event="?([^\s"]*)')


@record
class Command:
    """One command: its bytes as characters, the file it is for, and where its text begins in the source.

    `source` is what the source has there: fewer characters than bytes where some are not ASCII. `clears` is whether what the file
    had is removed before (`>`).
    """

    text: str
    file: str
    start: int
    source: str
    clears: bool = False

    def place(self, first: int, last: int) -> Span:
        """The span of the bytes from `first` up to `last`."""
        return Span(self.start + self._characters(first), self.start + self._characters(last))

    def _characters(self, bytes: int) -> int:
        bytes = max(0, min(bytes, len(self.text)))
        if len(self.source) == len(self.text):
            return bytes
        return len(self.text[:bytes].encode("latin-1").decode("utf-8", "ignore"))


def read_commands(source: Source) -> Iterator[Command]:
    """The commands of a file, in order; comments and empty lines are none."""
    file = file_for(source.name)
    start = 0
    lines = source.text.split("\n")
    is_script = "echo" in source.text and any(_ECHO.match(line) for line in lines)
    for line in lines:
        boot = list(_BOOT.finditer(line))
        if boot:
            for match in boot:
                yield from _boot_commands(match[1], start + match.start(1))
        elif is_script:
            echoed = _ECHO.match(line)
            if echoed is not None:
                yield _echoed(echoed, start)
        elif line.partition("#")[0].strip():
            yield _command(line, file, start)
        start += len(line) + 1


def _echoed(match: re.Match[str], start: int) -> Command:
    quoted = next(name for name in ("single", "double", "bare") if match[name] is not None)
    made = _command(match[quoted], match["file"], start + match.start(quoted))
    return replace(made, clears=match["how"] == ">")


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
