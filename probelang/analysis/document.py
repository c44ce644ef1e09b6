"""A spec that is being written: its text, its tree, and what is known of it on one kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probelang.analysis import Analysis, analyse
from probelang.analysis.context import Context
from probelang.backends import DEFAULT_SETTINGS, Settings
from probelang.check.spec import environment
from probelang.source import Source, Span
from probelang.syntax.chunks import find_heads
from probelang.syntax.parse import parse

if TYPE_CHECKING:
    from probelang.kernel.interface import Kernel


class Document:
    """One open spec."""

    def __init__(self, name: str, text: str) -> None:
        self.source = Source(name, text)

    @property
    def text(self) -> str:
        return self.source.text

    def edit(self, start: int, end: int, text: str) -> None:
        """Replace the characters `start` to `end`."""
        old = self.source.text
        self.source = Source(self.source.name, old[:start] + text + old[end:])

    def analyse(
        self, kernel: Kernel, target: str = "tracefs", settings: Settings = DEFAULT_SETTINGS
    ) -> Analysis:
        """What there is to say of the spec as it is now."""
        return analyse(self.source, kernel, target, settings)

    def context(self, kernel: Kernel) -> Context:
        """What the spec declares, on a kernel."""
        file, _ = parse(self.source)
        return Context(kernel, *environment(self.source, file, kernel))

    def chunk_at(self, offset: int) -> Span:
        """The text of the statement around an offset, up to the next."""
        starts = [0, *[head.line for head in find_heads(self.text, 0)], len(self.text)]
        index = max(i for i, start in enumerate(starts[:-1]) if start <= offset)
        return Span(starts[index], starts[index + 1])
