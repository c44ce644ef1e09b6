"""A spec with a caret `‸` in it, opened as an editor has it."""

from __future__ import annotations

from functools import cache

from probelang.analysis.completion import complete
from probelang.analysis.document import Document, State
from probelang.analysis.replies import Completion, Completions
from probelang.kernel.interface import Kernel
from probelang.kernel.load import load_kernel
from probelang.syntax import tree

CARET = "‸"


@cache
def kernel(name: str = "6.12") -> Kernel:
    return load_kernel(name)


class At:
    """An open document and the place of the caret."""

    def __init__(self, text: str, name: str = "6.12") -> None:
        self.offset = text.index(CARET)
        self.document = Document("test.probe", text.replace(CARET, "", 1))
        self.kernel = kernel(name)

    @property
    def state(self) -> State:
        return self.document.state(self.kernel)

    @property
    def statement(self) -> tree.Statement:
        self.document.pieces.parse()
        found, _ = self.document.statement_at(self.offset)
        assert found is not None
        return found

    @property
    def stored(self) -> int:
        return self.document.pieces.stored(self.offset)

    def completions(self) -> Completions:
        piece = self.document.piece_at(self.offset)
        text = self.document.text[piece.start : piece.end]
        return complete(self.state.context, text, self.offset - piece.start)

    def labels(self) -> list[str]:
        return [item.label for item in self.completions().items]

    def taken(self, label: str) -> str:
        """The text after a completion was taken."""
        item = self.item(label)
        start = self.document.piece_at(self.offset).start
        text = self.document.text
        return text[: start + item.span.start] + item.text + text[start + item.span.end :]

    def item(self, label: str) -> Completion:
        return next(item for item in self.completions().items if item.label == label)

    def slice(self, start: int, end: int) -> str:
        """The text of a stored span."""
        return self.document.pieces.store.text[start:end]
